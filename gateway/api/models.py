"""The bodies of the API as published in openapi/gateway.yaml: strict, closed, bounded.

A member that the contract does not name is refused (mass assignment), and so is a value of another type: nothing is coerced.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from gateway.people.handles import HANDLE_PATTERN

NHS_NUMBER_FORMAT: Final = "nhs-number"
PERSON_NAME_FORMAT: Final = "person-name"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _day(value: object) -> object:
    # Only RFC 3339's full-date: a time, a week date or a number of seconds would be read as some day too.
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write the day as YYYY-MM-DD")
    return date.fromisoformat(value)


def _whole(value: object) -> object:
    # JSON knows numbers only: 28.0 is the whole number 28 (JSON Schema 2020-12, validation 6.1.1).
    return int(value) if isinstance(value, float) and value.is_integer() else value


Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Handle = Annotated[str, StringConstraints(pattern=HANDLE_PATTERN)]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
]
EmergencyReason = Annotated[
    str,
    StringConstraints(
        min_length=20,
        max_length=500,
        pattern=r"^[^\x00-\x20\x7f][^\x00-\x08\x0b-\x1f\x7f]*[^\x00-\x20\x7f]$",
    ),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    Field(json_schema_extra={"format": PERSON_NAME_FORMAT}, description="Holds a letter at least."),
]
NhsNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9 ]{10,14}$"),
    Field(
        json_schema_extra={"format": NHS_NUMBER_FORMAT},
        description="Ten digits whose check digit is right; spaces do not matter.",
    ),
]
Postcode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}$")]
Day = Annotated[date, BeforeValidator(_day)]
WHOLE: Final = BeforeValidator(_whole)
"""Stands last in an `Annotated[int, ...]`, or the contract would lose the bounds before it."""
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Request(BaseModel):
    """A body that holds what it names and nothing else, each value of its own type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(BaseModel):
    """What we answer; read it leniently, since members may be added."""

    model_config = ConfigDict(frozen=True)


class ViewRequest(Request):
    """Ask for a view of one person for one purpose."""

    person: Handle = Field(description="The person's handle, from POST /v1/people/trace.")
    purpose: Code = Field(description="A code of GET /v1/purposes.")
    sections: Annotated[list[Code], Field(min_length=1, max_length=24)] | None = Field(
        default=None, description="Sections to show; left out, all that the purpose and the agreements allow."
    )
    reason: Reason = Field(description="Why you look, in your own words. The person can read it.")
    hold_back: Code | None = Field(
        default=None,
        description=(
            "Why the person must not be told yet: one of the purpose's `hold_back_reasons`. Another officer has to agree, "
            "and the danger is looked at again."
        ),
    )


class BreakGlassRequest(Request):
    """Look in an emergency, without the person's permission. The purpose is the register's own and cannot be chosen."""

    person: Handle = Field(description="The person's handle, from POST /v1/people/trace.")
    reason_code: Code = Field(description="Which emergency: one of the purpose's `emergency_reasons`.")
    reason: EmergencyReason = Field(
        description="What is happening, in your own words. Officers of both organisations and the person read it."
    )
    sections: Annotated[list[Code], Field(min_length=1, max_length=24)] | None = Field(
        default=None, description="Sections to show; left out, all that is agreed for emergencies."
    )
    hold_back: Code | None = Field(
        default=None,
        description="Why the person must not be told yet: one of the purpose's `hold_back_reasons`.",
    )


class CheckRequest(Request):
    """Ask a question that is answered without the data."""

    person: Handle = Field(description="The person's handle, from POST /v1/people/trace.")
    purpose: Code = Field(description="A code of GET /v1/purposes.")
    check: Code = Field(description="A code of GET /v1/checks.")
    reason: Reason = Field(description="Why you ask, in your own words. The person can read it.")


class DemographicsBody(Request):
    """What you know of a person without an NHS number. All four are needed."""

    family_name: Name
    given_name: Name
    birth_date: Day
    postcode: Postcode


