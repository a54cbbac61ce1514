"""The committer's own promises: what is too much is refused, what went away holds nobody up, what waits is finished."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from audit.committer import Committer, _settle, _Waiting
from audit.log import Append, Committed, Outcome
from core.errors import ClosedError, OnceToldError
from core.unit_of_work import only


class PlannedError(OnceToldError):
    pass


class HeldLog:
    """Tells when a batch has come in, and commits it only once it is let go; every `refused` work fails."""

    def __init__(self) -> None:
        self.came, self.go = threading.Event(), threading.Event()
        self.batches: list[int] = []
        self.refused: list[Append[Any]] = []

    def commit(self, batch: list[Append[Any]]) -> list[Outcome]:
        self.came.set()
        self.go.wait(30)
        self.batches.append(len(batch))
        return [PlannedError() if one in self.refused else Committed(None, ()) for one in batch]


def an_append() -> Append[None]:
    return Append(only(None))


@pytest.fixture
def log() -> Iterator[HeldLog]:
    held = HeldLog()
    yield held
    held.go.set()


async def came(log: HeldLog) -> None:
    assert await asyncio.to_thread(log.came.wait, 30)


async def stop(committer: Committer) -> None:
    await asyncio.to_thread(committer.close)


async def test_each_caller_gets_its_own_outcome(log: HeldLog) -> None:
    committer = Committer(log)
    good, bad = an_append(), an_append()
    log.refused.append(bad)
    log.go.set()
    answers = await asyncio.gather(
        committer.append(good), committer.append(bad), committer.append(good), return_exceptions=True
    )
    await stop(committer)
    assert [type(one) for one in answers] == [Committed, PlannedError, Committed]


async def test_when_too_much_waits_the_next_is_refused_at_once_and_the_rest_is_served(log: HeldLog) -> None:
    committer = Committer(log, waiting_maximum=2)
    first = asyncio.ensure_future(committer.append(an_append()))
    await came(log)
    waiting = [asyncio.ensure_future(committer.append(an_append())) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(ClosedError, match="audit log: too much is waiting"):
        await committer.append(an_append())
    log.go.set()
    assert len(await asyncio.gather(first, *waiting)) == 3
    await stop(committer)
    assert log.batches == [1, 2]


async def test_a_caller_who_goes_away_undoes_nothing_and_holds_nobody_up(log: HeldLog) -> None:
    committer = Committer(log)
    gone = asyncio.ensure_future(committer.append(an_append()))
    await came(log)
    stays = asyncio.ensure_future(committer.append(an_append()))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    log.go.set()
    assert isinstance(await stays, Committed)
    await stop(committer)
    assert log.batches == [1, 1], "what the caller left behind was committed all the same"


async def test_a_future_that_was_cancelled_is_passed_over_and_its_batch_mates_are_told() -> None:
    loop = asyncio.get_running_loop()
    gone, stays = _Waiting(an_append(), loop), _Waiting(an_append(), loop)
    gone.future.cancel()
    _settle([(gone, Committed(None, ())), (stays, Committed(None, ()))])
    assert isinstance(await stays.future, Committed)


async def test_a_loop_that_is_gone_does_not_stop_the_others(log: HeldLog) -> None:
    committer = Committer(log)

    def ask_and_leave() -> None:
        other = asyncio.new_event_loop()
        asked = other.create_task(committer.append(an_append()))
        other.run_until_complete(asyncio.sleep(0))
        log.came.wait(30)
        asked.cancel()
        other.run_until_complete(asyncio.sleep(0))
        other.close()

    await asyncio.to_thread(ask_and_leave)
    log.go.set()
    assert isinstance(await committer.append(an_append()), Committed)
    await stop(committer)


async def test_stopping_finishes_what_waits_and_takes_nothing_more(log: HeldLog) -> None:
    committer = Committer(log)
    asked = [asyncio.ensure_future(committer.append(an_append())) for _ in range(3)]
    await came(log)
    stopping = asyncio.ensure_future(stop(committer))
    log.go.set()
    await stopping
    assert len(await asyncio.gather(*asked)) == 3
    with pytest.raises(ClosedError, match="audit log: stopping"):
        await committer.append(an_append())
