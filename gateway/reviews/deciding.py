"""Deciding a review: nobody their own, nobody twice, and each decision is an entry of the log in the same transaction.

The decision's entry is sealed under the key of the entry that it is about, so it stands in the same person's history, and
is unseen there for as long as that entry is (`gateway.reviews.store.is_told`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Receipt
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import SubjectKey
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.reviews import store
from gateway.reviews.store import StoredTask

OUTCOMES = {
    store.BREAK_GLASS: frozenset({store.RIGHT, store.WRONG}),
    store.HOLD_BACK: frozenset({store.COUNTERSIGNED, store.ENDED}),
    store.LOOK_AGAIN: frozenset({store.EXTENDED, store.ENDED}),
    store.SAMPLE: frozenset({store.RIGHT, store.WRONG}),
}
"""Kind of task -> how it can be decided."""

_LONDON = ZoneInfo("Europe/London")
_BY = time(17)
"""Until what time of its day in London somebody has to have looked at the danger again."""


class OwnLookError(OnceToldError):
    """Whoever decides is the one who looked."""


class DecidedAlreadyError(OnceToldError):
    """The review, or the hold, no longer stands as the officer saw it: somebody else was quicker."""


class NotADecisionError(OnceToldError):
    """This kind of review cannot be decided so: another outcome, no words, or a day that is not allowed."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What has to be known of the entry under review.

    organisations: those that it concerns. practitioner: the subject id of whoever looked; None for an application alone.
    person: the code by which officers name the person. look_again_days: how far ahead the danger may be looked at again.
    key: the one that the entry is sealed under.
    """

    organisations: frozenset[str]
    practitioner: str | None
    person: str
    purpose: str | None
    look_again_days: int
    key: SubjectKey


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an officer decided. words: why, needed of emergencies and of what was wrong; look_again: a day in London."""

    outcome: str
    words: str = ""
    look_again: date | None = None


@dataclass(frozen=True, slots=True)
class Deciding:
    """Writes decisions."""

    committer: Committer
    clock: Clock

    def day_in(self, days: int) -> date:
        """The day in London so many days from now."""
        return self.clock.now().astimezone(_LONDON).date() + timedelta(days=days)

    async def decide(self, officer: str, task: StoredTask, reviewed: Reviewed, verdict: Verdict) -> Receipt:
        """Close the review, or put the look at the danger off, and give the receipt of the entry that tells of it.

        officer: the subject id of whoever decides, signed in for the task's organisation.
        Raises `OwnLookError`, `DecidedAlreadyError`, `NotADecisionError`; `ClosedError` when the log cannot commit.
        """
        # The session does not know its issuer, so one name at two issuers counts as one person: at worst another decides.
        if reviewed.practitioner is not None and reviewed.practitioner == officer:
            raise OwnLookError("nobody reviews their own look")
        if task.closed_ms is not None:
            raise DecidedAlreadyError("the review is closed")
        look_again = self._checked(task, reviewed, verdict)
        now_ms = to_ms(self.clock.now())
        entry = seal_entry(_draft(officer, task, reviewed, verdict), reviewed.key)

        def work(tx: Connection) -> Written[None, SealedEntry]:
            if not _written(tx, task, verdict.outcome, now_ms, look_again):
                raise DecidedAlreadyError("somebody else was quicker")

            def then(tx: Connection, places: Sequence[int]) -> None:
                store.settle(tx, task, verdict.outcome, now_ms, places[0])

            return Written(None, (entry,), then)

        return (await self.committer.append(Append(work, changes=True))).receipts[0]

    def _checked(self, task: StoredTask, reviewed: Reviewed, verdict: Verdict) -> datetime | None:
        if verdict.outcome not in OUTCOMES.get(task.kind, frozenset()):
            raise NotADecisionError("no outcome of this kind of review")
        judged = task.kind == store.BREAK_GLASS or verdict.outcome == store.WRONG
        if judged and not verdict.words.strip():
            raise NotADecisionError("a judgement needs words")
        if verdict.outcome != store.EXTENDED:
            return None
        day = verdict.look_again
        if day is None or not self.day_in(1) <= day <= self.day_in(reviewed.look_again_days):
            raise NotADecisionError("the day is not within the days that the purpose leaves")
        moment = datetime.combine(day, _BY, _LONDON)
        if to_ms(moment) == task.due_ms:
            # A form that was sent twice; and a decision that changes nothing is none.
            raise DecidedAlreadyError("that day is set already")
        return moment


def _written(
    tx: Connection, task: StoredTask, outcome: str, now_ms: int, look_again: datetime | None
) -> bool:
    if outcome == store.ENDED:
        return store.release(tx, task, now_ms)
    if look_again is not None:
        return store.put_off(tx, task, to_ms(look_again))
    closed = store.close(tx, task, outcome, now_ms)
    return closed and (outcome != store.COUNTERSIGNED or store.countersign(tx, task.index, now_ms))


def _draft(officer: str, task: StoredTask, reviewed: Reviewed, verdict: Verdict) -> Draft:
    detail: dict[str, Json] = {
        "officer": officer,
        "person": reviewed.person,
        "entry": task.index,
        "review": task.kind,
        "words": verdict.words.strip(),
        "look_again": None if verdict.look_again is None else verdict.look_again.isoformat(),
    }
    return Draft(
        kind=Kind.ADMINISTRATION,
        outcome=verdict.outcome,
        organisations=reviewed.organisations | {task.organisation},
        detail=detail,
        recipient=task.organisation,
        role="officer",
        purpose=reviewed.purpose,
    )
