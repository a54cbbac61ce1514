"""GET /v1/purposes, /v1/sections, /v1/organisations: the registers, for whoever builds a partner application. Public."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from core.sections import SectionSchema
from gateway.api.documents import PUBLIC_PROBLEMS, problems
from gateway.api.models import OrganisationView, PurposeView, SectionSchemaView
from gateway.policy.register_values import Registers


@dataclass(frozen=True, slots=True)
class RegisterParts:
    """What these endpoints show. It does not change while the gateway runs."""

    registers: Registers
    sections: Mapping[str, SectionSchema]


def build_router(parts: Callable[[], RegisterParts]) -> APIRouter:
    """The endpoints over the registers, each answer written once."""
    router = APIRouter(prefix="/v1", tags=["registers"], responses=problems(*PUBLIC_PROBLEMS))

    @cache
    def purposes() -> bytes:
        return _json(
            PurposeView(
                purpose=one.id,
                title=one.title,
                plain_words=one.plain_words,
                legal_text=one.legal_text,
                permission_rule=one.permission_rule.value,
                maximum_days=one.maximum_days,
                sections={name: sorted(fields) for name, fields in sorted(one.sections.items())},
            )
            for one in parts().registers.purposes.values()
        )

    @cache
    def sections() -> bytes:
        return _json(
            SectionSchemaView(section=one.name, version=one.version, document=dict(one.document))
            for one in parts().sections.values()
        )

    @cache
    def organisations() -> bytes:
        # That somebody might be known to a hidden service is secret, and nobody needs to read here that it exists.
        return _json(
            OrganisationView(organisation=one.id, title=one.title, kind=one.kind)
            for one in parts().registers.organisations.values()
            if not one.hidden
        )

    @router.get(
        "/purposes",
        summary="Why a view may be asked",
        response_model=list[PurposeView],
        response_description="The purpose register.",
        operation_id="listPurposes",
    )
    async def list_purposes() -> Response:
        """The purpose register: codes, plain words, what each needs of the person, and the most it may show."""
        return Response(purposes(), media_type="application/json")

    @router.get(
        "/sections",
        summary="What a view can hold",
        response_model=list[SectionSchemaView],
        response_description="The section schemas.",
        operation_id="listSections",
    )
    async def list_sections() -> Response:
        """The published section schemas (JSON Schema 2020-12)."""
        return Response(sections(), media_type="application/json")

    @router.get(
        "/organisations",
        summary="Who takes part",
        response_model=list[OrganisationView],
        response_description="The organisations of the register.",
        operation_id="listOrganisations",
    )
    async def list_organisations() -> Response:
        """The organisations of the register."""
        return Response(organisations(), media_type="application/json")

    return router


def _json(values: Iterable[BaseModel]) -> bytes:
    return orjson.dumps([one.model_dump(mode="json") for one in values])
