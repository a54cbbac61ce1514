"""A referral as it rests: what the two organisations know of it, and what is known of the person. Frozen, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, cast

from audit import leaf
from core.times import from_ms, to_ms
from core.vocabulary import Json, JsonObject
from gateway.referrals.states import Outcome, Place, Reason, Status, Step
from gateway.referrals.values import Agreed, Content, How, Theme, Urgency, document, from_document

HELD_FOR: Final = timedelta(days=28)
"""How long what it says waits to be collected."""
KEPT_AFTER_END: Final = timedelta(days=365)
KEPT_OPEN: Final = timedelta(days=3 * 365)
"""How long after its last step the header of one goes that nobody ever closed."""


@dataclass(frozen=True, slots=True)
class Referral:
    """What sender and receiver know of it: nothing that says who it is about.

    changed_at: when the last step was taken. commitment: SHA-256 over salt and content, hexadecimal. reference: the sender's
    alone. has_person: whether somebody stands behind it still. entry: place of its first log entry. with_: further
    organisations of the receiver's team, who may look as long as it goes on.
    """

    id: str
    sender: str
    receiver: str
    status: Status
    purpose: str
    service: str | None
    urgency: Urgency
    themes: frozenset[Theme]
    sent_at: datetime
    changed_at: datetime
    held_until: datetime
    commitment: str
    reference: str | None = None
    reason: Reason | None = None
    outcomes: frozenset[Outcome] = frozenset()
    entry: int | None = None
    has_person: bool = True
    with_: frozenset[str] = frozenset()

    @property
    def place(self) -> Place:
        """Where it stands, with what was said."""
        return Place(self.status, self.reason, self.outcomes)

    @property
    def gone_at(self) -> datetime:
        """When nothing needs it any more."""
        return self.changed_at + (KEPT_AFTER_END if self.status.has_ended else KEPT_OPEN)

    def at(self, now: datetime) -> Referral:
        """As it counts at a moment: nobody waits for a sweep to tell that its time is over, or its person gone."""
        if not self.has_person and not self.status.has_ended:
            # Erased since: told like a withdrawal, which it is.
            return replace(self, status=Status.WITHDRAWN)
        if self.status is Status.SENT and now >= self.held_until:
            return replace(self, status=Status.EXPIRED, changed_at=self.held_until)
        return self

    def after(self, step: Step, now: datetime) -> Referral:
        """With a step taken."""
        return replace(self, status=step.to, reason=step.reason, outcomes=step.outcomes, changed_at=now)

    def sealed_part(self) -> dict[str, Json]:
        """What of it rests sealed."""
        return {
            "purpose": self.purpose,
            "service": self.service,
            "urgency": self.urgency.value,
            "themes": sorted(one.value for one in self.themes),
            "commitment": self.commitment,
            "reference": self.reference,
            "reason": None if self.reason is None else self.reason.value,
            "outcomes": sorted(one.value for one in self.outcomes),
            "with": sorted(self.with_),
        }


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a referral's row, times in milliseconds since 1970."""

    id: str
    sender: str
    receiver: str
    status: str
    sent_ms: int
    changed_ms: int
    held_until_ms: int
    entry: int | None
    has_person: bool

    def referral(self, value: JsonObject) -> Referral:
        """With the sealed part. Raises `KeyError`, `ValueError`, `TypeError` for what none of ours sealed."""
        reason = cast("str | None", value["reason"])
        return Referral(
            id=self.id,
            sender=self.sender,
            receiver=self.receiver,
            status=Status(self.status),
            purpose=cast("str", value["purpose"]),
            service=cast("str | None", value["service"]),
            urgency=Urgency(cast("str", value["urgency"])),
            themes=frozenset(Theme(one) for one in cast("list[str]", value["themes"])),
            sent_at=from_ms(self.sent_ms),
            changed_at=from_ms(self.changed_ms),
            held_until=from_ms(self.held_until_ms),
            commitment=cast("str", value["commitment"]),
            reference=cast("str | None", value["reference"]),
            reason=None if reason is None else Reason(reason),
            outcomes=frozenset(Outcome(one) for one in cast("list[str]", value["outcomes"])),
            entry=self.entry,
            has_person=self.has_person,
            # Older ones were sealed without a team.
            with_=frozenset(cast("list[str]", value.get("with", []))),
        )


@dataclass(frozen=True, slots=True)
class Behind:
    """What rests beside a referral about whom it is of.

    index: what the receiver's handle is made of (32 bytes), and that of each of the team. permission: id of what stands in
    the ledger, if anything was to be shared. agreed: how they agreed. role: of the practitioner who sent it. team: ids of
    the permissions of the team's further organisations, by organisation.
    """

    index: bytes = field(repr=False)
    permission: str | None
    agreed: Agreed
    role: str | None
    team: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        return {
            "index": self.index.hex(),
            "permission": self.permission,
            "agreed": agreed_json(self.agreed),
            "role": self.role,
            "team": dict(self.team),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Behind:
        """The reverse of `to_json`. Raises `KeyError`, `ValueError`, `TypeError`."""
        agreed = cast("JsonObject", value["agreed"])
        return cls(
            index=bytes.fromhex(cast("str", value["index"])),
            permission=cast("str | None", value["permission"]),
            agreed=Agreed(
                how=How(cast("str", agreed["how"])),
                said_at=from_ms(cast("int", agreed["said_at"])),
                words=cast("str", agreed["words"]),
                contact_details=cast("bool", agreed["contact_details"]),
            ),
            role=cast("str | None", value["role"]),
            team=dict(cast("Mapping[str, str]", value.get("team", {}))),
        )


def agreed_json(agreed: Agreed) -> dict[str, Json]:
    """How somebody agreed, as it is sealed and logged."""
    return {
        "how": agreed.how.value,
        "said_at": to_ms(agreed.said_at),
        "words": agreed.words,
        "contact_details": agreed.contact_details,
    }


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """What a referral says while it waits. salt: what its commitment was made with (32 bytes)."""

    salt: bytes
    content: Content

    @property
    def commitment(self) -> str:
        """SHA-256 over the salt and what it says, hexadecimal (`audit.leaf.commit`).

        Without the address, which is left out of an answer silently where a label hides it: so the salt opens every answer,
        and none tells by a missing one that somebody is hidden.
        """
        said = replace(self.content, about=self.content.about.without_address())
        return leaf.commit(self.salt, document(said)).hex()

    def to_json(self) -> dict[str, Json]:
        """As it is sealed."""
        return {"salt": self.salt.hex(), "content": document(self.content)}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Held:
        """The reverse of `to_json`. Raises `KeyError`, `ValueError`, `TypeError`, `NotContentError`."""
        return cls(
            bytes.fromhex(cast("str", value["salt"])), from_document(cast("JsonObject", value["content"]))
        )
