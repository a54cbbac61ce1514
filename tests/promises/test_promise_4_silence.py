"""Promise 4. Nothing is given away by silence: whoever gets nothing gets it alike in status, shape, size and time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from sqlalchemy import bindparam, column, select, table, text

from adapters.contract import NotHeldError, SourceError
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append, Receipt
from consent.permissions import Given, Permission
from core.errors import OnceToldError
from core.storage import Database, Prepared
from core.times import to_ms
from core.unit_of_work import only
from core.vocabulary import Kind as PermissionKind
from core.vocabulary import Label
from gateway.api.views import view_document
from gateway.identity.caller import Caller
from gateway.people import trace
from gateway.people.handles import PREFIX
from gateway.people.locator import AmbiguousError, Person, Registration
from gateway.people.registering import register
from gateway.problems import problem_of
from gateway.views import pipeline
from gateway.views.fetch import fetch
from gateway.views.pipeline import Parts, resolve, view
from gateway.views.record import Recording, record
from gateway.views.values import Ask, Context, Fetched, Minimal, Recorded, Ruling, View
from tests.support.clock import FakeClock
from tests.support.walk import CALLERS, COUNCIL, PRACTICE, STRANGER_NUMBER, FakeOutages, Walk, walk

TWINS = trace.Demographics("Przykład", "Anna", date(1990, 5, 1), "NR99 9AA")
LOG_SIZE_BEFORE = 8
SOURCE_TAKES = 0.2
UNDER_INDEX = Prepared(
    select(column("person")).select_from(table("blind_index")).where(column("mac") == bindparam("mac"))
)


async def unknown(way: Walk) -> str:
    return way.handle(nhs_number=STRANGER_NUMBER)


async def unconsented(way: Walk) -> str:
    return way.handle()


async def allowed_somebody_else(way: Walk) -> str:
    await way.allow(who="housing")
    return way.handle()


async def withdrawn(way: Walk) -> str:
    await way.stop(await way.allow())
    return way.handle()


async def withdrawn_meanwhile(way: Walk) -> str:
    permission, loop = await way.allow(), asyncio.get_running_loop()
    way.sources[COUNCIL].before_answer = lambda: asyncio.run_coroutine_threadsafe(
        way.stop(permission), loop
    ).result(30)
    return way.handle()


async def dissented(way: Walk) -> str:
    await way.allow()
    now = way.home.clock.now()
    dissent = Permission(
        "c_dissent",
        PermissionKind.DISSENT,
        frozenset({"*"}),
        {"*": frozenset({"*"})},
        frozenset({"*"}),
        frozenset({"*"}),
        now,
        None,
        Given("portal", way.person.id),
    )
    with way.home.database.write() as tx:
        way.home.ledger.give(tx, way.person.key, dissent, now)
    return way.handle()


async def erased(way: Walk) -> str:
    await way.allow()
    way.home.keys.erase(way.person.id, to_ms(way.home.clock.now()))
    return way.handle()


async def hidden_by_label(way: Walk) -> str:
    await way.allow()
    with way.home.database.write() as tx:
        way.home.locator.observe_label(tx, way.person, Label.REDACTED, way.home.clock.now())
    return way.handle()


async def hidden_by_a_label_that_arrives(way: Walk) -> str:
    await way.allow()
    for source in way.sources.values():
        source.label = Label.REDACTED
    return way.handle()


async def no_longer_held(way: Walk) -> str:
    await way.allow()
    for name, source in way.sources.items():
        source.fault = partial(NotHeldError, name)
    return way.handle()


async def failing_for_this_record(way: Walk) -> str:
    await way.allow()
    for name, source in way.sources.items():
        source.fault = partial(SourceError, name, "malformed")
    return way.handle()


def spoil(database: Database, table_name: str, column_name: str, key: str, person: str) -> None:
    with database.write() as tx:
        spoilt = f"UPDATE {table_name} SET {column_name} = substr({column_name}, 2) WHERE {key} = :person"  # noqa: S608
        tx.execute(text(spoilt), {"person": person})


async def whose_row_is_spoilt(way: Walk) -> str:
    await way.allow()
    spoil(way.home.database, "person", "sealed", "id", way.person.id)
    return way.handle()


async def whose_consent_is_spoilt(way: Walk) -> str:
    await way.allow()
    spoil(way.home.database, "person_state", "sealed", "person", way.person.id)
    return way.handle()


async def whose_key_is_spoilt(way: Walk) -> str:
    await way.allow()
    spoil(way.home.key_database, "person_key", "wrapped", "subject", way.person.id)
    return way.handle()


async def without_pointers(way: Walk) -> str:
    await way.allow()
    with way.home.database.write() as tx:
        for name in way.sources:
            way.home.locator.revoke(tx, name, f"record-at-{name}")
    return way.handle()


async def ambiguous(way: Walk) -> str:
    for reference in ("one", "other"):
        registration = Registration(PRACTICE, f"twin-{reference}", demographics=TWINS)
        person = way.home.locator.prepare(registration)
        with way.home.database.write() as tx:
            register(way.home.locator, way.home.ledger, person, registration, way.home.clock.now(), (), tx)
    return way.home.handles.make(CALLERS["triager"].organisation, trace.by_demographics(TWINS))


async def guessed(_: Walk) -> str:
    return PREFIX + "A" * 64


async def anothers_handle(way: Walk) -> str:
    await way.allow()
    return way.handle(who="prescriber")


Case = Callable[[Walk], Awaitable[str]]
SILENT: dict[str, Case] = {
    one.__name__: one
    for one in (
        unknown,
        unconsented,
        allowed_somebody_else,
        withdrawn,
        withdrawn_meanwhile,
        dissented,
        erased,
        hidden_by_label,
        hidden_by_a_label_that_arrives,
        no_longer_held,
        failing_for_this_record,
        whose_row_is_spoilt,
        whose_consent_is_spoilt,
        whose_key_is_spoilt,
        without_pointers,
        ambiguous,
        guessed,
        anothers_handle,
    )
}


@dataclass(frozen=True)
class Seen:
    """All that a caller, or a reader of the public log, can see of an answer."""

    status: int
    document: bytes
    keys: list[str]
    size: int
    leaf_size: int
    proof_lines: int
    entries: int
    released_after: float


NOT_ANSWERED = Seen(0, b"", [], 0, 0, 0, 0, 0.0)


def log_size(way: Walk) -> int:
    with way.home.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM log_entry")).scalar_one())


def refusals(way: Walk) -> int:
    with way.home.database.read() as tx:
        return int(
            tx.execute(text("SELECT count(*) FROM log_entry_detail WHERE kind = 'refusal'")).scalar_one()
        )


def fill(way: Walk, size: int) -> None:
    """Bring every case's log to one size, so that proofs may be compared by length."""
    draft = Draft(Kind.ADMINISTRATION, "filler", frozenset(), {})
    while log_size(way) < size:
        way.home.log.append(Append(only(None, seal_entry(draft, way.home.organisation_key()))))


