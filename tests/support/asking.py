"""What asks residents, over a way of a request (tests/support/walk.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from consent.requests.store import Requests
from consent.requests.values import Cap, ConsentRequest
from gateway.asking import Asking, Told, Wish
from gateway.channels.outbox import Due, Outbox
from gateway.channels.ports import By, Message, Reachable
from gateway.consenting import Consenting
from gateway.idempotency.store import Idempotency, Once
from gateway.messaging import Endings
from gateway.request_ids import RequestIds
from gateway.services.requests import ResidentRequests
from gateway.views.pipeline import Parts
from tests.support.house import MASTER
from tests.support.walk import CALLERS, NHS_NUMBER, STRANGER_NUMBER, Walk

REASON = "We would like to help you with the damp in your flat."
PURPOSE = "early-help-triage"
SECTIONS = frozenset({"tenancy", "home-condition"})


@dataclass
class Asks:
    """One gateway that asks, and the resident's side of it."""

    way: Walk
    asking: Asking

    @property
    def requests(self) -> Requests:
        return self.asking.requests

    @property
    def outbox(self) -> Outbox:
        return self.asking.outbox

    @property
    def resident(self) -> ResidentRequests:
        return ResidentRequests(self.asking, self.consenting)

    @property
    def consenting(self) -> Consenting:
        return replace(self.way.consenting, beside=Endings(self.outbox))

    @property
    def waiting(self) -> tuple[ConsentRequest, ...]:
        """What was passed on to the person, newest first."""
        return self.requests.of(self.way.person.key)

    def wish(
        self,
        who: str = "triager",
        *,
        nhs_number: str = NHS_NUMBER,
        sections: frozenset[str] | None = SECTIONS,
        days: int | None = 60,
        purpose: str = PURPOSE,
        person: str | None = None,
    ) -> Wish:
        return Wish(person or self.way.handle(who, nhs_number), purpose, sections, days, REASON)

    async def ask(
        self, who: str = "triager", *, wish: Wish | None = None, once: Once | None = None, known: bool = True
    ) -> Told:
        """Ask the person, or somebody nobody knows."""
        number = NHS_NUMBER if known else STRANGER_NUMBER
        return await self.asking.ask(
            CALLERS[who], wish or self.wish(who, nhs_number=number), once, "req_test"
        )

    async def state(self, told: Told, who: str = "triager") -> str:
        return (await self.asking.state(CALLERS[who], told.id)).state.value


def asks_over(way: Walk, cap: Cap | None = None, parts: Parts | None = None) -> Asks:
    database = way.home.database
    return Asks(
        way,
        Asking(
            parts or way.parts,
            Requests(database),
            Outbox(database),
            Idempotency(database, MASTER),
            RequestIds(MASTER),
            cap or Cap(),
        ),
    )


@dataclass
class FakeReach:
    """Reaches everybody alike, or whom a test says."""

    reachable: Reachable | None = field(default_factory=lambda: Reachable(By.EMAIL, "somebody@mail.test"))
    asked: list[str] = field(default_factory=list)

    async def of(self, person: str) -> Reachable | None:
        self.asked.append(person)
        return self.reachable


@dataclass
class FakeChannel:
    """Keeps what it was to carry; `faults` are raised first, one a message."""

    carries: frozenset[By] = frozenset({By.EMAIL})
    faults: list[Exception] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(message)


def due_at(outbox: Outbox, now: datetime) -> Sequence[Due]:
    return outbox.take(now)
