"""Promise 4, for checks: a check confirms or does not, and never says no, nor why, nor the value.

Not confirmed is alike in status, shape, size and time for a person who is unknown, who allowed nothing, who is hidden, and
of whom something else is so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from adapters.contract import NotHeldError, SourceError
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from consent.permissions import Given, Permission
from core.times import to_ms
from core.unit_of_work import only
from core.vocabulary import Kind as PermissionKind
from core.vocabulary import Label
from gateway.api import checks
from gateway.identity.caller import Caller
from gateway.views import pipeline
from gateway.views.pipeline import Parts, asker_of
from gateway.views.values import Context, Recorded, Ruling, View
from tests.support.api import entries, post, with_callers
from tests.support.clock import FakeClock
from tests.support.walk import CALLERS, COUNCIL, RECORDS, STRANGER_NUMBER, Walk, walk

LANDLORD = CALLERS["landlord"].organisation
PURPOSE, CHECK = "tenancy-check", "rent-account-clear"
LOG_SIZE_BEFORE = 8
SOURCE_TAKES = 0.2


def owing(way: Walk, band: str | None) -> None:
    """What the council's record says that the person owes; None: nothing at all."""
    said = {} if band is None else {"arrears_band": band}
    way.sources[COUNCIL].records = {**RECORDS[COUNCIL], "debts": said}


async def allowed(way: Walk) -> str:
    owing(way, "none")
    return await way.allow("landlord", PURPOSE, {"debts": frozenset({"arrears_band"})})


async def so(way: Walk) -> str:
    await allowed(way)
    return way.handle("landlord")


async def unknown(way: Walk) -> str:
    return way.handle("landlord", STRANGER_NUMBER)


async def guessed(_: Walk) -> str:
    return "h1." + "A" * 64


async def anothers_handle(way: Walk) -> str:
    await allowed(way)
    return way.handle("triager")


async def unconsented(way: Walk) -> str:
    owing(way, "none")
    return way.handle("landlord")


async def allowed_something_else(way: Walk) -> str:
    owing(way, "none")
    await way.allow("landlord", PURPOSE, {"support-plan": frozenset({"status"})})
    return way.handle("landlord")


async def withdrawn(way: Walk) -> str:
    await way.stop(await allowed(way))
    return way.handle("landlord")


async def withdrawn_meanwhile(way: Walk) -> str:
    permission, loop = await allowed(way), asyncio.get_running_loop()
    way.sources[COUNCIL].before_answer = lambda: asyncio.run_coroutine_threadsafe(
        way.stop(permission), loop
    ).result(30)
    return way.handle("landlord")


async def dissented(way: Walk) -> str:
    await allowed(way)
    now, everything = way.home.clock.now(), frozenset({"*"})
    given = Given("portal", way.person.id)
    dissent = Permission(
        "c_dissent",
        PermissionKind.DISSENT,
        everything,
        {"*": everything},
        everything,
        everything,
        now,
        None,
        given,
    )
    with way.home.database.write() as tx:
        way.home.ledger.give(tx, way.person.key, dissent, now)
    return way.handle("landlord")


async def another_value(way: Walk) -> str:
    await allowed(way)
    owing(way, "under-500")
    return way.handle("landlord")


async def no_value(way: Walk) -> str:
    await allowed(way)
    owing(way, None)
    return way.handle("landlord")


async def hidden_by_label(way: Walk) -> str:
    await allowed(way)
    with way.home.database.write() as tx:
        way.home.locator.observe_label(tx, way.person, Label.REDACTED, way.home.clock.now())
    return way.handle("landlord")


async def hidden_by_a_label_that_arrives(way: Walk) -> str:
    await allowed(way)
    way.sources[COUNCIL].label = Label.REDACTED
    return way.handle("landlord")


async def no_longer_held(way: Walk) -> str:
    await allowed(way)
    way.sources[COUNCIL].fault = partial(NotHeldError, COUNCIL)
    return way.handle("landlord")


async def failing_for_this_record(way: Walk) -> str:
    await allowed(way)
    way.sources[COUNCIL].fault = partial(SourceError, COUNCIL, "malformed")
    return way.handle("landlord")


async def erased(way: Walk) -> str:
    await allowed(way)
    way.home.keys.erase(way.person.id, to_ms(way.home.clock.now()))
    return way.handle("landlord")


Case = Callable[[Walk], Awaitable[str]]
SILENT: Mapping[str, Case] = {
    one.__name__: one
    for one in (
        unknown,
        guessed,
        anothers_handle,
        unconsented,
        allowed_something_else,
        withdrawn,
        withdrawn_meanwhile,
        dissented,
        another_value,
        no_value,
        hidden_by_label,
        hidden_by_a_label_that_arrives,
        no_longer_held,
        failing_for_this_record,
        erased,
    )
}


@dataclass(frozen=True)
class Seen:
    """All that a caller, or a reader of the public log, can see of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    document: bytes
    size: int
    proof_lines: int
    entries: int
    released_after: float


def fill(way: Walk, size: int) -> None:
    """Bring every case's log to one size, so that proofs may be compared by length."""
    draft = Draft(Kind.ADMINISTRATION, "filler", frozenset(), {})
    head = way.home.log.store.head()
    assert head is not None
    for _ in range(size - head.frontier.size):
        way.home.log.append(Append(only(None, seal_entry(draft, way.home.organisation_key()))))


