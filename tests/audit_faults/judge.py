"""After the faults: what was answered, against what stands in the log, in its tree and beside its entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import text

from audit import merkle, tlog_proof
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import VerificationError
from audit.fsck import Fsck
from audit.note import Signer, VerifierKey
from core.keys import KeyStore
from core.storage import Database
from tests.race.check import Roots
from tests.race.journal import Event
from tests.support.house import KEK, ORIGIN, SEED

BESIDE = ("decision_input", "held_entry", "review_task")
"""What every look of these tests has beside its entry, and no other entry has."""

LOOKS = "'disclosure', 'refusal', 'break-glass'"
KEPT = 200
"""How many of the answered checkpoints fsck is given, as a stranger would have kept them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is left after faults.

    answered, refused: operations that had a receipt, or `ClosedError`. unanswered: entries of operations that were refused
    an answer or whose process was killed before it could give one; that is allowed (a look that never left).
    without_entry: answers whose leaf stands nowhere in the log. lost: places of the log that a signed checkpoint covers
    and that are empty, or hold another leaf than was answered. forks: signed checkpoints that are no root of the tree.
    findings: of fsck. astray: looks whose input, hold or review is missing, or those without a look.
    """

    answered: int = 0
    refused: int = 0
    entries: int = 0
    unanswered: int = 0
    without_entry: int = 0
    lost: int = 0
    forks: int = 0
    findings: int = 0
    astray: int = 0

    @property
    def violations(self) -> int:
        """All that must not be."""
        return self.without_entry + self.lost + self.forks + self.findings + self.astray

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __str__(self) -> str:
        fsck = (
            "clean"
            if self.findings == self.astray == 0
            else f"findings {self.findings}, astray {self.astray}"
        )
        return f"answers without an entry {self.without_entry}, entries lost {self.lost}, forks {self.forks}, fsck {fsck}"


def judge(urls: tuple[str, str], events: Sequence[Event]) -> Figures:
    """Judge a house over which faults have passed; on connections of its own."""
    database, key_database = (Database(url) for url in urls)
    key = Signer(ORIGIN, SEED).verifier_key
    try:
        keys = KeyStore(key_database, KEK)
        return _judge(database, keys, key, [event for event in events if event.receipt], len(events))
    finally:
        database.close()
        key_database.close()


def _judge(
    database: Database, keys: KeyStore, key: VerifierKey, answered: Sequence[Event], events: int
) -> Figures:
    with database.read() as tx:
        stored = {
            row[0]: bytes(row[1]) for row in tx.execute(text('SELECT "index", leaf FROM log_entry')).all()
        }
        signed = [row[0] for row in tx.execute(text("SELECT checkpoint FROM log_batch")).all()]
        signed.append(tx.execute(text("SELECT checkpoint FROM log_head")).scalar_one())
    by_leaf = {leaf: index for index, leaf in stored.items()}
    told = _checkpoints(
        {tlog_proof.parse_proof(event.receipt).checkpoint for event in answered} | set(signed), key
    )
    promised = max(one.size for one in told.values())
    roots = Roots([stored[index] for index in _unbroken(stored)])
    other = {
        event.index for event in answered if stored.get(event.index, event.leaf_bytes) != event.leaf_bytes
    }
    missing = set(range(promised)) - stored.keys()
    without = [event for event in answered if event.leaf_bytes not in by_leaf]
    kept = _some(sorted(text for text in told if told[text].size))
    return Figures(
        answered=len(answered),
        refused=events - len(answered),
        entries=len(stored),
        unanswered=len(stored.keys() - {by_leaf.get(event.leaf_bytes) for event in answered}),
        without_entry=len(without),
        lost=len(missing | other) + len(answered) - len({event.index for event in answered}),
        forks=sum(not _is_root(one, roots) for one in told.values())
        + sum(not _proves(event, key) for event in answered),
        findings=_findings(database, keys, key, kept),
        astray=_astray(database),
    )


def _checkpoints(texts: Iterable[str], key: VerifierKey) -> dict[str, Checkpoint]:
    return {one: open_checkpoint(one, [key]) for one in texts}


def _unbroken(stored: dict[int, bytes]) -> Iterable[int]:
    """Places from the first on without a gap: beyond one there is no tree."""
    index = 0
    while index in stored:
        yield index
        index += 1


def _is_root(signed: Checkpoint, roots: Roots) -> bool:
    return signed.size < len(roots.at) and signed.root == roots.at[signed.size]


def _proves(event: Event, key: VerifierKey) -> bool:
    """Whether a receipt verifies by itself, as the one who holds it would do it."""
    try:
        proof = tlog_proof.parse_proof(event.receipt)
        signed = open_checkpoint(proof.checkpoint, [key])
        leaf = merkle.leaf_hash(event.leaf_bytes)
        merkle.verify_inclusion(leaf, proof.index, signed.size, proof.path, signed.root)
    except VerificationError:
        return False
    return proof.index == event.index


def _some(texts: Sequence[str]) -> list[str]:
    return [*texts[:: max(1, len(texts) // KEPT)]]


def _findings(database: Database, keys: KeyStore, key: VerifierKey, kept: Sequence[str]) -> int:
    try:
        report = Fsck(database, keys, [key]).run(kept)
    except VerificationError:
        return 1
    return len(report.findings) + report.more


def _astray(database: Database) -> int:
    looked = f'SELECT "index" FROM log_entry_detail WHERE kind IN ({LOOKS})'  # noqa: S608 - words of our own
    with database.read() as tx:
        looks = _places(tx.execute(text(looked)).all())
        return sum(
            len(looks ^ _places(tx.execute(text(f'SELECT DISTINCT "index" FROM {name}')).all()))  # noqa: S608 - as above
            for name in BESIDE
        )


def _places(rows: Sequence[Sequence[object]]) -> set[object]:
    return {row[0] for row in rows}
