"""Answering a resident's question: nobody about their own look, once for good, each answer an entry of the log with it.

The person is told that they were answered, by the way they chose, with no word of what (`gateway.channels`).

"Cannot tell yet" is no end: said in time it moves the clock once, by what UK GDPR Article 12(3) leaves (two further months),
and the person is told so with the reason. Only after that, or once it is overdue, may the answer be that nobody found out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import SubjectKey
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About
from gateway.questions import store
from gateway.questions.rules import QuestionRules
from gateway.questions.store import StoredAnswer, StoredQuestion

FINAL = (store.RIGHT, store.MISTAKE)


class OwnLookError(OnceToldError):
    """Whoever answers is the one who looked."""


class AnsweredAlreadyError(OnceToldError):
    """The question no longer stands as the officer saw it."""


class NotAnAnswerError(OnceToldError):
    """No words, or an outcome that this question cannot have now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What has to be known of the look that a question is about.

    practitioner: the subject id of whoever looked; None for an application alone. code: how officers name the person. key:
    the person's.
    """

    practitioner: str | None
    code: str
    purpose: str | None
    key: SubjectKey


def outcomes(answered: Sequence[StoredAnswer], *, overdue: bool) -> tuple[str, ...]:
    """The outcomes that a question may have next, by its answers so far."""
    late = overdue or any(one.outcome == store.LATER for one in answered)
    return (*FINAL, store.NOT_KNOWN if late else store.LATER)


@dataclass(frozen=True, slots=True)
class Answering:
    """Writes answers. outbox: by which the person is told that there is one."""

    committer: Committer
    rules: QuestionRules
    clock: Clock
    outbox: Outbox

    async def answer(
        self, officer: str, question: StoredQuestion, asked: Asked, outcome: str, words: str
    ) -> StoredQuestion:
        """Answer, and give the question as it stands now. officer: the subject id of whoever answers, of its organisation.

        Raises `OwnLookError`, `AnsweredAlreadyError`, `NotAnAnswerError`; `ClosedError` when the log cannot commit.
        """
        # As with reviews: one name at two issuers counts as one person, at worst another answers.
        if asked.practitioner is not None and asked.practitioner == officer:
            raise OwnLookError("nobody answers about their own look")
        if question.closed_ms is not None:
            raise AnsweredAlreadyError("the question is answered")
        before = store.answers_of(question, asked.key)
        now = self.clock.now()
        now_ms = to_ms(now)
        if outcome not in outcomes(before, overdue=now_ms >= question.due_ms) or not words.strip():
            raise NotAnAnswerError("no words, or no outcome of this question")
        entry = seal_entry(_draft(officer, question, asked, outcome), asked.key)
        after = self._after(question, outcome, now_ms)

        def work(tx: Connection) -> Written[None, SealedEntry]:
            if not store.move(tx, question, after):
                raise AnsweredAlreadyError("somebody else was quicker, or the person is gone")
            self.outbox.put(tx, asked.key.subject, About.ANSWER, now)

            def then(tx: Connection, places: Sequence[int]) -> None:
                newest = StoredAnswer(outcome, words.strip(), now_ms, places[0])
                store.write_answers(tx, after, (*before, newest), asked.key)
                if outcome == store.MISTAKE:
                    store.judge_wrong(tx, question, now_ms, places[0])

            return Written(None, (entry,), then)

        await self.committer.append(Append(work, changes=True))
        return after

    def _after(self, question: StoredQuestion, outcome: str, now_ms: int) -> StoredQuestion:
        if outcome == store.LATER:
            due_ms = self.rules.extended(question.asked_ms)
            return replace(question, due_ms=due_ms, until_ms=due_ms + self.rules.kept_ms)
        return replace(question, closed_ms=now_ms, outcome=outcome, until_ms=now_ms + self.rules.kept_ms)


def _draft(officer: str, question: StoredQuestion, asked: Asked, outcome: str) -> Draft:
    detail: dict[str, Json] = {
        "officer": officer,
        "person": asked.code,
        "entry": question.about,
        "question": question.index,
    }
    return Draft(
        kind=Kind.ADMINISTRATION,
        outcome=outcome,
        organisations=frozenset({question.organisation}),
        detail=detail,
        recipient=question.organisation,
        role="officer",
        purpose=asked.purpose,
    )
