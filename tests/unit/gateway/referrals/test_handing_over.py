"""A referral from being sent to its end, over the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.referring import PURPOSE, RECEIVER, SENDER, WHY, Refers, refers
from tests.support.walk import walk


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
    assert read.document["content"]["why"] == WHY  # type: ignore[index, call-overload]
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
        assert [each["id"] for each in page["referrals"]] == [one]  # type: ignore[union-attr, index, call-overload]
        assert page["next"] is None
    for who, box in (("sender", "in"), ("receiver", "out"), ("other", "in"), ("other", "out")):
        assert (await desk.call("GET", f"/v1/referrals?box={box}", who)).document["referrals"] == []
