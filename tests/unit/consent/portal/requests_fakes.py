"""Fake services of the pages of requests and of keeping what ends: the person's id is the state that a test wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from consent.portal.ports import Done, Kind, NotPossible, Offer, Resident
from consent.portal.renewing_ports import Ending
from consent.portal.requests_ports import Asked, AskedState, Reply, Seen, Waiting
from core.errors import ClosedError
from tests.unit.consent.portal.fakes import LONG_NAME, NOW, OFFERS, ONE, RECEIPT

OFFER = replace(OFFERS[0], longest_days=60)
LONG_OFFER = Offer(
    organisation="association",
    organisation_name=LONG_NAME,
    purpose="food-fuel-help",
    purpose_title="Pomoc najniebezpieczniejszym konstantynopolitańczykowianeczkom",
    purpose_words="Someone helps you to find food and to keep your home warm.",
    legal_text="They may only look because you say yes, and only for this.",
    kinds=(
        *OFFERS[1].kinds,
        Kind("safeguarding-alerts", "Alerts about your safety", ("Alert", "Since when"), (LONG_NAME,)),
        Kind("support-network", "People who support you", ("Name", "What they do"), ("Age Well Norfolk",)),
    ),
    longest_days=45,
)
REASON = "You came to us about your rent. We would like to help you, and need to know what you owe."
ASKED = Asked(
    id="a1",
    offer=OFFER,
    seen={
        "debts": (
            Seen("Norwich City Council", ("How much rent you owe", "How you pay it back")),
            Seen("Harbour Help", ("How much rent you owe",)),
        ),
    },
    instead=(),
    role_words="Money adviser",
    reason=REASON,
    asked=NOW - timedelta(days=3),
    answer_by=NOW + timedelta(days=25),
    state="waiting",
    answered=None,
)
LONG = replace(
    ASKED,
    id="a2",
    offer=LONG_OFFER,
    seen={"safeguarding-alerts": (Seen(LONG_NAME, ("Alert", "Since when")),)},
    instead=("Twoje najważniejsze przeciwwskazania zdrowotne", "Your home"),
    role_words="",
)
HOSTILE = replace(
    ASKED,
    id="a3",
    offer=replace(OFFER, organisation_name="<script>alert(1)</script>"),
    reason='"><img src=x onerror=alert(2)> https://evil.example',
)
ENDING = Ending(
    id=ONE.id,
    offer=replace(OFFERS[0], longest_days=365),
    since=ONE.since,
    until=NOW + timedelta(days=9),
    used=2,
    last_used=NOW - timedelta(days=1),
    days=90,
)
STATES: dict[str, AskedState] = {"yes": "allowed", "no": "not-allowed", "late": "expired", "over": "over"}


def answered(state: AskedState) -> Asked:
    """The request, once it is over."""
    at = NOW - timedelta(hours=2) if state in {"allowed", "not-allowed"} else None
    offer = replace(OFFER, kinds=()) if state == "over" else OFFER
    return replace(ASKED, state=state, answered=at, offer=offer)


@dataclass
class FakeRequests:
    """`RequestServices` and `RenewingServices` without a gateway."""

    allowed: list[Reply] = field(default_factory=list)
    declined: list[str] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)

    def serving(self, resident: Resident) -> FakeRequests:
        """A representative is told less."""
        return self if resident.acting is None else FakeRequestsWithin(self.allowed, self.declined, self.kept)

    async def waiting(self, person: str) -> tuple[Waiting, ...]:
        if person == "closed":
            raise ClosedError("consent store", "does not answer")
        found = {"many": (ASKED, LONG), "hostile": (HOSTILE,), "one": (ASKED,), "acting": (ASKED,)}.get(
            person, ()
        )
        return tuple(
            Waiting(one.id, one.offer.organisation_name, one.offer.purpose_title, one.asked, one.answer_by)
            for one in found
        )

    async def asked(self, person: str, request_id: str) -> Asked | None:
        if person in STATES:
            return answered(STATES[person])
        if self.declined:
            return answered("not-allowed")
        return {"a1": ASKED, "a2": LONG, "a3": HOSTILE}.get(request_id)

    async def allow(self, person: str, request_id: str, reply: Reply) -> Done:
        if person == "impossible":
            raise NotPossible("The organisations do not share this at the moment. Try again tomorrow.")
        self.allowed.append(reply)
        return Done("ALLOW-7K2M", NOW, RECEIPT, ONE)

    async def decline(self, person: str, request_id: str) -> None:
        if person == "impossible":
            raise NotPossible("You answered this already, or the time to answer is over.")
        self.declined.append(request_id)

    async def endings(self, person: str) -> tuple[Ending, ...]:
        kinds: dict[str, tuple[Ending, ...]] = {
            "one": (ENDING,),
            "many": (replace(ENDING, id="p2", used=0, last_used=None), ENDING),
            "impossible": (ENDING,),
            "acting": (ENDING,),
            "over": (replace(ENDING, offer=replace(ENDING.offer, kinds=())),),
        }
        return kinds.get(person, ())

    async def keep(self, person: str, permission_id: str, days: int) -> Done:
        if person == "impossible":
            raise NotPossible("The organisations do not share this any more, so it ends.")
        self.kept.append(days)
        return Done("ALLOW-7K2M", NOW, RECEIPT, ONE)


@dataclass
class FakeRequestsWithin(FakeRequests):
    """What a representative is given of the same: not by whom it is held, nor how it was used."""

    async def asked(self, person: str, request_id: str) -> Asked | None:
        found = await super().asked(person, request_id)
        return found and replace(found, seen=None)

    async def endings(self, person: str) -> tuple[Ending, ...]:
        return tuple(replace(one, used=None, last_used=None) for one in await super().endings(person))
