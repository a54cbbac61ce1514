"""Promise 4 for requests: whoever is asked, or is not, the organisation that asks is told the same, at once and later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, text
from starlette.requests import Request
from starlette.responses import Response

import gateway.asking
from consent.requests.deciding import state_at
from consent.requests.store import Requests
from consent.requests.values import State
from core.errors import OnceToldError
from core.times import to_ms
from core.vocabulary import Label
from gateway.api import consent_requests
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About
from gateway.edge import Edge
from gateway.envelope import Envelope
from gateway.people.handles import PREFIX
from tests.support.asking import PURPOSE, REASON, SECTIONS, Asks, asks_over
from tests.support.clock import FakeClock
from tests.support.walk import STRANGER_NUMBER, walk
from tests.unit.gateway.web.asgi import Sender, ask, scope_of

DAY = timedelta(days=1)
MOMENTS = (0.0, 1.0, 27.9, 28.1, 60.0)
"""Days after the request at which the organisation asks what came of it."""


async def unknown(asks: Asks) -> str:
    return asks.way.handle(nhs_number=STRANGER_NUMBER)


async def known(asks: Asks) -> str:
    return asks.way.handle()


async def allowed_before(asks: Asks) -> str:
    await asks.way.allow()
    clock(asks).advance(1)
    return asks.way.handle()


async def asked_already(asks: Asks) -> str:
    await asks.ask()
    return asks.way.handle()


async def said_no_before(asks: Asks) -> str:
    await asks.ask()
    await asks.resident.decline(asks.way.person.id, asks.waiting[0].id)
    return asks.way.handle()


async def asked_too_often(asks: Asks) -> str:
    for _ in range(3):
        await asks.ask()
        clock(asks).advance((29 * DAY).total_seconds())
    return asks.way.handle()


async def hidden_by_label(asks: Asks) -> str:
    home = asks.way.home
    with home.database.write() as tx:
        home.locator.observe_label(tx, asks.way.person, Label.REDACTED, home.clock.now())
    return asks.way.handle()


async def erased(asks: Asks) -> str:
    asks.way.home.keys.erase(asks.way.person.id, to_ms(asks.way.home.clock.now()))
    return asks.way.handle()


async def whose_row_is_spoilt(asks: Asks) -> str:
    spoil(asks, "UPDATE person SET sealed = substr(sealed, 2)")
    return asks.way.handle()


async def whose_requests_are_spoilt(asks: Asks) -> str:
    await asks.ask()
    spoil(asks, "UPDATE consent_request SET sealed = substr(sealed, 2)")
    return asks.way.handle()


async def whose_consent_is_spoilt(asks: Asks) -> str:
    spoil(asks, "UPDATE person_state SET sealed = substr(sealed, 2)")
    return asks.way.handle()


async def anothers_handle(asks: Asks) -> str:
    return asks.way.handle("prescriber")


async def guessed(_: Asks) -> str:
    return PREFIX + "A" * 64


async def nothing(_: Asks) -> None:
    return


async def says_no(asks: Asks) -> None:
    for one in asks.waiting:
        if one.answer is None:
            await asks.resident.decline(asks.way.person.id, one.id)


async def says_yes_and_stops(asks: Asks) -> None:
    await asks.way.stop(await asks.way.allow())


async def is_erased(asks: Asks) -> None:
    with asks.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM consent_request WHERE passed_on"))
    asks.way.home.keys.erase(asks.way.person.id, to_ms(asks.way.home.clock.now()))


Case = Callable[[Asks], Awaitable[str]]
Then = Callable[[Asks], Awaitable[None]]
CASES: dict[str, tuple[Case, Then]] = {
    **{
        one.__name__: (one, nothing)
        for one in (
            known,
            allowed_before,
            asked_already,
            said_no_before,
            asked_too_often,
            hidden_by_label,
            erased,
            whose_row_is_spoilt,
            whose_requests_are_spoilt,
            whose_consent_is_spoilt,
            anothers_handle,
            guessed,
        )
    },
    **{one.__name__: (known, one) for one in (says_no, says_yes_and_stops, is_erased)},
}


def clock(asks: Asks) -> FakeClock:
    found = asks.way.home.clock
    assert isinstance(found, FakeClock)
    return found


def spoil(asks: Asks, statement: str) -> None:
    with asks.way.home.database.write() as tx:
        tx.execute(text(statement))


@dataclass(frozen=True)
class Seen:
    """All that the asking organisation can see; what is drawn by chance, and the times, taken out or made relative."""

    status: int
    headers: frozenset[tuple[str, str]]
    shape: bytes
    size: int
    released_after: float
    entries: int
    rows: int
    later: tuple[tuple[float, int, int, str, float], ...]


def app_of(asks: Asks) -> Envelope:
    app = FastAPI()
    app.include_router(consent_requests.build_router(lambda: asks.asking))
    edge = Edge(asks.asking.views.verifier, asks.way.home.committer, asks.way.home.keys)

    async def ours(request: Request, error: Exception) -> Response:
        return await edge.answer(request, error)

    app.add_exception_handler(OnceToldError, ours)
    return Envelope(app)


def count(asks: Asks, table: str) -> int:
    with asks.way.home.database.read() as tx:
        return int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - our own tables


async def seen(folder: Path, case: Case, then: Then, monkeypatch: pytest.MonkeyPatch) -> Seen:
    async with walk(folder, clock=FakeClock()) as way:
        asks = asks_over(way)
        now = clock(asks)

        async def passes(seconds: float) -> None:
            now.advance(seconds)

        monkeypatch.setattr(gateway.asking, "asyncio", SimpleNamespace(sleep=passes))
        handle = await case(asks)
        app, headers = app_of(asks), [("authorization", "triager"), ("content-type", "application/json")]
        entries, rows, started = count(asks, "log_entry"), count(asks, "consent_request"), now.monotonic()
        asked_at = now.now()
        body = {"person": handle, "purpose": PURPOSE, "sections": sorted(SECTIONS), "reason": REASON}
        reply = await ask(
            app, scope_of("POST", "/v1/consent-requests", headers), Sender([orjson.dumps(body)])
        )
        answered = orjson.loads(reply.body)
        released, request_id = round(now.monotonic() - started, 6), answered.pop("id", "")
        lasts = datetime.fromisoformat(answered.pop("expires", asked_at.isoformat())) - asked_at
        made = (count(asks, "log_entry") - entries, count(asks, "consent_request") - rows)
        await then(asks)
        later = []
        for days in MOMENTS:
            now.advance((asked_at + days * DAY - now.now()).total_seconds())
            begun = now.monotonic()
            got = await ask(
                app, scope_of("GET", f"/v1/consent-requests/{request_id}", headers), Sender([b""])
            )
            state = orjson.loads(got.body)["state"] if got.status == 200 else ""
            later.append((days, got.status, len(got.body), state, round(now.monotonic() - begun, 6)))
        return Seen(
            reply.status,
            frozenset(one for one in reply.headers if one[0] not in {"correlation-id", "date"}),
            orjson.dumps({**answered, "lasts": round(lasts.total_seconds() / 60)}),
            len(reply.body),
            released,
            *made,
            tuple(later),
        )


async def all_look_alike(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """The promise: one answer for all of them, with one entry and one row, and one story afterwards."""
    reference = await seen(folder, unknown, nothing, monkeypatch)
    assert (reference.status, reference.entries, reference.rows) == (202, 1, 1)
    assert [state for _, _, _, state, _ in reference.later] == ["waiting"] * 3 + ["expired"] * 2
    for name in names:
        assert await seen(folder, *CASES[name], monkeypatch) == reference, name


@pytest.mark.parametrize("name", CASES)
async def test_promise_4_a_request_tells_the_asker_nothing_about_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await all_look_alike(tmp_path, monkeypatch, name)


async def test_without_its_release_at_whole_multiples_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.asking, "until_release", lambda elapsed, step: 0.0)

    put = Outbox.put
    clocks: list[FakeClock] = []

    class Noted(FakeClock):
        def __init__(self) -> None:
            super().__init__()
            clocks.append(self)

    def slowly(self: Outbox, tx: Connection, person: str, about: About, due: datetime) -> None:
        clocks[-1].advance(0.03)
        put(self, tx, person, about, due)

    monkeypatch.setattr("tests.promises.test_promise_4_requests.FakeClock", Noted)
    monkeypatch.setattr(Outbox, "put", slowly)
    with pytest.raises(AssertionError, match="known"):
        await all_look_alike(tmp_path, monkeypatch, "known")


async def test_were_a_no_told_the_promise_would_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frankly(request, expires, permissions, now):  # type: ignore[no-untyped-def] # as `state_at`, but for the no
        if request is not None and request.answer is not None and request.answer.said == "not-allowed":
            return State.EXPIRED
        return state_at(request, expires, permissions, now)

    monkeypatch.setattr(gateway.asking, "state_at", frankly)
    with pytest.raises(AssertionError, match="says_no"):
        await all_look_alike(tmp_path, monkeypatch, "says_no")


async def test_were_only_people_we_know_written_down_the_promise_would_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Requests.add

    def of_people_only(self, tx, key, request, gone, *, passed_on):  # type: ignore[no-untyped-def] # as `Requests.add`
        if passed_on:
            add(self, tx, key, request, gone, passed_on=passed_on)

    monkeypatch.setattr(Requests, "add", of_people_only)
    with pytest.raises(AssertionError):
        await all_look_alike(tmp_path, monkeypatch, "known")
