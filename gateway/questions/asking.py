"""Asking about a look: the question and its log entry are one unit of work, so that no question is without its clock.

The entry is sealed under the person's own key and stands in their history; its words do not: they rest in
`resident_question` alone, until their end date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from audit.reader import StoredEntry
from consent.permissions import Given
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import SubjectKey
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.questions import store
from gateway.questions.rules import QuestionRules
from gateway.questions.store import StoredQuestion, Words

LOOKS = frozenset({Kind.DISCLOSURE.value, Kind.BREAK_GLASS.value, Kind.REFUSAL.value})
"""The kinds of entries that can be asked about."""


class AskedAlreadyError(OnceToldError):
    """A question of this person about this look is open."""


class TooManyError(OnceToldError):
    """As many questions of this person wait as may."""


class GoneError(OnceToldError):
    """The person was erased meanwhile."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Writes questions."""

    committer: Committer
    rules: QuestionRules
    clock: Clock

    async def ask(
        self, key: SubjectKey, look: StoredEntry, code: str, words: Words, by: Given
    ) -> StoredQuestion:
        """Ask the organisation that looked. look: of the person, one that they are told of. code: how officers name them.

        Raises `AskedAlreadyError`, `TooManyError`, `GoneError`; `ClosedError` when the log cannot commit.
        """
        now = self.clock.now()
        organisation = look.recipient or ""
        entry = seal_entry(_draft(look, organisation, code, words, by), key)
        due_ms = self.rules.due(now)

        def question(place: int) -> StoredQuestion:
            return StoredQuestion(
                index=place,
                about=look.index,
                tag=key.tag,
                organisation=organisation,
                asked_ms=to_ms(now),
                due_ms=due_ms,
                closed_ms=None,
                outcome=None,
                until_ms=due_ms + self.rules.kept_ms,
                sealed=b"",
                answers=b"",
            )

        def work(tx: Connection) -> Written[None, SealedEntry]:
            if not store.is_known(tx, key.subject):
                raise GoneError("the person was erased")
            waiting = store.open_questions(tx, key.tag)
            if look.index in waiting:
                raise AskedAlreadyError("one open question a look")
            if len(waiting) >= self.rules.open_maximum:
                raise TooManyError("too many questions are open")

            number = store.reserve(tx, question(0))

            def then(tx: Connection, places: Sequence[int]) -> None:
                store.place(tx, number, question(places[0]), words, key)

            return Written(None, (entry,), then)

        committed = await self.committer.append(Append(work, changes=True))
        return question(committed.receipts[0].index)


def _draft(look: StoredEntry, organisation: str, code: str, words: Words, by: Given) -> Draft:
    detail: dict[str, Json] = {
        "person": code,
        "entry": look.index,
        "know": list(words.know),
        "by": {"how": by.how, "by": by.by, "capacity": by.capacity},
    }
    return Draft(
        kind=Kind.ADMINISTRATION,
        outcome=store.ASKED,
        organisations=frozenset({organisation}),
        detail=detail,
        recipient=organisation,
        purpose=look.purpose,
    )
