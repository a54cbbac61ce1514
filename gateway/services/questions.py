"""A resident's questions, served: what can be asked about, what was asked, and what was answered.

A resident's id comes from their session alone, and every read goes by the tag of that person's own key. What is held back
from them is kept out by the statement itself: to them it does not exist, so it cannot be asked about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar, cast

from audit.reader import LogReader, StoredEntry
from consent.permissions import Given
from consent.portal.ports import NotPossible
from consent.portal.questions_ports import Answered, Askable, Beside, Know, LookAsked, Question, State
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from core.sealing import SealError
from core.times import from_ms, to_ms
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Registers
from gateway.questions import store
from gateway.questions.asking import LOOKS, AskedAlreadyError, Asking, GoneError, TooManyError
from gateway.questions.rules import last_day
from gateway.questions.store import Questions, StoredAnswer, StoredQuestion, Words
from gateway.reviews.store import is_told
from gateway.services.entries import INDEX_MAXIMUM, detail_of, opened, text
from gateway.services.words import Wording

T = TypeVar("T")
SHOWN: Final = 100
"""As many questions stand on one page, the newest; nobody has asked more in the time that they are kept."""

REFERENCE: Final = "OT-"
_SHOWED: Final = frozenset({"disclosed", "confirmed"})
_STATES: dict[str | None, State] = {
    store.RIGHT: "right",
    store.MISTAKE: "mistake",
    store.LATER: "later",
    store.NOT_KNOWN: "not-known",
}
_GONE: Final = to_tell("There is nothing of yours here any more.")
_TWICE: Final = to_tell("You have asked about this already. They have not answered yet.")
_TOO_MANY: Final = to_tell(
    "Too many of your questions wait for an answer. Ask again when one has been answered."
)


@dataclass(frozen=True, slots=True)
class ResidentQuestions:
    """Implements `consent.portal.questions_ports.QuestionServices`."""

    reader: LogReader
    keys: KeyStore
    kept: Questions
    asking: Asking
    policy: LivePolicy
    clock: Clock

    async def askable(self, person: str, index: int) -> Askable | Question | None:
        """See `QuestionServices.askable`."""
        return await self._with_key(person, lambda key: self._askable(key, index), None)

    async def ask(self, person: str, index: int, know: tuple[Know, ...], words: str) -> Question:
        """See `QuestionServices.ask`."""
        found = await asyncio.to_thread(self._to_ask, person, index)
        if found is None:
            raise NotPossible(_GONE)
        key, look = found
        code = text(detail_of(opened(self.reader, look)).get("person"))
        try:
            made = await self.asking.ask(key, look, code, Words(know, words), Given("portal", person))
        except AskedAlreadyError as error:
            raise NotPossible(_TWICE) from error
        except TooManyError as error:
            raise NotPossible(_TOO_MANY) from error
        except GoneError as error:
            raise NotPossible(_GONE) from error
        return self._told(made, self._look(look), Words(know, words), ())

    async def questions(self, person: str) -> tuple[Question, ...]:
        """See `QuestionServices.questions`."""
        return await self._with_key(person, self._all, ())

    async def question(self, person: str, reference: str) -> Question | None:
        """See `QuestionServices.question`."""
        number = reference.removeprefix(REFERENCE)
        plain = reference.startswith(REFERENCE) and number.isascii() and number.isdigit()
        if not plain or len(number) > 15:
            return None
        return await self._with_key(person, lambda key: self._one(key, int(number)), None)

    def _askable(self, key: SubjectKey, index: int) -> Askable | Question | None:
        look = self._look_of(key, index)
        if look is None:
            return None
        asked = self.kept.about(key.tag, [index]).get(index)
        if asked is not None and asked.closed_ms is None:
            return self._opened(key, asked)
        due_ms = self.asking.rules.due(self.clock.now())
        return Askable(self._look(look), last_day(due_ms))

    def _to_ask(self, person: str, index: int) -> tuple[SubjectKey, StoredEntry] | None:
        try:
            key = self.keys.get(person)
        except MissingKeyError:
            return None
        look = self._look_of(key, index)
        return None if look is None else (key, look)

    def _look_of(self, key: SubjectKey, index: int) -> StoredEntry | None:
        """A look at this person that they are told of, of an organisation that can still answer."""
        look = self.reader.entry(index, is_told) if index <= INDEX_MAXIMUM else None
        if look is None or look.tag != key.tag or not can_ask(look, self.policy.registers):
            return None
        return look

    def _all(self, key: SubjectKey) -> tuple[Question, ...]:
        found = (self._opened(key, one) for one in self.kept.of_tag(key.tag, SHOWN))
        return tuple(one for one in found if one is not None)

    def _one(self, key: SubjectKey, index: int) -> Question | None:
        asked = self.kept.one(index)
        return None if asked is None or asked.tag != key.tag else self._opened(key, asked)

    def _opened(self, key: SubjectKey, asked: StoredQuestion) -> Question | None:
        """None where it was altered in the database: then nobody can say what was asked."""
        look = self.reader.entry(asked.about, is_told)
        if look is None:
            return None
        try:
            words, answers = store.words_of(asked, key), store.answers_of(asked, key)
        except SealError:
            return None
        return self._told(asked, self._look(look), words, answers)

    def _look(self, look: StoredEntry) -> LookAsked:
        words = Wording(self.policy.registers)
        return LookAsked(
            index=look.index,
            at=from_ms(look.at_ms),
            organisation_name=words.organisation(look.recipient),
            role_words=words.role(look.role) or to_tell("An application"),
            purpose_title=words.purpose(look.purpose),
            shown=look.outcome in _SHOWED,
        )

    def _told(
        self, asked: StoredQuestion, look: LookAsked, words: Words, answers: Iterable[StoredAnswer]
    ) -> Question:
        given = tuple(
            Answered(_STATES.get(one.outcome, "later"), from_ms(one.at_ms), one.words, one.index)
            for one in answers
        )
        return Question(
            reference=f"{REFERENCE}{asked.index}",
            index=asked.index,
            look=look,
            asked_at=from_ms(asked.asked_ms),
            know=cast("tuple[Know, ...]", words.know),
            words=words.words,
            state=_state(asked, given),
            answer_by=last_day(asked.due_ms),
            overdue=asked.closed_ms is None and asked.due_ms <= to_ms(self.clock.now()),
            answers=given,
        )

    async def _with_key(self, person: str, function: Callable[[SubjectKey], T], otherwise: T) -> T:
        def run() -> T:
            try:
                key = self.keys.get(person)
            except MissingKeyError:
                return otherwise
            return function(key)

        return await asyncio.to_thread(run)


def can_ask(entry: StoredEntry, registers: Registers) -> bool:
    """Whether an entry is a look of an organisation that is there to answer."""
    return entry.kind in LOOKS and entry.recipient in registers.organisations


def beside(asked: StoredQuestion, key: SubjectKey) -> Beside | None:
    """What stands beside the look in the person's history; None where it was altered in the database."""
    try:
        answers = store.answers_of(asked, key)
    except SealError:
        return None
    return Beside(
        reference=f"{REFERENCE}{asked.index}",
        state=_state(asked, answers),
        answer_by=last_day(asked.due_ms),
        words=answers[-1].words if answers else "",
    )


def _state(asked: StoredQuestion, answers: tuple[object, ...]) -> State:
    if asked.closed_ms is None:
        return "later" if answers else "waiting"
    return _STATES.get(asked.outcome, "not-known")
