"""My story, page by page, over fake services."""

from __future__ import annotations

from functools import partial

import pytest
from fastapi import FastAPI

from consent.portal import PortalSettings, build_router, story
from tests.unit.consent.portal.fake_own import HOSTILE_WORDS, LONGEST, QUESTIONS, FakeStory
from tests.unit.consent.portal.fakes import NOW, TOKEN, FakePortal
from tests.unit.core.pages.browser import Answer, Fields, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

ADDRESS = "/portal/story"
ASKED = f"{ADDRESS}/what_matters"


class Room:
    """The pages, and a browser."""

    def __init__(self) -> None:
        self.stories = FakeStory()
        self.app = FastAPI()
        pages = (partial(story.add_pages, stories=self.stories),)
        self.app.include_router(build_router(FakePortal(), pages, PortalSettings(now=lambda: NOW)))

    async def get(self, address: str, state: str = "one") -> Answer:
        return await ask(self.app, "GET", address, state=state)

    async def post(self, address: str, form: Fields, state: str = "one") -> Answer:
        return await ask(self.app, "POST", address, state=state, form={"csrf": TOKEN, **dict(form)})

    async def page(self, address: str, state: str = "one", status: int = 200) -> Markup:
        answer = await self.get(address, state)
        assert answer.status == status
        return assert_keeps_the_house_rules(answer.text)


@pytest.fixture
def room() -> Room:
    return Room()


async def test_nothing_told_yet_is_a_state_of_its_own_that_leads_to_every_question(room: Room) -> None:
    page = await room.page(ADDRESS, "none")
    assert "You have not told us anything yet." in page.text
    links = {link["href"] for link in page.attributes("a")}
    assert {f"{ADDRESS}/{question}" for question in QUESTIONS} <= links
    assert f"{ADDRESS}/delete" not in links


async def test_what_was_told_is_read_with_its_day_and_can_be_changed_one_by_one(room: Room) -> None:
    page = await room.page(ADDRESS, "many")
    assert "My two girls, and that we stay together." in page.text
    assert "You wrote this on 10 September 2026." in page.text
    assert page.text.count("Change this") == 4
    assert "What you told us was kept" not in page.text
    assert "We have kept what you wrote." in (await room.page(f"{ADDRESS}?done=saved", "many")).text
    assert "It is deleted." in (await room.page(f"{ADDRESS}?done=deleted", "none")).text
    assert (await room.page(f"{ADDRESS}?done=<b>", "none")).text == (await room.page(ADDRESS, "none")).text


async def test_an_answer_is_checked_on_a_page_of_its_own_before_it_is_kept(room: Room) -> None:
    asked = await room.page(ASKED)
    assert "My dog" in asked.text
    check = await room.post(ASKED, {"words": "My cat\r\nMy mum", "step": "check"})
    assert check.status == 200
    shown = assert_keeps_the_house_rules(check.text)
    assert shown.h1 == "Check what you wrote"
    assert room.stories.kept == []
    assert shown.fields()["words"].split() == ["My", "cat", "My", "mum"]
    change = await room.post(ASKED, {"words": "My cat", "step": "change"})
    assert "My cat" in assert_keeps_the_house_rules(change.text).text
    assert change.status == 200
    kept = await room.post(ASKED, {"words": "My cat", "step": "save"})
    assert (kept.status, kept.headers["location"]) == (303, f"{ADDRESS}?done=saved")
    assert room.stories.kept == [("one", "what_matters", "My cat")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "Write your answer, or go back"),
        (
            "long " * LONGEST,
            f"Make it shorter: it has {5 * LONGEST - 1} letters and signs, and can have {LONGEST}",
        ),
        ("I am at NR2 1AB", "Take out where you live, phone numbers and email addresses"),
    ],
)
@pytest.mark.parametrize("step", ["check", "save", ""])
async def test_what_cannot_be_kept_is_told_and_every_letter_stays(
    room: Room, words: str, says: str, step: str
) -> None:
    answer = await room.post(ASKED, {"words": words, "step": step})
    assert answer.status == 422
    page = assert_keeps_the_house_rules(answer.text)
    assert page.title.startswith("Error: ")
    assert says in page.text
    assert words.strip() in answer.text
    assert [link["href"] for link in page.attributes("a") if link["href"].startswith("#w")] == ["#words"]
    assert room.stories.kept == []


