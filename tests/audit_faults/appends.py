"""What is appended while faults come: looks with all that stands beside them, and entries with nothing beside them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Log
from core.keys import SubjectKey
from core.unit_of_work import Written
from core.vocabulary import JsonObject
from gateway.reviews.opening import Beside, due
from tests.race.journal import Event, answered
from tests.race.worker import COUNCIL, RECIPIENT

OBLIGATIONS: tuple[JsonObject, ...] = (
    {"code": "review", "by": [RECIPIENT, COUNCIL], "hours": 24},
    {"code": "hold-back", "reason": "serious-harm", "look_again_days": 28},
)
"""Of every decision of these tests: its entry has two reviews or more, and a hold."""

BATCH = 6
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class Appending:
    """Appends to a log on this thread, and remembers what was answered."""

    log: Log
    key: SubjectKey
    events: list[Event] = field(default_factory=list)

    def batch(self, size: int = BATCH) -> list[bool]:
        """Append a batch; for each of its entries, whether it was answered with a receipt."""
        begun = time.monotonic()
        outcomes = self.log.commit([_append(self.key, number) for number in range(size)])
        now = time.monotonic()
        for outcome in outcomes:
            self.events.append(
                Event("closed", 0, None, begun, now)
                if isinstance(outcome, Exception)
                else answered("empty", 0, None, begun, now, outcome.receipts[0])
            )
        return [not isinstance(outcome, Exception) for outcome in outcomes]


def _append(key: SubjectKey, number: int) -> Append[None]:
    look = number % 2 == 0
    draft = Draft(
        kind=Kind.REFUSAL if look else Kind.SIGN_IN,
        outcome="empty" if look else "signed-in",
        organisations=frozenset({RECIPIENT, COUNCIL}),
        detail={"reason": "a fault's test", "number": number},
        recipient=RECIPIENT,
        role="triager",
        purpose="early-help-triage",
    )
    entry = seal_entry(draft, key)
    beside = _beside(key) if look else None
    # Some run in a savepoint, as works do that write rows of their own.
    return Append(partial(_work, entry, beside), changes=number % 3 == 0)


def _work(entry: SealedEntry, beside: Beside | None, _tx: Connection) -> Written[None, SealedEntry]:
    def then(tx: Connection, places: Sequence[int]) -> None:
        if beside is not None:
            beside.write(tx, places[0])

    return Written(None, (entry,), then)


def _beside(key: SubjectKey) -> Beside:
    tasks, hold = due(OBLIGATIONS, RECIPIENT, frozenset({COUNCIL}), NOW)
    return Beside(NOW, key.tag, b"sealed", tasks, hold)
