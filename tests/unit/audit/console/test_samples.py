"""The page of spot checks: what waits, what can be drawn, and that it is drawn once."""

from __future__ import annotations

import pytest

from tests.unit.audit.console.test_pages import Console
from tests.unit.core.pages.browser import ask
from tests.unit.core.pages.markup import assert_keeps_the_house_rules

PAGE = "/console/samples"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("many", "Last week was from 12 October 2026 to 18 October 2026."),
        ("drawn", "8 looks are still to be checked."),
        ("done", "Everything that was drawn of last week is checked."),
        ("quiet", "Nobody of your organisation looked last week"),
        ("none", "Last week was not drawn yet."),
    ],
)
async def test_the_page_says_what_is_to_be_done(state: str, said: str) -> None:
    assert said in (await Console().page(PAGE, state)).text


async def test_each_draw_stands_with_what_it_came_to() -> None:
    text = (await Console().page(PAGE, "drawn")).text
    assert "12 October 2026 to 18 October 2026 5 240 12 3 1 8" in text
    assert "5 October 2026 to 11 October 2026 5 1,221 62 62 0 0" in text


async def test_a_draw_leads_back_to_the_page() -> None:
    console = Console()
    form = (await console.page(PAGE)).fields() | {"percent": "5"}
    answer = await ask(console.app, "POST", PAGE, state="many", form=form)
    assert (answer.status, answer.headers["location"]) == (303, PAGE)
    assert console.services.drawn == [5]


@pytest.mark.parametrize("percent", ["", "3", "all"])
async def test_only_what_is_offered_can_be_drawn(percent: str) -> None:
    console = Console()
    form = (await console.page(PAGE)).fields() | {"percent": percent}
    answer = await ask(console.app, "POST", PAGE, state="many", form=form)
    assert answer.status == 422
    assert "Choose how many to check" in assert_keeps_the_house_rules(answer.text).text
    assert console.services.drawn == []


async def test_a_week_that_somebody_else_drew_meanwhile_is_told_so() -> None:
    console = Console()
    form = (await console.page(PAGE)).fields() | {"percent": "5"}
    answer = await ask(console.app, "POST", PAGE, state="drawn", form=form)
    assert answer.status == 409
    markup = assert_keeps_the_house_rules(answer.text)
    assert "It cannot be drawn again." in markup.text
    assert "#drawn" in {one["href"] for one in markup.attributes("a")}


async def test_a_review_of_a_look_drawn_by_chance_says_so_and_needs_words_only_where_it_was_wrong() -> None:
    console = Console()
    page = "/console/reviews/sample/41250"
    markup = await console.page(page)
    assert "This look was drawn by chance." in markup.text
    wrong = await ask(
        console.app, "POST", page, state="many", form=markup.fields() | {"answer": "wrong", "words": ""}
    )
    assert wrong.status == 422
    right = await ask(
        console.app, "POST", page, state="many", form=markup.fields() | {"answer": "right", "words": ""}
    )
    assert right.status == 303
    assert [(kind, index) for kind, index, _ in console.services.decided] == [("sample", 41250)]