async def seen(folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> Seen:
    clock = FakeClock()

    async def passes(seconds: float) -> None:
        clock.advance(seconds)

    async with walk(folder, clock=clock) as way:
        handle = await case(way)
        fill(way, LOG_SIZE_BEFORE - (case is withdrawn_meanwhile))
        # Sources take their time, which must not show either.
        way.sources[PRACTICE].before_answer = lambda: clock.advance(SOURCE_TAKES)
        started = clock.monotonic()
        ask = Ask(handle, "early-help-triage", None, "to arrange early help")
        with monkeypatch.context() as patch:
            patch.setattr(pipeline, "asyncio", SimpleNamespace(sleep=passes))
            try:
                answer = await view(way.parts, ["triager"], ask, "req_test")
            except OnceToldError as error:
                return replace(NOT_ANSWERED, status=problem_of(error).status)
        assert not answer.sections, "this case was meant to be silent"
        document = view_document(answer)
        return Seen(
            status=200,
            document=orjson.dumps({**document, "receipt": sorted(document["receipt"])}),
            keys=sorted(document),
            size=len(orjson.dumps(document)),
            leaf_size=len(answer.receipt.leaf),
            proof_lines=answer.receipt.text.count("\n"),
            entries=refusals(way),
            released_after=round(clock.monotonic() - started, 6),
        )


async def all_look_alike(folder: Path, monkeypatch: pytest.MonkeyPatch, *cases: Case) -> None:
    """The promise: one answer for all of them, at one moment, with one entry of one size."""
    reference = await seen(folder, guessed, monkeypatch)
    assert reference.status == 200
    assert reference.entries == 1
    for case in cases:
        assert await seen(folder, case, monkeypatch) == reference, case.__name__


@pytest.mark.parametrize("case", SILENT)
async def test_promise_4_silence_gives_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    await all_look_alike(tmp_path, monkeypatch, SILENT[case])


async def test_promise_4_an_empty_view_is_released_at_its_fixed_time_and_not_before_the_fetch_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with walk(tmp_path) as way:
        timing = way.parts.timing
    for case in (unknown, hidden_by_a_label_that_arrives):
        assert (await seen(tmp_path, case, monkeypatch)).released_after == timing.empty_release
    assert timing.empty_release > timing.fetch_deadline


async def test_promise_4_an_outage_reads_alike_whether_the_person_is_known_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeOutages, "known_down", lambda _, source: source == PRACTICE)
    await all_look_alike(tmp_path, monkeypatch, unconsented, failing_for_this_record, guessed)
    assert PRACTICE.encode() in (await seen(tmp_path, unknown, monkeypatch)).document


