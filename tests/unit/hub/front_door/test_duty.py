"""The duty to refer (Housing Act 1996 s.213B): agreement, choice of authority, each contact detail by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.front_door.duty import sweep
from hub.front_door.tables import Notified
from hub.gateway import GatewayRefusedError
from hub.tables import Outgoing
from tests.unit.hub.fakes import NOW, Desk
from tests.unit.hub.front_door.house import listed, nurse, rows, triager

FORM = {
    "agrees": "yes",
    "how": "spoken",
    "said-day": "20",
    "said-month": "11",
    "said-year": "2026",
    "to": "broadland-district-council",
    "name": "Ana",
    "situation": "days",
    "why": "The tenancy ends.",
    "telephone": "01632 960123",
    "agreed_ways": "telephone",
    "preferred_language": "Polish",
    "file_number": "ED-17",
}


async def test_the_council_that_the_person_chose_is_told_what_they_agreed_to(desk: Desk) -> None:
    kit = nurse(desk)
    page = await kit.get("/duty-to-refer")
    assert "Nothing is passed on unless you agree." in page.words
    assert page.words.count("They agree that the council gets this") == 4
    answer = await desk.post(kit, "/duty-to-refer", **FORM)
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.body == {
        "to": "broadland-district-council",
        "purpose": "duty-to-refer",
        "about": {"name": "Ana", "telephone": "01632 960123", "preferred_language": "Polish"},
        "why": "They may lose their home within 56 days.\nThe tenancy ends.",
        "themes": ["housing"],
        "urgency": "soon",
        "agreed": {
            "how": "spoken",
            "said_at": "2026-11-20T12:00:00+00:00",
            "words": "duty-to-refer-2026-1",
            "contact_details": True,
        },
        "sharing": {"sections": []},
    }
    assert desk.gateway.called("POST", "/v1/people/trace") == []
    page = await kit.get(answer.headers["location"])
    assert "Broadland District Council Sent. They have not fetched it yet. " in page.words
    assert "23 November 2026 at 9:30am, your file ED-17" in page.words


async def test_what_was_told_rests_nowhere_once_it_was_sent(desk: Desk) -> None:
    await desk.post(nurse(desk), "/duty-to-refer", **{**FORM, "why": "", "preferred_language": ""})
    assert desk.gateway.called("POST", "/v1/referrals")[0].body["why"].endswith("within 56 days.")
    assert [one.body for one in rows(desk, Outgoing)] == [""]
    assert {"name", "telephone"}.isdisjoint(Notified.model_fields)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"agrees": "no"}, "They did not agree. Then nothing is passed on"),
        ({"agrees": ""}, "Ask them, and write down if they agree"),
        ({"to": "norfolk-county-council"}, "Choose the council that the person chose"),
        ({"agreed_ways": ""}, "Tick that they agree to this, or take it out"),
        ({"agreed_ways": "", "telephone": ""}, "The council needs one way to reach them"),
        ({"agreed_ways": "email"}, "Write it, or take the tick away: email address"),
        ({"situation": ""}, "Choose what their situation is"),
        ({"said-day": "1"}, "If it is longer ago, ask them again"),
        ({"said-day": "99"}, "Write a day of the calendar"),
        ({"how": ""}, "Choose how they agreed"),
        ({"name": ""}, "Write the person's name"),
    ],
)
async def test_without_the_persons_yes_to_each_part_nothing_is_sent_and_nothing_typed_is_lost(
    desk: Desk, typed: dict[str, str], fault: str
) -> None:
    answer = await desk.post(nurse(desk), "/duty-to-refer", **{**FORM, **typed})
    assert answer.status == 400
    assert fault in answer.words
    assert "The tenancy ends." in answer.text
    assert rows(desk, Outgoing) == []


async def test_only_staff_of_specified_public_authorities_find_the_form(desk: Desk) -> None:
    assert (await triager(desk).get("/duty-to-refer")).status == 404
    assert (await desk.post(triager(desk), "/duty-to-refer", **FORM)).status == 404


async def test_the_gateways_own_judgement_is_told_in_words(desk: Desk) -> None:
    desk.gateway.answers["POST /v1/referrals"] = GatewayRefusedError(403, "not-a-specified-authority", "")
    kit = nurse(desk)
    await desk.post(kit, "/duty-to-refer", **FORM)
    page = await kit.get("/duty-to-refer/sent")
    assert "Only a specified public authority may do this (Housing Act 1996 s.213B)." in page.words


async def test_the_same_form_sent_twice_tells_the_council_once(desk: Desk) -> None:
    for _ in range(2):
        await desk.post(nurse(desk), "/duty-to-refer", entry="entry-of-this-very-form", **FORM)
    assert len(rows(desk, Outgoing)) == len(rows(desk, Notified)) == 1


def test_that_a_council_was_told_is_forgotten_after_56_days(desk: Desk) -> None:
    def work(days: int) -> int:
        at = NOW + timedelta(days=days, seconds=1)
        return desk.hub.parts.database.write_now(lambda session: sweep(session, at))

    row = Notified(id="x", entry="y", organisation="o", subject="s", to="c", file_number="", written_at=NOW)
    desk.hub.parts.database.write_now(lambda session: session.add(row))
    assert [work(55), work(56)] == [0, 1]


async def test_only_councils_that_will_take_it_are_offered_and_the_page_says_why_not_the_others(
    desk: Desk,
) -> None:
    desk.gateway.answers["GET /v1/organisations"] = listed(
        norwich_acute_hospital=(),
        norwich_city_council=("duty-to-refer", "agreed-referral"),
        breckland_district_council=("agreed-referral",),
    )
    page = await nurse(desk).get("/duty-to-refer")
    assert 'value="norwich-city-council"' in page.text
    assert 'value="breckland-district-council"' not in page.text
    assert (
        "Not on the list: Broadland District Council and Breckland District Council. No agreement lets "
        "Norwich Acute Hospital tell them from here; ring them." in page.words
    )
    (call,) = desk.gateway.called("GET", "/v1/organisations")
    assert call.token == "token-of-kit"


async def test_where_nothing_would_be_taken_the_page_says_so_and_takes_nothing_in(desk: Desk) -> None:
    desk.gateway.answers["GET /v1/organisations"] = listed(norwich_acute_hospital=())
    page = await nurse(desk).get("/duty-to-refer")
    assert "No council can be told by Norwich Acute Hospital from here" in page.words
    assert "<form" not in page.text.partition("<main")[2]
    desk.gateway.answers["GET /v1/organisations"] = listed(harbour_charity=())
    page = await nurse(desk).get("/duty-to-refer")
    assert "Norwich Acute Hospital is not a specified public authority" in page.words


async def test_where_nobody_knows_who_takes_it_every_council_is_offered(desk: Desk) -> None:
    desk.gateway.answers["GET /v1/organisations"] = GatewayRefusedError(404, "not-found", "")
    page = await nurse(desk).get("/duty-to-refer")
    assert page.text.count('name="to"') == 3
    assert (
        "You have sent nothing in the last 56 days." in (await nurse(desk).get("/duty-to-refer/sent")).words
    )
