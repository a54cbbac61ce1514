"""The states of a referral, and which step leads from where to where. Pure.

    sent -> collected -> accepted -> closed
    sent, collected -> refused      sent, collected, accepted -> withdrawn      sent -> expired

What nobody collects expires; the other steps are somebody's to take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.errors import OnceToldError


class Status(StrEnum):
    """Where a referral stands."""

    SENT = "sent"
    COLLECTED = "collected"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def has_ended(self) -> bool:
        """Whether nothing comes after it, and nothing is shared under it any more."""
        return self in _ENDED


_ENDED: Final = frozenset({Status.REFUSED, Status.CLOSED, Status.WITHDRAWN, Status.EXPIRED})


class Reason(StrEnum):
    """Why the receiver does not take it."""

    FULL = "full"
    NOT_ELIGIBLE = "not-eligible"
    WRONG_SERVICE = "wrong-service"
    OUT_OF_AREA = "out-of-area"
    UNSAFE = "unsafe"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of it, coded, as the receiver closes it.

    housing-duty-owed: a council accepted that it must help (Housing Act 1996 s.189B or s.195). Which of the two it tells the
    person in writing (s.184(3)), and nobody else by this.
    """

    MOVED = "moved"
    ADAPTED = "adapted"
    DECLUTTERED = "decluttered"
    INCOME_RAISED = "income-raised"
    MEDICATION_IN_ORDER = "medication-in-order"
    RESPIRATORY_HEALTH = "respiratory-health"
    HOUSING_WITH_CARE = "housing-with-care"
    CONNECTED = "connected"
    ADVICE_GIVEN = "advice-given"
    HOUSING_DUTY_OWED = "housing-duty-owed"
    HANDED_ON = "handed-on"
    DECLINED_BY_PERSON = "declined-by-person"
    LOST_CONTACT = "lost-contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a referral: where it leads, and what is said with it."""

    to: Status
    reason: Reason | None = None
    outcomes: frozenset[Outcome] = frozenset()

    @property
    def is_senders(self) -> bool:
        """Whether it is the sender's to take; every other one is the receiver's."""
        return self.to is Status.WITHDRAWN


FROM: Final[Mapping[Status, frozenset[Status]]] = MappingProxyType(
    {
        Status.COLLECTED: frozenset({Status.SENT}),
        Status.ACCEPTED: frozenset({Status.COLLECTED}),
        Status.REFUSED: frozenset({Status.SENT, Status.COLLECTED}),
        Status.CLOSED: frozenset({Status.ACCEPTED}),
        Status.WITHDRAWN: frozenset({Status.SENT, Status.COLLECTED, Status.ACCEPTED}),
        Status.EXPIRED: frozenset({Status.SENT}),
    }
)
"""Step -> the states that it may be taken from."""


class MisfitError(OnceToldError):
    """The step does not fit the state, which is told to whoever may see the referral."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"the referral is {status.value}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Place:
    """Where a referral stands, with what was said when it came there."""

    status: Status
    reason: Reason | None = None
    outcomes: frozenset[Outcome] = frozenset()


def is_again(at: Place, step: Step) -> bool:
    """Whether the very step was taken already (then nothing is done); raises `MisfitError` where it cannot be taken."""
    if at == Place(step.to, step.reason, step.outcomes):
        return True
    if at.status not in FROM[step.to]:
        raise MisfitError(at.status)
    return False