async def test_without_the_fixed_release_time_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(parts: Parts, context: Context, ruling: Ruling, recorded: Recorded) -> View:
        return View(context.ask.purpose, recorded.sections, (), recorded.receipt)

    monkeypatch.setattr(pipeline, "answer", at_once)
    with pytest.raises(AssertionError, match="hidden_by_a_label_that_arrives"):
        await all_look_alike(tmp_path, monkeypatch, unconsented, hidden_by_a_label_that_arrives)


async def test_without_an_entry_for_nobody_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def about_somebody_only(
        parts: Recording, context: Context, ruling: Ruling, fetched: Fetched, minimal: Minimal
    ) -> Recorded:
        if context.person is None:
            return Recorded((), Receipt(LOG_SIZE_BEFORE, b"", ""))
        return await record(parts, context, ruling, fetched, minimal)

    monkeypatch.setattr(pipeline, "record", about_somebody_only)
    with pytest.raises(AssertionError):
        await all_look_alike(tmp_path, monkeypatch, unconsented)


async def test_without_leaving_a_records_own_failure_untold_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []

    async def tells(*args: Any) -> Fetched:
        fetched = await fetch(*args)
        failed[:] = [error.source for error in fetched.failures]
        return fetched

    monkeypatch.setattr(pipeline, "fetch", tells)
    monkeypatch.setattr(FakeOutages, "known_down", lambda _, source: source in failed)
    with pytest.raises(AssertionError, match="failing_for_this_record"):
        await all_look_alike(tmp_path, monkeypatch, failing_for_this_record)


async def test_without_taking_an_ambiguous_index_for_nobody_the_promise_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def complains(parts: Parts, caller: Caller, ask: Ask) -> Person | None:
        mac = parts.handles.open(caller.organisation, ask.person)
        if mac is not None and len(parts.database.hot(UNDER_INDEX, mac=mac)) > 1:
            raise AmbiguousError
        return await resolve(parts, caller, ask)

    monkeypatch.setattr(pipeline, "resolve", complains)
    with pytest.raises(AssertionError, match="ambiguous"):
        await all_look_alike(tmp_path, monkeypatch, ambiguous)
