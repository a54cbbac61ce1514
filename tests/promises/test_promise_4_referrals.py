"""Promise 4 for referrals: whoever is referred, the organisation that sends them is told the same, at once and later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from sqlalchemy import text

import gateway.referrals.sending
import gateway.referrals.store
from core.times import to_ms
from core.vocabulary import Label
from gateway.people.handles import PREFIX
from gateway.referrals.sending import Sending
from gateway.referrals.store import Referrals
from tests.support.clock import FakeClock
from tests.support.referring import PURPOSE, Refers, refers
from tests.support.walk import NHS_NUMBER, STRANGER_NUMBER, walk


async def known(desk: Refers) -> str:
    return desk.handle()


async def unknown(desk: Refers) -> str:
    return desk.handle(nhs_number=STRANGER_NUMBER)


async def erased(desk: Refers) -> str:
    desk.way.home.keys.erase(desk.way.person.id, to_ms(desk.way.home.clock.now()))
    return desk.handle()


async def allowed_before(desk: Refers) -> str:
    await desk.way.allow("norfolk-adviser", PURPOSE)
    return desk.handle()


async def hidden_by_label(desk: Refers) -> str:
    home = desk.way.home
    with home.database.write() as tx:
        home.locator.observe_label(tx, desk.way.person, Label.REDACTED, home.clock.now())
    return desk.handle()


async def whose_row_is_spoilt(desk: Refers) -> str:
    spoil(desk, "UPDATE person SET sealed = substr(sealed, 2)")
    return desk.handle()


async def whose_consent_is_spoilt(desk: Refers) -> str:
    spoil(desk, "UPDATE person_state SET sealed = substr(sealed, 2)")
    return desk.handle()


async def whose_consent_is_gone(desk: Refers) -> str:
    spoil(desk, "DELETE FROM person_state")
    return desk.handle()


async def anothers_handle(desk: Refers) -> str:
    return desk.handle("age-well-norfolk")


async def guessed(_: Refers) -> str:
    return PREFIX + "A" * 64


async def without_a_handle(_: Refers) -> None:
    return None


CASES: dict[str, Callable[[Refers], Awaitable[str | None]]] = {
    one.__name__: one
    for one in (
        known,
        erased,
        allowed_before,
        hidden_by_label,
        whose_row_is_spoilt,
        whose_consent_is_spoilt,
        whose_consent_is_gone,
        anothers_handle,
        guessed,
        without_a_handle,
    )
}
BY_CHANCE = {"id", "commitment", "receipt", "sent_at", "held_until"}


def spoil(desk: Refers, statement: str) -> None:
    with desk.way.home.database.write() as tx:
        tx.execute(text(statement))


@dataclass(frozen=True)
class Seen:
    """All that the sending organisation can see; what is drawn by chance taken out."""

    status: int
    headers: frozenset[tuple[str, str]]
    names: tuple[str, ...]
    document: bytes
    size: int
    released_after: float
    entries: int
    rows: int
    later: tuple[tuple[int, int, str], ...]


def count(desk: Refers, table: str) -> int:
    with desk.way.home.database.read() as tx:
        return int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - our own tables


async def seen(
    folder: Path,
    case: Callable[[Refers], Awaitable[str | None]],
    monkeypatch: pytest.MonkeyPatch,
    number: str | None = None,
) -> Seen:
    """What the sender sees. number: of the person's handle, where the referral says it too."""
    async with walk(folder, clock=FakeClock()) as way:
        desk, now = refers(way), way.home.clock
        assert isinstance(now, FakeClock)

        async def passes(seconds: float) -> None:
            now.advance(seconds)

        fake = SimpleNamespace(sleep=passes, to_thread=asyncio.to_thread)
        handle = await case(desk)
        entries, rows, started = count(desk, "log_entry"), count(desk, "referral"), now.monotonic()
        with monkeypatch.context() as patched:
            patched.setattr(gateway.referrals.sending, "asyncio", fake)
            about = desk.body()["about"] if number is None else {"name": "Somebody", "nhs_number": number}
            told = await desk.send(person=... if handle is None else handle, about=about)
        released = round(now.monotonic() - started, 6)
        made = count(desk, "log_entry") - entries, count(desk, "referral") - rows
        one = str(told.document["id"])
        later = []
        for _ in range(3):
            now.advance(timedelta(days=12).total_seconds())
            got = await desk.read(one, "sender")
            later.append((got.status, len(got.reply.body), str(got.document["status"])))
        kept = {name: value for name, value in told.document.items() if name not in BY_CHANCE}
        receipt = told.document["receipt"]
        assert isinstance(receipt, dict)
        return Seen(
            told.status,
            frozenset(
                one
                for one in told.reply.headers
                if one[0] not in {"correlation-id", "date", "content-length"}
            ),
            tuple(told.document),
            orjson.dumps(kept),
            # The proof grows with the log, and whoever was there before has entries of their own.
            len(told.reply.body) - len(orjson.dumps(receipt)),
            released,
            *made,
            tuple(later),
        )


async def all_look_alike(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """The promise: one answer for all of them, with one entry and one row, and one story afterwards."""
    reference = await seen(folder, unknown, monkeypatch)
    assert (reference.status, reference.entries, reference.rows) == (201, 1, 1)
    assert [status for _, _, status in reference.later] == ["sent", "sent", "expired"]
    for name in names:
        assert await seen(folder, CASES[name], monkeypatch) == reference, name


@pytest.mark.parametrize("name", CASES)
async def test_promise_4_a_referral_tells_the_sender_nothing_about_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await all_look_alike(tmp_path, monkeypatch, name)


async def test_promise_4_whom_a_referral_registers_looks_like_whom_we_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = await seen(tmp_path, unknown, monkeypatch, STRANGER_NUMBER)
    assert (new.status, new.entries) == (201, 1)
    for name in ("known", "erased", "whose_row_is_spoilt"):
        assert await seen(tmp_path, CASES[name], monkeypatch, NHS_NUMBER) == new, name
    assert await seen(tmp_path, unknown, monkeypatch, NHS_NUMBER) == new


async def test_were_whoever_nobody_knows_refused_the_promise_would_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Referrals.add

    def of_people_only(self, tx, key, referral, behind, held):  # type: ignore[no-untyped-def] # as `Referrals.add`
        if tx.execute(text("SELECT 1 FROM person WHERE id = :id"), {"id": key.subject}).first():
            add(self, tx, key, referral, behind, held)

    monkeypatch.setattr(Referrals, "add", of_people_only)
    with pytest.raises((AssertionError, KeyError)):
        await all_look_alike(tmp_path, monkeypatch, "known")


async def test_without_its_release_at_whole_multiples_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.referrals.sending, "until_release", lambda elapsed, step: 0.0)
    somebody_new = Sending._somebody_new

    async def slowly(self: Sending, index: bytes) -> object:
        assert isinstance(self.views.clock, FakeClock)
        self.views.clock.advance(0.03)
        return await somebody_new(self, index)

    monkeypatch.setattr(Sending, "_somebody_new", slowly)
    with pytest.raises(AssertionError, match="known"):
        await all_look_alike(tmp_path, monkeypatch, "known")
