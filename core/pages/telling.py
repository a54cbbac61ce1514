"""Texts that are made far from any page, and are put into the reader's language where a page shows them.

A service answers in English: it knows no request. A sentence that it makes with values in it is a `Telling`, an
ordinary English text that still knows its message and its values, so that the page's filter `told` can say it in the
language of the request. A text of the registers needs nothing: its English is its message id.
"""

from __future__ import annotations

from collections.abc import Mapping
from gettext import NullTranslations


class Telling(str):
    """An English text that can be told again in another language.

    message: the message id, with named placeholders. values: what stands in their places; texts among them are told in
    the language too. several: the message id for another number than one, None where there is no number; the number is
    `values["num"]`.
    """

    __slots__ = ("message", "several", "values")
    message: str
    several: str | None
    values: Mapping[str, str | int]

    def told_in(self, translations: NullTranslations) -> str:
        """The sentence in the catalogue's language."""
        if self.several is None:
            message = translations.gettext(self.message)
        else:
            message = translations.ngettext(self.message, self.several, int(self.values["num"]))
        values = {
            name: told(value, translations) if isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return message % values


def to_tell(message: str, **values: str | int) -> str:
    """A text that the catalogues have: in English now, in the reader's language on the page.

    The catalogue finds its messages by this function's name, so `message` is written out in the call.
    """
    return _made(message, None, values) if values else message


def to_tell_many(message: str, several: str, num: int, **values: str | int) -> str:
    """As `to_tell`, for a number of things; the number is the placeholder `num`."""
    return _made(message, several, {"num": num, **values})


def told(text: str, translations: NullTranslations) -> str:
    """A text of ours in the catalogue's language; one that the catalogue lacks, such as a name, stays as it is.

    Never for what a person typed: their own words are nobody's message id.
    """
    if isinstance(text, Telling):
        return text.told_in(translations)
    # The empty message id is the catalogue's own header.
    return translations.gettext(text) if text else text


def _made(message: str, several: str | None, values: Mapping[str, str | int]) -> Telling:
    english = message if several is None or values["num"] == 1 else several
    made = Telling(english % values)
    made.message, made.several, made.values = message, several, values
    return made
