"""A fake service of the console's pages about representatives: the officer's id is the state that a test wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from audit.console import representing
from audit.console.ports import Officer
from audit.console.representing_ports import PAGE, Authority, NotRecorded, Stating
from audit.console.router import AddPages
from core.errors import ClosedError
from tests.unit.audit.console.fakes import NOW

STANDS = Authority(
    index=51017,
    at=NOW - timedelta(days=2),
    code="K7QX-4M2P",
    capacity="Attorney",
    areas=("Health and care", "Home and money"),
    because="They cannot decide this, as somebody qualified found",
    seen="Papers of a lasting power of attorney",
    until=None,
    own=True,
    end=None,
)
ENDED = replace(
    STANDS,
    index=51002,
    capacity="Deputy",
    areas=("Home and money",),
    seen="A court order",
    until=NOW + timedelta(days=90),
    own=False,
    end=NOW - timedelta(hours=3),
)


@dataclass
class FakeRepresentatives:
    """`RepresentativeServices` without a gateway."""

    recorded: list[Stating] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    async def written(self, officer: Officer, before: int | None) -> tuple[Authority, ...]:
        if officer.id == "closed":
            raise ClosedError("audit log", "cannot commit")
        if officer.id == "full" and before is None:
            return tuple(replace(STANDS, index=900 - at) for at in range(PAGE))
        return (STANDS, ENDED) if officer.id == "many" and before is None else ()

    async def one(self, officer: Officer, index: int) -> Authority | None:
        found = {STANDS.index: STANDS, ENDED.index: ENDED}.get(index)
        return replace(found, end=NOW) if found and index in self.ended else found

    async def record(self, officer: Officer, stating: Stating) -> int:
        if officer.id == "own":
            raise NotRecorded("representative", "This is you. Somebody else has to write it down")
        self.recorded.append(stating)
        return STANDS.index

    async def end(self, officer: Officer, index: int) -> None:
        if officer.id == "late":
            raise NotRecorded("end", "That it ended is written down already.")
        self.ended.append(index)


def pages(services: FakeRepresentatives) -> tuple[AddPages, ...]:
    """The pages over it."""
    return (partial(representing.add_pages, services=services),)