async def seen(folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> Seen:
    clock = FakeClock()

    async def passes(seconds: float) -> None:
        clock.advance(seconds)

    async with walk(folder, clock=clock) as way:
        body = {"person": await case(way), "purpose": PURPOSE, "check": CHECK, "reason": "Asks for a flat"}
        fill(way, LOG_SIZE_BEFORE - (case is withdrawn_meanwhile))
        if way.sources[COUNCIL].before_answer is None:
            # Sources take their time, which must not show either.
            way.sources[COUNCIL].before_answer = lambda: clock.advance(SOURCE_TAKES)
        started = clock.monotonic()
        with monkeypatch.context() as patch:
            patch.setattr(pipeline, "asyncio", SimpleNamespace(sleep=passes))
            told = await post(way, "/v1/checks", "landlord", body)
        receipt = told.document.get("receipt")
        return Seen(
            status=told.status,
            headers=tuple(pair for pair in told.reply.headers if pair[0] != "correlation-id"),
            document=orjson.dumps({**told.document, "receipt": None}),
            size=len(told.reply.body),
            proof_lines=str(receipt["proof"]).count("\n") if isinstance(receipt, dict) else 0,
            entries=sum(one.outcome == "empty" for one in entries(way, LANDLORD)),
            released_after=round(clock.monotonic() - started, 6),
        )


async def all_look_alike(folder: Path, monkeypatch: pytest.MonkeyPatch, *cases: Case) -> None:
    """The promise: one answer for all of them, at one moment, with one entry of one size."""
    reference = await seen(folder, guessed, monkeypatch)
    assert (reference.status, reference.entries) == (200, 1)
    assert orjson.loads(reference.document) == {
        "answer": "not-confirmed",
        "notice": checks.NOTICE,
        "receipt": None,
    }
    for case in cases:
        assert await seen(folder, case, monkeypatch) == reference, case.__name__


@pytest.mark.parametrize("case", SILENT)
async def test_promise_4_checks_not_confirmed_gives_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    await all_look_alike(tmp_path, monkeypatch, SILENT[case])


async def test_promise_4_checks_what_is_so_and_allowed_is_confirmed_without_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await seen(tmp_path, so, monkeypatch)
    assert orjson.loads(found.document) == {"answer": "confirmed", "notice": checks.NOTICE, "receipt": None}


async def test_without_the_fixed_release_time_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(parts: Parts, context: Context, ruling: Ruling, recorded: Recorded) -> View:
        return View(context.ask.purpose, recorded.sections, (), recorded.receipt)

    monkeypatch.setattr(pipeline, "answer", at_once)
    with pytest.raises(AssertionError, match="another_value"):
        await all_look_alike(tmp_path, monkeypatch, unknown, another_value)


async def test_without_looking_at_the_value_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "confirmed_only", lambda minimal, *_: minimal)
    with pytest.raises(AssertionError, match="another_value"):
        await all_look_alike(tmp_path, monkeypatch, another_value)


# Who may ask


async def asks(
    way: Walk, who: str = "landlord", parts: Parts | None = None, **changes: str
) -> tuple[int, str]:
    body = {"person": way.handle(who), "purpose": PURPOSE, "check": CHECK, "reason": "Asks", **changes}
    told = await post(way, "/v1/checks", who, body, parts=parts)
    return told.status, told.code


async def test_a_check_is_refused_whoever_it_is_about_where_no_agreement_names_it(way: Walk) -> None:
    await allowed(way)
    assert await asks(way, check="tenancy-current") == (403, "check-not-agreed")
    assert await asks(way, check="no-such-check") == (403, "check-not-agreed")
    triager = replace(CALLERS["triager"], scopes=frozenset({"views", "checks"}))
    parts = with_callers(way, triager=triager)
    assert await asks(way, "triager", parts) == (403, "no-agreement")
    assert all(source.asked == [] for source in way.sources.values())


async def test_a_check_needs_its_own_scope_and_lets_nobody_see_the_record(way: Walk) -> None:
    await allowed(way)
    parts = with_callers(way, landlord=replace(CALLERS["landlord"], scopes=frozenset({"views"})))
    assert await asks(way, parts=parts) == (403, "insufficient-scope")
    view = {"person": way.handle("landlord"), "purpose": PURPOSE, "reason": "Asks for a flat"}
    told = await post(way, "/v1/views", "landlord", view, parts=parts)
    assert (told.status, told.code) == (403, "role-not-permitted")
    # Nor does a token for checks open a view.
    told = await post(way, "/v1/views", "landlord", view)
    assert (told.status, told.code) == (403, "scope-missing")


async def test_without_asking_for_the_scope_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lenient(_caller: Caller, _scope: str) -> None:
        return None

    monkeypatch.setattr(checks, "require_scope", lenient)
    parts = with_callers(way, landlord=replace(CALLERS["landlord"], scopes=frozenset({"views"})))
    await allowed(way)
    # The policy asks for it too: both would have to be taken out.
    assert await asks(way, parts=parts) == (403, "scope-missing")
    believing = frozenset({"checks"})
    monkeypatch.setattr(
        pipeline, "asker_of", lambda caller, now: replace(asker_of(caller, now), scopes=believing)
    )
    assert await asks(way, parts=parts) == (200, "")
