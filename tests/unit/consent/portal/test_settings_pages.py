"""Settings, page by page, over fake services: reach, language, hidden lines, leaving."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from fastapi import FastAPI, Request

import consent.portal.router
from consent.portal import PortalSettings, build_router, settings
from consent.portal.ports import NotPossible
from consent.portal.settings_ports import Contact
from core.pages.languages import COOKIE
from tests.unit.consent.portal.fake_own import FakeSettings
from tests.unit.consent.portal.fakes import LOOKS, NOW, TOKEN, FakePortal
from tests.unit.core.pages.browser import Answer, Fields, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

ADDRESS = "/portal/settings"
HISTORY = "/portal/history"
WHERE = {"address": "sam@example.test", "others": "no", "first": "9", "before": "17"}


class Room:
    """The pages, and a browser."""

    def __init__(self) -> None:
        self.settings = FakeSettings()
        self.app = FastAPI()
        pages = (partial(settings.add_pages, settings=self.settings),)
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


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("none", "We do not send you any messages."),
        ("impossible", "We do not send you any messages."),
        ("many", "We send you an email when something waits for you."),
        ("one", "We send you a text message when something waits for you."),
        ("law", "We do not send you any messages. You told us that somebody else could read them."),
    ],
)
async def test_the_first_answer_is_whether_they_are_reached_at_all(room: Room, state: str, says: str) -> None:
    page = await room.page(ADDRESS, state)
    assert says in page.text
    assert "shared@example.test" not in page.text


async def test_hours_and_language_stand_in_words(room: Room) -> None:
    many = await room.page(f"{ADDRESS}?done=saved", "many")
    assert "From 9am to 5pm" in many.text
    assert "Polski" in many.text
    assert "We have kept your choice." in many.text
    assert "From midnight to midnight" in (await room.page(ADDRESS, "one")).text
    none = (await room.page(ADDRESS, "none")).text
    assert "English" in none
    assert "Never" in none


async def test_no_message_is_one_step_and_nothing_is_chosen_beforehand(room: Room) -> None:
    asked = await room.page(f"{ADDRESS}/reach", "none")
    assert not [one for one in asked.attributes("input") if "checked" in one]
    answer = await room.post(f"{ADDRESS}/reach", {"channel": "none"})
    assert (answer.status, answer.headers["location"]) == (303, f"{ADDRESS}?done=saved")
    assert room.settings.changed == [("one", Contact("none"))]
    missing = await room.post(f"{ADDRESS}/reach", {"channel": "pigeon"})
    assert missing.status == 422
    assert "Choose how we reach you, or that we do not" in missing.text


async def test_where_and_when_is_asked_next_and_kept_together(room: Room) -> None:
    on = await room.post(f"{ADDRESS}/reach", {"channel": "email"})
    assert on.headers["location"] == f"{ADDRESS}/reach/email"
    asked = await room.page(f"{ADDRESS}/reach/email")
    # Of a telephone number that was kept before, the page for email shows nothing.
    assert "+447700900982" not in str(asked.tags)
    assert not [one for one in asked.attributes("input") if "checked" in one]
    assert any(
        one.get("value") == "+447700900982"
        for one in (await room.page(f"{ADDRESS}/reach/text")).attributes("input")
    )
    done = await room.post(f"{ADDRESS}/reach/email", WHERE)
    assert done.headers["location"] == f"{ADDRESS}?done=saved"
    assert room.settings.changed == [("one", Contact("email", "sam@example.test", False, (9, 17)))]
    await room.post(f"{ADDRESS}/reach/text", {"address": "07700 900982", "others": "yes"})
    assert room.settings.changed[1:] == [("one", Contact("text", "07700 900982", True, None))]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"address": "nobody"}, "Write an email address, like name@example.com"),
        ({"others": ""}, "Say if somebody else could read it there"),
        ({"others": "maybe"}, "Say if somebody else could read it there"),
        ({"first": "17", "before": "9"}, "Choose two times, the first before the second, or neither"),
        ({"first": "9", "before": ""}, "Choose two times"),
        ({"first": "9", "before": "99"}, "Choose two times"),
        ({"first": "<script>", "before": "10"}, "Choose two times"),
    ],
)
async def test_what_cannot_be_kept_is_told_and_nothing_typed_is_lost(
    room: Room, changes: dict[str, str], says: str
) -> None:
    form = WHERE | changes
    answer = await room.post(f"{ADDRESS}/reach/email", form)
    assert answer.status == 422
    page = assert_keeps_the_house_rules(answer.text)
    assert says in page.text
    assert page.title.startswith("Error: ")
    assert any(one.get("value") == form["address"] for one in page.attributes("input"))
    assert room.settings.changed == []
    wrong = await room.post(f"{ADDRESS}/reach/text", WHERE)
    assert "Write a UK mobile number" in wrong.text


async def test_the_hours_are_a_plain_list(room: Room) -> None:
    page = await room.page(f"{ADDRESS}/reach/email", "many")
    assert "None" not in page.text
    chosen = [one["value"] for one in page.attributes("option") if "selected" in one]
    assert chosen == ["9", "17"]
    assert len(page.attributes("option")) == 50


async def test_a_message_to_check_is_offered_to_whoever_is_reached_alone(room: Room) -> None:
    for state, offered in (("many", True), ("one", True), ("none", False), ("law", False)):
        page = await room.page(ADDRESS, state)
        forms = {one.get("action") for one in page.attributes("form")}
        assert (f"{ADDRESS}/check" in forms) is offered
    sent = await room.post(f"{ADDRESS}/check", {})
    assert sent.headers["location"] == f"{ADDRESS}?done=sent"
    assert room.settings.changed == [("one", "check")]
    assert "We send you a message now." in (await room.page(f"{ADDRESS}?done=sent")).text


async def test_there_is_no_other_channel(room: Room) -> None:
    await room.page(f"{ADDRESS}/reach/letter", status=404)
    assert (await room.post(f"{ADDRESS}/reach/letter", WHERE)).status == 404


async def test_a_language_is_kept_for_the_person_and_by_the_browser(room: Room) -> None:
    asked = await room.page(f"{ADDRESS}/language", "many")
    (chosen,) = [one for one in asked.attributes("input") if "checked" in one]
    assert chosen["value"] == "pl"
    answer = await room.post(f"{ADDRESS}/language", {"language": "lt"})
    assert answer.headers["location"] == f"{ADDRESS}?done=saved"
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=lt; HttpOnly;")
    assert room.settings.changed == [("one", "lt")]
    missing = await room.post(f"{ADDRESS}/language", {"language": "tlh"})
    assert missing.status == 422
    assert "set-cookie" not in missing.headers


async def test_whoever_is_not_signed_in_chooses_a_language_for_their_browser_alone(room: Room) -> None:
    page = await room.page("/portal/language", "out")
    assert page.h1.strip() == "Language"
    assert "/portal/language" in {link["href"] for link in page.attributes("a")}
    answer = await ask(room.app, "POST", "/portal/language", state="out", form={"language": "ro"})
    assert answer.headers["location"] == "/portal/"
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=ro")
    assert (await ask(room.app, "POST", "/portal/language", state="out", form={"language": ""})).status == 422
    assert room.settings.changed == []


async def test_a_hidden_line_is_gone_from_the_history_and_its_place_tells_nothing(room: Room) -> None:
    before = (await room.page(HISTORY, "many")).text
    index = LOOKS[0].index
    ask_first = await room.page(f"{ADDRESS}/hide/{index}", "many")
    assert ask_first.h1 == "Do you want to hide this line?"
    assert room.settings.hidden == frozenset()
    done = await room.post(f"{ADDRESS}/hide/{index}", {}, "many")
    assert done.headers["location"] == HISTORY
    after = await room.get(HISTORY, "many")
    assert f'id="look-{index}"' not in after.text
    assert f'id="look-{LOOKS[1].index}"' in after.text
    text = assert_keeps_the_house_rules(after.text).text
    assert text != before
    assert "hidden" not in text.lower().replace("visually-hidden", "")


async def test_only_a_line_of_ones_own_history_can_be_hidden(room: Room) -> None:
    await room.page(f"{ADDRESS}/hide/7", "many", 404)
    assert (await room.post(f"{ADDRESS}/hide/7", {}, "many")).status == 404
    assert room.settings.changed == []


async def test_a_page_of_hidden_lines_alone_leads_on_to_older_ones(room: Room) -> None:
    full = [1000 - place for place in range(25)]
    room.settings.hidden = frozenset(full)
    page = await room.page(HISTORY, "full")
    assert "Nobody has looked." in page.text
    room.settings.hidden = frozenset(full[1:])
    assert "Older" in (await room.page(HISTORY, "full")).text


async def test_hidden_lines_show_again_only_right_after_signing_in(room: Room) -> None:
    room.settings.hidden = frozenset({LOOKS[0].index})
    asked = await room.page(f"{ADDRESS}/hidden", "one")
    assert "Sign in again first" in asked.text
    assert not [one for one in asked.attributes("form") if one.get("action") is None]
    refused = await room.post(f"{ADDRESS}/hidden", {}, "one")
    assert refused.headers["location"] == f"{ADDRESS}/hidden"
    assert room.settings.changed == []
    assert "all of them show again" in (await room.page(f"{ADDRESS}/hidden", "many")).text
    assert (await room.post(f"{ADDRESS}/hidden", {}, "many")).headers["location"] == HISTORY
    assert room.settings.hidden == frozenset()


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("reach", {"channel": "none"}),
        ("reach/email", WHERE),
        ("language", {"language": "pl"}),
        ("hidden", {}),
        ("check", {}),
    ],
)
async def test_what_cannot_be_done_or_is_forged_changes_nothing(
    room: Room, address: str, form: dict[str, str]
) -> None:
    refused = await room.post(f"{ADDRESS}/{address}", form, "impossible")
    assert refused.status == 409
    forged = await ask(room.app, "POST", f"{ADDRESS}/{address}", state="one", form={"csrf": "forged", **form})
    assert forged.status == 403
    assert room.settings.changed == []


async def test_hiding_what_cannot_be_hidden_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def impossible(_person: str, _index: int) -> None:
        raise NotPossible("There is nothing of yours here any more.")

    monkeypatch.setattr(room.settings, "hide", impossible)
    assert (await room.post(f"{ADDRESS}/hide/{LOOKS[0].index}", {}, "many")).status == 409


async def test_leaving_ends_the_session_here_too_and_goes_even_when_it_cannot(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await room.get("/portal/leave")
    assert answer.status == 303
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert room.settings.left == 1
    room.settings.stuck = True
    assert (await room.get("/portal/leave")).status == 303

    async def never(_request: Request) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(room.settings, "leave", never)
    monkeypatch.setattr(consent.portal.router, "LEAVING_SECONDS", 0.01)
    slow = FastAPI()
    pages = (partial(settings.add_pages, settings=room.settings),)
    slow.include_router(build_router(FakePortal(), pages, PortalSettings(now=lambda: NOW)))
    assert (await ask(slow, "GET", "/portal/leave", state="one")).status == 303


async def test_the_persons_own_language_counts_where_the_browser_chose_none(room: Room) -> None:
    # Without a catalogue it is English, and says so.
    assert '<html lang="en"' in (await room.get(ADDRESS, "many")).text
