"""With whom of the team a case is shared, and that each employer looks by a handle of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.interact.tables import Case, Colleague
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import Call, Desk, empty_view
from tests.unit.hub.interact.making import FORM, NUMBER, REFERRAL, SENT, full, rows, take_in

READ = f"GET /v1/referrals/{REFERRAL}"
AT_AGE_WELL, AT_COUNCIL = "handle-at-age-well", "handle-at-the-council"


def for_the_council(**more: Any) -> Callable[[Call], Any]:
    """Answers the council with its own handle, and nobody else with any."""

    def answer(call: Call) -> Any:
        if call.token != "token-of-ada":
            return full()
        told = {
            "id": REFERRAL,
            "from": "wensum-valley-practice",
            "to": "age-well-norfolk",
            "status": "accepted",
        }
        return {**told, "purpose": "interact-home-health", "changed_at": "2026-11-23T09:00:00Z", **more}

    return answer


@pytest.fixture
async def case_id(desk: Desk) -> str:
    desk.gateway.answers["GET /v1/sections"] = []
    desk.gateway.answers["POST /v1/views"] = empty_view
    found = await take_in(desk)
    desk.gateway.answers[READ] = for_the_council(person=AT_COUNCIL)
    return found


@pytest.fixture
def ada(desk: Desk) -> Browser:
    return desk.sign_in("norwich-city-council", "housing-officer", name="Ada Thorpe", subject="ada")


async def look(desk: Desk, browser: Browser, case_id: str) -> Answer:
    return await desk.post(browser, f"/interact/cases/{case_id}/look")


def looked_by(desk: Desk) -> list[str]:
    return [one.body["person"] for one in desk.gateway.called("POST", "/v1/views")]


async def test_a_colleague_looks_by_the_handle_of_their_own_employer(
    desk: Desk, ada: Browser, case_id: str
) -> None:
    for _ in range(2):
        await look(desk, ada, case_id)
    await look(desk, desk.sign_in(), case_id)
    assert looked_by(desk) == [AT_COUNCIL, AT_COUNCIL, AT_AGE_WELL]
    asked = [
        one for one in desk.gateway.called("GET", f"/v1/referrals/{REFERRAL}") if one.token == "token-of-ada"
    ]
    assert len(asked) == 1, "a disclosure: asked for once, and kept"
    assert desk.gateway.called("POST", "/v1/people/trace") == []


async def test_opening_the_page_asks_for_no_handle(desk: Desk, ada: Browser, case_id: str) -> None:
    before = len(desk.gateway.calls)
    assert "My garden" in (await ada.get(f"/interact/cases/{case_id}")).words
    assert len(desk.gateway.calls) == before


@pytest.mark.parametrize(
    "answer", [for_the_council(), GatewayRefusedError(404, "not-found", "There is none.")]
)
async def test_without_a_handle_of_their_own_they_trace_and_never_use_anothers(
    desk: Desk, ada: Browser, case_id: str, answer: Any
) -> None:
    desk.gateway.answers[READ] = answer
    await look(desk, ada, case_id)
    assert desk.gateway.called("POST", "/v1/people/trace")[0].body == {"nhs_number": NUMBER}
    assert looked_by(desk) == ["handle-of-nobody"]


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (GatewayAwayError("cut"), "The gateway to other organisations does not answer right now."),
        (TokenNotGoodError("over"), "Sign in again to look"),
        (GatewayRefusedError(403, "agreement-ended", "It ended."), "may not look: It ended."),
    ],
)
async def test_when_the_handle_cannot_be_had_the_teams_own_record_is_there_as_ever(
    desk: Desk, ada: Browser, case_id: str, problem: Exception, words: str
) -> None:
    desk.gateway.answers[READ] = problem
    answer = await look(desk, ada, case_id)
    assert (answer.status, looked_by(desk)) == (200, [])
    assert words in answer.words
    assert "My garden" in answer.words


async def test_with_a_token_that_is_over_nothing_is_asked(desk: Desk, case_id: str) -> None:
    ada = desk.sign_in("norwich-city-council", "housing-officer", name="Ada", subject="ada", seconds=60)
    desk.clock.go_on(seconds=50)
    before = len(desk.gateway.calls)
    assert "Sign in again to look" in (await look(desk, ada, case_id)).words
    assert len(desk.gateway.calls) == before


async def test_the_page_says_with_whom_it_is_shared(desk: Desk, ada: Browser, case_id: str) -> None:
    words = (await ada.get(f"/interact/cases/{case_id}")).words
    assert (
        "The person said yes to these: Housing specialist (Norwich City Council), "
        "Social prescriber (Age Well Norfolk)." in words
    )


async def test_a_yes_to_one_alone_is_found_by_nobody_else(desk: Desk, ada: Browser) -> None:
    case_id = await take_in(desk, **{"with": []})
    joy = desk.sign_in()
    assert (
        "The person said yes to these: Social prescriber"
        in (await joy.get(f"/interact/cases/{case_id}")).words
    )
    for path in ("", "/tasks", "/plan", "/closing"):
        assert (await ada.get(f"/interact/cases/{case_id}{path}")).status == 404
    for step in ("look", "taking-on"):
        assert (await desk.post(ada, f"/interact/cases/{case_id}/{step}")).status == 404
    assert "Mary Sandbox" not in (await ada.get("/interact")).words
    assert "Housing specialist" not in (await joy.get(f"/interact/cases/{case_id}/tasks")).words
    task = {
        "what": "Ring",
        "owner": "Housing specialist",
        "due-day": "30",
        "due-month": "11",
        "due-year": "2026",
    }
    assert "Select who does it" in (await desk.post(joy, f"/interact/cases/{case_id}/tasks", **task)).words
    await desk.post(joy, f"/interact/cases/{case_id}/closing", outcomes="adapted")
    assert "Mary Sandbox" not in (await ada.get("/interact/finished")).words
    assert "Mary Sandbox" in (await joy.get("/interact/finished")).words


async def test_a_case_of_before_is_found_by_all_of_the_team_and_looked_at_by_tracing(
    desk: Desk, ada: Browser, case_id: str
) -> None:
    def of_before(session: Any) -> None:
        session.get(Case, case_id).is_named = False
        session.delete(session.get(Colleague, (case_id, "norwich-city-council")))

    desk.hub.parts.database.write_now(of_before)
    await look(desk, ada, case_id)
    assert looked_by(desk) == ["handle-of-nobody"]
    assert "In the team: Housing specialist" in (await ada.get(f"/interact/cases/{case_id}")).words


async def test_with_whom_it_was_shared_goes_with_the_case(desk: Desk, ada: Browser, case_id: str) -> None:
    await look(desk, ada, case_id)
    assert [one.person for one in rows(desk, Colleague)] == [AT_COUNCIL]
    await desk.post(desk.sign_in(), f"/interact/cases/{case_id}/closing", outcomes="adapted")
    desk.clock.go_on(days=6 * 365 + 3)
    await desk.hub.background.sweep()
    assert rows(desk, Colleague) == rows(desk, Case) == []


async def refer(desk: Desk, **change: str) -> Answer:
    """Somebody of no team refers."""
    desk.gateway.answers["POST /v1/referrals"] = SENT
    browser = desk.sign_in("wensum-valley-practice", "care-coordinator", name="Carys Heron", subject="carys")
    return await desk.post(browser, "/interact/refer", **{**FORM, **change})


async def test_the_form_names_the_team_and_asks_for_a_yes_to_it(desk: Desk) -> None:
    page = await desk.sign_in().get("/interact/refer")
    assert "Who they are: Norwich City Council Age Well Norfolk" in page.words
    assert "May all of these know and look?" in page.words
    answer = await refer(desk, team="")
    assert answer.status == 422
    assert "Select who of the team may know and look" in answer.words
    assert desk.gateway.called("POST", "/v1/referrals") == []


@pytest.mark.parametrize(
    "change", [{"team": "only"}, {"named": "a-body-of-no-team"}, {"named": "age-well-norfolk"}]
)
async def test_who_was_not_said_yes_to_by_name_is_not_shared_with(desk: Desk, change: dict[str, str]) -> None:
    assert (await refer(desk, **change)).status == 303
    assert "sharing" not in desk.gateway.called("POST", "/v1/referrals")[0].body
