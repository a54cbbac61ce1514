"""How an organisation is doing: pictures that say no more than the numbers beside them."""

from __future__ import annotations

from datetime import date

import pytest

from audit.console.overviews import HEIGHT, WIDTH, Counted, Day, columns, share
from tests.unit.audit.console.fakes import LONG_NAME, OVERVIEW
from tests.unit.audit.console.test_pages import Console

MONDAY = date(2026, 11, 23)


def test_the_highest_day_fills_the_picture_and_each_part_stands_on_the_one_before() -> None:
    blocks = columns((Day(MONDAY, 2, 1, 1), Day(MONDAY, 0, 1, 0)))
    assert [(one.what, one.y, one.height) for one in blocks] == [
        ("shown", HEIGHT / 2, HEIGHT / 2),
        ("refused", HEIGHT / 4, HEIGHT / 4),
        ("emergencies", 0, HEIGHT / 4),
        ("refused", HEIGHT * 3 / 4, HEIGHT / 4),
    ]
    assert {one.x for one in blocks} == {0, WIDTH / 2}
    assert all(one.x + one.width <= WIDTH for one in blocks)


@pytest.mark.parametrize("days", [(), (Day(MONDAY, 0, 0, 0),)])
def test_there_is_no_picture_of_nothing(days: tuple[Day, ...]) -> None:
    assert columns(days) == ()


def test_a_bar_is_as_long_as_its_share_of_the_longest() -> None:
    counted = (Counted("a", 8), Counted("b", 2))
    assert [share(one.many, counted) for one in counted] == [100, 25]
    assert share(0, ()) == 0


async def test_the_overview_has_a_picture_with_words_and_every_number_in_a_table() -> None:
    markup = await Console().page("/console/overview")
    (picture,) = [one for one in markup.attributes("svg") if one.get("role") == "img"]
    assert picture["aria-labelledby"] == "picture-title picture-words"
    assert {one["id"] for name in ("title", "desc") for one in markup.attributes(name) if "id" in one} == {
        "picture-title",
        "picture-words",
    }
    assert f"{OVERVIEW.shown:,} looks showed something" in markup.text
    assert f"{LONG_NAME} 503" in markup.text
    assert "Role not agreed 14" in markup.text
    newest = OVERVIEW.days[-1]
    assert f"20 October 2026 {newest.shown} {newest.refused} {newest.emergencies}" in markup.text


async def test_an_overview_of_nothing_says_so() -> None:
    markup = await Console().page("/console/overview", "none")
    assert "Nobody looked in this time." in markup.text
    assert "Nothing was refused in this time." in markup.text
    assert not [one for one in markup.attributes("svg") if one.get("role") == "img"]
