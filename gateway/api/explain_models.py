"""The bodies of POST /v1/policy/explain, as published in openapi/gateway.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from gateway.api.models import Answer, Code, Request

FieldsBySource = Annotated[
    dict[str, dict[str, list[str]]], Field(description="Source -> section -> fields, by their codes.")
]


class HypotheticalPerson(Request):
    """A person who is made up. There is no member for a handle or an identifier: nobody real is ever looked at here."""

    label: Literal["U", "R", "V"] = Field(
        default="U", description="Confidentiality label: unrestricted, restricted, very restricted."
    )
    known_at: Annotated[list[Code], Field(max_length=200)] | Literal["all"] = Field(
        default="all",
        description="Organisations that hold something of them; `all` for each. One that nobody knows counts for nothing.",
    )
    allowed: Literal["everything", "nothing"] = Field(
        default="everything",
        description="Whether they allowed your organisation everything, just now, or nothing.",
    )


class ExplainRequest(Request):
    """What you would ask, as your own organisation, about a person who is made up."""

    purpose: Code = Field(description="A code of GET /v1/purposes.")
    role: Code | None = Field(default=None, description="A role of your organisation; left out, your own.")
    sections: Annotated[list[Code], Field(min_length=1, max_length=24)] | None = Field(
        default=None, description="Sections to show; left out, all that the purpose and the agreements allow."
    )
    check: Code | None = Field(default=None, description="A check instead of a view.")
    person: HypotheticalPerson = HypotheticalPerson()
    emergency: Code | None = Field(default=None, description="The coded reason of a break-glass.")
    hold_back: Code | None = Field(
        default=None, description="The coded reason why the person is not told yet."
    )


class RefusalView(Answer):
    """What would be refused whoever the person is."""

    code: str = Field(description="The problem's code, as in the `type` of a 403.")
    detail: str
    clause: str | None


class WouldShow(Answer):
    """A section that one source would be asked for."""

    source: Code
    section: Code
    fields: list[str]
    basis: dict[str, Any] = Field(description="The agreement, its clause, and the legal gates it passes.")


class ClauseView(Answer):
    """A clause of one of your agreements."""

    agreement: Code
    clause: str


class ChangeView(Answer):
    """One thing that, were it otherwise, would change the answer."""

    change: Literal["agreement", "permission", "label", "sign-in", "role", "purpose"]
    to: str = Field(
        description="To what: an agreement that held, a role, a purpose, a label, what was allowed."
    )
    clauses: list[ClauseView] = Field(description="The clauses that say so; none where no agreement does.")
    because: Literal["suspended", "ended", "not-begun"] | None = Field(
        description="With an agreement: why it does not hold now."
    )
    renewal: Code | None = Field(
        description="With an agreement: the one that renews it, perhaps still a draft."
    )
    lifts_refusal: bool = Field(description="Whether what is refused now would be answered.")
    gains: FieldsBySource
    loses: FieldsBySource


class ExplainAnswer(Answer):
    """What would be answered about such a person, and what would change it."""

    refused: RefusalView | None
    would_show: list[WouldShow] = Field(
        description="The most that could be shown; with a check, what it would be answered from."
    )
    obligations: list[dict[str, Any]] = Field(
        description="What would follow besides, each with a `code`: notify, review, hold-back, watermark, expires."
    )
    changes: list[ChangeView]


REQUESTS: Final[tuple[type[BaseModel], ...]] = (ExplainRequest,)
ANSWERS: Final[tuple[type[BaseModel], ...]] = (ExplainAnswer,)