_TRACED_BY: Final = {"nhs_number": "string", "demographics": "object", "record": "string"}


class TraceRequest(Request):
    """Identify a person: by NHS number, by demographics, or by your own organisation's record of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "required": [given],
                    "properties": {
                        given: {"type": kind},
                        **{other: {"type": "null"} for other in _TRACED_BY if other != given},
                    },
                }
                for given, kind in _TRACED_BY.items()
            ]
        }
    )

    nhs_number: NhsNumber | None = None
    demographics: DemographicsBody | None = None
    record: Reference | None = Field(
        default=None,
        description="Your own id of your record, as in PUT /v1/pointers: for somebody whose NHS number you do not know.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.nhs_number, self.demographics, self.record].count(None) != len(_TRACED_BY) - 1:
            raise ValueError("give one of nhs_number, demographics and record")
        return self


class PointerBody(Request):
    """Say that you hold a record of a person."""

    reference: Reference = Field(description="Your own id of the record. Kept sealed; never shown to anyone.")
    nhs_number: NhsNumber | None = None
    demographics: DemographicsBody | None = None
    label: Literal["U", "R", "V"] | None = Field(
        default=None,
        description=(
            "The person's confidentiality label, if you keep one: unrestricted, restricted, very restricted. "
            "Left out says nothing; it is not unrestricted."
        ),
    )


class PointerRevocation(Request):
    """Say that you no longer hold a record."""

    reference: Reference


class SectionView(Answer):
    """One section from one source."""

    section: Code
    source: Code
    as_of: datetime = Field(description="When the source says this was true (the oldest of its parts).")
    basis: dict[str, Any] = Field(description="The agreement, its clause, and the legal gates it passes.")
    data: dict[str, Any] = Field(
        description="The section's fields; their schema is named by GET /v1/sections."
    )


class ReceiptView(Answer):
    """Proof that this request stands in the audit log. `oncetold audit verify` checks it offline."""

    index: int = Field(ge=0, description="Number of the entry in the log.")
    leaf: str = Field(description="The leaf (41 bytes, base64): version, time, commitment.")
    proof: str = Field(description="C2SP tlog-proof: index, inclusion path and signed checkpoint.")


class ViewAnswer(Answer):
    """A view. What is not shown may still exist."""

    purpose: Code
    sections: list[SectionView]
    unavailable: list[Code] = Field(
        description="Sources of your agreements that cannot be reached now, for anyone."
    )
    notice: str
    watermark: str | None = Field(
        default=None,
        description="For whom, why and when this was made, where the purpose asks for it. Show it with the data.",
    )
    use_until: datetime | None = Field(
        default=None, description="When this must no longer be used; null where its age alone matters."
    )
    receipt: ReceiptView


class ReviewView(Answer):
    """What follows a break-glass, whatever it showed."""

    within_hours: int | None = Field(description="How soon officers look at it.")
    person_told: Literal["at-once", "in-history", "not-yet"] = Field(
        description="When the person learns of it: at once, when they open their history, or not yet."
    )
    notice: str = Field(description="The same in words. Show it to the practitioner.")


class BreakGlassAnswer(ViewAnswer):
    """A view in an emergency. Officers of both organisations will look at it."""

    review: ReviewView


class CheckAnswer(Answer):
    """Confirmed, or not. Not confirmed does not mean no."""

    answer: Literal["confirmed", "not-confirmed"]
    notice: str
    receipt: ReceiptView


class TraceAnswer(Answer):
    """The handle by which your organisation knows the person. Everyone gets one, whether they are known here or not."""

    person: Handle


class PurposeView(Answer):
    """A purpose of the register."""

    purpose: Code
    title: str
    plain_words: str = Field(description="Shown to residents as it stands.")
    legal_text: str
    permission_rule: Literal["permission", "no-objection", "none"] = Field(
        description="What the purpose needs of the person unless an agreement says otherwise."
    )
    maximum_days: int | None = Field(description="The longest that one permission may last.")
    sections: dict[str, list[str]] = Field(description="The most that may be shared: section -> its fields.")
    emergency_reasons: dict[str, str] = Field(
        description=(
            "Codes for `reason_code`, each in plain words. Where there are any, the purpose is for emergencies: it is asked "
            "by POST /v1/break-glass only."
        )
    )
    use_minutes: int | None = Field(description="For how long a view of an emergency may be used.")
    hold_back_reasons: dict[str, str] = Field(
        description="Codes for `hold_back`, each in plain words; none where the person is always told."
    )
    review_hours: int | None = Field(description="Within how many hours officers look at each look.")
    watermark: bool = Field(description="Whether a view says for whom, why and when it was made.")


class CheckView(Answer):
    """A question that can be asked without seeing the data."""

    check: Code
    title: str
    plain_words: str = Field(description="Shown to residents as it stands.")


class SectionSchemaView(Answer):
    """A section's published schema."""

    section: Code
    version: int
    document: dict[str, Any] = Field(description="JSON Schema 2020-12.")


