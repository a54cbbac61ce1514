"""Residents' questions, served to the officers of the organisation that was asked, and to nobody else.

Another organisation's officer does not find them, alike whether there is one, and that they tried is written down.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from audit.console.ports import NotDecided, Officer
from audit.console.questions_ports import (
    Answer,
    Finding,
    Questioned,
    Reply,
    ResidentsQuestion,
    WaitingQuestion,
)
from audit.reader import LogReader
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.sealing import SealError
from core.times import from_ms, to_ms
from gateway.policy.live import LivePolicy
from gateway.questions import store
from gateway.questions.answering import (
    AnsweredAlreadyError,
    Answering,
    Asked,
    NotAnAnswerError,
    OwnLookError,
    outcomes,
)
from gateway.questions.rules import last_day
from gateway.questions.store import Questions, StoredAnswer, StoredQuestion
from gateway.reviews.store import Reviews
from gateway.services.entries import INDEX_MAXIMUM, detail_of, opened, text
from gateway.services.items import Items
from gateway.services.noting import Noting

SHOWN: Final = 100
"""As many questions stand on one page; the earliest due, so the rest come up as these are answered."""

_FINDINGS: dict[str, Finding] = {
    store.RIGHT: "right",
    store.MISTAKE: "mistake",
    store.LATER: "later",
    store.NOT_KNOWN: "not-known",
}
_OUTCOMES = {finding: outcome for outcome, finding in _FINDINGS.items()}
_OWN: Final = "You looked yourself, so somebody else of your organisation has to answer this."
_UNREADABLE: Final = (
    "Nobody can see any more who looked, so nobody can answer this here. Tell the log's keeper."
)
_TOO_LATE: Final = "Somebody else has answered this in the meantime, or it is gone. Look at it again."
_NOT_SO: Final = "This cannot be answered like that. Look at the page again."


@dataclass(frozen=True, slots=True)
class OfficerQuestions:
    """Implements `audit.console.questions_ports.OfficerQuestionServices`."""

    reader: LogReader
    keys: KeyStore
    reviews: Reviews
    questions: Questions
    answering: Answering
    policy: LivePolicy
    noting: Noting
    clock: Clock

    async def waiting(self, officer: Officer) -> Questioned:
        """See `OfficerQuestionServices.waiting`."""
        await self.noting.note(officer, "searched", {"questions": "waiting"})
        return await asyncio.to_thread(self._waiting, officer.organisation)

    async def question(self, officer: Officer, index: int) -> ResidentsQuestion | None:
        """See `OfficerQuestionServices.question`."""
        found = await asyncio.to_thread(self._own, officer, index)
        if found is None:
            await self.noting.note(officer, "refused", {"question": min(index, INDEX_MAXIMUM)})
            return None
        await self.noting.note(officer, "opened", {"question": index})
        return await asyncio.to_thread(self._told, officer, found)

    async def answer(self, officer: Officer, index: int, answer: Answer) -> None:
        """See `OfficerQuestionServices.answer`."""
        found = await asyncio.to_thread(self._own, officer, index)
        asked = None if found is None else await asyncio.to_thread(self._asked, found)
        if found is None:
            raise NotDecided(_TOO_LATE)
        if asked is None:
            raise NotDecided(_UNREADABLE)
        if answer.version != str(found.due_ms):
            raise NotDecided(_TOO_LATE)
        outcome = _OUTCOMES.get(answer.finding, "")
        try:
            await self.answering.answer(officer.id, found, asked, outcome, answer.words)
        except OwnLookError as error:
            raise NotDecided(_OWN) from error
        except AnsweredAlreadyError as error:
            raise NotDecided(_TOO_LATE) from error
        except NotAnAnswerError as error:
            raise NotDecided(_NOT_SO) from error
        except SealError as error:
            raise NotDecided(_UNREADABLE) from error

    def _own(self, officer: Officer, index: int) -> StoredQuestion | None:
        found = self.questions.one(index) if index <= INDEX_MAXIMUM else None
        return None if found is None or found.organisation != officer.organisation else found

    def _waiting(self, organisation: str) -> Questioned:
        items = Items(self.reader, self.reviews, self.policy.registers)
        found = []
        for one in self.questions.waiting(organisation, SHOWN):
            look = self.reader.entry(one.about)
            if look is not None:
                row = items.row(look)
                at, day = from_ms(one.asked_ms), last_day(one.due_ms)
                found.append(WaitingQuestion(one.index, row, at, day, self._left(one)))
        many, overdue = self.questions.count(organisation, to_ms(self.clock.now()))
        return Questioned(tuple(found), many, overdue)

    def _told(self, officer: Officer, one: StoredQuestion) -> ResidentsQuestion:
        asked = self._asked(one)
        words, altered = store.Words((), ""), asked is None
        answers: tuple[StoredAnswer, ...] = ()
        if asked is not None:
            try:
                words, answers = store.words_of(one, asked.key), store.answers_of(one, asked.key)
            except SealError:
                altered = True
        own = asked is not None and asked.practitioner == officer.id
        overdue = one.due_ms <= to_ms(self.clock.now())
        can = () if one.closed_ms is not None or altered else outcomes(answers, overdue=overdue)
        return ResidentsQuestion(
            index=one.index,
            about=one.about,
            asked_at=from_ms(one.asked_ms),
            know=words.know,
            words=words.words,
            last_day=last_day(one.due_ms),
            left=self._left(one),
            replies=tuple(map(_reply, answers)),
            findings=tuple(_FINDINGS[outcome] for outcome in can),
            later_day=last_day(self.answering.rules.extended(one.asked_ms)),
            barred=_UNREADABLE if altered else _OWN if own else "",
            version=str(one.due_ms),
            altered=altered,
        )

    def _asked(self, one: StoredQuestion) -> Asked | None:
        """What has to be known of the look; None where it does not open: then nobody knows whose look it was."""
        look = self.reader.entry(one.about)
        opening = None if look is None else opened(self.reader, look)
        key = self._key(one.tag)
        if look is None or opening is None or key is None:
            return None
        detail = detail_of(opening)
        return Asked(text(detail.get("practitioner")) or None, text(detail.get("person")), look.purpose, key)

    def _key(self, tag: bytes) -> SubjectKey | None:
        try:
            return self.keys.by_tag(tag)
        except MissingKeyError:
            return None

    def _left(self, one: StoredQuestion) -> int:
        return (from_ms(one.due_ms) - self.clock.now()) // timedelta(hours=1)


def _reply(one: StoredAnswer) -> Reply:
    return Reply(_FINDINGS.get(one.outcome, "not-known"), one.words, from_ms(one.at_ms), one.index)
