"""Permissions and preferences as values, and the pure questions asked of them.

A permission says: for these purposes, these recipients may see these sections from these sources, from then until then.
An objection or dissent has the same shape and takes away. Withdrawing ends a permission; nothing is ever rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from core.errors import OnceToldError
from core.times import from_ms, to_ms
from core.vocabulary import Json, JsonObject, Kind

ANY = frozenset({"*"})


class LedgerError(OnceToldError):
    """Base of what the ledger refuses."""


class NotStandingError(LedgerError):
    """The permission to be stopped does not stand: never given, already stopped, or ended."""

    def __init__(self) -> None:
        super().__init__("no such permission stands")


class NoRowError(LedgerError):
    """Nobody has a row by that id: never registered, or erased since their key was read."""

    def __init__(self) -> None:
        super().__init__("nobody stands there any more to decide")


class NonsenseError(LedgerError):
    """A permission that cannot be meant: it ends before it begins, or covers nothing."""


@dataclass(frozen=True, slots=True)
class Given:
    """How and by whom a decision was given.

    how: `portal`, `assisted` (a practitioner recorded it, with evidence), `representative`, `imported`.
    by: the subject id of whoever acted; capacity: `self`, `attorney`, `deputy`, `parental-responsibility`.
    why: their own words, where they gave any; they rest under the person's key alone and are in no log entry.
    evidence: what the decision can be looked up by where it was made, e.g. the id of a recorded talk, or an imported
        document and its digest; never the evidence itself.
    """

    how: str
    by: str
    capacity: str = "self"
    why: str = ""
    evidence: str = ""

    def to_json(self) -> dict[str, Json]:
        """As it is sealed; what was not given stands nowhere."""
        told: dict[str, Json] = {"how": self.how, "by": self.by, "capacity": self.capacity}
        return told | {name: text for name, text in (("why", self.why), ("evidence", self.evidence)) if text}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Given:
        """The reverse of `to_json`. Raises `KeyError` without how, by and capacity."""
        how, by, capacity = (str(value[name]) for name in ("how", "by", "capacity"))
        return cls(how, by, capacity, str(value.get("why", "")), str(value.get("evidence", "")))

    def untold(self) -> Given:
        """The same without their own words."""
        return replace(self, why="")


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission or preference. Empty sets cover nothing; `*` covers everything that an agreement allows.

    sections: section -> fields. from_, until: from inclusive, until exclusive; until None is open-ended.
    """

    id: str
    kind: Kind
    purposes: frozenset[str]
    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    recipients: frozenset[str]
    from_: datetime
    until: datetime | None
    given: Given

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.from_:
            raise NonsenseError("a permission must end after it begins")
        if not (self.purposes and self.sections and self.sources and self.recipients):
            raise NonsenseError("a permission must cover something")

    def in_force(self, now: datetime) -> bool:
        """Whether its time has come and has not ended."""
        return self.from_ <= now and (self.until is None or now < self.until)

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "purposes": sorted(self.purposes),
            "sections": {name: sorted(fields) for name, fields in sorted(self.sections.items())},
            "sources": sorted(self.sources),
            "recipients": sorted(self.recipients),
            "from": to_ms(self.from_),
            "until": None if self.until is None else to_ms(self.until),
            "given": self.given.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Permission:
        """The reverse of `to_json`."""
        sections = cast("Mapping[str, list[str]]", value["sections"])
        until = cast("int | None", value["until"])
        return cls(
            id=cast("str", value["id"]),
            kind=Kind(cast("str", value["kind"])),
            purposes=frozenset(cast("list[str]", value["purposes"])),
            sections={name: frozenset(fields) for name, fields in sections.items()},
            sources=frozenset(cast("list[str]", value["sources"])),
            recipients=frozenset(cast("list[str]", value["recipients"])),
            from_=from_ms(cast("int", value["from"])),
            until=None if until is None else from_ms(until),
            given=Given.from_json(cast("JsonObject", value["given"])),
        )


def in_force(permissions: Iterable[Permission], now: datetime) -> tuple[Permission, ...]:
    """Those whose time it is."""
    return tuple(permission for permission in permissions if permission.in_force(now))


def next_change(permissions: Iterable[Permission], now: datetime) -> datetime | None:
    """The next moment at which time alone changes what is in force; None if never."""
    moments = (
        moment
        for permission in permissions
        for moment in (permission.from_, permission.until)
        if moment is not None and moment > now
    )
    return min(moments, default=None)
