"""The moments at which a connection is cut: before a statement reaches the database, or after it did, before its answer."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

TABLES = (
    "log_head",
    "log_entry",
    "log_entry_detail",
    "log_entry_organisation",
    "log_tile",
    "log_batch",
    "decision_input",
    "held_entry",
    "review_task",
)
"""Whatever one append writes to."""

COMMIT, LOOK_UP = "COMMIT", "look-up"
_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE)\s+"?(\w+)', re.IGNORECASE)
_LOOKS = re.compile(r"\s*SELECT .*\sFROM log_head\s", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Moment:
    """A cut. where: a table that is written to, `COMMIT`, or `look-up` (of the head). stored: after it was done."""

    where: str
    stored: bool

    def __str__(self) -> str:
        return f"{self.where} {'stored, its answer lost' if self.stored else 'lost'}"


EACH = tuple(Moment(where, stored) for where in (*TABLES, COMMIT) for stored in (False, True))
UNCLEAR = (Moment(COMMIT, stored=True), Moment(LOOK_UP, stored=False))
"""The commit is stored, its answer lost, and then the look-up of its batch is lost too: nobody can tell any more."""


def place_of(statement: str) -> str:
    """What a statement does, as a moment's `where` has it; empty for anything else."""
    if statement.strip().rstrip(";").upper() == COMMIT:
        return COMMIT
    written = _WRITES.match(statement)
    if written is not None:
        return written[1].lower()
    return LOOK_UP if _LOOKS.match(statement) else ""


class Armed:
    """The cuts that are still to come, one after the other. Shared by all connections; each cut meets one statement."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: deque[Moment] = deque()

    def arm(self, moments: Iterable[Moment]) -> None:
        """Let these come, in this order."""
        with self._lock:
            self._coming.extend(moments)

    def strikes(self, statement: str) -> Moment | None:
        """The moment that this statement has met, which is then past."""
        with self._lock:
            if self._coming and self._coming[0].where == place_of(statement):
                return self._coming.popleft()
        return None

    @property
    def past(self) -> bool:
        """Whether all have come."""
        with self._lock:
            return not self._coming


class Cutter(Protocol):
    """A database seen through something that can cut connections. armed: what it is to cut."""

    armed: Armed
