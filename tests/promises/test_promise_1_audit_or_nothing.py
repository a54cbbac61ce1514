"""Promise 1. No field leaves before its audit entry is durably committed; if the log cannot commit, nothing is answered."""

import asyncio
import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy import text

from audit.log import Receipt
from core.errors import ClosedError
from gateway.views import pipeline
from gateway.views.pipeline import Parts
from gateway.views.record import Recording, record
from gateway.views.values import Context, Fetched, Minimal, Recorded, Ruling
from tests.support.faults import break_next_commit, lose, refuse_inserts
from tests.support.house import House
from tests.support.walk import Walk


def forget_the_head(home: House) -> None:
    with home.database.write() as tx:
        tx.execute(text("DELETE FROM log_head"))


FAULTS: dict[str, Callable[[House], None]] = {
    "the-entry-cannot-be-stored": lambda home: refuse_inserts(home.database, "log_entry"),
    "its-detail-cannot-be-stored": lambda home: refuse_inserts(home.database, "log_entry_detail"),
    "the-checkpoint-cannot-be-stored": lambda home: refuse_inserts(home.database, "log_batch"),
    "the-commit-is-lost": lambda home: break_next_commit(home.database, stored=False),
    "the-log-was-never-begun": forget_the_head,
    "a-table-of-the-log-is-gone": lambda home: lose(home.database, "log_tile"),
    "the-writer-has-stopped": lambda home: home.committer.close(),
}


def durable_leaves(way: Walk) -> list[bytes]:
    """The log as a stranger to this process sees it: what is committed, and nothing else."""
    path = way.home.database.url.database
    assert path is not None
    with sqlite3.connect(path) as other:
        return [row[0] for row in other.execute('SELECT leaf FROM log_entry ORDER BY "index"')]


async def nothing_leaves_unrecorded(way: Walk, parts: Parts | None = None) -> None:
    """The promise: whatever leaves has its durable entry at the moment at which it leaves."""
    try:
        answer = await way.ask(parts=parts)
    except ClosedError:
        return
    assert durable_leaves(way)[answer.receipt.index : answer.receipt.index + 1] == [answer.receipt.leaf]


@pytest.mark.parametrize("fault", FAULTS)
async def test_promise_1_audit_or_nothing_when_the_log_cannot_commit(way: Walk, fault: str) -> None:
    await way.allow()
    before = durable_leaves(way)
    FAULTS[fault](way.home)
    with pytest.raises(ClosedError) as closed:
        await way.ask()
    assert closed.value.part == "audit log"
    assert durable_leaves(way) == before
    await nothing_leaves_unrecorded(way)


async def test_promise_1_audit_or_nothing_for_empty_views_and_refusals_too(way: Walk) -> None:
    refuse_inserts(way.home.database, "log_entry")
    for ask in (way.ask(), way.ask(purpose="no-such-purpose"), way.ask(who="adviser")):
        with pytest.raises(ClosedError):
            await ask


async def test_promise_1_a_view_that_leaves_is_already_durable(way: Walk) -> None:
    await way.allow()
    answer = await way.ask()
    assert answer.sections
    await nothing_leaves_unrecorded(way)


async def test_promise_1_a_commit_that_was_stored_but_errored_is_found_and_answered(way: Walk) -> None:
    await way.allow()
    break_next_commit(way.home.database, stored=True)
    answer = await way.ask()
    assert answer.sections
    assert durable_leaves(way)[answer.receipt.index] == answer.receipt.leaf


@pytest.mark.parametrize("fault", FAULTS)
async def test_without_the_wait_for_the_commit_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    recording: list[asyncio.Task[Recorded]] = []

    async def answers_first(
        parts: Recording, context: Context, ruling: Ruling, fetched: Fetched, minimal: Minimal
    ) -> Recorded:
        recording.append(asyncio.ensure_future(record(parts, context, ruling, fetched, minimal)))
        return Recorded(minimal.sections, Receipt(1, b"promised", ""))

    await way.allow()
    FAULTS[fault](way.home)
    monkeypatch.setattr(pipeline, "record", answers_first)
    with pytest.raises(AssertionError):
        await nothing_leaves_unrecorded(way)
    with pytest.raises(ClosedError):
        await recording[0]


async def test_without_taking_the_outcome_seriously_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def shrugs(
        parts: Recording, context: Context, ruling: Ruling, fetched: Fetched, minimal: Minimal
    ) -> Recorded:
        try:
            return await record(parts, context, ruling, fetched, minimal)
        except ClosedError:
            return Recorded(minimal.sections, Receipt(1, b"promised", ""))

    await way.allow()
    refuse_inserts(way.home.database, "log_entry")
    monkeypatch.setattr(pipeline, "record", shrugs)
    with pytest.raises(AssertionError):
        await nothing_leaves_unrecorded(way)
