"""Referring somebody: nothing is lost, nothing is sent twice, and the sender is told what is true."""

from __future__ import annotations

from typing import Any

import pytest

from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.interact.tables import Case, Referring
from hub.outbox import forget, told
from hub.tables import Outgoing
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import Call, Desk, hub_in
from tests.unit.hub.interact.making import FORM, REFERRAL, SENT, listed, rows, take_in

CARE = ("wensum-valley-practice", "care-coordinator")


@pytest.fixture
def practice(desk: Desk) -> Browser:
    """A browser of somebody who is no member of the team."""
    desk.gateway.answers["POST /v1/referrals"] = SENT
    return desk.sign_in(*CARE, name="Carys Heron", subject="carys")


async def send(desk: Desk, browser: Browser, **change: str) -> Answer:
    return await desk.post(browser, "/interact/refer", **{**FORM, **change})


async def truth(desk: Desk, browser: Browser) -> str:
    (one,) = rows(desk, Referring)
    return (await browser.get(f"/interact/referrals/{one.id}")).words


async def test_a_referral_goes_to_the_gateway_with_what_was_agreed(desk: Desk, practice: Browser) -> None:
    answer = await send(desk, practice)
    assert answer.status == 303
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.token == "token-of-carys"
    assert call.headers["Idempotency-Key"] == rows(desk, Outgoing)[0].key
    assert call.body == {
        "to": "age-well-norfolk",
        "purpose": "interact-home-health",
        "about": {
            "name": "Mary Sandbox",
            "birth_date": "1952-03-27",
            "telephone": "01632 960001",
            "address": "1 Test Street, Norwich, NR1 1AA",
        },
        "why": "Mould in the bedroom and a bad chest",
        "what_matters": "My garden",
        "themes": ["damp"],
        "urgency": "soon",
        "agreed": {
            "how": "spoken",
            "said_at": "2026-11-23T09:30:00+00:00",
            "words": "interact-2026-2",
            "contact_details": True,
        },
        "sharing": {"with": ["norwich-city-council"]},
        "reference": rows(desk, Referring)[0].id,
        "person": "handle-of-nobody",
    }
    assert "Sent: the team has not read it yet" in await truth(desk, practice)


async def test_the_person_is_traced_by_what_identifies_them_or_not_at_all(
    desk: Desk, practice: Browser
) -> None:
    await send(desk, practice)
    assert desk.gateway.called("POST", "/v1/people/trace")[0].body == {
        "demographics": {
            "family_name": "Sandbox",
            "given_name": "Mary",
            "birth_date": "1952-03-27",
            "postcode": "NR1 1AA",
        }
    }
    await send(desk, practice, nhs_number="999 000 0018")
    assert desk.gateway.called("POST", "/v1/people/trace")[1].body == {"nhs_number": "9990000018"}
    await send(desk, practice, address="")
    assert len(desk.gateway.called("POST", "/v1/people/trace")) == 2
    assert "person" not in desk.gateway.called("POST", "/v1/referrals")[2].body


async def test_contact_details_stay_where_the_person_did_not_agree(desk: Desk, practice: Browser) -> None:
    await send(desk, practice, contact="no")
    body = desk.gateway.called("POST", "/v1/referrals")[0].body
    assert set(body["about"]) == {"name", "birth_date"}
    assert body["agreed"]["contact_details"] is False


async def test_once_it_is_sent_the_hub_forgets_what_it_says(desk: Desk, practice: Browser) -> None:
    await send(desk, practice)
    assert rows(desk, Outgoing)[0].body == ""


async def test_while_the_gateway_is_away_it_waits_and_the_page_says_so(desk: Desk, practice: Browser) -> None:
    desk.gateway.away = True
    await send(desk, practice)
    assert "Waiting to be sent" in await truth(desk, practice)
    assert "must not write it again" in await truth(desk, practice)
    desk.gateway.away = False
    assert await desk.hub.parts.outbox.send_due() == 0, "it waits a moment before the next try"
    desk.clock.go_on(seconds=6)
    assert await desk.hub.parts.outbox.send_due() == 1
    assert "Sent" in await truth(desk, practice)


