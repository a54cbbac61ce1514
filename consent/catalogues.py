"""The catalogues of the residents' portal, as they are installed with it: `locale/<language>/LC_MESSAGES/portal.mo`.

They are made by `make catalogues` from the texts in templates, code and registers. English is the message id, so it has
none. No catalogue has been checked by people who speak the language: each page in it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from types import MappingProxyType

from core.pages.languages import ENGLISH, LANGUAGES

DOMAIN = "portal"
_TRANSLATED_FIRST = "Who can look"
"""The first page's title: what a catalogue has as soon as it has anything."""


@cache
def catalogues() -> Mapping[str, NullTranslations]:
    """The catalogues by language (BCP 47) that say something; raises `FileNotFoundError` where one is not installed."""
    found: dict[str, NullTranslations] = {}
    for code in LANGUAGES:
        if code != ENGLISH:
            with (files("consent") / "locale" / code / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as compiled:
                catalogue = GNUTranslations(compiled)
            # One in which nothing is translated yet would call English pages by its own name.
            if catalogue.gettext(_TRANSLATED_FIRST) != _TRANSLATED_FIRST:
                found[code] = catalogue
    return MappingProxyType(found)


def translating(language: str) -> Callable[[str], str]:
    """What puts a text into the language; English where we do not have it."""
    catalogue = catalogues().get(language)
    return (lambda text: text) if catalogue is None else catalogue.gettext
