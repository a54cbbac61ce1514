"""A referral from being sent to its end, over the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from audit import leaf
from core.vocabulary import Label
from gateway.authority import Suspended
from gateway.referrals.records import HELD_FOR, KEPT_AFTER_END
from tests.support.clock import FakeClock
from tests.support.referring import (
    PURPOSE,
    RECEIVER,
    SENDER,
    WHY,
    Refers,
    about_of,
    content_of,
    ids,
    refers,
    size,
)
from tests.support.walk import NHS_NUMBER, STRANGER_NUMBER, walk


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def desk(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=clock) as way:
        yield refers(way)


async def test_a_referral_is_taken_with_a_receipt_and_its_end(desk: Refers) -> None:
    told = await desk.send()
    assert told.status == 201
    assert told.document["status"] == "sent"
    assert told.document["to"] == RECEIVER
    assert told.document["purpose"] == PURPOSE
    assert set(told.document) == {
        "id",
        "status",
        "to",
        "purpose",
        "sent_at",
        "held_until",
        "commitment",
        "receipt",
    }


async def test_the_receiver_reads_collects_accepts_and_closes_it(desk: Refers) -> None:
    one = await desk.sent()
    read = await desk.read(one)
    assert read.status == 200
    assert content_of(read.document)["why"] == WHY
    assert read.document["person"] == desk.handle(RECEIVER)
    assert "reference" not in read.document
    collected = await desk.step(one, "collection")
    assert (collected.status, collected.document["status"]) == (200, "collected")
    assert "content" not in (await desk.read(one)).document
    assert (await desk.step(one, "acceptance")).document["status"] == "accepted"
    closed = await desk.step(one, "closing", body={"outcomes": ["moved", "connected"]})
    assert closed.document["outcomes"] == ["connected", "moved"]
    mine = await desk.read(one, "sender")
    assert (mine.document["status"], mine.document["reference"]) == ("closed", "ours-1")
    assert mine.document["from"] == SENDER


async def test_both_find_it_in_their_lists(desk: Refers) -> None:
    one = await desk.sent()
    for who, box in (("sender", "out"), ("receiver", "in")):
        page = (await desk.call("GET", f"/v1/referrals?box={box}", who)).document
        assert ids(page) == [one]
        assert page["next"] is None
    for who, box in (("sender", "in"), ("receiver", "out"), ("other", "in"), ("other", "out")):
        assert (await desk.call("GET", f"/v1/referrals?box={box}", who)).document["referrals"] == []


NOT_FOUND = "ref_" + "a" * 24


async def test_nobody_but_sender_and_receiver_sees_one_and_each_step_has_one_owner(desk: Refers) -> None:
    one = await desk.sent()
    nothing = await desk.read(NOT_FOUND, "other")
    asked = [
        await desk.read(one, "other"),
        await desk.step(one, "collection", "other"),
        await desk.step(one, "collection", "sender"),
        await desk.step(one, "withdrawal", "receiver"),
        await desk.step(one, "withdrawal", "other"),
        await desk.step(one, "closing", "sender", {"outcomes": ["moved"]}),
        await desk.step(NOT_FOUND, "refusal", "receiver", {"reason": "full"}),
    ]
    for told in asked:
        assert (told.status, told.code) == (404, "not-found")
        assert len(told.reply.body) == len(nothing.reply.body)
    assert (await desk.read(one)).document["status"] == "sent"


async def test_the_sender_reads_no_content_and_the_receiver_reads_it_until_it_has_it(desk: Refers) -> None:
    one = await desk.sent()
    mine = (await desk.read(one, "sender")).document
    assert not {"content", "person", "receipt", "salt"} & mine.keys()
    first, second = (await desk.read(one)).document, (await desk.read(one)).document
    assert first["content"] == second["content"]
    assert first["receipt"] != second["receipt"]
    about = about_of(first)
    assert about["telephone"] == "01632 960001"


async def test_a_salt_opens_the_commitment(desk: Refers) -> None:
    sent = await desk.send()
    read = (await desk.read(str(sent.document["id"]))).document
    salt = bytes.fromhex(str(read["salt"]))
    content = content_of(read)
    about = {name: value for name, value in about_of(read).items() if name != "address"}
    assert leaf.commit(salt, {**content, "about": about}).hex() == sent.document["commitment"]


async def test_how_to_reach_somebody_is_not_even_kept_without_their_agreement(desk: Refers) -> None:
    agreed = desk.agreed(contact_details=False)
    read = (await desk.read(await desk.sent(agreed=agreed))).document
    about = about_of(read)
    assert about.keys() == {"name", "birth_date", "needs"}


@pytest.mark.parametrize("label", [Label.RESTRICTED, Label.VERY_RESTRICTED, Label.REDACTED])
async def test_where_somebody_protected_lives_does_not_leave(desk: Refers, label: Label) -> None:
    one = await desk.sent()
    home = desk.way.home
    with home.database.write() as tx:
        home.locator.observe_label(tx, desk.way.person, label, home.clock.now(), "wensum-valley-practice")
    read = (await desk.read(one)).document
    about = about_of(read)
    assert "address" not in about
    assert about["telephone"] == "01632 960001"
    # The commitment is to all that was sent but the address: it opens, as for somebody who gave none.
    assert leaf.commit(bytes.fromhex(str(read["salt"])), content_of(read)).hex() == read["commitment"]


async def test_of_somebody_nobody_knows_everything_leaves_that_they_agreed_to(desk: Refers) -> None:
    for person in (desk.handle(nhs_number=STRANGER_NUMBER), ...):
        read = (await desk.read(await desk.sent(person=person))).document
        assert about_of(read)["address"] == "1 Made-up Row"


async def test_the_receivers_handle_follows_from_the_senders_known_or_not(desk: Refers) -> None:
    for number in (NHS_NUMBER, STRANGER_NUMBER):
        one = await desk.sent(person=desk.handle(nhs_number=number))
        assert (await desk.read(one)).document["person"] == desk.handle(RECEIVER, number)
    without = await desk.sent(person=...)
    other = await desk.sent(person=...)
    handles = {str((await desk.read(one)).document["person"]) for one in (without, other)}
    assert len(handles) == 2


async def test_a_step_again_is_answered_alike_and_one_that_does_not_fit_tells_the_state(desk: Refers) -> None:
    one = await desk.sent()
    assert (await desk.step(one, "acceptance")).document["state"] == "sent"
    first = await desk.step(one, "collection")
    again = await desk.step(one, "collection")
    assert (first.status, first.document) == (again.status, again.document)
    refused = await desk.step(one, "refusal", body={"reason": "full"})
    assert refused.document == (await desk.step(one, "refusal", body={"reason": "full"})).document
    assert refused.document["reason"] == "full"
    for step, who, body in (
        ("refusal", "receiver", {"reason": "unsafe"}),
        ("collection", "receiver", None),
        ("closing", "receiver", {"outcomes": ["moved"]}),
        ("withdrawal", "sender", None),
    ):
        told = await desk.step(one, step, who, body)
        assert (told.status, told.code, told.document["state"]) == (409, "referral-elsewhere", "refused")


async def test_of_two_collections_at_once_one_is_taken_and_both_are_told_the_same(desk: Refers) -> None:
    one = await desk.sent()
    before = size(desk)
    told = await asyncio.gather(*(desk.step(one, "collection") for _ in range(6)))
    assert {each.status for each in told} == {200}
    assert all(each.document == told[0].document for each in told)
    assert size(desk) == before + 1


async def test_an_idempotency_key_makes_one_and_answers_the_same(desk: Refers) -> None:
    body = desk.body()
    headers = {"idempotency-key": "one-and-the-same"}
    first = await desk.call("POST", "/v1/referrals", "sender", body, headers)
    await desk.step(str(first.document["id"]), "collection")
    again = await desk.call("POST", "/v1/referrals", "sender", body, headers)
    assert again.status == 201
    without = {name: value for name, value in first.document.items() if name != "receipt"}
    assert {name: value for name, value in again.document.items() if name != "receipt"} == without
    # The proof is to the log as it stands by then, of the same leaf.
    receipts = (one.document["receipt"] for one in (first, again))
    assert len({(one["index"], one["leaf"]) for one in receipts if isinstance(one, Mapping)}) == 1
    other = await desk.call("POST", "/v1/referrals", "sender", desk.body(why="Another why."), headers)
    assert (other.status, other.code) == (422, "idempotency-key-reused")
    for key in ("short", "with a space in it"):
        told = await desk.send(key=key)
        assert (told.status, told.code) == (400, "malformed-idempotency-key")


async def test_what_nobody_collects_expires_with_its_sharing(desk: Refers, clock: FakeClock) -> None:
    one = await desk.sent()
    assert desk.standing()
    clock.advance((HELD_FOR - timedelta(seconds=1)).total_seconds())
    assert (await desk.read(one)).document["status"] == "sent"
    clock.advance(1)
    page = (await desk.call("GET", "/v1/referrals?box=in&status=expired", "receiver")).document
    assert ids(page) == [one]
    read = (await desk.read(one)).document
    assert (read["status"], "content" in read) == ("expired", False)
    told = await desk.step(one, "collection")
    assert (told.status, told.document["state"]) == (409, "expired")
    key = desk.way.home.keys.get(desk.way.person.id)
    assert desk.way.home.ledger.standing(key).permissions == ()


async def test_every_end_ends_the_sharing_at_once(desk: Refers) -> None:
    ends = {
        "refusal": ("receiver", {"reason": "out-of-area"}),
        "withdrawal": ("sender", None),
        "closing": ("receiver", {"outcomes": ["lost-contact"]}),
    }
    for step, (who, body) in ends.items():
        one = await desk.sent()
        assert len(desk.standing()) == 1
        if step == "closing":
            await desk.step(one, "collection")
            await desk.step(one, "acceptance")
            assert len(desk.standing()) == 1
        assert (await desk.step(one, step, who, body)).status == 200
        assert desk.standing() == ()


async def test_a_sharing_that_the_person_stopped_themselves_stays_stopped(desk: Refers) -> None:
    one = await desk.sent()
    await desk.way.stop(desk.standing()[0].id)
    assert (await desk.step(one, "withdrawal", "sender")).document["status"] == "withdrawn"


async def test_an_agreement_that_is_suspended_closes_what_waits(desk: Refers) -> None:
    one = await desk.sent()
    with desk.way.home.database.write() as tx:
        assert desk.way.home.authority.suspend(
            tx, Suspended(PURPOSE, SENDER, "a breach", desk.way.home.clock.now())
        )
    told = await desk.read(one)
    assert (told.status, told.code) == (403, "agreement-ended")
    assert (await desk.step(one, "collection")).status == 200


async def test_somebody_erased_is_told_like_a_withdrawal(desk: Refers) -> None:
    one = await desk.sent()
    with desk.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM referral_person"))
    for who in ("sender", "receiver"):
        read = (await desk.read(one, who)).document
        assert (read["status"], "content" in read) == ("withdrawn", False)
    page = (await desk.call("GET", "/v1/referrals?box=in&status=withdrawn", "receiver")).document
    assert ids(page) == [one]
    assert (await desk.step(one, "withdrawal", "sender")).status == 200
    assert (await desk.step(one, "collection")).document["state"] == "withdrawn"


async def test_headers_go_after_their_time(desk: Refers, clock: FakeClock) -> None:
    one, other = await desk.sent(), await desk.sent()
    await desk.step(one, "withdrawal", "sender")
    clock.advance(KEPT_AFTER_END.total_seconds())
    assert desk.referrals.purge(clock.now()) == 1
    assert (await desk.read(one)).status == 404
    assert (await desk.read(other)).status == 200
