"""Whoever counts what the log does hears of each batch once, and can do it no harm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Committed, Log
from core.errors import ClosedError, OnceToldError
from core.unit_of_work import Written, only
from tests.support.faults import lose
from tests.support.house import ORIGIN, House, house, sqlite_urls


class Counting:
    """Writes down what it hears; raises where it is told to."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.lost: list[int] = []
        self.raises = False

    def committed(self, entries: Sequence[SealedEntry]) -> None:
        self.batches.append(len(entries))
        if self.raises:
            raise RuntimeError

    def failed(self, appends: int) -> None:
        self.lost.append(appends)
        if self.raises:
            raise RuntimeError


class Refused(OnceToldError):  # noqa: N818 - a refusal, not a fault
    """A unit of work's own refusal."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(*sqlite_urls(tmp_path)) as opened:
        yield opened


def an_append(home: House) -> Append[None]:
    draft = Draft(Kind.AUDIT_READ, "searched", frozenset({"a"}), {})
    return Append(only(None, seal_entry(draft, home.organisation_key("a"))))


def refusing(_: Connection) -> Written[None, SealedEntry]:
    raise Refused


@pytest.mark.parametrize("raises", [False, True])
def test_each_durable_batch_is_told_once_and_its_failure_too(home: House, raises: bool) -> None:
    counting = Counting()
    counting.raises = raises
    log = Log(home.database, home.signer, home.clock, ORIGIN, counting)
    before = home.log.store.head()
    assert before is not None
    first, second, refused = log.commit([an_append(home), an_append(home), Append(refusing)])
    assert isinstance(first, Committed)
    assert isinstance(second, Committed)
    assert isinstance(refused, Refused)
    assert counting.batches == [2]
    lose(home.database, "log_entry_organisation")
    assert isinstance(log.commit([an_append(home)])[0], ClosedError)
    assert (counting.batches, counting.lost) == ([2], [1])
