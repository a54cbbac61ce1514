"""The kinds of harm that can be done to a log, and what whoever keeps it should do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audit.errors import VerificationError


class Harm(StrEnum):
    """What can be done to a log."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    ROLLED_BACK = "rolled back"
    FORKED = "forked"


ADVICE = {
    Harm.EDITED: "compare with a backup and with exports that others hold; restore only to a new place, never over this one",
    Harm.DELETED: "a backup, or an export that others hold, has it; never append to this log before it is whole again",
    Harm.INSERTED: "nothing signed covers it: find out who could write it; the log without it is whole",
    Harm.REORDERED: "the entries themselves may be whole: a backup or an export has their order",
    Harm.TRUNCATED: "the end is missing: take it from a backup, a replica or an export before anything is appended",
    Harm.ROLLED_BACK: "the log stands before what others saw: stop every gateway and restore the newest state there is",
    Harm.FORKED: "two logs were shown under one key: stop every gateway, keep both, tell the witnesses and all who rely",
}
"""What to do."""


class TamperedError(VerificationError):
    """A log is not what its checkpoints state.

    first, last: the entries among which the first bad one is; equal where it is known exactly.
    """

    def __init__(self, harm: Harm, first: int, last: int, why: str) -> None:
        place = f"entry {first}" if first >= last else f"among entries {first} to {last}"
        super().__init__(f"{harm}, first bad: {place}: {why}")
        self.harm = harm
        self.first = first
        self.last = max(first, last)
        self.why = why


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry as found. index: the place that it states. opens: whether its detail fits; None if nobody can tell."""

    index: int
    leaf: bytes
    opens: bool | None = None