class OrganisationView(Answer):
    """An organisation of the register. Nothing of it depends on a person."""

    organisation: Code
    title: str
    kind: str
    specified_authority: bool = Field(
        description="Whether the duty to refer (Housing Act 1996 s.213B) is its own: it may refer for `duty-to-refer`."
    )
    takes_referrals_for: list[Code] | None = Field(
        default=None,
        description="With a token alone: the purposes for which your organisation may refer to it now, by the same rule as "
        "POST /v1/referrals. Empty where no agreement in force lets you.",
    )


class HealthView(Answer):
    """The process answers."""

    status: Literal["ok"]


class WitnessesView(Answer):
    """How many witnesses of the log are in which state."""

    ok: int = Field(description="They have cosigned the log as it stood a moment ago.")
    behind: int = Field(description="They have not, or not yet: down, slow, or they refuse.")
    conflict: int = Field(
        description="They have seen a log that this one does not continue. Look into it at once."
    )


class ReadinessView(Answer):
    """Whether the gateway would serve a request now; `part` is what is in doubt."""

    status: Literal["ready", "closed"]
    part: str | None = None
    policy_alert: str | None = Field(
        default=None,
        description="Why the newest policy bundle was refused; the one before it decides until a good one comes.",
    )
    witnesses: WitnessesView | None = Field(
        default=None, description="Told where the log has witnesses. They decide nothing about readiness."
    )


class ResourceMetadata(Answer):
    """Protected resource metadata (RFC 9728 section 2)."""

    resource: str
    authorization_servers: list[str]
    bearer_methods_supported: list[str]
    scopes_supported: list[str]


class FaultView(Answer):
    """One fault of a request's body or query."""

    where: str = Field(description="Names of the contract's own members, joined by dots.")
    mend: str


class ProblemView(Answer):
    """RFC 9457 problem details. `type` leads to its cause and remedy; branch on it, never on the words."""

    type: str = Field(json_schema_extra={"format": "uri-reference"})
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What to do. Holds nothing of the request.")
    correlation_id: str = Field(description="Tell us this if you ask for help. Also in the header.")
    faults: list[FaultView] = Field(default=[], description="With a body that does not fit: each fault.")
    clause: str | None = Field(
        default=None, description="With a refusal: the clause of the agreement that says so."
    )
    state: str | None = Field(
        default=None, description="With a step that does not fit: where the referral stands."
    )


REQUESTS: Final = (
    ViewRequest,
    BreakGlassRequest,
    CheckRequest,
    TraceRequest,
    PointerBody,
    PointerRevocation,
)
ANSWERS: Final = (
    ViewAnswer,
    BreakGlassAnswer,
    CheckAnswer,
    CheckView,
    TraceAnswer,
    PurposeView,
    SectionSchemaView,
    OrganisationView,
    HealthView,
    ReadinessView,
    ResourceMetadata,
    ProblemView,
)
