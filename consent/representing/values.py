"""Authorities as values: who may act for a person, in which areas of life, why, and until when.

Nobody can be given an authority by a resident, nor by another representative: each is recorded by a practitioner who saw
the evidence. Sources: Mental Capacity Act 2005 s.9-16 (attorneys, deputies), Children Act 1989 s.3 (parental
responsibility), Gillick v West Norfolk and Wisbech AHA [1986] AC 112 (a child who can decide alone).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, cast

from core.errors import OnceToldError
from core.times import from_ms, to_ms
from core.vocabulary import Json


class Capacity(StrEnum):
    """As what somebody acts."""

    ATTORNEY = "attorney"
    DEPUTY = "deputy"
    PARENT = "parental-responsibility"


class Area(StrEnum):
    """An area of life, as lasting powers of attorney and the Court of Protection's orders part them."""

    HEALTH = "health-and-welfare"
    PROPERTY = "property-and-affairs"


class Because(StrEnum):
    """Why the person does not decide this themselves: the basis in capacity."""

    LACKS_CAPACITY = "lacks-capacity"
    AGREED = "agreed"
    UNDER_16 = "under-16"


_ALWAYS: Final = frozenset({"identity", "contact", "communication-needs", "household"})
SECTIONS: Final[Mapping[Area, frozenset[str]]] = {
    Area.HEALTH: _ALWAYS
    | {
        "health-summary",
        "homelessness",
        "hospital-stay",
        "involved-services",
        "mental-health-support",
        "social-care",
        "substance-use",
        "support-network",
        "support-plan",
    },
    Area.PROPERTY: _ALWAYS
    | {
        "council-benefits",
        "debts",
        "dwp-benefits",
        "employment-education",
        "home-condition",
        "housing-application",
        "tenancy",
    },
}
"""What each area covers. In nobody's scope: the person's own story, and what may warn of the representative themselves
(safeguarding alerts, risks, staff safety)."""


Fault = Literal[
    "no-area",
    "born-of-no-child",
    "ends-too-soon",
    "attorney-of-a-child",
    "attorney-of-the-able",
    "deputy-of-the-able",
    "deputy-without-end",
    "parent-of-no-child",
    "parent-without-end",
    "parent-beyond-16",
    "own",
]
"""What is wrong with an authority that cannot be meant."""


class AuthorityError(OnceToldError):
    """An authority that cannot be meant; the message says what to mend, and nothing of the person."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class NoAuthorityError(OnceToldError):
    """The authority does not stand: ended, over, or never recorded."""

    def __init__(self) -> None:
        super().__init__("no such authority stands")


@dataclass(frozen=True, slots=True)
class Recorded:
    """Who wrote an authority down and what they saw. practitioner: their subject id. seen: what; reference: which."""

    organisation: str
    role: str
    practitioner: str = field(repr=False)
    seen: str
    reference: str = field(repr=False)
    at: datetime

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        return {
            "organisation": self.organisation,
            "role": self.role,
            "practitioner": self.practitioner,
            "seen": self.seen,
            "reference": self.reference,
            "at": to_ms(self.at),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Recorded:
        """The reverse of `to_json`."""
        said = cast("Mapping[str, str]", value)
        return cls(
            said["organisation"],
            said["role"],
            said["practitioner"],
            said["seen"],
            said["reference"],
            from_ms(cast("int", value["at"])),
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """That somebody may act for a person. from_ inclusive, until exclusive; until None has no stated end.

    born: the person's day of birth, where it was stated: only with parental responsibility.
    """

    id: str
    capacity: Capacity
    areas: frozenset[Area]
    because: Because
    from_: datetime
    until: datetime | None
    recorded: Recorded
    born: date | None = field(default=None, repr=False)

    @property
    def sections(self) -> frozenset[str]:
        """The sections of the record in which it counts."""
        return frozenset[str]().union(*(SECTIONS[area] for area in self.areas))

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        return {
            "id": self.id,
            "capacity": self.capacity.value,
            "areas": sorted(self.areas),
            "because": self.because.value,
            "from": to_ms(self.from_),
            "until": None if self.until is None else to_ms(self.until),
            "recorded": self.recorded.to_json(),
            "born": None if self.born is None else self.born.isoformat(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Authority:
        """The reverse of `to_json`."""
        until, born = cast("int | None", value["until"]), cast("str | None", value["born"])
        return cls(
            id=cast("str", value["id"]),
            capacity=Capacity(cast("str", value["capacity"])),
            areas=frozenset(Area(one) for one in cast("list[str]", value["areas"])),
            because=Because(cast("str", value["because"])),
            from_=from_ms(cast("int", value["from"])),
            until=None if until is None else from_ms(until),
            recorded=Recorded.from_json(cast("Mapping[str, Json]", value["recorded"])),
            born=None if born is None else date.fromisoformat(born),
        )
