"""What the pages of a resident's questions are handed by the gateway: what can be asked about, what was, and the answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, get_args

Know = Literal["who", "why", "kept", "should-not"]
"""What a resident can choose to ask: who it was, why they looked, what they kept, and whether they should not have."""
KNOW: tuple[Know, ...] = get_args(Know)

State = Literal["waiting", "later", "right", "mistake", "not-known"]
"""Where a question stands. `later`: they said that they cannot tell yet, and it waits on; the last three are answers."""

WORDS_LENGTH = 1000
"""How many characters a resident's own words may have."""


@dataclass(frozen=True, slots=True)
class LookAsked:
    """The look that is or could be asked about. shown: whether they were shown anything."""

    index: int
    at: datetime
    organisation_name: str
    role_words: str
    purpose_title: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Askable:
    """A look that can be asked about, and the day by which they would have to answer."""

    look: LookAsked
    answer_by: date


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. index: its place in the log."""

    state: State
    at: datetime
    words: str
    index: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the resident's. reference: to quote, safe in an address. index: its place in the log.

    answer_by: the last day; overdue: that it has passed without an answer. answers: the oldest first.
    """

    reference: str
    index: int
    look: LookAsked
    asked_at: datetime
    know: tuple[Know, ...]
    words: str
    state: State
    answer_by: date
    overdue: bool
    answers: tuple[Answered, ...]

    @property
    def open(self) -> bool:
        """Whether it still waits for its answer."""
        return self.state in {"waiting", "later"}


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a look in the history: that it was asked about, and the newest answer (empty for none yet)."""

    reference: str
    state: State
    answer_by: date
    words: str

    @property
    def open(self) -> bool:
        """Whether it still waits for its answer."""
        return self.state in {"waiting", "later"}


class QuestionServices(Protocol):
    """What these pages ask of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def askable(self, person: str, index: int) -> Askable | Question | None:
        """What could be asked about; the open question where there is one.

        None for what is no look at this person, and alike for one that they are not told of yet.
        """
        ...

    async def ask(self, person: str, index: int, know: tuple[Know, ...], words: str) -> Question:
        """Ask; raises `consent.portal.ports.NotPossible`. Only called for what `askable` gave."""
        ...

    async def questions(self, person: str) -> tuple[Question, ...]:
        """What the person asked, the newest first."""
        ...

    async def question(self, person: str, reference: str) -> Question | None:
        """One of them; None when it is not theirs or unknown."""
        ...
