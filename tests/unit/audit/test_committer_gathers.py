"""Under load a batch gathers a little longer; whoever comes alone waits for nobody."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from audit import committer as committing
from audit.committer import BUSY_BATCH, GATHER_MAXIMUM_SECONDS, Committer, gather_seconds
from audit.log import Append, Committed, Outcome
from core.unit_of_work import only


def test_after_a_small_batch_nobody_waits() -> None:
    assert all(gather_seconds(entries, 1.0) == 0.0 for entries in range(BUSY_BATCH))


@pytest.mark.parametrize(("took", "gathered"), [(0.0, 0.0), (0.002, 0.004), (1.0, GATHER_MAXIMUM_SECONDS)])
def test_after_a_large_batch_the_next_gathers_in_step_with_the_disk_and_never_long(
    took: float, gathered: float
) -> None:
    assert gather_seconds(BUSY_BATCH, took) == pytest.approx(gathered)


class SlowLog:
    """Takes whatever comes, its first batch only once it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()
        self.batches: list[int] = []

    def commit(self, batch: list[Append[Any]]) -> list[Outcome]:
        self.begun.set()
        self.go.wait(10)
        self.batches.append(len(batch))
        return [Committed(number, ()) for number, _ in enumerate(batch)]


async def test_all_that_waits_while_gathering_is_committed_and_closing_loses_nothing() -> None:

    log = SlowLog()
    committer = Committer(log)
    try:
        asked = [asyncio.ensure_future(committer.append(Append(only(None)))) for _ in range(BUSY_BATCH * 3)]
        await asyncio.sleep(0)
        log.go.set()
        done = await asyncio.gather(*asked)
        more = [asyncio.ensure_future(committer.append(Append(only(None)))) for _ in range(3)]
        await asyncio.sleep(0)
    finally:
        log.go.set()
        await asyncio.to_thread(committer.close)
    assert len(done) == BUSY_BATCH * 3
    assert len(await asyncio.gather(*more)) == 3
    assert sum(log.batches) == BUSY_BATCH * 3 + 3


async def test_once_as_many_wait_as_came_together_lately_the_batch_goes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = BUSY_BATCH + 2
    # Whoever would not go at once would wait for longer than this test may take.
    monkeypatch.setattr(
        committing, "gather_seconds", lambda entries, _: 600.0 if entries >= BUSY_BATCH else 0.0
    )
    log = SlowLog()
    committer = Committer(log)
    try:
        first = asyncio.ensure_future(committer.append(Append(only(None))))
        await asyncio.to_thread(log.begun.wait, 10)
        held = [asyncio.ensure_future(committer.append(Append(only(None)))) for _ in range(together)]
        await asyncio.sleep(0)
        log.go.set()
        await asyncio.gather(first, *held)
        await asyncio.gather(*(committer.append(Append(only(None))) for _ in range(together)))
        fewer = [asyncio.ensure_future(committer.append(Append(only(None)))) for _ in range(together - 1)]
        await asyncio.sleep(0)
        assert log.batches == [1, together, together], "fewer than came lately still wait for the others"
    finally:
        log.go.set()
        await asyncio.to_thread(committer.close)
    assert len(await asyncio.gather(*fewer)) == together - 1
