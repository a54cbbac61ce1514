"""Requests as values. All frozen; what an organisation is told of one follows from `deciding.state_at` alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias, cast

from core.errors import OnceToldError
from core.times import from_ms, to_ms
from core.vocabulary import Json, JsonObject

Said: TypeAlias = Literal["allowed", "not-allowed"]
"""What the resident answered."""


class RequestError(OnceToldError):
    """Base of what is refused about a request."""


class NoSuchRequestError(RequestError):
    """The person has no such request."""

    def __init__(self) -> None:
        super().__init__("no such request")


class AnsweredError(RequestError):
    """The request was answered already."""

    def __init__(self) -> None:
        super().__init__("answered already")


class ExpiredError(RequestError):
    """The time to answer the request is over."""

    def __init__(self) -> None:
        super().__init__("the time to answer is over")


class State(StrEnum):
    """What the asking organisation is told. There is no word for no."""

    WAITING = "waiting"
    """No yes that stands. It may have been a no, nobody may be there, it may never have been passed on."""
    ALLOWED = "allowed"
    """The person said yes after they were asked, and that yes stands."""
    EXPIRED = "expired"
    """The time to answer is over, or the yes does not stand any more."""


@dataclass(frozen=True, slots=True)
class Cap:
    """How often an organisation may ask one person for one purpose; beyond that it asks nobody, and is not told.

    open_for: how long a request waits for its answer; another is not passed on meanwhile, unless the person said yes.
    at_most: how many are passed on within `within`.
    """

    open_for: timedelta = timedelta(days=28)
    at_most: int = 3
    within: timedelta = timedelta(days=90)

    @property
    def kept_for(self) -> timedelta:
        """How long a request has to be remembered after it was made."""
        return max(self.open_for, self.within)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the resident answered, and when."""

    said: Said
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What an organisation asks a resident to allow.

    id: opaque, for the resident's pages. sections: section -> fields, what a yes would open and no more; sources: whose.
    days: for how long from the yes on, at most. reason: in the asking practitioner's own plain words. role: theirs, None
    for an application. asked, expires: when it was made, and from when on it can no longer be answered.
    """

    id: str
    organisation: str
    purpose: str
    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    days: int
    reason: str
    role: str | None
    asked: datetime
    expires: datetime
    answer: Answer | None = None

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        answer = self.answer
        return {
            "id": self.id,
            "organisation": self.organisation,
            "purpose": self.purpose,
            "sections": {name: sorted(fields) for name, fields in sorted(self.sections.items())},
            "sources": sorted(self.sources),
            "days": self.days,
            "reason": self.reason,
            "role": self.role,
            "asked": to_ms(self.asked),
            "expires": to_ms(self.expires),
            "answer": None if answer is None else {"said": answer.said, "at": to_ms(answer.at)},
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> ConsentRequest:
        """The reverse of `to_json`."""
        sections = cast("Mapping[str, list[str]]", value["sections"])
        answer = cast("JsonObject | None", value["answer"])
        return cls(
            id=cast("str", value["id"]),
            organisation=cast("str", value["organisation"]),
            purpose=cast("str", value["purpose"]),
            sections={name: frozenset(fields) for name, fields in sections.items()},
            sources=frozenset(cast("list[str]", value["sources"])),
            days=cast("int", value["days"]),
            reason=cast("str", value["reason"]),
            role=cast("str | None", value["role"]),
            asked=from_ms(cast("int", value["asked"])),
            expires=from_ms(cast("int", value["expires"])),
            answer=None
            if answer is None
            else Answer(cast("Said", answer["said"]), from_ms(cast("int", answer["at"]))),
        )
