"""From a concern to a service: found by the directory, referred to with the person's agreement, or told honestly."""

from __future__ import annotations

from typing import Any

import pytest

from hub.front_door.routing import likely_route
from hub.front_door.routing_pages import SEEN_MOST, Seen
from hub.gateway import GatewayAwayError, GatewayRefusedError
from hub.gateway_answers import Service, ServicePage
from hub.tables import Outgoing
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import Desk
from tests.unit.hub.front_door.house import an_item, county, listed, rows, triager, with_person

AGREED = {
    "person": "nobody",
    "how": "spoken",
    "said-day": "23",
    "said-month": "11",
    "said-year": "2026",
    "purpose": "income-debt-advice",
    "urgency": "soon",
    "name": "Ana Marram",
    "why": "The rent is behind.",
    "contact": "yes",
    "telephone": "01632 960123",
    "safe_contact": "Mornings",
    "needs": "An interpreter",
    "sharing": "nothing",
}


async def searched(desk: Desk, **concern: str) -> tuple[Browser, str]:
    """A triager with an item in hand, who has searched."""
    wes = triager(desk)
    address = await an_item(desk, wes, themes="money", **concern)
    await desk.post(wes, f"{address}/services", need="money")
    return wes, address


async def test_services_are_found_by_need_place_and_whom_they_are_for(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes, themes="money")
    page = await wes.get(f"{address}/services")
    assert '<option value="money" selected>' in page.text
    page = await desk.post(
        wes, f"{address}/services", need="money", place="Norwich", eligible="42", words="debt"
    )
    (call,) = desk.gateway.called("GET", "/v1/directory/services")
    assert call.query == {"need": "money", "place": "Norwich", "eligible": "42", "q": "debt"}
    for told in ("Money advice", "Norwich", "01632 960001", "Anybody, from 18 years up to 70 years"):
        assert told in page.words
    assert f'href="{address}/refer/svc-debt"' in page.text
    assert "Closed for now." in page.words
    more = await desk.post(wes, f"{address}/services", need="money", after="svc-shut")
    assert desk.gateway.called("GET", "/v1/directory/services")[1].query["after"] == "svc-shut"
    assert more.status == 200


async def test_where_we_cannot_refer_the_contact_details_are_shown_and_it_is_said(desk: Desk) -> None:
    wes, address = await searched(desk)
    page = await desk.post(wes, f"{address}/services", need="money")
    assert "We cannot refer to them from here." in page.words
    assert "01632 960002" in page.words
    assert f"{address}/refer/svc-club" not in page.text
    told = await desk.post(wes, f"{address}/passed-on/svc-club")
    shown = await wes.get(told.headers["location"])
    assert "We have not told the service anything." in shown.words
    assert "Gave out a service's own contact details: Lunch club" in shown.words
    assert rows(desk, Outgoing) == []
    assert (await desk.post(wes, f"{address}/passed-on/unseen")).status == 404


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (GatewayAwayError("x"), "The directory does not answer right now."),
        (GatewayRefusedError(422, "query-invalid", ""), "Write words only: no postcode but its first half"),
    ],
)
async def test_a_search_that_does_not_work_keeps_what_was_typed(
    desk: Desk, problem: Exception, told: str
) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    desk.gateway.answers["GET /v1/directory/services"] = problem
    page = await desk.post(wes, f"{address}/services", place="Mile Cross")
    assert page.status == 400
    assert told in page.words
    assert "Mile Cross" in page.text
    empty = await desk.post(wes, f"{address}/services")
    assert "Choose what is needed, or write a word" in empty.words


