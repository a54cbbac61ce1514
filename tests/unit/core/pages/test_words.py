from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from gettext import NullTranslations

import pytest

from core.pages.environment import build_environment
from core.pages.words import Words, by_day


class German(NullTranslations):
    """A catalogue of three words."""

    def gettext(self, message: str) -> str:
        return {"November": "November.de", "%(day)s at %(time)s": "%(day)s um %(time)s"}.get(message, message)

    def info(self) -> dict[str, str]:
        return {"language": "de"}


@dataclass(frozen=True)
class Thing:
    at: datetime


words = Words(NullTranslations())


def test_a_day_reads_as_in_the_style_guide() -> None:
    assert words.day(date(2026, 11, 21)) == "21 November 2026"


def test_a_late_evening_in_summer_is_already_the_next_day_in_london() -> None:
    assert words.day(datetime(2026, 7, 31, 23, 30, tzinfo=UTC)) == "1 August 2026"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (16, 7, "4:07pm"),
        (9, 0, "9:00am"),
        (0, 5, "12:05am"),
        (12, 30, "12:30pm"),
        (0, 0, "midnight"),
        (12, 0, "midday"),
    ],
)
def test_a_time_reads_as_in_the_style_guide(hour: int, minute: int, said: str) -> None:
    assert words.time(datetime(2026, 1, 5, hour, minute, tzinfo=UTC)) == said


def test_a_moment_names_day_and_time_of_london() -> None:
    assert words.moment(datetime(2026, 10, 20, 15, 7, tzinfo=UTC)) == "20 October 2026 at 4:07pm"


@pytest.mark.parametrize(
    ("items", "said"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_a_list_reads_as_a_sentence(items: tuple[str, ...], said: str) -> None:
    assert words.listed(items) == said


def test_things_are_grouped_by_the_day_it_was_in_london() -> None:
    late = Thing(datetime(2026, 6, 1, 23, 30, tzinfo=UTC))
    early = Thing(datetime(2026, 6, 1, 9, 0, tzinfo=UTC))
    assert by_day([late, early]) == ((date(2026, 6, 2), (late,)), (date(2026, 6, 1), (early,)))


def test_another_catalogue_changes_words_and_the_pages_language() -> None:
    environment, german = build_environment({}, German())
    assert german.moment(datetime(2026, 11, 21, 16, 7, tzinfo=UTC)) == "21 November.de 2026 um 4:07pm"
    assert german("anything else") == "anything else"
    assert environment.from_string("{{ lang }} {{ _('November') }}").render() == "de November.de"


def test_whatever_is_put_into_a_template_is_escaped() -> None:
    environment, _ = build_environment({})
    hostile = "<script>alert(1)</script>"
    shown = environment.from_string("{{ x }}{{ _('%(x)s!', x=x) }}").render(x=hostile)
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;") == 2
