"""After the race: what the processes said they answered, against what the log proves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from audit import leaf, merkle, tlog_proof
from audit.checkpoint import open_checkpoint
from audit.entries import Kind, open_entry
from audit.errors import VerificationError
from audit.note import VerifierKey
from core.keys import KeyStore
from core.storage import Database
from tests.race.journal import Event


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a race.

    unanswered: entries of operations whose process was killed before it could say so.
    after_withdrawal: disclosures that stand in the log after the withdrawal of the permission they rest on, or that began to
        commit after it was answered; begun_after: the latter alone.
    """

    answered: Counter[str]
    entries: int
    batches: int
    unanswered: int
    after_withdrawal: int
    begun_after: int
    lost: int
    forks: int

    @property
    def held(self) -> bool:
        """Whether every promise of the guarded append held."""
        return self.after_withdrawal == self.lost == self.forks == 0

    @property
    def operations(self) -> int:
        """Answered operations."""
        return sum(number for what, number in self.answered.items() if what != "closed")

    def __str__(self) -> str:
        kinds = ", ".join(f"{what} {number}" for what, number in sorted(self.answered.items()))
        return (
            f"operations {self.operations} ({kinds}), entries {self.entries} in {self.batches} batches, "
            f"{self.unanswered} unanswered; disclosures after a withdrawal {self.after_withdrawal} "
            f"({self.begun_after} begun after it was answered), "
            f"entries lost {self.lost}, forks {self.forks}"
        )


def check(database: Database, keys: KeyStore, key: VerifierKey, events: Sequence[Event]) -> Figures:
    """Judge a race that has ended."""
    with database.read() as tx:
        rows = tx.execute(text('SELECT "index", leaf FROM log_entry ORDER BY "index"')).all()
        batches = tx.execute(text("SELECT first, size, checkpoint FROM log_batch ORDER BY first")).all()
        final = tx.execute(text("SELECT size, checkpoint FROM log_head")).one()
    leaves = [bytes(row[1]) for row in rows]
    forks = int([row[0] for row in rows] != list(range(len(rows))))
    roots = Roots(leaves)
    forks += _forked_batches(roots, key, [*batches, (None, *final)], len(leaves))
    receipted = [event for event in events if event.receipt]
    forks += sum(not _proves(roots, key, event) for event in receipted)
    lost = sum(leaves[event.index : event.index + 1] != [event.leaf_bytes] for event in receipted)
    lost += len(receipted) - len({event.index for event in receipted})
    begun_after = late_by_the_clock(events)
    return Figures(
        answered=Counter(event.what for event in events),
        entries=len(leaves),
        batches=len(batches),
        unanswered=len(leaves) - len(receipted),
        after_withdrawal=len(begun_after | late_by_the_log(database, keys)),
        begun_after=len(begun_after),
        lost=lost,
        forks=forks,
    )


def late_by_the_clock(events: Sequence[Event]) -> set[int]:
    """Answered disclosures whose append began after the withdrawal of the permission they rest on was answered."""
    ended = {event.permission: event.answered for event in events if event.what == "withdrawn"}
    return {
        event.index
        for event in events
        if event.what == "disclosed" and event.permission in ended and ended[event.permission] < event.begun
    }


def late_by_the_log(database: Database, keys: KeyStore) -> set[int]:
    """Disclosures, answered or not, that stand in the log after the withdrawal of the permission they rest on."""
    with database.read() as tx:
        rows = tx.execute(
            text(
                'SELECT d."index", d.kind, d.tag, d.sealed, e.leaf FROM log_entry_detail d '
                'JOIN log_entry e ON e."index" = d."index" '
                "WHERE d.outcome IN ('disclosed', 'withdrawn') ORDER BY d.\"index\""
            )
        ).all()
    ended: set[object] = set()
    late: set[int] = set()
    for index, kind, tag, sealed, entry in rows:
        opening = open_entry(bytes(sealed), leaf.parse(bytes(entry)).commitment, keys.by_tag(bytes(tag)))
        leaf.opens(bytes(entry), opening.salt, opening.detail)
        detail = opening.detail["detail"]
        assert isinstance(detail, dict)
        if kind == Kind.DISCLOSURE and ended.intersection(detail["relied_on"]):
            late.add(index)
        elif kind == Kind.CONSENT:
            ended.add(detail["permission"]["id"])
    return late


class Roots:
    """The root of the final tree at every size, from the stored leaves alone."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.hashes = [merkle.leaf_hash(one) for one in leaves]
        frontier = merkle.Frontier.empty()
        self.at = [frontier.root()]
        for one in self.hashes:
            frontier = merkle.extend(frontier, [one]).frontier
            self.at.append(frontier.root())


def _forked_batches(roots: Roots, key: VerifierKey, batches: Sequence[Sequence[object]], size: int) -> int:
    """Signed checkpoints that are not a root of the final tree, and batches that do not join on to each other."""
    forked, reached = 0, 0
    for first, after, signed in batches:
        opened = open_checkpoint(str(signed), [key])
        forked += opened.size != after or opened.root != roots.at[opened.size]
        if first is not None:
            forked += first != reached
            reached = opened.size
    return forked + (reached != size)


def _proves(roots: Roots, key: VerifierKey, event: Event) -> bool:
    """Whether a receipt verifies by itself, and its checkpoint is a root of the final tree."""
    try:
        proof = tlog_proof.parse_proof(event.receipt)
        opened = open_checkpoint(proof.checkpoint, [key])
        merkle.verify_inclusion(
            merkle.leaf_hash(event.leaf_bytes), proof.index, opened.size, proof.path, opened.root
        )
    except VerificationError:
        return False
    return proof.index == event.index and opened.size < len(roots.at) and opened.root == roots.at[opened.size]
