"""Tiles and leaves as strangers read them, and the clocks that the log trusts: none that is in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from audit import leaf, merkle, tiles
from audit.entries import Draft, Kind, seal_entry
from audit.log import CLOCK_BEHIND_ALLOWED_MS, Append, Log
from core.clock import SystemClock
from core.errors import ClosedError
from core.times import to_ms
from core.unit_of_work import only
from tests.support.clock import FakeClock
from tests.support.house import House, house, sqlite_urls


def appending(home: House) -> Append[None]:
    draft = Draft(Kind.REFUSAL, "empty", frozenset(), {})
    return Append(only(None, seal_entry(draft, home.organisation_key())))


def test_the_tiles_and_leaves_that_strangers_fetch_make_the_root(home: House) -> None:
    for size in (1, 255, 1, 43):
        home.log.commit([appending(home) for _ in range(size)])
    store = home.log.store
    leaves = [*store.leaves(0, 256), *store.leaves(256, 256)]
    assert len(leaves) == 300
    hashes = b"".join(map(merkle.leaf_hash, leaves))
    full, partial, above = store.tile(0, 0), store.tile(0, 1), store.tile(1, 0)
    assert full == hashes[: 32 * tiles.TILE_WIDTH]
    assert partial == hashes[32 * tiles.TILE_WIDTH :]
    assert above == merkle.root_of([merkle.leaf_hash(one) for one in leaves[:256]])
    assert (store.tile(0, 2), store.tile(1, 1), store.tile(2, 0)) == (None, None, None)
    assert store.leaves(299, 10) == leaves[299:]
    assert store.leaves(300, 10) == []


def test_a_batch_that_holds_no_entry_leaves_the_log_as_it_is(home: House) -> None:
    home.log.append(appending(home))
    before = home.log.store.head()
    committed = home.log.append(Append(only("read only")))
    assert (committed.value, committed.receipts) == ("read only", ())
    assert home.log.store.head() == before


@contextmanager
def moving(tmp_path: Path) -> Iterator[tuple[House, FakeClock]]:
    """A house on SQLite whose clock the test moves."""
    clock = FakeClock()
    with house(*sqlite_urls(tmp_path), clock=clock) as home:
        yield home, clock


def test_time_in_the_log_never_goes_back_when_the_clock_does_so_a_little(tmp_path: Path) -> None:
    with moving(tmp_path) as (home, clock):
        first = home.log.append(appending(home)).receipts[0]
        clock.wall -= timedelta(milliseconds=CLOCK_BEHIND_ALLOWED_MS)
        second = home.log.append(appending(home)).receipts[0]
        assert leaf.parse(second.leaf).time_ms == leaf.parse(first.leaf).time_ms


def test_a_clock_before_the_last_checkpoint_closes_the_log(tmp_path: Path) -> None:
    with moving(tmp_path) as (home, clock):
        home.log.append(appending(home))
        clock.wall -= timedelta(milliseconds=CLOCK_BEHIND_ALLOWED_MS + 1)
        with pytest.raises(ClosedError, match="clock: it stands before the last checkpoint"):
            home.log.append(appending(home))
        clock.wall += timedelta(hours=1)
        assert home.log.append(appending(home)).receipts[0].index == 1


def test_a_clock_that_doubts_itself_closes_the_log(tmp_path: Path) -> None:
    with moving(tmp_path) as (home, clock):
        clock.sound = False
        with pytest.raises(ClosedError, match="clock: made to jump by a test"):
            home.log.append(appending(home))
        assert home.log.store.leaves(0, 1) == []


class SkewedClock(SystemClock):
    """The machine's clock, some seconds ahead; sound in its own eyes."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.parametrize("urls", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seconds", [60, 3])
def test_a_clock_that_differs_from_the_databases_closes_the_log(home: House, seconds: int) -> None:
    clock = SkewedClock()
    log = Log(home.database, home.signer, clock, home.log.origin)
    assert log.append(appending(home)).receipts[0].index == 0
    clock.ahead = timedelta(seconds=seconds)
    with pytest.raises(ClosedError, match="clock: it differs from the database's"):
        log.append(appending(home))
    clock.ahead = timedelta()
    assert log.append(appending(home)).receipts[0].index == 1


@pytest.mark.parametrize("urls", ["postgresql"], indirect=True)
def test_the_databases_own_time_comes_with_the_heads_lock(home: House) -> None:
    with home.database.write() as tx:
        head = home.log.store.lock_head(tx)
    assert head is not None
    assert head.database_ms is not None
    assert abs(head.database_ms - to_ms(SystemClock().now())) < 60_000
    unlocked = home.log.store.head()
    assert unlocked == replace(head, database_ms=None)


def test_a_head_that_another_process_began_in_the_same_moment_is_kept(home: House) -> None:
    late = Log(home.database, home.signer, home.clock, home.log.origin)
    late.store.lock_head = lambda tx: None  # type: ignore[method-assign] # what it would have read a moment ago
    before = home.log.store.head()
    late.begin()
    assert home.log.store.head() == before
    with home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM log_head")).scalar_one() == 1
