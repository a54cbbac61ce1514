"""You said, we did: what everybody reads, and what nobody can read out of it."""

from __future__ import annotations

import csv
import io
from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.voice.tables import Item
from hub.voice.you_said import as_csv, at_least, public_list
from tests.unit.hub.fakes import Desk
from tests.unit.hub.voice.steps import SAID, YOU_SAID, all_heard, all_items, ask, code_in, listed, save, say

ANSWER = "From 1 December somebody answers from 8am to 6pm."


def item(name: str = "a", **changes: object) -> Item:
    values = {
        "id": name,
        "theme": "forms",
        "about": "form",
        "you_said": YOU_SAID,
        "owner": "partnership",
        "public": True,
        "opened_on": date(2026, 11, 3),
        "changed_on": date(2026, 11, 23),
        **changes,
    }
    return Item.model_validate(values)


async def published(desk: Desk) -> Item:
    """One thing, said once, done, for everybody."""
    await say(desk)
    staff = desk.sign_in()
    found = await listed(desk, staff)
    answer = await save(desk, staff, found, status="done", answer=ANSWER, shown_to="all", checked="yes")
    assert answer.status == 303, answer.words
    return all_items(desk)[0]


async def test_before_anything_is_public_the_page_says_that_there_is_nothing(desk: Desk) -> None:
    assert "There is nothing on the list yet." in (await desk.browser().get("/voice/you-said")).words


async def test_everybody_reads_our_words_the_answer_and_never_their_words(desk: Desk) -> None:
    found = await published(desk)
    assert found.checked_by == "Joy Alder, Listener, Age Well Norfolk"
    page = await desk.browser().get("/voice/you-said")
    assert YOU_SAID in page.words
    assert ANSWER in page.words
    assert "Who answers: Norwich City Council. Said by fewer than 5 people." in page.words
    assert SAID not in page.text
    assert "Joy Alder" not in page.text


async def test_the_code_shows_the_answer_and_nothing_else(desk: Desk) -> None:
    code = code_in(await say(desk, answer="yes"))
    staff = desk.sign_in()
    found = await listed(desk, staff)
    assert "We have read it" in (await ask(desk, code)).words
    await save(desk, staff, found, status="doing", shown_to="all", checked="yes")
    assert "There is no answer yet." in (await ask(desk, code)).words
    await save(desk, staff, found, status="done", answer=ANSWER, shown_to="all", checked="yes")
    answer = await ask(desk, code)
    assert ANSWER in answer.words
    assert "From: Norwich City Council" in answer.words
    for hidden in (SAID, YOU_SAID, "23 November", "website", "Joy"):
        assert hidden not in answer.words


async def test_the_page_for_codes_asks_for_one(desk: Desk) -> None:
    assert "Did you get a code" in (await desk.browser().get("/voice/answer")).words


@pytest.mark.parametrize("typed", ["", "hello", "K7QP-3MXD-9T2"])
async def test_what_is_no_code_is_asked_for_again(desk: Desk, typed: str) -> None:
    answer = await ask(desk, typed)
    assert answer.status == 400
    assert "Write the code as it is on your paper" in answer.words


async def test_too_many_codes_in_one_hour_are_not_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.voice.limits.HourlyLimit.take", lambda *_: False)
    answer = await ask(desk, "K7QP-3MXD-9T2W")
    assert answer.status == 429
    assert "Too many people are looking right now." in answer.words


async def test_codes_are_not_looked_for_from_other_sites(desk: Desk) -> None:
    answer = await desk.browser().post(
        "/voice/answer", {"code": "K7QP-3MXD-9T2W"}, sec_fetch_site="cross-site"
    )
    assert answer.status == 403


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"shown_to": "all"}, "Check that nobody can be known by these words"),
        ({"status": "finished"}, "Choose how far it is"),
        ({"status": "done"}, "Write what was done"),
        ({"status": "not-possible"}, "Write why we cannot do it"),
        ({"answer": "x" * 1001}, "Write 1,000 letters at most"),
        ({"answer": "Ring Mrs Able"}, "This looks like somebody's name"),
        ({"answer": SAID}, "Say it in your own words"),
        ({"you_said": SAID}, "Say it in your own words"),
    ],
)
async def test_what_nobody_checked_or_answered_is_not_shown(
    desk: Desk, changes: dict[str, str], told: str
) -> None:
    await say(desk)
    staff = desk.sign_in()
    found = await listed(desk, staff)
    answer = await save(desk, staff, found, **changes)
    assert answer.status == 400
    assert told in answer.words
    assert all_items(desk)[0].model_dump() == found.model_dump()


