"""GET /v1/purposes, /v1/sections, /v1/organisations: the registers, for whoever builds a partner application. Public."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter

from core.sections import SectionSchema
from gateway.api.models import OrganisationView, PurposeView, SectionSchemaView
from gateway.policy.register_values import Registers


def build_router(registers: Registers, sections: Mapping[str, SectionSchema]) -> APIRouter:
    """The endpoints over the registers."""
    router = APIRouter(prefix="/v1", tags=["registers"])
    purposes = [
        PurposeView(
            purpose=one.id,
            title=one.title,
            plain_words=one.plain_words,
            legal_text=one.legal_text,
            permission_rule=one.permission_rule.value,
            maximum_days=one.maximum_days,
            sections={name: sorted(fields) for name, fields in sorted(one.sections.items())},
        )
        for one in registers.purposes.values()
    ]
    schemas = [
        SectionSchemaView(section=one.name, version=one.version, document=dict(one.document))
        for one in sections.values()
    ]
    # That someone might be known to a hidden service is secret, but that the service exists in the register is not needed.
    organisations = [
        OrganisationView(organisation=one.id, title=one.title, kind=one.kind)
        for one in registers.organisations.values()
        if not one.hidden
    ]

    @router.get("/purposes", summary="Why a view may be asked", operation_id="listPurposes")
    async def list_purposes() -> list[PurposeView]:
        """The purpose register: codes, plain words, what each needs of the person, and the most it may show."""
        return purposes

    @router.get("/sections", summary="What a view can hold", operation_id="listSections")
    async def list_sections() -> list[SectionSchemaView]:
        """The published section schemas (JSON Schema 2020-12)."""
        return schemas

    @router.get("/organisations", summary="Who takes part", operation_id="listOrganisations")
    async def list_organisations() -> list[OrganisationView]:
        """The organisations of the register."""
        return organisations

    return router
