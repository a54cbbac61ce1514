"""A spoken decision as a value, with the evidence of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from core.times import from_ms, to_ms
from core.vocabulary import Json

SAID_WITHIN: Final = timedelta(days=14)
"""How long after it was said a decision may arrive: a device that was offline is synchronised within a fortnight."""
KEPT_AFTER: Final = timedelta(days=400)
"""How long the evidence of a decision rests after what was decided is over."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a decision was heard. how: in person, by phone or by video. helped_by: an interpreter, a witness, both or nobody.

    words: which version of the words was read out. practitioner: the subject id of who heard it.
    """

    how: str
    helped_by: tuple[str, ...]
    words: str
    practitioner: str = field(repr=False)

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        return {
            "how": self.how,
            "helped_by": list(self.helped_by),
            "words": self.words,
            "practitioner": self.practitioner,
        }


@dataclass(frozen=True, slots=True)
class Spoken:
    """One decision, as said. yes: allowed; else stopped. until: the end of what was allowed, None for a no.

    id: follows from who sent it and from all that it says, so that one sent again is the same.
    """

    id: str
    yes: bool
    recipient: str
    purpose: str
    said_at: datetime
    until: datetime | None
    evidence: Evidence

    @property
    def rests_until(self) -> datetime:
        """When the evidence goes."""
        return max(self.said_at, self.until or self.said_at) + KEPT_AFTER

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        return {
            "yes": self.yes,
            "recipient": self.recipient,
            "purpose": self.purpose,
            "said_at": to_ms(self.said_at),
            "until": None if self.until is None else to_ms(self.until),
            "evidence": self.evidence.to_json(),
        }

    @classmethod
    def from_json(cls, spoken_id: str, value: Mapping[str, Json]) -> Spoken:
        """The reverse of `to_json`."""
        until = cast("int | None", value["until"])
        evidence = cast("Mapping[str, Json]", value["evidence"])
        return cls(
            id=spoken_id,
            yes=cast("bool", value["yes"]),
            recipient=cast("str", value["recipient"]),
            purpose=cast("str", value["purpose"]),
            said_at=from_ms(cast("int", value["said_at"])),
            until=None if until is None else from_ms(until),
            evidence=Evidence(
                how=cast("str", evidence["how"]),
                helped_by=tuple(cast("list[str]", evidence["helped_by"])),
                words=cast("str", evidence["words"]),
                practitioner=cast("str", evidence["practitioner"]),
            ),
        )
