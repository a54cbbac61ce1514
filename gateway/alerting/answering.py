"""Answering an alert: by an officer who is not who looked, once, and as an entry of the log in the same transaction.

That a look was asked about and explained is between an organisation and its practitioner: its entry is sealed under the
organisation's key and says nothing of the person. Misuse is the person's to know: its entry is sealed under their key,
stands in their history, and concerns the organisations whose records were shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Receipt
from core.clock import Clock
from core.keys import KeyStore, SubjectKey
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.alerting import store
from gateway.alerting.store import EXPLAINED, MISUSE, UNCLEAR, StoredAlert
from gateway.reviews.deciding import DecidedAlreadyError, NotADecisionError, OwnLookError

OUTCOMES = frozenset({EXPLAINED, MISUSE, UNCLEAR})


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """What has to be known of the look. organisations: it concerns; person: their code; key: that it is sealed under."""

    organisations: frozenset[str]
    practitioner: str
    person: str
    purpose: str | None
    key: SubjectKey


@dataclass(frozen=True, slots=True)
class Answering:
    """Writes answers."""

    committer: Committer
    keys: KeyStore
    clock: Clock

    async def answer(
        self, officer: str, alert: StoredAlert, look: AskedAbout, outcome: str, words: str
    ) -> Receipt:
        """Close the alert, and give the receipt of the entry that tells of it.

        officer: the subject id of whoever answers, signed in for the alert's organisation; words: what they found, never
        empty. Raises `OwnLookError`, `DecidedAlreadyError`, `NotADecisionError`; `ClosedError` when the log cannot commit.
        """
        # The session does not know its issuer, so one name at two issuers counts as one person: at worst another answers.
        if look.practitioner == officer:
            raise OwnLookError("nobody answers for their own look")
        if alert.closed_ms is not None:
            raise DecidedAlreadyError("the alert is answered")
        if outcome not in OUTCOMES or not words.strip():
            raise NotADecisionError("an answer is one of three, and says why")
        own = self.keys.get_or_create(f"org:{alert.organisation}")
        draft = _draft(officer, alert, look, outcome, words.strip())
        entry = seal_entry(draft, look.key if outcome == MISUSE else own)
        now_ms = to_ms(self.clock.now())

        def work(tx: Connection) -> Written[None, SealedEntry]:
            if not store.close(tx, alert, outcome, now_ms):
                raise DecidedAlreadyError("somebody else was quicker")

            def then(tx: Connection, places: Sequence[int]) -> None:
                store.settle(tx, alert, outcome, now_ms, places[0])

            return Written(None, (entry,), then)

        return (await self.committer.append(Append(work, changes=True))).receipts[0]


def _draft(officer: str, alert: StoredAlert, look: AskedAbout, outcome: str, words: str) -> Draft:
    detail: dict[str, Json] = {
        "officer": officer,
        "entry": alert.index,
        "alert": alert.rule.value,
        "words": words,
    }
    misuse = outcome == MISUSE
    if misuse:
        detail["person"] = look.person
    return Draft(
        kind=Kind.ADMINISTRATION,
        outcome=outcome,
        organisations=look.organisations | {alert.organisation}
        if misuse
        else frozenset({alert.organisation}),
        detail=detail,
        recipient=alert.organisation,
        role="officer",
        purpose=look.purpose if misuse else None,
    )
