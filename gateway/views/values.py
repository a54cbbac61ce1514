"""The values that pass between the steps of a view. All frozen; none holds more than the next step needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.contract import Quarantine, SourceAnswer, SourceError
from audit.log import Receipt
from consent.ledger import NOTHING, Standing
from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject, Label
from gateway.authority import AuthorityState
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.policy.live import Policy
from gateway.policy.port import Decision, Question, Refusal


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked: a handle, a purpose, sections (None: all that the purpose allows), and the practitioner's reason.

    check: a yes-or-no question that is asked instead of a view. emergency: the coded reason of a break-glass. hold_back:
    the coded reason why the person must not be told yet.
    """

    person: str
    purpose: str
    sections: frozenset[str] | None
    reason: str
    check: str | None = None
    emergency: str | None = None
    hold_back: str | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What stands for the person, and when time alone will next change it."""

    standing: Standing
    next_change: datetime | None


ALLOWED_NOTHING = Allowed(NOTHING, None)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision with the moment until which it holds: the earliest end among all that it rests on; None for no end.

    question: what the policy was asked, to be kept for a replay.
    """

    decision: Decision
    holds_until: datetime | None
    question: Question


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the sources answered, and what kept the others from it."""

    answers: tuple[SourceAnswer, ...] = ()
    failures: tuple[SourceError, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewSection:
    """One section from one source, as it leaves the gateway."""

    section: str
    source: str
    as_of: datetime
    basis: JsonObject
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Minimal:
    """What may leave, and for the log what was dropped on the way: numbers and names of fields, never values.

    label: the strictest label of all that are known now; observed: the one that a source just sent, if any did.
    """

    sections: tuple[ViewSection, ...] = ()
    label: Label = Label.UNKNOWN
    observed: Label | None = None
    dropped: int = 0
    quarantined: tuple[Quarantine, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The durable entry. `sections` is what may leave now: all of it, or nothing if the guard did not hold."""

    sections: tuple[ViewSection, ...]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class View:
    """The answer to one request.

    watermark: for whom, when and why it was made, where the purpose asks for it. use_until: when it must no longer be used.
    """

    purpose: str
    sections: tuple[ViewSection, ...]
    unavailable: tuple[str, ...]
    receipt: Receipt
    watermark: str | None = None
    use_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to a check. Not confirmed may mean no, or that nothing may be told: nobody can tell which."""

    confirmed: bool
    receipt: Receipt


class RefusedError(OnceToldError):
    """A refusal that does not depend on the person: 403 with what to fix. Already in the log."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"refused: {refusal.code}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class InCharge:
    """Which policy decides and what is suspended, as it stood when the request came: the same for all its steps."""

    state: AuthorityState
    policy: Policy

    @property
    def revision(self) -> int:
        """Of the authority row."""
        return self.state.revision

    @property
    def suspended(self) -> frozenset[str]:
        """Ids of the agreements that are suspended at run time."""
        return self.state.suspended


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks for what, about whom: what every later step and the log entry need."""

    authority: InCharge
    caller: Caller
    ask: Ask
    person: Person | None
    allowed: Allowed
    started: float
    correlation_id: str
