"""Answers in FHIR beside those in JSON, under one address."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

MEDIA_TYPE: Final = "application/fhir+json"


def wants_fhir(request: Request) -> bool:
    """Whether the answer is asked for in FHIR."""
    accepted = ",".join(request.headers.getlist("accept")).split(",")
    return any(one.partition(";")[0].strip().lower() == MEDIA_TYPE for one in accepted)
