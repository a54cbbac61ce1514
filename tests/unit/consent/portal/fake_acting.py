"""Fake services of the pages about acting for others and papers' codes: the person's id is the state to be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from fastapi import Request, Response

from consent.portal.acting_ports import ActingFor, ActsFor, MayAct
from consent.portal.ports import CouldLook, Look, NotPossible, Overview, Proof, Resident, WhoCouldLook
from consent.portal.told_ports import Told, Wrote
from tests.unit.consent.portal.fakes import LONG_NAME, NOW, FakePortal, look

ACTING = ActingFor(
    "a1", "me", "attorney", "ciocia Konstantynopolitańczykowianeczka", frozenset({"debts"}), None
)
HEALTH, HOME = "Health and care", "Home and money"
ACTS = (
    ActsFor(
        "a1", "Attorney", (HOME,), None, "Norwich City Council", NOW - timedelta(days=40), "aunt", can=True
    ),
    ActsFor(
        "a2",
        "Parent or carer by law",
        (HEALTH, HOME),
        NOW + timedelta(days=900),
        LONG_NAME,
        NOW,
        "",
        can=True,
    ),
)
MAY = (
    MayAct(
        "a1",
        "Attorney",
        (HOME,),
        NOW - timedelta(days=40),
        None,
        LONG_NAME,
        "Papers of a lasting power of attorney",
        can=True,
    ),
    MayAct(
        "a2",
        "Deputy",
        (HEALTH,),
        NOW,
        NOW + timedelta(days=3),
        "Norwich City Council",
        "A court order",
        can=False,
    ),
)
WROTE: tuple[Wrote, ...] = (
    "said-yes",
    "said-no",
    "representative-recorded",
    "representative-ended",
    "ended-by-you",
    "decides-alone",
    "acting-refused",
    "by-representative",
    "by-code",
)


def told_looks() -> tuple[Look, ...]:
    """A history of what others wrote down or did."""
    lines = [
        replace(
            look(
                50 - place,
                "stopped" if what in {"said-no", "by-code"} else "allowed",
                NOW - timedelta(hours=place),
            ),
            told=Told(what, "Housing officer", "Attorney"),
        )
        for place, what in enumerate(WROTE)
    ]
    late = replace(lines[0], index=40, told=Told("said-yes", "Housing officer", overtaken=True))
    again = replace(lines[0], index=39, told=Told("said-yes", "Housing officer", again=True))
    return (*lines, late, again)


class ActingPortal(FakePortal):
    """The portal of somebody who acts for another, where the state is `acting`; or `acting-` and the state of the other."""

    async def signed_in(self, request: Request) -> Resident | None:
        found = await super().signed_in(request)
        if found is None or not found.person.startswith("acting"):
            return found
        return replace(found, person=found.person.removeprefix("acting").lstrip("-") or "one", acting=ACTING)

    def serving(self, resident: Resident) -> FakePortal:
        return (
            self if resident.acting is None else WithinPortal(self.default_state, self.allowed, self.stopped)
        )

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        return told_looks() if person == "told" and before is None else await super().history(person, before)


class WithinPortal(FakePortal):
    """What a representative is given of the same: not who holds what, nor when somebody last looked."""

    async def overview(self, person: str) -> Overview:
        found = await super().overview(person)
        return replace(found, permitted=tuple(replace(one, last_looked=None) for one in found.permitted))

    async def who_could_look(self, person: str) -> WhoCouldLook:
        found = await super().who_could_look(person)
        return replace(
            found,
            allowed=without_sources(found.allowed),
            unless_no=without_sources(found.unless_no),
            law=without_sources(found.law),
            emergency=without_sources(found.emergency),
        )

    async def proof(self, person: str, index: int) -> Proof | None:
        found = await super().proof(person, index)
        return found and replace(found, opening_json="", can_ask=False)


def without_sources(organisations: tuple[CouldLook, ...]) -> tuple[CouldLook, ...]:
    """The ways without who holds what."""
    return tuple(
        replace(
            one,
            ways=tuple(
                replace(way, kinds=tuple(replace(kind, sources=()) for kind in way.kinds)) for way in one.ways
            ),
        )
        for one in organisations
    )


class FakeActing:
    """`ActingServices` and `StopByCodeServices`."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, str]] = []
        self.revoked: list[str] = []
        self.tried: list[str] = []

    async def acts_for(self, own: str) -> tuple[ActsFor, ...]:
        return {"many": ACTS, "one": ACTS[:1]}.get(own, ())

    async def begin(
        self, request: Request, own: str, authority: str, word: str
    ) -> Callable[[Response], None]:
        if authority != "a1":
            raise NotPossible("You cannot act for them any more.")
        self.begun.append((authority, word))
        return lambda answer: answer.set_cookie("state", "acting")

    async def end(self, request: Request) -> Callable[[Response], None]:
        if request.cookies.get("state") == "impossible":
            raise NotPossible("Your time here is over. Sign in again.")
        return lambda answer: answer.set_cookie("state", "many")

    async def may_act(self, person: str) -> tuple[MayAct, ...]:
        return {"many": MAY, "one": MAY[:1]}.get(person, ())

    async def revoke(self, person: str, authority: str) -> None:
        if authority != "a1":
            raise NotPossible("That has ended already. They cannot act for you any more.")
        self.revoked.append(authority)

    def can_be(self, text: str) -> bool:
        return len(text.replace("-", "")) == 20

    def may_try(self, address: str) -> bool:
        return len(self.tried) < 2

    async def stop(self, text: str) -> None:
        self.tried.append(text)
