"""A referral that arrives is kept once, whatever is killed in between, and only then acknowledged."""

from __future__ import annotations

from typing import Any

from hub.gateway import GatewayAwayError, GatewayRefusedError
from hub.interact.tables import Case
from hub.tables import Arrived
from tests.unit.hub.fakes import Call, Desk, hub_in
from tests.unit.hub.interact.making import (
    NUMBER,
    REFERRAL,
    arrives,
    case,
    full,
    inbox_of,
    listed,
    rows,
    take_in,
)

COLLECTION = f"POST /v1/referrals/{REFERRAL}/collection"


async def test_a_referral_becomes_a_case_and_is_then_acknowledged(desk: Desk) -> None:
    arrives(desk)
    await desk.hub.background.look()
    found = case(desk)
    assert (found.name, found.nhs_number, found.person) == ("Mary Sandbox", NUMBER, "handle-at-age-well")
    assert (found.sender, found.state, found.themes) == ("wensum-valley-practice", "new", "damp")
    (row,) = rows(desk, Arrived)
    assert row.collected_at == desk.clock.now()
    paths = [(one.method, one.path) for one in desk.gateway.calls]
    assert paths.index(("GET", f"/v1/referrals/{REFERRAL}")) < paths.index(
        ("POST", f"/v1/referrals/{REFERRAL}/collection")
    )


async def test_cut_off_before_the_acknowledgement_it_is_acknowledged_later_and_kept_once(desk: Desk) -> None:
    arrives(desk)
    answers = desk.gateway.answers
    answers[COLLECTION] = GatewayAwayError("cut")
    await desk.hub.background.look()
    assert rows(desk, Arrived)[0].collected_at is None
    desk.hub.parts.database.close()
    again = hub_in(desk.folder)
    arrives(again)
    await again.hub.background.look()
    assert len(rows(again, Case)) == 1
    assert rows(again, Arrived)[0].collected_at is not None
    assert len(again.gateway.called("GET", f"/v1/referrals/{REFERRAL}")) == 0, "kept already: not read again"
    again.hub.parts.database.close()


async def test_if_the_case_cannot_be_written_nothing_is_acknowledged(desk: Desk) -> None:
    arrives(desk)
    broken = full()
    broken["content"]["about"]["name"] = None
    desk.gateway.answers[f"GET /v1/referrals/{REFERRAL}"] = broken
    await desk.hub.background.look()
    assert rows(desk, Case) == rows(desk, Arrived) == []
    assert desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/collection") == []


async def test_one_that_was_stopped_since_it_was_listed_is_left_alone(desk: Desk) -> None:
    arrives(desk)
    desk.gateway.answers[f"GET /v1/referrals/{REFERRAL}"] = listed("withdrawn")
    await desk.hub.background.look()
    assert rows(desk, Case) == []


async def test_one_that_is_for_no_team_here_stays_at_the_gateway(desk: Desk) -> None:
    arrives(desk)
    desk.gateway.answers["GET /v1/referrals"] = inbox_of({**full(), "purpose": "hospital-link"})
    await desk.hub.background.look()
    assert rows(desk, Case) == []
    assert desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/collection") == []


async def test_an_acknowledgement_that_is_refused_leaves_the_case_standing(desk: Desk) -> None:
    arrives(desk)
    desk.gateway.answers[COLLECTION] = GatewayRefusedError(409, "referral-elsewhere", "", "withdrawn")
    await desk.hub.background.look()
    assert len(rows(desk, Case)) == 1
    assert rows(desk, Arrived)[0].collected_at is None


async def test_every_page_of_the_inbox_is_read(desk: Desk) -> None:
    arrives(desk)
    first = inbox_of(full())

    def paged(call: Call) -> dict[str, Any]:
        if call.query["box"] == "in" and call.query.get("status") == "sent" and "after" not in call.query:
            return {"referrals": [], "next": "more"}
        found: dict[str, Any] = first(call)
        return found

    desk.gateway.answers["GET /v1/referrals"] = paged
    await desk.hub.background.look()
    assert len(rows(desk, Case)) == 1


async def test_what_the_person_stopped_is_shown_and_looked_at_no_more(desk: Desk) -> None:
    case_id = await take_in(desk)
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(listed("withdrawn"))
    await desk.hub.background.look()
    browser = desk.sign_in()
    page = await browser.get(f"/interact/cases/{case_id}")
    assert "stopped this. Nobody may look any more." in page.words
    assert desk.gateway.called("POST", "/v1/views") == []
    assert "The person stopped this." in (await browser.get("/interact")).words


async def test_one_organisation_that_fails_leaves_the_others_alone(desk: Desk) -> None:
    arrives(desk)
    good = inbox_of(full())

    def first_fails(call: Call) -> object:
        away = call.token == "application-of-norwich-city-council-hub"
        return GatewayAwayError("cut") if away else good(call)

    desk.gateway.answers["GET /v1/referrals"] = first_fails
    await desk.hub.background.look()
    assert len(rows(desk, Case)) == 1


async def test_one_that_cannot_be_read_holds_up_no_other(desk: Desk) -> None:
    arrives(desk)
    poison = {**full(), "id": "ref_" + "p" * 24}
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(poison, full())
    desk.gateway.answers[f"GET /v1/referrals/{poison['id']}"] = {"of": "another shape"}
    await desk.hub.background.look()
    assert [one.referral for one in rows(desk, Arrived)] == [REFERRAL]
    assert desk.gateway.called("POST", f"/v1/referrals/{poison['id']}/collection") == []


async def test_one_that_may_be_read_no_more_holds_up_no_other(desk: Desk) -> None:
    arrives(desk)
    other = {**full(), "id": "ref_" + "p" * 24}
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(other, full())
    desk.gateway.answers[f"GET /v1/referrals/{other['id']}"] = GatewayRefusedError(403, "no-agreement", "")
    await desk.hub.background.look()
    assert [one.referral for one in rows(desk, Arrived)] == [REFERRAL]


async def test_where_the_answer_to_the_acknowledgement_is_lost_the_list_tells_that_it_arrived(
    desk: Desk,
) -> None:
    arrives(desk)
    desk.gateway.answers[COLLECTION] = GatewayAwayError("cut")
    await desk.hub.background.look()
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(listed("collected"))
    desk.clock.go_on(minutes=1)
    await desk.hub.background.look()
    (row,) = rows(desk, Arrived)
    assert (row.status, row.collected_at is not None) == ("collected", True)
    assert len(desk.gateway.called("POST", COLLECTION.removeprefix("POST "))) == 1


async def test_a_list_is_read_no_further_than_what_is_looked_for(desk: Desk) -> None:
    await take_in(desk)
    others = [{**full(), "id": f"ref_{at:024d}", "status": "closed"} for at in range(3)]

    def paged(call: Call) -> dict[str, Any]:
        if call.query.get("status") == "sent":
            return {"referrals": [], "next": None}
        if "after" not in call.query:
            return {"referrals": [listed("accepted"), *others], "next": "more"}
        raise AssertionError("it was found on the first page")

    desk.gateway.answers["GET /v1/referrals"] = paged
    desk.gateway.calls.clear()
    await desk.hub.background.look()
    assert [one.query["box"] for one in desk.gateway.called("GET", "/v1/referrals")] == ["in", "in"]
    assert rows(desk, Arrived)[0].status == "collected"
