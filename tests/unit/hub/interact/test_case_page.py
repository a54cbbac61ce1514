"""The one page of a case: what the team knows, what others let be seen, and none of the latter kept."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.interact.tables import Case
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import Call, Desk
from tests.unit.hub.interact.making import take_in

PLANTED = "Grobulated Spindrift 4417"
SCHEMA = {
    "section": "home-condition",
    "version": 1,
    "document": {
        "title": "Condition of the home",
        "properties": {
            "open_repairs": {
                "title": "Open repairs",
                "items": {
                    "properties": {"category": {"title": "Category"}, "reported_on": {"title": "Reported on"}}
                },
            },
            "damp_and_mould": {"title": "Damp and mould"},
            "adaptations": {"title": "Adaptations"},
        },
    },
}


def shows(call: Call) -> dict[str, Any]:
    def section(name: str, source: str, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "section": name,
            "source": source,
            "as_of": "2026-11-20T10:00:00Z",
            "basis": {"agreement": "interact-home-health"},
            "data": data,
        }

    return {
        "purpose": call.body["purpose"],
        "sections": [
            section(
                "home-condition",
                "norwich-city-council",
                {
                    "open_repairs": [{"category": PLANTED, "reported_on": "2026-10-01"}],
                    "damp_and_mould": "reported",
                    "adaptations": [],
                },
            ),
            section("identity", "wensum-valley-practice", {"name": "Mary Sandbox", "deceased": False}),
            section("my-story", "oncetold-residents", {"what_matters": "Being near my sister"}),
            section("support-plan", "harbour-charity", {"goals": ["Walk again"], "review_date": "not-a-day"}),
        ],
        "unavailable": ["age-well-norfolk"],
        "notice": "What is not shown may still exist: not shown does not mean none.",
    }


@pytest.fixture
async def case_id(desk: Desk) -> str:
    desk.gateway.answers["GET /v1/sections"] = [SCHEMA]
    desk.gateway.answers["POST /v1/views"] = shows
    return await take_in(desk)


async def look(desk: Desk, browser: Browser, case_id: str) -> Answer:
    """Press for what others hold."""
    return await desk.post(browser, f"/interact/cases/{case_id}/look")


async def test_the_page_tells_who_what_matters_home_and_others(desk: Desk, case_id: str) -> None:
    words = (await look(desk, desk.sign_in(), case_id)).words
    for told in (
        "Mary Sandbox",
        "27 March 1952",
        "999 000 0018",
        "After 2pm",
        "My garden",
        "Being near my sister",
        "Condition of the home",
        f"Category: {PLANTED}; Reported on: 1 October 2026",
        "Norwich City Council, 20 November 2026",
        "Walk again",
        "Deceased No",
        "Adaptations None",
        "Age Well Norfolk does not answer right now.",
        "not shown does not mean none.",
        "Housing specialist (Norwich City Council)",
    ):
        assert told in words, told


async def test_opening_the_page_and_writing_something_down_looks_at_nothing(desk: Desk, case_id: str) -> None:
    browser = desk.sign_in()
    page = await browser.get(f"/interact/cases/{case_id}")
    assert "Look at what others hold" in page.words
    assert "Each look is shown to the person." in page.words
    assert "My garden" in page.words
    assert PLANTED not in page.text
    await desk.post(browser, f"/interact/cases/{case_id}/taking-on")
    await desk.post(
        browser, f"/interact/cases/{case_id}/helpers", who="The day centre", what="Lunch on Mondays"
    )
    assert "The day centre" in (await browser.get(f"/interact/cases/{case_id}")).words
    assert desk.gateway.called("POST", "/v1/views") == []


async def test_a_press_looks_once_and_what_it_shows_is_gone_with_the_page(desk: Desk, case_id: str) -> None:
    browser = desk.sign_in()
    answer = await look(desk, browser, case_id)
    assert PLANTED in answer.text
    assert "Look again" in answer.words
    assert PLANTED not in (await browser.get(f"/interact/cases/{case_id}")).text
    assert len(desk.gateway.called("POST", "/v1/views")) == 1


async def test_nobody_is_made_to_look_by_a_page_of_somebody_elses(desk: Desk, case_id: str) -> None:
    browser = desk.sign_in()
    assert (await browser.post(f"/interact/cases/{case_id}/look", {"csrf": "made-up"})).status == 403
    assert (await browser.get(f"/interact/cases/{case_id}/look")).status == 303
    assert desk.gateway.called("POST", "/v1/views") == []


async def test_it_looks_with_the_practitioners_own_token_for_the_teams_purpose(
    desk: Desk, case_id: str
) -> None:
    await look(desk, desk.sign_in(), case_id)
    (call,) = desk.gateway.called("POST", "/v1/views")
    assert call.token == "token-of-joy"
    assert (call.body["person"], call.body["purpose"]) == ("handle-at-age-well", "interact-home-health")
    assert desk.gateway.called("POST", "/v1/people/trace") == []


async def test_the_published_schemas_are_asked_for_once_an_hour(desk: Desk, case_id: str) -> None:
    browser = desk.sign_in()
    for _ in range(2):
        await look(desk, browser, case_id)
    assert len(desk.gateway.called("GET", "/v1/sections")) == 1
    desk.clock.go_on(minutes=61)
    await look(desk, desk.sign_in(), case_id)
    assert len(desk.gateway.called("GET", "/v1/sections")) == 2


async def test_nothing_of_a_view_rests_in_the_database_or_the_log(desk: Desk, case_id: str) -> None:
    with capture_logs() as logs:
        browser = desk.sign_in()
        answer = await look(desk, browser, case_id)
        await browser.get("/interact")
    assert PLANTED in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert PLANTED not in repr(logs)
    for file in desk.folder.iterdir():
        assert PLANTED.encode() not in file.read_bytes(), file.name


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (GatewayAwayError("cut"), "The gateway to other organisations does not answer right now."),
        (TokenNotGoodError("over"), "Sign in again to look"),
        (GatewayRefusedError(403, "role", "Ask for another role."), "may not look: Ask for another role."),
    ],
)
async def test_when_looking_fails_what_the_team_wrote_is_there_as_ever(
    desk: Desk, case_id: str, problem: Exception, words: str
) -> None:
    desk.gateway.answers["POST /v1/views"] = problem
    answer = await look(desk, desk.sign_in(), case_id)
    assert answer.status == 200
    assert words in answer.words
    assert "My garden" in answer.words


async def test_a_token_that_is_over_is_not_even_sent(desk: Desk, case_id: str) -> None:
    browser = desk.sign_in(seconds=60)
    desk.clock.go_on(seconds=50)
    answer = await look(desk, browser, case_id)
    assert "Sign in again to look" in answer.words
    assert desk.gateway.called("POST", "/v1/views") == []


async def test_nobody_is_guessed_by_too_little(desk: Desk, case_id: str) -> None:
    def forget(session: Any) -> None:
        found = session.get(Case, case_id)
        found.person, found.nhs_number, found.birth_date = None, None, None

    desk.hub.parts.database.write_now(forget)
    answer = await look(desk, desk.sign_in(), case_id)
    assert "There is too little to look by" in answer.words
    assert desk.gateway.called("POST", "/v1/views") == []


async def test_an_empty_view_says_that_nothing_may_be_shown_and_never_that_nothing_is_there(
    desk: Desk, case_id: str
) -> None:
    desk.gateway.answers["POST /v1/views"] = lambda call: {
        **shows(call),
        "sections": [],
        "unavailable": [],
    }
    words = (await look(desk, desk.sign_in(), case_id)).words
    assert "Nothing may be shown to you at the moment." in words
    assert "not shown does not mean none." in words


@pytest.mark.parametrize(
    "path", ["", "/tasks", "/visits", "/measures", "/plan", "/closing", "/refusal", "/helpers"]
)
async def test_a_case_that_is_none_and_people_of_no_team_get_the_same_page(
    desk: Desk, case_id: str, path: str
) -> None:
    member = await desk.sign_in().get(f"/interact/cases/unknown{path}")
    stranger = await desk.sign_in("wensum-valley-practice", "gp").get(f"/interact/cases/{case_id}{path}")
    assert member.status == stranger.status == 404
