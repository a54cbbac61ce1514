"""Deletes details whose time has come; the log says so first, so that a missing detail is never taken for a theft.

What stays is a leaf with its proof, and what it counts as: kind, outcome, recipient, role, purpose, time. Whom it was about
goes with the detail. What an open review is about stays whole, and so does evidence of misuse for its own time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, column, delete, func, not_, or_, select, table, update

from audit.entries import Draft, Kind, seal_entry
from audit.log import Append, Log
from audit.retired import KEEPER, OUTCOME, cutoffs_told, detail_of
from consent.ledger import Ledger
from consent.requests.store import Requests
from core.clock import Clock
from core.keys import KeyStore
from core.storage import Database
from core.times import from_ms, to_ms
from core.unit_of_work import only
from gateway.erasing import finish
from gateway.idempotency.store import Idempotency
from gateway.questions.store import purge_questions
from gateway.referrals.stepping import Stepping
from gateway.referrals.store import Referrals
from gateway.retention import Retention, is_evidence, is_under_review, retention_of
from gateway.secrets import load_secrets
from gateway.settings import Settings

CHUNK = 500
"""Rows changed in one transaction, beside a gateway that serves."""

_DETAIL = table("log_entry_detail", *(column(name) for name in ("index", "at_ms", "kind", "tag", "sealed")))
_INPUT = table("decision_input", column("index"))
_ORGANISATION = table("log_entry_organisation", column("index"), column("code"))


@dataclass(frozen=True, slots=True)
class Retaining:
    """Deletes details of one log."""

    log: Log
    database: Database
    keys: KeyStore
    retention: Retention
    clock: Clock

    def run(self) -> dict[str, int]:
        """Delete what is due; gives how many details went, by kind. Safe to repeat, and to cut off at any moment."""
        cutoffs = self._cutoffs()
        due = {kind: self._due(kind, before) for kind, before in cutoffs.items()}
        if not any(self._count(one) for one in due.values()):
            return {}
        draft = Draft(Kind.ADMINISTRATION, OUTCOME, frozenset(), detail_of(cutoffs))
        word = seal_entry(draft, self.keys.get_or_create(KEEPER))
        told = self.log.append(Append(only(None, word))).receipts[0].index
        # Whatever the clocks say, the word itself stays.
        gone = {kind: self._delete(one & (_DETAIL.c.index < told)) for kind, one in due.items()}
        self.database.scrub()
        return {kind: count for kind, count in gone.items() if count}

    def _cutoffs(self) -> dict[str, int]:
        """Kind -> the time before which details go; never before one that the log told of, whose details are gone."""
        now, told = self.clock.now(), cutoffs_told(self.database, self.keys)
        return {
            kind: max(to_ms(now - kept), told.get(kind, 0)) for kind, kept in self.retention.details.items()
        }

    def _due(self, kind: str, before: int) -> ColumnElement[bool]:
        since = to_ms(self.clock.now() - self.retention.misuse_evidence)
        kept = or_(is_under_review(_DETAIL), is_evidence(_DETAIL, since))
        return (
            (_DETAIL.c.kind == kind)
            & (_DETAIL.c.at_ms < before)
            & (func.length(_DETAIL.c.sealed) > 0)
            & not_(kept)
        )

    def _count(self, due: ColumnElement[bool]) -> int:
        with self.database.read() as tx:
            return tx.execute(select(func.count()).select_from(_DETAIL).where(due)).scalar_one()

    def _delete(self, due: ColumnElement[bool]) -> int:
        gone = 0
        while True:
            with self.database.write() as tx:
                chosen = select(_DETAIL.c.index).where(due).order_by(_DETAIL.c.index).limit(CHUNK)
                indexes = list(tx.execute(chosen).scalars())
                tx.execute(delete(_INPUT).where(_INPUT.c.index.in_(indexes)))
                tx.execute(update(_ORGANISATION).where(_ORGANISATION.c.index.in_(indexes)).values(code=None))
                tx.execute(update(_DETAIL).where(_DETAIL.c.index.in_(indexes)).values(sealed=b"", tag=b""))
            gone += len(indexes)
            if len(indexes) < CHUNK:
                return gone


def _referrals(database: Database, keys: KeyStore, log: Log, clock: Clock) -> Iterator[str]:
    referrals = Referrals(database, keys)
    stepping = Stepping(referrals, Ledger(database), keys, clock)
    expired = 0
    while due := referrals.due(clock.now(), CHUNK):
        expired += sum(log.append(Append(stepping.expire(one), changes=True)).value for one in due)
    if expired:
        database.scrub()
        yield f"ended {expired} referrals that nobody collected in time, with what they said"
    gone = referrals.purge(clock.now())
    if gone:
        yield f"deleted {gone} referrals that were over long ago"


def retain(settings: Settings, clock: Clock) -> Iterator[str]:
    """Delete what is due over a gateway's own storage, in words."""
    retention, secrets = retention_of(settings), load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    try:
        keys = KeyStore(key_database, secrets.key_encryption_key)
        log = Log(database, secrets.signer, clock, settings.log_origin)
        unfinished = finish(database, keys)
        if unfinished:
            yield f"finished {unfinished} erasures that were cut off"
        retaining = Retaining(log, database, keys, retention, clock)
        requests = Requests(database).purge(clock.now())
        if requests:
            yield f"deleted {requests} requests to residents that nothing needs any more"
        Idempotency(database, secrets.master).purge(clock.now())
        yield from _referrals(database, keys, log, clock)
        gone = retaining.run()
        for kind, count in sorted(gone.items()):
            before = from_ms(to_ms(clock.now() - retention.details[kind]))
            yield f"deleted {count} details of {kind} entries from before {before.date().isoformat()}"
        if not gone:
            yield "no detail is due"
        questions = purge_questions(database, clock.now())
        if questions:
            database.scrub()
            yield f"deleted {questions} questions of residents, with their answers, whose time has come"
    finally:
        database.close()
        key_database.close()