@pytest.mark.parametrize("step", ["check", "change"])
async def test_script_in_what_was_written_is_never_run(room: Room, step: str) -> None:
    for answer in (
        await room.get(ADDRESS, "hostile"),
        await room.get(f"{ADDRESS}/preview", "hostile"),
        await room.get(ASKED, "hostile"),
        await room.post(ASKED, {"words": HOSTILE_WORDS, "step": step}),
    ):
        assert answer.status == 200
        assert "<script>" not in answer.text
        page = assert_keeps_the_house_rules(answer.text)
        assert "alert(1)" in page.text or "alert(1)" in page.fields().get("words", "")


async def test_an_answer_and_all_answers_can_be_deleted_and_all_is_asked_for_once_more(room: Room) -> None:
    gone = await room.post(ASKED, {"words": "My dog", "step": "remove"})
    assert gone.headers["location"] == f"{ADDRESS}?done=deleted"
    page = await room.page(f"{ADDRESS}/delete")
    assert page.h1 == "Do you want to delete your story?"
    assert room.stories.forgotten == [("one", "what_matters")]
    assert (await room.post(f"{ADDRESS}/delete", {})).headers["location"] == f"{ADDRESS}?done=deleted"
    assert room.stories.forgotten[1:] == [("one", None)]
    assert (await room.get(f"{ADDRESS}/delete", "none")).headers["location"] == ADDRESS


async def test_the_preview_tells_who_reads_what_and_what_they_do_not(room: Room) -> None:
    many = await room.page(f"{ADDRESS}/preview", "many")
    assert "You allow 3 organisations to read it." in many.text
    assert "They do not see How to reach me, and when not to" in many.text
    assert "They see Nothing of it" in many.text
    assert "My two girls" in many.text
    assert "Nobody can read it now." in (await room.page(f"{ADDRESS}/preview", "one")).text
    assert "There is nothing to read" in (await room.page(f"{ADDRESS}/preview", "none")).text


async def test_a_question_that_is_not_asked_does_not_exist(room: Room) -> None:
    await room.page(f"{ADDRESS}/text", status=404)
    assert (await room.post(f"{ADDRESS}/text", {"words": "x", "step": "save"})).status == 404


async def test_without_the_sessions_token_nothing_is_kept_or_deleted(room: Room) -> None:
    for address, form in ((ASKED, {"words": "x", "step": "save"}), (f"{ADDRESS}/delete", {})):
        assert (
            await ask(room.app, "POST", address, state="one", form={"csrf": "forged", **form})
        ).status == 403
        assert (await ask(room.app, "POST", address, state="out", form={"csrf": TOKEN, **form})).status == 403
    assert (room.stories.kept, room.stories.forgotten) == ([], [])


async def test_what_cannot_be_done_and_a_closed_gate_are_told_in_words(room: Room) -> None:
    for address, form in ((ASKED, {"words": "x", "step": "save"}), (f"{ADDRESS}/delete", {})):
        answer = await room.post(address, form, "impossible")
        assert answer.status == 409
        assert "There is nothing of yours here any more." in answer.text
    assert (await room.get(ADDRESS, "closed")).status == 503


async def test_only_the_question_of_how_to_be_reached_may_be_answered_with_where(room: Room) -> None:
    assert "Do not write where you live" in (await room.page(ASKED, "none")).text
    reach = await room.page(f"{ADDRESS}/how_to_reach_me", "none")
    assert "Do not write where you live" not in reach.text
    assert "If it is a secret where you are, we do not show this answer to anybody." in reach.text
