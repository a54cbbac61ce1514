"""What stands beside an entry from the moment it is written: review tasks with their clocks, and the hold.

Written by `audit.log` in the entry's own transaction (`Written.then`), so no break-glass is without its review.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, bindparam, column, insert, table

from core.storage import Prepared
from core.times import to_ms
from core.vocabulary import JsonObject

COUNTERSIGN_WITHIN = timedelta(hours=24)
"""How soon an officer has to say whether an entry is rightly held back."""

INPUTS_KEPT_FOR = timedelta(days=400)
"""How long the input of a decision can be replayed: a year's decisions, and time to look at them."""

_TASK = table(
    "review_task", *(column(name) for name in ("index", "kind", "organisation", "opened_ms", "due_ms"))
)
_HELD = table("held_entry", *(column(name) for name in ("index", "reason", "held_ms", "look_again_ms")))
_INPUT = table("decision_input", *(column(name) for name in ("index", "tag", "sealed", "until_ms")))
_ADD_INPUT = Prepared(
    insert(_INPUT).values({name: bindparam(name) for name in ("index", "tag", "sealed", "until_ms")})
)


@dataclass(frozen=True, slots=True)
class Task:
    """One review: of what kind, by whose officers, due when."""

    kind: str
    organisation: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Why the person is not shown an entry yet, and when the danger is looked at again."""

    reason: str
    look_again: datetime


@dataclass(frozen=True, slots=True)
class Beside:
    """All that stands beside one entry."""

    at: datetime
    tag: bytes
    sealed_input: bytes
    tasks: tuple[Task, ...]
    hold: Hold | None

    def write(self, tx: Connection, index: int) -> None:
        """Write it for the entry at a place of the log."""
        until_ms = to_ms(self.at + INPUTS_KEPT_FOR)
        _ADD_INPUT.write(
            tx, [{"index": index, "tag": self.tag, "sealed": self.sealed_input, "until_ms": until_ms}]
        )
        opened = to_ms(self.at)
        for task in self.tasks:
            tx.execute(
                insert(_TASK).values(
                    index=index,
                    kind=task.kind,
                    organisation=task.organisation,
                    opened_ms=opened,
                    due_ms=to_ms(task.due),
                )
            )
        if self.hold is not None:
            tx.execute(
                insert(_HELD).values(
                    index=index,
                    reason=self.hold.reason,
                    held_ms=opened,
                    look_again_ms=to_ms(self.hold.look_again),
                )
            )


def due(
    obligations: Iterable[JsonObject], asker: str, shown: frozenset[str], at: datetime
) -> tuple[tuple[Task, ...], Hold | None]:
    """The tasks and the hold that a decision's obligations mean.

    shown: the sources that something was shown of. Their officers review it too; those of a source that showed nothing
    cannot even open the entry.
    """
    tasks: list[Task] = []
    hold = None
    for obligation in obligations:
        if obligation["code"] == "review":
            by = frozenset(cast("Iterable[str]", obligation["by"])) & (shown | {asker})
            within = at + timedelta(hours=cast("int", obligation["hours"]))
            tasks.extend(Task("break-glass", organisation, within) for organisation in sorted(by))
        elif obligation["code"] == "hold-back":
            look_again = at + timedelta(days=cast("int", obligation["look_again_days"]))
            hold = Hold(cast("str", obligation["reason"]), look_again)
            tasks.append(Task("hold-back", asker, at + COUNTERSIGN_WITHIN))
            tasks.append(Task("look-again", asker, look_again))
    return tuple(tasks), hold
