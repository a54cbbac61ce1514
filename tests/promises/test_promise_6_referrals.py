"""Promise 6 for referrals: what one says rests sealed, and once it was collected not even sealed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Connection, text

import gateway.referrals.sending
import gateway.referrals.store
from gateway.referrals.records import Referral
from gateway.referrals.store import Referrals
from tests.promises.test_promise_6_nothing_kept import at_rest, shapes
from tests.support.clock import FakeClock
from tests.support.referring import PLANTED, Refers, refers
from tests.support.walk import Walk, walk


@pytest.fixture
def desk(way: Walk) -> Refers:
    return refers(way)


def found_in(haystack: bytes) -> bool:
    return any(shape in haystack for shape in shapes(PLANTED))


async def lived(desk: Refers) -> bytes:
    """Sending, reading, failing and collecting; gives what the content looked like while it rested."""
    await desk.way.ask()
    one = await desk.sent(why=f"{PLANTED}, and why")
    await desk.read(one)
    await desk.send(why=PLANTED, purpose="made-up")
    await desk.send(themes=[PLANTED], why=PLANTED)
    await desk.send(sharing={"sections": [PLANTED]})
    with desk.way.home.database.read() as tx:
        rested = tx.execute(text("SELECT content FROM referral_person")).scalar_one()
    await desk.step(one, "collection")
    return bytes(rested)


async def nothing_is_kept(
    desk: Refers, folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The promise: what a referral says rests sealed, in no log line, and once it was collected not even sealed."""
    caplog.set_level(logging.DEBUG)
    rested = await lived(desk)
    home = desk.way.home
    everything = at_rest(folder, home.database, home.key_database)
    printed = capfd.readouterr()
    assert not found_in(everything)
    assert not found_in("".join((printed.out, printed.err, caplog.text)).encode())
    assert rested[-48:] not in everything


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> tuple[str, str] | None:
    if request.param == "sqlite":
        return None
    fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
    return fresh(), fresh()


async def test_promise_6_what_a_referral_says_rests_sealed_and_goes_when_it_is_collected(
    tmp_path: Path,
    urls: tuple[str, str] | None,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # A log whose clock differs from the database's is closed, so that PostgreSQL's own time has to do.
    async with walk(tmp_path, urls, clock=FakeClock() if urls is None else None) as way:
        await nothing_is_kept(refers(way), tmp_path, capfd, caplog)


async def test_without_the_seal_what_a_referral_says_lies_open(
    desk: Refers,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def plain(_: bytes, value: object, context: str) -> bytes:
        return orjson.dumps(value)

    monkeypatch.setattr(gateway.referrals.store, "seal_json", plain)
    monkeypatch.setattr(gateway.referrals.store, "open_json", lambda _, sealed, context: orjson.loads(sealed))
    monkeypatch.setattr(Referrals, "change", lambda *_: None)
    with pytest.raises(AssertionError):
        await nothing_is_kept(desk, tmp_path, capfd, caplog)


async def test_without_its_erasing_the_seal_of_what_was_collected_stays(
    desk: Refers,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keeps(self: Referrals, tx: Connection, referral: Referral) -> None:
        tx.execute(
            text("UPDATE referral SET status = :status WHERE id = :id"),
            {"status": referral.status.value, "id": referral.id},
        )

    monkeypatch.setattr(Referrals, "change", keeps)
    with pytest.raises(AssertionError):
        await nothing_is_kept(desk, tmp_path, capfd, caplog)
