"""A family is several people: each found, asked and looked at for themselves; and nothing of a look is kept."""

from __future__ import annotations

from typing import Any

import pytest

from hub.front_door.reading import is_nhs_number
from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from tests.unit.hub.fakes import Desk, empty_view
from tests.unit.hub.front_door.house import (
    PLANTED,
    an_item,
    connector,
    county,
    people,
    triager,
    with_person,
)

MUM, SON = "9990000018", "9990000026"
DEMOGRAPHICS = {
    "given_name": "Ana",
    "family_name": "Marram",
    "birth_date-day": "1",
    "birth_date-month": "2",
    "birth_date-year": "1980",
    "postcode": "nr2 1ab",
}


def test_an_nhs_number_is_judged_by_its_check_digit() -> None:
    assert [is_nhs_number(one) for one in (MUM, "9990000019", "999000001", "99900000xx")] == [
        True,
        False,
        False,
        False,
    ]


async def test_each_of_a_family_is_looked_at_alone_with_a_handle_of_their_own(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    mum = await with_person(desk, wes, address, MUM, "Mum")
    son = await with_person(desk, wes, address, SON, "The older boy")
    assert (await wes.get(f"{mum}/look")).status == 200
    assert desk.gateway.called("POST", "/v1/views") == []
    page = await desk.post(wes, f"{mum}/look", reason="To find help with the damp")
    (look,) = desk.gateway.called("POST", "/v1/views")
    assert look.body == {
        "person": f"handle-of-{MUM}-for-token-of-wes",
        "purpose": "early-help-triage",
        "reason": "To find help with the damp",
        "sections": ["involved-services"],
    }
    assert "Norwich City Council says" in page.words
    assert f"handle-of-{MUM}"[:20] in page.words
    assert SON not in page.text
    assert page.words.lower().count("not shown does not mean none") == 1
    assert "Not answering right now: harbour-charity." in page.words
    await desk.post(wes, f"{son}/look", reason="To find a club")
    assert desk.gateway.called("POST", "/v1/views")[1].body["person"] == f"handle-of-{SON}-for-token-of-wes"


async def test_nothing_shown_is_said_without_saying_that_there_is_nothing(desk: Desk) -> None:
    desk.gateway.answers["POST /v1/views"] = empty_view
    wes = triager(desk)
    person = await with_person(desk, wes, await an_item(desk, wes), MUM, "Mum")
    page = await desk.post(wes, f"{person}/look", reason="To help")
    assert "Nothing is shown." in page.words
    assert "not shown is not none" in page.words


async def test_nothing_of_a_look_or_of_what_somebody_was_found_by_is_kept(desk: Desk) -> None:
    wes = triager(desk)
    person = await with_person(desk, wes, await an_item(desk, wes), MUM, "Mum")
    page = await desk.post(wes, f"{person}/look", reason="To help")
    assert PLANTED in page.text
    desk.hub.parts.database.close()
    kept = b"".join(one.read_bytes() for one in desk.folder.iterdir() if one.name.startswith("hub.db"))
    assert b"The bedroom wall" in kept
    assert PLANTED.encode() not in kept
    # The fake's handle names the number so that tests can read it; a real one says nothing.
    assert kept.count(MUM.encode()) == kept.count(f"handle-of-{MUM}".encode())


async def test_another_body_finds_the_same_person_by_a_handle_of_its_own(desk: Desk) -> None:
    wes, hal = triager(desk), county(desk)
    address = await an_item(desk, wes)
    person = await with_person(desk, wes, address, MUM, "Mum")
    page = await hal.get(address)
    assert "Your organisation has not found this person yet" in page.words
    unknown = await desk.post(hal, f"{person}/look", reason="To help")
    assert "Your organisation has not found Mum yet." in unknown.words
    assert desk.gateway.called("POST", "/v1/views") == []
    assert (await hal.get(f"{person}/find")).status == 200
    faulty = await desk.post(hal, f"{person}/find", nhs_number="123")
    assert "One of these is wrong" in faulty.words
    await desk.post(hal, f"{person}/find", **DEMOGRAPHICS)
    await desk.post(hal, f"{person}/look", reason="To help")
    (look,) = desk.gateway.called("POST", "/v1/views")
    assert look.body["person"] == "handle-of-Marram-for-token-of-hal"
    assert len(people(desk)) == 1


async def test_a_person_is_found_by_all_four_parts_or_not_at_all(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    answer = await desk.post(wes, f"{address}/people/new", called="")
    assert answer.status == 400
    for fault in (
        "Write what you call this person",
        "Write the first name",
        "Write the last name",
        "Write the day of birth",
        "Write the whole postcode",
    ):
        assert fault in answer.words
    await desk.post(wes, f"{address}/people/new", called="Mum", **DEMOGRAPHICS)
    (trace,) = desk.gateway.called("POST", "/v1/people/trace")
    assert trace.body == {
        "demographics": {
            "family_name": "Marram",
            "given_name": "Ana",
            "birth_date": "1980-02-01",
            "postcode": "NR2 1AB",
        }
    }


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (GatewayAwayError("x"), "The gateway does not answer right now. Nothing was lost"),
        (GatewayRefusedError(422, "x", "Ask by something else."), "Ask by something else."),
        (GatewayRefusedError(422, "x", ""), "Check what you wrote"),
    ],
)
async def test_what_was_typed_stays_when_nobody_can_be_found_now(
    desk: Desk, problem: Exception, told: str
) -> None:
    desk.gateway.answers["POST /v1/people/trace"] = problem
    wes = triager(desk)
    address = await an_item(desk, wes)
    answer = await desk.post(wes, f"{address}/people/new", called="Mum", nhs_number=MUM)
    assert told in answer.words
    assert MUM in answer.text
    assert people(desk) == []


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (GatewayAwayError("x"), "The gateway does not answer right now."),
        (TokenNotGoodError("x"), "Your sign-in ran out."),
        (
            GatewayRefusedError(403, "role", "Your role sees nothing of this."),
            "Your role sees nothing of this.",
        ),
    ],
)
async def test_a_look_that_does_not_work_says_so_and_nothing_about_the_person(
    desk: Desk, problem: Exception, told: str
) -> None:
    wes = triager(desk)
    person = await with_person(desk, wes, await an_item(desk, wes), MUM, "Mum")
    desk.gateway.answers["POST /v1/views"] = problem
    page = await desk.post(wes, f"{person}/look", reason="To help")
    assert page.status == 200
    assert told in page.words


async def test_a_look_needs_a_reason_that_the_person_can_read(desk: Desk) -> None:
    wes = triager(desk)
    person = await with_person(desk, wes, await an_item(desk, wes), MUM, "Mum")
    answer = await desk.post(wes, f"{person}/look", reason="")
    assert answer.status == 400
    assert desk.gateway.called("POST", "/v1/views") == []


async def test_a_person_of_another_item_is_not_found_there(desk: Desk) -> None:
    wes = triager(desk)
    person = await with_person(desk, wes, await an_item(desk, wes), MUM, "Mum")
    other = await an_item(desk)
    assert (await wes.get(f"{other}/people/{person.rpartition('/')[2]}/look")).status == 404


async def test_the_sections_of_a_look_are_named_by_what_is_published(desk: Desk) -> None:
    def answer(call: Any) -> Any:
        return {**empty_view(call), "sections": []}

    desk.gateway.answers["POST /v1/views"] = answer
    xan = connector(desk)
    person = await with_person(desk, xan, await an_item(desk, xan), MUM, "Mum")
    assert (await desk.post(xan, f"{person}/look", reason="To help")).status == 200