async def test_what_could_not_be_sent_for_14_days_is_given_up_deleted_and_said(
    desk: Desk, practice: Browser
) -> None:
    desk.gateway.away = True
    await send(desk, practice)
    desk.clock.go_on(days=13)
    assert await desk.hub.parts.outbox.send_due() == 0
    assert rows(desk, Outgoing)[0].body
    desk.clock.go_on(days=1)
    desk.gateway.away = False
    assert await desk.hub.parts.outbox.send_due() == 0
    assert (rows(desk, Outgoing)[0].state, rows(desk, Outgoing)[0].body) == ("failed", "")
    practice = desk.sign_in(*CARE, name="Carys Heron", subject="carys")
    assert "could not be sent for 14 days" in await truth(desk, practice)


async def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_bytes(
    desk: Desk, practice: Browser
) -> None:
    bodies: list[bytes] = []

    def lost(call: Call) -> object:
        bodies.append(repr(call.body).encode())
        return GatewayAwayError("cut") if len(bodies) == 1 else SENT

    desk.gateway.answers["POST /v1/referrals"] = lost
    await send(desk, practice)
    desk.clock.go_on(seconds=6)
    await desk.hub.parts.outbox.send_due()
    first, second = desk.gateway.called("POST", "/v1/referrals")
    assert first.headers == second.headers
    assert bodies[0] == bodies[1]


async def test_after_a_kill_it_waits_for_its_sender_and_goes_when_they_sign_in(
    desk: Desk, practice: Browser
) -> None:
    desk.gateway.away = True
    await send(desk, practice)
    desk.hub.parts.database.close()
    again = hub_in(desk.folder)
    again.gateway.answers["POST /v1/referrals"] = SENT
    assert await again.hub.parts.outbox.send_due() == 0
    colleague = again.sign_in(*CARE, name="Dele Sallow", subject="dele")
    assert await again.hub.parts.outbox.send_due() == 0, "nobody else's name stands under it"
    assert (await colleague.get("/interact/referrals")).words.count("Mary Sandbox") == 0
    again.clock.go_on(minutes=1)
    browser = again.sign_in(*CARE, name="Carys Heron", subject="carys")
    await again.hub.parts.outbox.wake("wensum-valley-practice", "carys")
    assert await again.hub.parts.outbox.send_due() == 1
    assert "Sent" in await truth(again, browser)
    again.hub.parts.database.close()


def in_the_list(desk: Desk, status: str, **more: Any) -> None:
    """The gateway has it, as the sender's own list says; nobody else is given the reference."""
    row = listed(status, reference=rows(desk, Outgoing)[0].record)

    def boxes(call: Call) -> dict[str, object]:
        mine = call.query["box"] == "out" and call.token == "application-of-wensum-valley-practice-hub"
        return {"referrals": [row] if mine else [], "next": None}

    desk.gateway.answers["GET /v1/referrals"] = boxes


async def test_a_referral_whose_answer_was_lost_is_found_in_its_senders_list(
    desk: Desk, practice: Browser
) -> None:
    desk.gateway.answers["POST /v1/referrals"] = GatewayAwayError("cut")
    await send(desk, practice)
    assert "Waiting to be sent" in await truth(desk, practice)
    in_the_list(desk, "collected")
    await desk.hub.background.look()
    assert "The team has it" in await truth(desk, practice)
    (row,) = rows(desk, Outgoing)
    assert (row.state, row.referral, row.body) == ("sent", REFERRAL, "")
    desk.clock.go_on(hours=1)
    assert await desk.hub.parts.outbox.send_due() == 0
    assert len(desk.gateway.called("POST", "/v1/referrals")) == 1


async def test_one_that_was_given_up_and_had_arrived_is_not_called_lost(
    desk: Desk, practice: Browser
) -> None:
    desk.gateway.answers["POST /v1/referrals"] = GatewayAwayError("cut")
    await send(desk, practice)
    desk.clock.go_on(days=14)
    desk.gateway.answers["POST /v1/referrals"] = GatewayRefusedError(403, "agreement-ended", "")
    await desk.hub.parts.outbox.send_due()
    assert rows(desk, Outgoing)[0].state == "failed"
    in_the_list(desk, "accepted")
    await desk.hub.background.look()
    practice = desk.sign_in(*CARE, name="Carys Heron", subject="carys")
    assert "The team works on it." in await truth(desk, practice)


async def test_somebody_elses_list_does_not_say_that_ours_arrived(desk: Desk, practice: Browser) -> None:
    desk.gateway.answers["POST /v1/referrals"] = GatewayAwayError("cut")
    await send(desk, practice)
    in_the_list(desk, "collected")
    row = listed("collected", reference=rows(desk, Outgoing)[0].record, **{"from": "norwich-city-council"})
    desk.gateway.answers["GET /v1/referrals"] = {"referrals": [row], "next": None}
    await desk.hub.background.look()
    assert "Waiting to be sent" in await truth(desk, practice)


