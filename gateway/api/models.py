"""The bodies of the API as published in openapi/gateway.yaml: strict, closed, bounded.

A field that the contract does not name is refused (mass assignment), and so is a value of another type: nothing is coerced.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from core.vocabulary import Label
from gateway.people.handles import HANDLE_PATTERN

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Handle = Annotated[str, StringConstraints(pattern=HANDLE_PATTERN)]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Closed(BaseModel):
    """A body that holds what it names and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ViewRequest(Closed):
    """Ask for a view of one person for one purpose."""

    person: Handle = Field(description="The person's handle, from POST /v1/people/trace.")
    purpose: Code = Field(description="A code of GET /v1/purposes.")
    sections: Annotated[list[Code], Field(min_length=1, max_length=24)] | None = Field(
        default=None, description="Sections to show; left out, all that the purpose and the agreements allow."
    )
    reason: Reason = Field(description="Why you look, in your own words. The person can read it.")


class SectionView(Closed):
    """One section from one source."""

    section: Code
    source: Code
    as_of: datetime = Field(description="When the source says this was true (the oldest of its parts).")
    basis: dict[str, Any] = Field(description="The agreement, its clause, and the legal gates it passes.")
    data: dict[str, Any] = Field(
        description="The section's fields; their schema is named by GET /v1/sections."
    )


class ReceiptView(Closed):
    """Proof that this request stands in the audit log."""

    index: int = Field(ge=0, description="Number of the entry in the log.")
    leaf: str = Field(description="The leaf (41 bytes, base64): version, time, commitment.")
    proof: str = Field(description="C2SP tlog-proof: index, inclusion path and signed checkpoint.")


class ViewAnswer(Closed):
    """A view. What is not shown may still exist."""

    purpose: Code
    sections: list[SectionView]
    unavailable: list[Code] = Field(
        description="Sources of your agreements that cannot be reached now, for anyone."
    )
    notice: str
    receipt: ReceiptView


class DemographicsBody(Closed):
    """What you know of a person without an NHS number. All four are needed."""

    family_name: Name
    given_name: Name
    birth_date: date
    postcode: Annotated[str, StringConstraints(min_length=5, max_length=10)]


class TraceRequest(Closed):
    """Identify a person: by NHS number, or by demographics."""

    nhs_number: Annotated[str, StringConstraints(pattern=r"^[0-9 ]{10,14}$")] | None = None
    demographics: DemographicsBody | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.nhs_number is None) == (self.demographics is None):
            raise ValueError("give either nhs_number or demographics")
        return self


class TraceAnswer(Closed):
    """The handle by which your organisation knows the person. Everyone gets one, whether they are known here or not."""

    person: Handle


class PointerBody(Closed):
    """Say that you hold a record of a person."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="Your own id of the record. Kept sealed; never shown to anyone."
    )
    nhs_number: Annotated[str, StringConstraints(pattern=r"^[0-9 ]{10,14}$")] | None = None
    demographics: DemographicsBody | None = None
    label: Literal[Label.UNRESTRICTED, Label.RESTRICTED, Label.VERY_RESTRICTED] | None = Field(
        default=None,
        description="The person's label, if you keep one. Left out says nothing; it is not unrestricted.",
    )


class PointerRevocation(Closed):
    """Say that you no longer hold a record."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PurposeView(Closed):
    """A purpose of the register."""

    purpose: Code
    title: str
    plain_words: str
    legal_text: str
    permission_rule: Literal["permission", "no-objection", "none"]
    maximum_days: int | None
    sections: dict[str, list[str]]


class SectionSchemaView(Closed):
    """A section's published schema."""

    section: Code
    version: int
    document: dict[str, Any]


class OrganisationView(Closed):
    """An organisation of the register."""

    organisation: Code
    title: str
    kind: str


class FaultView(Closed):
    """One fault of a request body."""

    where: str
    mend: str


class ProblemView(BaseModel):
    """RFC 9457 problem details. The type leads to its cause and remedy."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    correlation_id: str
    faults: list[FaultView] | None = None