async def test_what_is_taken_back_is_shown_to_nobody_any_more(desk: Desk) -> None:
    found = await published(desk)
    await save(desk, desk.sign_in(), found, shown_to="team")
    assert YOU_SAID not in (await desk.browser().get("/voice/you-said")).words
    assert all_items(desk)[0].checked_by is None


async def test_the_table_to_download_says_the_same(desk: Desk) -> None:
    await published(desk)
    answer = await desk.browser().get("/voice/you-said.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert "you-said.csv-metadata.json" in answer.headers["link"]
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row == {
        "theme": "Forms and letters",
        "about": "A form or a letter",
        "you_said": YOU_SAID,
        "status": "Done",
        "owner": "Norwich City Council",
        "answer": ANSWER,
        "people_at_least": "",
        "heard_in": "November 2026",
        "changed_on": "2026-11-23",
    }


async def test_from_five_people_on_a_step_of_five_is_shown(desk: Desk) -> None:
    found = await published(desk)
    staff = desk.sign_in()
    for _ in range(6):
        await say(desk)
        one = next(other for other in all_heard(desk) if other.state == "new")
        await desk.post(staff, f"/voice/team/heard/{one.id}/join", item=found.id)
    assert "Said by 5 people or more." in (await desk.browser().get("/voice/you-said")).words
    # The team sees the number itself.
    assert ">7</td>" in (await staff.get("/voice/team")).text


@given(st.integers(0, 10_000))
def test_no_number_below_five_and_no_exact_number_is_ever_shown(people: int) -> None:
    shown = at_least(people)
    if people < 5:
        assert shown is None
    else:
        assert shown is not None
        assert shown % 5 == 0
        assert 0 <= people - shown < 5


def test_themes_stand_in_the_partnerships_order_and_unknown_ones_last() -> None:
    things = [item("a", theme="other"), item("b", theme="sharing"), item("c", theme="no-more")]
    themes = public_list(things, {}, {})
    assert [one.title for one in themes] == ["Who can see my information", "Other things", "no-more"]


def test_what_is_not_public_is_left_out() -> None:
    assert public_list([item(public=False)], {}, {}) == ()


def test_no_cell_is_run_by_a_spreadsheet() -> None:
    written = as_csv(public_list([item(you_said="=1+1", answer="@cmd\nline")], {"a": 5}, {}))
    (row,) = csv.DictReader(io.StringIO(written))
    assert (row["you_said"], row["answer"], row["people_at_least"]) == ("'=1+1", "'@cmd\nline", "5")


async def test_several_themes_have_a_list_of_links(desk: Desk) -> None:
    await published(desk)
    await say(desk, "My home is cold")
    staff = desk.sign_in()
    found = await listed(desk, staff, "Homes are cold")
    await save(desk, staff, found, theme="housing", shown_to="all", checked="yes")
    page = await desk.browser().get("/voice/you-said")
    assert 'href="#housing"' in page.text
    assert 'id="housing"' in page.text


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(5, 40)), min_size=1, max_size=5))
def test_no_small_number_can_be_told_from_all_that_is_published_together(
    numbers: list[tuple[int, int, int]],
) -> None:
    things = [item(f"{at}{size}") for at in range(len(numbers)) for size in ("small", "large")]

    def published_with(which: int) -> str:
        people: dict[str, int] = {}
        for at, known in enumerate(numbers):
            people |= {f"{at}small": known[which], f"{at}large": known[2]}
        return as_csv(public_list(things, people, {}))

    # Whatever the small numbers are, and however many large ones stand beside them, the page is the same.
    assert published_with(0) == published_with(1)


async def test_what_the_file_means_is_told_beside_it(desk: Desk) -> None:
    empty = await desk.browser().get("/voice/you-said.csv-metadata.json")
    assert "dc:modified" not in orjson.loads(empty.text)
    await published(desk)
    answer = await desk.browser().get("/voice/you-said.csv-metadata.json")
    assert answer.headers["content-type"] == "application/csvm+json"
    told = orjson.loads(answer.text)
    file = await desk.browser().get(f"/voice/{told['url']}")
    assert [column["name"] for column in told["tableSchema"]["columns"]] == next(
        csv.reader(io.StringIO(file.text))
    )
    assert told["dc:modified"] == {"@value": "2026-11-23", "@type": "xsd:date"}
    assert "primaryKey" not in told["tableSchema"]
    assert any("none below 5" in one for one in told["rdfs:comment"])