async def test_a_key_that_was_used_says_that_something_arrived_not_that_nothing_did(
    desk: Desk, practice: Browser
) -> None:
    desk.gateway.answers["POST /v1/referrals"] = GatewayRefusedError(400, "idempotency-key-reused", "")
    await send(desk, practice)
    assert "Waiting to be sent" in await truth(desk, practice)


async def test_while_the_gateway_is_away_nobody_waits_for_each_of_many_in_turn(
    desk: Desk, practice: Browser
) -> None:
    desk.gateway.answers["POST /v1/people/trace"] = desk.gateway.answers["POST /v1/referrals"] = (
        GatewayAwayError("silent")
    )
    for _ in range(3):
        await send(desk, practice)
    desk.clock.go_on(seconds=6)
    desk.gateway.calls.clear()
    await desk.hub.parts.outbox.send_due()
    assert len(desk.gateway.calls) == 1


async def test_a_row_that_was_forgotten_or_settled_meanwhile_is_left_as_it_is(
    desk: Desk, practice: Browser
) -> None:
    def forgotten(_: Call) -> object:
        (row,) = rows(desk, Outgoing)
        desk.hub.parts.database.write_now(lambda session: forget(session, row.feature, row.record))
        return SENT

    desk.gateway.answers["POST /v1/referrals"] = forgotten
    await send(desk, practice)
    assert rows(desk, Outgoing) == []


async def test_what_an_organisation_itself_says_asks_nobody_to_sign_in(desk: Desk) -> None:
    await take_in(desk)
    path = f"POST /v1/referrals/{REFERRAL}/acceptance"
    desk.gateway.answers[path] = TokenNotGoodError("expired")
    case_id = rows(desk, Case)[0].id
    await desk.post(desk.sign_in(), f"/interact/cases/{case_id}/taking-on")
    (row,) = rows(desk, Outgoing)
    assert told(row).state == "not-sent-yet"


async def test_a_token_that_is_over_asks_its_owner_to_sign_in(desk: Desk, practice: Browser) -> None:
    desk.gateway.answers["POST /v1/referrals"] = TokenNotGoodError("expired")
    await send(desk, practice)
    assert "sign in again, and it goes" in await truth(desk, practice)


async def test_what_the_gateway_refuses_is_told_and_forgotten(desk: Desk, practice: Browser) -> None:
    desk.gateway.answers["POST /v1/referrals"] = GatewayRefusedError(403, "no-agreement", "none")
    await send(desk, practice)
    assert "No agreement lets your organisation refer to them for this." in await truth(desk, practice)
    assert rows(desk, Outgoing)[0].body == ""


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("collected", "The team has it and decides"),
        ("accepted", "The team works on it."),
        ("refused", "The team did not take it on: The team is full at the moment."),
        ("closed", "The team has finished."),
        ("withdrawn", "or the person stopped it"),
        ("expired", "Nobody fetched it within 28 days"),
    ],
)
async def test_the_sender_sees_what_became_of_it(
    desk: Desk, practice: Browser, status: str, words: str
) -> None:
    await send(desk, practice)
    row = listed(status, reason="full" if status == "refused" else None)

    def boxes(call: Call) -> dict[str, object]:
        return {"referrals": [row] if call.query["box"] == "out" else [], "next": None}

    desk.gateway.answers["GET /v1/referrals"] = boxes
    await desk.hub.background.look()
    assert words in await truth(desk, practice)
    assert "Mary Sandbox" in (await practice.get("/interact/referrals")).words


async def test_the_sender_sees_what_came_of_it(desk: Desk, practice: Browser) -> None:
    await send(desk, practice)
    row = listed("closed", outcomes=["moved", "housing-duty-owed"])
    desk.gateway.answers["GET /v1/referrals"] = lambda call: {
        "referrals": [row] if call.query["box"] == "out" else [],
        "next": None,
    }
    await desk.hub.background.look()
    page = await truth(desk, practice)
    assert "What came of it Moved to a better home The council must help with housing" in page


