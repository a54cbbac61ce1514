"""The query and answer of GET /v1/directory/services, as published in openapi/gateway.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from gateway.api.audit_models import Query
from gateway.api.models import Answer, Code

PAGE: Final = 20
"""Services of one answer."""

_POSTCODE: Final = re.compile(r"\b[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}\b", re.ASCII)

_LONG_NUMBER: Final = re.compile(r"\d{4}")


def _nobody(value: object) -> object:
    # An address stands in logs and histories: what could tell of somebody does not belong into it (promise 7).
    if isinstance(value, str) and _POSTCODE.search(value):
        raise ValueError("write the first half of a postcode only")
    if isinstance(value, str) and _LONG_NUMBER.search(value):
        raise ValueError("leave out a number of more than three digits: it could be somebody's")
    return value


Words = Annotated[
    str,
    BeforeValidator(_nobody),
    StringConstraints(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]*$",
    ),
]
"""What is searched for: no number of more than three digits and no whole postcode, which could be somebody's."""
ServiceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]{0,99}$")]


class ServicesQuery(Query):
    """Which services are asked for. Every part narrows the answer; nothing in it may tell of a person."""

    q: Words | None = Field(
        default=None,
        description="Words in the service's name, terms, provider, areas or description; each must be found.",
    )
    need: Words | None = Field(
        default=None, description="A theme of referrals, e.g. `housing`, or a term's code or name."
    )
    place: Words | None = Field(
        default=None,
        description="A town or area, or the first half of a postcode. Services that name no area are shown last.",
    )
    eligible: Words | None = Field(
        default=None, description="Whom it is for: an age in years, or a word such as `carer`, or both."
    )
    after: ServiceId | None = Field(
        default=None, description="`next` of the page before; left out, the first page."
    )


class TermView(Answer):
    """What a service is about. A theme of referrals has its own code."""

    code: str
    name: str
    taxonomy: str | None


class EligibilityView(Answer):
    """Whom a service is for, as far as it says: ages in years, both included."""

    minimum_age: int | None = Field(ge=0)
    maximum_age: int | None = Field(ge=0)
    words: str | None


class PlaceView(Answer):
    """Where a service is."""

    name: str | None
    address: str | None
    town: str | None
    postcode: str | None


class PlacesView(Answer):
    """Where a service can be had. A service that must not be found has areas only."""

    areas: list[str]
    sites: list[PlaceView]


class ContactView(Answer):
    """How to reach a service: its own number and mailbox, nobody's."""

    telephone: str | None
    email: str | None


class ServiceView(Answer):
    """One service of the directory."""

    id: ServiceId
    name: str
    organisation: str | None = Field(description="Who provides it, as it is published.")
    organisation_id: Code | None = Field(
        description="The organisation of GET /v1/organisations that provides it: whom a referral can be sent to."
    )
    description: str | None
    needs: list[TermView]
    eligibility: EligibilityView
    places: PlacesView
    contact: ContactView
    url: str | None
    status: Literal["active", "temporarily closed"]


class ServicesAnswer(Answer):
    """A page of services, best first."""

    services: list[ServiceView]
    next: ServiceId | None = Field(description="The `after` of the next page; null on the last one.")


ANSWERS: Final[tuple[type[BaseModel], ...]] = (ServicesAnswer,)
