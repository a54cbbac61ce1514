"""Erases a person: all rows about them in one unit of work with the log's word of it, then their key.

Entries about them stay, and every proof holds; without the key nobody can tell whom they were about (promise 6). Rows and
key rest in two databases, so the unit of work leaves a note of the key that is still to go: it goes right after the commit,
and if that is cut off, with the next erasure or `oncetold audit retain`.

An erasure waits while a review of possible misuse of the person's record is open, and while what was judged misuse is kept
as evidence (UK GDPR Article 17(3)(e)): who looked without right must not be saved by whom they looked at. It does not wait
for spot checks, which suspect nobody: those that are open end with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, column, delete, func, insert, select, table, update

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Log, Receipt
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import KeyStore, SubjectKey
from core.storage import Database
from core.times import from_ms, to_ms
from core.unit_of_work import Written
from gateway.alerting.store import MISUSE
from gateway.people import trace
from gateway.people.acting import representative_index
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.retention import Retention, is_evidence, is_under_review, retention_of
from gateway.reviews.store import ERASED, SAMPLE, WRONG
from gateway.secrets import load_secrets
from gateway.settings import Settings

OUTCOME = ERASED
REASON_MAXIMUM = 500

_LONDON = ZoneInfo("Europe/London")
_PENDING = table("erasure_pending", column("subject"), column("at_ms"))
_ACTS = table("representation", column("representative"))
_DETAIL = table("log_entry_detail", column("index"), column("tag"))
_ORGANISATION = table("log_entry_organisation", column("index"), column("code"))
_TASK = table("review_task", *(column(name) for name in ("index", "kind", "due_ms", "closed_ms", "outcome")))
_ALERT = table("alert", *(column(name) for name in ("index", "due_ms", "closed_ms", "outcome", "about")))

BY_PERSON = (
    ("person", "id"),
    ("blind_index", "person"),
    ("person_state", "person"),
    ("permission_event", "person"),
    ("person_story", "person"),
    ("person_settings", "person"),
    ("consent_request", "person"),
    ("outbox", "person"),
    ("representation", "person"),
    ("decides_alone", "person"),
    ("acting_word", "person"),
    ("spoken_decision", "person"),
    ("stop_code", "person"),
    ("referral_person", "person"),
)
"""Every table with rows of a person, and the column that names them by their internal id."""

BY_TAG = (("decision_input", "tag"), ("resident_question", "tag"))
"""Every table with rows of a person that goes by their tag, but the log's own."""


class ErasingError(OnceToldError):
    """The person cannot be erased so; the message says what to change."""


class WaitingError(ErasingError):
    """The erasure has to wait. until: the day at which to ask again."""

    def __init__(self, why: str, until: date) -> None:
        super().__init__(f"the erasure waits: {why}; ask again on {until.isoformat()}")
        self.until = until