async def test_a_referral_can_be_taken_back_once(desk: Desk, practice: Browser) -> None:
    await send(desk, practice)
    desk.gateway.answers[f"POST /v1/referrals/{REFERRAL}/withdrawal"] = listed("withdrawn")
    name = rows(desk, Referring)[0].id
    for _ in range(2):
        desk.clock.go_on(seconds=1)
        answer = await desk.post(practice, f"/interact/referrals/{name}/taking-back")
        assert answer.status == 303
    assert len(desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/withdrawal")) == 1
    assert "You took it back" in await truth(desk, practice)


async def test_one_that_moved_on_meanwhile_is_told_as_it_stands(desk: Desk, practice: Browser) -> None:
    await send(desk, practice)
    path = f"POST /v1/referrals/{REFERRAL}/withdrawal"
    desk.gateway.answers[path] = GatewayRefusedError(409, "referral-elsewhere", "", "closed")
    desk.clock.go_on(seconds=1)
    await desk.post(practice, f"/interact/referrals/{rows(desk, Referring)[0].id}/taking-back")
    assert [row.status for row in rows(desk, Outgoing) if row.kind == "withdraw"] == ["closed"]


async def test_nobody_sees_somebody_elses_referral(desk: Desk, practice: Browser) -> None:
    await send(desk, practice)
    name = rows(desk, Referring)[0].id
    other = desk.sign_in(*CARE, name="Dele Sallow", subject="dele")
    assert (await other.get(f"/interact/referrals/{name}")).status == 404
    assert (await desk.post(other, f"/interact/referrals/{name}/taking-back")).status == 404
    assert "You have not referred anybody yet." in (await other.get("/interact/referrals")).words


FAULTS = [
    ({"name": ""}, "Enter the person's name"),
    ({"name": "x" * 201}, "The name must be 200 characters or fewer"),
    ({"birth_date-year": "2199"}, "The date of birth must not be in the future"),
    ({"birth_date-year": "1800"}, "Check the date of birth"),
    ({"birth_date-day": "31", "birth_date-month": "2"}, "The date of birth must be a real date"),
    ({"nhs_number": "9990000019"}, "Check the NHS number"),
    ({"nhs_number": "12"}, "Check the NHS number"),
    ({"email": "nobody"}, "Enter an email address in the correct format"),
    ({"needs": "x" * 501}, "Write 500 characters or fewer"),
    ({"why": ""}, "Say why the person needs help"),
    ({"what_matters": "x" * 2001}, "Write 2000 characters or fewer"),
    ({"urgency": "now"}, "Select how soon the team should look"),
    ({"agreed": ""}, "Nobody is referred who did not agree"),
    ({"how": ""}, "Select how they agreed"),
    ({"said_on-day": "1", "said_on-month": "11", "said_on-year": "2026"}, "ask the person again"),
    ({"contact": ""}, "Select whether the team may know how to reach them"),
    ({"to": "somebody-else"}, "Select who should get this"),
]


@pytest.mark.parametrize(("change", "words"), FAULTS, ids=[words for _, words in FAULTS])
async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    desk: Desk, practice: Browser, change: dict[str, str], words: str
) -> None:
    answer = await send(desk, practice, **change)
    assert answer.status == 422
    assert "There is a problem" in answer.words
    assert words in answer.words
    assert "Mould in the bedroom" in answer.text or "why" in change
    assert "<title>Error:" in answer.text
    assert rows(desk, Outgoing) == []


async def test_a_day_of_agreement_before_today_is_told_as_its_midday(desk: Desk, practice: Browser) -> None:
    await send(desk, practice, **{"said_on-day": "20", "said_on-month": "11", "said_on-year": "2026"})
    body = desk.gateway.called("POST", "/v1/referrals")[0].body
    assert body["agreed"]["said_at"] == "2026-11-20T12:00:00+00:00"


async def test_the_form_shows_the_words_to_read_out(desk: Desk, practice: Browser) -> None:
    answer = await practice.get("/interact/refer")
    assert answer.status == 200
    assert "You can see each look and stop it at any time." in answer.words


async def test_a_form_without_our_token_or_from_elsewhere_changes_nothing(
    desk: Desk, practice: Browser
) -> None:
    assert (await practice.post("/interact/refer", FORM)).status == 403
    token = desk.csrf_of(practice)
    elsewhere = await practice.post("/interact/refer", {**FORM, "csrf": token}, origin="https://evil.test")
    assert elsewhere.status == 403
    cross = await practice.post("/interact/refer", {**FORM, "csrf": token}, sec_fetch_site="cross-site")
    assert cross.status == 403
    assert (await practice.ask("POST", "/interact/refer", b"{}")).status == 400
    assert rows(desk, Outgoing) == []
