"""How times and lists read on a page: "21 November 2026", "4:07pm", "a, b and c". Times are shown in Europe/London.

The styles are the GOV.UK style guide's. Every word comes from the message catalogue. A language that counts the hours of
a day to 24 says so there: its translation of the hour's message is "24".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from gettext import NullTranslations
from itertools import groupby
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from core.pages.telling import told

LONDON = ZoneInfo("Europe/London")


class Dated(Protocol):
    """Anything that happened at a time."""

    @property
    def at(self) -> datetime:
        """When; timezone-aware."""
        ...


Happened = TypeVar("Happened", bound=Dated)


def london_day(moment: datetime) -> date:
    """The day it was in London; `moment` is timezone-aware."""
    return moment.astimezone(LONDON).date()


def by_day(things: Iterable[Happened]) -> tuple[tuple[date, tuple[Happened, ...]], ...]:
    """The things grouped by London day, in the order given (they are sorted by time already)."""
    return tuple(
        (day, tuple(group)) for day, group in groupby(things, key=lambda thing: london_day(thing.at))
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, or of the request's; `translations` is the message catalogue."""

    translations: NullTranslations

    def __call__(self, text: str) -> str:
        """The text in this language; callers name this object `_`, so that the texts are found for the catalogue."""
        return self.translations.gettext(text)

    def told(self, text: str) -> str:
        """A text that a service or a register made, in this language; see `core.pages.telling`."""
        return told(text, self.translations)

    def all_told(self, texts: Iterable[str]) -> tuple[str, ...]:
        """As `told`, for several."""
        return tuple(told(one, self.translations) for one in texts)

    @property
    def language(self) -> str:
        """The language that is spoken now, as a BCP 47 code."""
        return self.translations.info().get("language", "en")

    def day(self, value: date | datetime) -> str:
        """A day as "21 November 2026"; of a time, the day it was in London."""
        on = london_day(value) if isinstance(value, datetime) else value
        _ = self.translations.gettext
        values = {"day": on.day, "month": self._months()[on.month - 1], "year": on.year}
        return _("%(day)s %(month)s %(year)s") % values

    def time(self, moment: datetime) -> str:
        """A time as "4:07pm", with "midnight" and "midday" for 12:00, which am and pm leave in doubt; or as "16:07"."""
        local = moment.astimezone(LONDON)
        if self._to_24 or (local.minute == 0 and local.hour in {0, 12}):
            return f"{local.hour:02}:{local.minute:02}" if self._to_24 else self.hour(local.hour)
        return f"{local.hour % 12 or 12}:{local.minute:02}{self._half(local.hour)}"

    def hour(self, hour: int) -> str:
        """A full hour of a day, 0 to 24, as "9am"; the middle and the ends of the day have names. Or as "09:00"."""
        if self._to_24:
            return f"{hour:02}:00"
        _ = self.translations.gettext
        if hour % 12 == 0:
            return _("midday") if hour == 12 else _("midnight")
        return f"{hour % 12}{self._half(hour)}"

    def moment(self, value: datetime) -> str:
        """A day and time as "21 November 2026 at 4:07pm"."""
        _ = self.translations.gettext
        return _("%(day)s at %(time)s") % {"day": self.day(value), "time": self.time(value)}

    def listed(self, items: Sequence[str]) -> str:
        """Items as "a, b and c"; empty for none."""
        if len(items) < 2:
            return "".join(items)
        _ = self.translations.gettext
        return _("%(most)s and %(last)s") % {"most": ", ".join(items[:-1]), "last": items[-1]}

    @property
    def _to_24(self) -> bool:
        """Whether this language counts the hours of a day to 24."""
        return self.translations.pgettext("hours of a clock: 12 or 24", "12") == "24"

    def _half(self, hour: int) -> str:
        _ = self.translations.gettext
        return _("pm") if hour >= 12 else _("am")

    def _months(self) -> tuple[str, ...]:
        _ = self.translations.gettext
        return (
            _("January"),
            _("February"),
            _("March"),
            _("April"),
            _("May"),
            _("June"),
            _("July"),
            _("August"),
            _("September"),
            _("October"),
            _("November"),
            _("December"),
        )
