"""Officers' reviews, served: what waits, one review with all that it takes to decide it, and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from audit.console.ports import Decided, Decision, Item, NotDecided, Review, ReviewKind, Task, Waiting
from audit.reader import StoredEntry
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError
from core.times import from_ms, to_ms
from gateway.reviews import store
from gateway.reviews.deciding import (
    DecidedAlreadyError,
    Deciding,
    NotADecisionError,
    OwnLookError,
    Reviewed,
    Verdict,
)
from gateway.reviews.store import Reviews, StoredTask
from gateway.services.entries import detail_of, opened, text, texts
from gateway.services.items import Items, outcome_title

TASKS_SHOWN: Final = 100
"""As many reviews stand on one page; the earliest due, so the rest come up as these are decided."""

LOOK_AGAIN_DAYS: Final = 14
"""How far ahead the danger may be looked at again where the register no longer says."""

_OUTCOMES: Final = {
    "right": store.RIGHT,
    "wrong": store.WRONG,
    "agree": store.COUNTERSIGNED,
    "again": store.EXTENDED,
    "tell": store.ENDED,
}
_OWN = "You looked yourself, so somebody else of your organisation has to decide this."
_UNREADABLE = "Nobody can see any more who looked, so nobody can decide this here. Tell the log's keeper."
_TOO_LATE = "Somebody else has decided this in the meantime. Look at what they decided."
_NOT_SO = "This cannot be decided like that. Look at the page again."


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """Reads reviews and decides them. What an officer may open was settled before anything here is called."""

    items: Items
    reviews: Reviews
    deciding: Deciding
    keys: KeyStore
    clock: Clock

    def waiting(self, organisation: str) -> Waiting:
        """See `ConsoleServices.waiting`."""
        return Waiting(*self.reviews.count(organisation, to_ms(self.clock.now())))

    def tasks(self, organisation: str) -> tuple[Task, ...]:
        """See `ConsoleServices.tasks`."""
        found = []
        for task in self.reviews.waiting(organisation, TASKS_SHOWN):
            entry = self.items.reader.entry(task.index)
            if entry is not None:
                found.append(self._task(task, entry))
        return tuple(found)

    def review(self, officer: str, task: StoredTask, item: Item) -> Review:
        """See `ConsoleServices.review`."""
        entry = self.items.reader.entry(task.index)
        reviewed = None if entry is None else self._reviewed(entry)
        barred = _UNREADABLE if reviewed is None else _OWN if reviewed.practitioner == officer else ""
        days = LOOK_AGAIN_DAYS if reviewed is None else reviewed.look_again_days
        still = entry is not None and task.closed_ms is None
        return Review(
            kind=cast("ReviewKind", task.kind),
            item=item,
            task=self._task(task, entry) if still and entry is not None else None,
            ours=None if task.closed_ms is None else self.items.decided(task),
            others=self._others(task),
            barred=barred,
            first_day=self.deciding.day_in(1),
            last_day=self.deciding.day_in(days),
            version=str(task.due_ms),
        )

    async def decide(self, officer: str, task: StoredTask, entry: StoredEntry, decision: Decision) -> None:
        """See `ConsoleServices.decide`."""
        reviewed = self._reviewed(entry)
        if reviewed is None:
            raise NotDecided(_UNREADABLE)
        if decision.version != str(task.due_ms):
            raise NotDecided(_TOO_LATE)
        verdict = Verdict(_OUTCOMES[decision.answer], decision.words, decision.look_again)
        try:
            await self.deciding.decide(officer, task, reviewed, verdict)
        except OwnLookError as error:
            raise NotDecided(_OWN) from error
        except DecidedAlreadyError as error:
            raise NotDecided(_TOO_LATE) from error
        except NotADecisionError as error:
            raise NotDecided(_NOT_SO) from error

    def _task(self, task: StoredTask, entry: StoredEntry) -> Task:
        due = from_ms(task.due_ms)
        left = (due - self.clock.now()) // timedelta(hours=1)
        return Task(cast("ReviewKind", task.kind), self.items.row(entry), due, left)

    def _others(self, task: StoredTask) -> tuple[Decided, ...]:
        """What others decided or have yet to; and of this review, each earlier day that the danger was looked at."""
        same = (task.kind, task.organisation)
        waiting = [
            self.items.decided(one)
            for one in self.reviews.tasks([task.index]).get(task.index, ())
            if (one.kind, one.organisation) != same
        ]
        words = self.items.words
        earlier = [
            Decided(
                cast("ReviewKind", one.kind),
                words.organisation(one.organisation),
                outcome_title(one.outcome),
                from_ms(one.at_ms),
                one.index,
            )
            for one in self.reviews.decided_about(task.index)
            if one.outcome == store.EXTENDED
        ]
        return (*earlier, *waiting)

    def _reviewed(self, entry: StoredEntry) -> Reviewed | None:
        """What has to be known of an entry; None where it does not open: then nobody knows whose look it was."""
        opening = opened(self.items.reader, entry)
        try:
            key = self.keys.by_tag(entry.tag)
        except MissingKeyError:
            return None
        detail = detail_of(opening)
        practitioner = detail.get("practitioner")
        if opening is None or not (practitioner is None or isinstance(practitioner, str)):
            return None
        purpose = self.items.registers.purposes.get(entry.purpose or "")
        hold_back = None if purpose is None else purpose.hold_back
        return Reviewed(
            organisations=frozenset(texts(opening.detail.get("organisations"))),
            practitioner=practitioner,
            person=text(detail.get("person")),
            purpose=entry.purpose,
            look_again_days=LOOK_AGAIN_DAYS if hold_back is None else hold_back.look_again_days,
            key=key,
        )
