"""Looks that are reviewed or held back, and the officers who decide about them."""

from __future__ import annotations

from audit.console.ports import Answer, Decision, Officer, ReviewKind
from consent.portal.ports import Look
from gateway.views.pipeline import view
from gateway.views.values import Ask, View
from tests.unit.gateway.services.served import Served

HOSPITAL, COUNTY, COUNCIL, PRACTICE = (
    "norwich-acute-hospital",
    "norfolk-county-council",
    "norwich-city-council",
    "wensum-valley-practice",
)
TOO_LATE = "Somebody else has decided this in the meantime. Look at what they decided."
LOOKED = "a.practitioner"
"""The subject id of whoever looks in `tests.support.walk`."""


async def emergency(served: Served, *, hold_back: str | None = None, reason: str = "life-at-risk") -> View:
    """A nurse looks without asking first."""
    ask = Ask(
        served.way.handle("nurse"),
        "break-glass-emergency",
        None,
        "found on the floor",
        emergency=reason,
        hold_back=hold_back,
    )
    return await view(served.way.parts, ["nurse"], ask, "req_test")


async def enquiry(served: Served, *, hold_back: str | None = "danger-to-person") -> View:
    """A safeguarding lead looks, and asks that the person is not told yet."""
    ask = Ask(
        served.way.handle("lead"), "safeguarding-enquiry", None, "an alert from school", hold_back=hold_back
    )
    return await view(served.way.parts, ["lead"], ask, "req_test")


def officer(organisation: str, name: str = "officer-1") -> Officer:
    return Officer(name, "Oli Officer", organisation, "their organisation", "token")


async def decide(
    served: Served,
    who: Officer,
    kind: ReviewKind,
    index: int,
    answer: Answer,
    *,
    words: str = "",
    days: int | None = None,
) -> None:
    """What an officer does who opens the review and answers it; days: from now to the next look at the danger."""
    review = await served.officers.review(who, kind, index)
    assert review is not None
    look_again = None if days is None else served.officers.desk.deciding.day_in(days)
    await served.officers.decide(who, kind, index, Decision(answer, words, look_again, review.version))


async def queue(served: Served, organisation: str) -> list[tuple[str, int, int]]:
    return [(one.kind, one.row.index, one.left) for one in await served.officers.tasks(officer(organisation))]


async def history(served: Served) -> tuple[Look, ...]:
    return await served.residents.history(served.person, None)