@dataclass(frozen=True, slots=True)
class Erased:
    """What went. rows: of all tables together; entries: in the log, which stay and are about nobody any more."""

    rows: int
    entries: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erases people."""

    log: Log
    database: Database
    keys: KeyStore
    locator: Locator
    handles: Handles
    retention: Retention
    clock: Clock

    def erase_person(self, nhs_number: str, reason: str) -> Erased:
        """Erase whoever has this NHS number.

        reason: in one line, for the log; it names nobody. Raises `trace.TraceError`, `ErasingError`, `WaitingError`;
        `ClosedError` where log or key store do not answer, after which it can be asked again.
        """
        finish(self.database, self.keys)
        person = self.locator.find(self.handles.blind_index(trace.by_nhs_number(nhs_number)))
        if person is None:
            raise ErasingError("nobody is known by that number")
        words = reason.strip()
        if not 0 < len(words) <= REASON_MAXIMUM or not words.isprintable():
            raise ErasingError(f"say why, in one line of at most {REASON_MAXIMUM} characters")
        draft = Draft(Kind.ADMINISTRATION, OUTCOME, frozenset(), {"reason": words})
        entry = seal_entry(draft, self.keys.get_or_create("org:operator"))
        now = self.clock.now()
        acts_as = representative_index(self.handles, person.nhs or "")

        def work(tx: Connection) -> Written[tuple[int, int], SealedEntry]:
            # Every writer of these rows holds the log's head, so nothing of them moves before the commit.
            self._may_go(tx, person.key, now)
            counts = _delete(tx, person.key, to_ms(now))
            # Nobody is acted for by somebody who is erased.
            tx.execute(delete(_ACTS).where(_ACTS.c.representative == acts_as))
            tx.execute(insert(_PENDING).values(subject=person.id, at_ms=to_ms(now)))
            return Written(counts, (entry,))

        committed = self.log.append(Append(work, changes=True))
        finish(self.database, self.keys)
        rows, entries = committed.value
        return Erased(rows, entries, committed.receipts[0])

    def _may_go(self, tx: Connection, key: SubjectKey, now: datetime) -> None:
        theirs = select(_DETAIL.c.index).where(_DETAIL.c.tag == key.tag)
        if tx.execute(theirs.where(is_under_review(_DETAIL)).limit(1)).first() is not None:
            due = _latest(
                tx,
                select(func.max(_TASK.c.due_ms)).where(
                    _TASK.c.index.in_(theirs), _TASK.c.closed_ms.is_(None), _TASK.c.kind != SAMPLE
                ),
                select(func.max(_ALERT.c.due_ms)).where(
                    _ALERT.c.index.in_(theirs), _ALERT.c.closed_ms.is_(None)
                ),
            )
            # A hold without a task is ended by nobody's clock either: then it is looked at again tomorrow.
            raise WaitingError("a review of possible misuse is open", _day(max(due or 0, to_ms(now)), days=1))
        since = to_ms(now - self.retention.misuse_evidence)
        evidence = theirs.where(is_evidence(_DETAIL, since))
        judged = _latest(
            tx,
            select(func.max(_TASK.c.closed_ms)).where(_TASK.c.index.in_(evidence), _TASK.c.outcome == WRONG),
            select(func.max(_ALERT.c.closed_ms)).where(
                _ALERT.c.index.in_(evidence), _ALERT.c.outcome == MISUSE
            ),
        )
        if judged is not None:
            until = judged + to_ms(from_ms(0) + self.retention.misuse_evidence)
            raise WaitingError(
                "a look at the record was judged misuse, and is kept as evidence", _day(until, days=1)
            )


def _latest(tx: Connection, *times: Select[Any]) -> int | None:
    """The latest of some times; None where there is none."""
    found = (tx.execute(one).scalar_one() for one in times)
    return max((one for one in found if one is not None), default=None)


def finish(database: Database, keys: KeyStore) -> int:
    """Erase the keys of whoever's rows are gone; gives how many. Safe to repeat. Raises `ClosedError`."""
    with database.read() as tx:
        pending = [(row[0], row[1]) for row in tx.execute(select(_PENDING.c.subject, _PENDING.c.at_ms))]
    for subject, at_ms in pending:
        keys.erase(subject, at_ms)
        with database.write() as tx:
            tx.execute(delete(_PENDING).where(_PENDING.c.subject == subject))
    if pending:
        database.scrub()
    return len(pending)


def _delete(tx: Connection, key: SubjectKey, now_ms: int) -> tuple[int, int]:
    """Delete all rows of the person and end the spot checks; gives how many rows, and how many entries are theirs."""
    rows = 0
    for named, value in ((BY_PERSON, key.subject), (BY_TAG, key.tag)):
        for name, by in named:
            rows += tx.execute(delete(table(name, column(by))).where(column(by) == value)).rowcount
    session = table("session", column("kind"), column("subject"))
    gone = delete(session).where(session.c.kind == "portal", session.c.subject == key.subject)
    rows += tx.execute(gone).rowcount
    theirs = select(_DETAIL.c.index).where(_DETAIL.c.tag == key.tag)
    tx.execute(update(_ORGANISATION).where(_ORGANISATION.c.index.in_(theirs)).values(code=None))
    tx.execute(update(_ALERT).where(_ALERT.c.index.in_(theirs)).values(about=None))
    # Nobody can judge a look any more that nobody can read.
    checks = update(_TASK).where(
        _TASK.c.index.in_(theirs), _TASK.c.kind == SAMPLE, _TASK.c.closed_ms.is_(None)
    )
    tx.execute(checks.values(closed_ms=now_ms, outcome=OUTCOME))
    return rows, tx.execute(select(func.count()).select_from(theirs.subquery())).scalar_one()


def _day(at_ms: int, days: int) -> date:
    """The day in London so many days after a moment's."""
    return date.fromordinal(from_ms(at_ms).astimezone(_LONDON).date().toordinal() + days)


@contextmanager
def erasing(settings: Settings, clock: Clock) -> Iterator[Erasing]:
    """What erases, beside the gateways that run."""
    retention, secrets = retention_of(settings), load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys, handles = KeyStore(key_database, secrets.key_encryption_key), Handles(secrets.master)
    try:
        yield Erasing(
            log=Log(database, secrets.signer, clock, settings.log_origin),
            database=database,
            keys=keys,
            locator=Locator(database, keys, handles),
            handles=handles,
            retention=retention,
            clock=clock,
        )
    finally:
        database.close()
        key_database.close()