async def test_a_referral_goes_out_with_the_persons_agreement_and_only_what_they_agreed_to(
    desk: Desk,
) -> None:
    wes, address = await searched(desk)
    page = await wes.get(f"{address}/refer/svc-debt")
    assert "Read this to the person" in page.words
    assert 'value="income-debt-advice" checked' in page.text
    assert "01632 960123" in page.text
    answer = await desk.post(wes, f"{address}/refer/svc-debt", **AGREED)
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.token == "token-of-wes"
    assert len(call.headers["Idempotency-Key"]) > 16
    assert call.body == {
        "to": "norfolk-advice",
        "purpose": "income-debt-advice",
        "service": "svc-debt",
        "person": None,
        "about": {
            "name": "Ana Marram",
            "telephone": "01632 960123",
            "safe_contact": "Mornings",
            "needs": "An interpreter",
        },
        "why": "The rent is behind.",
        "themes": ["money"],
        "urgency": "soon",
        "agreed": {
            "how": "spoken",
            "said_at": "2026-11-23T09:30:00+00:00",
            "words": "front-door-referral-2026-1",
            "contact_details": True,
        },
        "sharing": {"sections": []},
    }
    shown = await wes.get(answer.headers["location"])
    assert "Sent. They have not fetched it yet" in shown.words
    assert "Referred somebody: Money advice: Title of income-debt-advice" in shown.words
    assert rows(desk, Outgoing)[0].body == ""


async def test_of_a_family_one_person_is_referred_by_their_own_handle(desk: Desk) -> None:
    wes, address = await searched(desk)
    mum = await with_person(desk, wes, address, "9990000018", "Mum")
    await with_person(desk, wes, address, "9990000026", "Tom")
    form = {**AGREED, "person": mum.rpartition("/")[2], "sharing": "purpose"}
    await desk.post(wes, f"{address}/refer/svc-debt", **form)
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.body["person"] == "handle-of-9990000018-for-token-of-wes"
    assert call.body["sharing"] == {"sections": None}


async def test_a_referral_sent_twice_on_a_bad_line_is_one(desk: Desk) -> None:
    wes, address = await searched(desk)
    for _ in range(2):
        answer = await desk.post(wes, f"{address}/refer/svc-debt", entry="entry-of-this-very-form", **AGREED)
        assert answer.status == 303
    assert len(rows(desk, Outgoing)) == 1


async def test_a_referral_waits_while_the_gateway_is_away_and_says_so(desk: Desk) -> None:
    wes, address = await searched(desk)

    def away(call: Any) -> Any:
        return GatewayAwayError("cut")

    desk.gateway.answers["POST /v1/referrals"] = away
    answer = await desk.post(wes, f"{address}/refer/svc-debt", **AGREED)
    assert (
        "Waiting to be sent. We try again by ourselves" in (await wes.get(answer.headers["location"])).words
    )


async def test_a_referral_that_no_agreement_allows_says_so_and_what_to_do(desk: Desk) -> None:
    wes, address = await searched(desk)
    desk.gateway.answers["POST /v1/referrals"] = GatewayRefusedError(403, "no-agreement", "")
    answer = await desk.post(wes, f"{address}/refer/svc-debt", **AGREED)
    shown = await wes.get(answer.headers["location"])
    assert "Not sent" in shown.words
    assert "Give the person their contact details." in shown.words


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"how": ""}, "Choose how the person agreed. Without that nobody is referred"),
        ({"contact": "no"}, "They did not agree that this is passed on. Take it out"),
        ({"contact": ""}, "Choose if they agreed that you pass on how to reach them"),
        ({"said-day": "1"}, "If it is longer ago, ask the person again"),
        ({"said-day": "24"}, "If it is longer ago, ask the person again"),
        ({"said-day": ""}, "Write a day of the calendar"),
        ({"person": "somebody-else"}, "Choose whom it is about"),
        ({"purpose": "break-glass"}, "Choose what it is for"),
        ({"name": ""}, "Write the person's name"),
        ({"why": ""}, "Write why they need help"),
        ({"sharing": ""}, "Choose if they may look"),
    ],
)
async def test_a_referral_without_its_agreement_is_not_sent_and_nothing_typed_is_lost(
    desk: Desk, typed: dict[str, str], fault: str
) -> None:
    wes, address = await searched(desk)
    answer = await desk.post(wes, f"{address}/refer/svc-debt", **{**AGREED, **typed})
    assert answer.status == 400
    assert fault in answer.words
    assert "An interpreter" in answer.text
    assert rows(desk, Outgoing) == []


async def test_without_contact_agreement_only_name_language_and_needs_go(desk: Desk) -> None:
    wes, address = await searched(desk)
    form = {**AGREED, "contact": "no", "telephone": "", "safe_contact": ""}
    await desk.post(wes, f"{address}/refer/svc-debt", **form)
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.body["about"] == {"name": "Ana Marram", "needs": "An interpreter"}
    assert call.body["agreed"]["contact_details"] is False


async def test_what_a_stranger_told_of_themselves_is_not_filled_in_for_the_person(desk: Desk) -> None:
    wes, address = await searched(desk, about="other", agreed="knows", whose="mine")
    assert (await wes.get(f"{address}/refer/svc-debt")).headers["location"] == address
    await desk.post(wes, f"{address}/agrees")
    page = await wes.get(f"{address}/refer/svc-debt")
    assert page.status == 200
    assert "01632 960123" not in page.text


async def test_only_who_has_the_item_searches_or_refers(desk: Desk) -> None:
    wes, address = await searched(desk)
    hal = county(desk)
    for path in ("services", "refer/svc-debt"):
        assert (await hal.get(f"{address}/{path}")).headers["location"] == address
        assert (await desk.post(hal, f"{address}/{path}", **AGREED)).headers["location"] == address
    assert (await desk.post(hal, f"{address}/passed-on/svc-club")).headers["location"] == address
    for service in ("svc-club", "never-shown"):
        assert (await wes.get(f"{address}/refer/{service}")).headers["location"] == f"{address}/services"
        answer = await desk.post(wes, f"{address}/refer/{service}", **AGREED)
        assert answer.headers["location"] == f"{address}/services"
    assert rows(desk, Outgoing) == []


async def test_a_referral_is_offered_only_where_and_for_what_it_will_be_taken(desk: Desk) -> None:
    desk.gateway.answers["GET /v1/organisations"] = listed(norfolk_advice=("agreed-referral",))
    wes, address = await searched(desk)
    page = await wes.get(f"{address}/refer/svc-debt")
    assert 'value="agreed-referral"' in page.text
    assert 'value="income-debt-advice"' not in page.text
    told = "No agreement in force lets Norwich Help Hub refer to Norfolk Advice (sandbox) for:"
    assert f"{told} Title of income-debt-advice" in page.words
    answer = await desk.post(wes, f"{address}/refer/svc-debt", **AGREED)
    assert (answer.status, "Choose what it is for" in answer.words) == (400, True)
    answer = await desk.post(wes, f"{address}/refer/svc-debt", **{**AGREED, "purpose": "agreed-referral"})
    assert answer.status == 303


async def test_where_no_agreement_lets_anybody_refer_the_page_says_so_beforehand(desk: Desk) -> None:
    desk.gateway.answers["GET /v1/organisations"] = listed(norfolk_advice=("duty-to-refer",))
    wes = triager(desk)
    address = await an_item(desk, wes, themes="money")
    page = await desk.post(wes, f"{address}/services", need="money")
    assert "No agreement lets Norwich Help Hub refer to Norfolk Advice (sandbox)." in page.words
    assert "/refer/" not in page.text
    assert page.text.count("/passed-on/svc-debt") == 1


def test_a_theme_leads_to_what_is_most_often_right() -> None:
    assert likely_route(["other", "food"]) == "food-fuel-help"
    assert likely_route(["other"]) == "agreed-referral"


def test_services_that_were_seen_are_remembered_up_to_a_bound() -> None:
    seen = Seen()
    seen.remember(ServicePage(tuple(Service(str(one), "x", "active") for one in range(SEEN_MOST + 1))))
    assert seen.find("0") is None
    assert seen.find(str(SEEN_MOST)) is not None
