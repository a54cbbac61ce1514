"""GET /v1/purposes, /v1/checks, /v1/sections, /v1/organisations: the registers, for partners' developers. Public."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from core.sections import SectionSchema
from gateway.api.documents import PUBLIC_PROBLEMS, problems
from gateway.api.models import CheckView, OrganisationView, PurposeView, SectionSchemaView
from gateway.policy.register_values import Purpose, Registers


@dataclass(frozen=True, slots=True)
class RegisterParts:
    """What these endpoints show: the registers in force now."""

    registers: Registers
    sections: Mapping[str, SectionSchema]


def build_router(parts: Callable[[], RegisterParts]) -> APIRouter:
    """The endpoints over the registers in force."""
    router = APIRouter(prefix="/v1", tags=["registers"], responses=problems(*PUBLIC_PROBLEMS))

    def shown(write: Callable[[RegisterParts], bytes]) -> Callable[[], Response]:
        """The answer of a register: written anew only when other registers are in force."""
        known: tuple[Registers, bytes] | None = None

        def answer() -> Response:
            nonlocal known
            now = parts()
            if known is None or known[0] is not now.registers:
                known = (now.registers, write(now))
            return Response(known[1], media_type="application/json")

        return answer

    purposes, checks, sections, organisations = map(shown, (_purposes, _checks, _sections, _organisations))

    @router.get(
        "/purposes",
        summary="Why a view may be asked",
        response_model=list[PurposeView],
        response_description="The purpose register.",
        operation_id="listPurposes",
    )
    async def list_purposes() -> Response:
        """The purpose register: codes, plain words, what each needs of the person, and the most it may show."""
        return purposes()

    @router.get(
        "/checks",
        summary="What can be asked without seeing the data",
        response_model=list[CheckView],
        response_description="The checks of the register.",
        operation_id="listChecks",
    )
    async def list_checks() -> Response:
        """Questions for POST /v1/checks, in plain words. Which of them a role may ask stands in its agreement."""
        return checks()

    @router.get(
        "/sections",
        summary="What a view can hold",
        response_model=list[SectionSchemaView],
        response_description="The section schemas.",
        operation_id="listSections",
    )
    async def list_sections() -> Response:
        """The published section schemas (JSON Schema 2020-12)."""
        return sections()

    @router.get(
        "/organisations",
        summary="Who takes part",
        response_model=list[OrganisationView],
        response_description="The organisations of the register.",
        operation_id="listOrganisations",
    )
    async def list_organisations() -> Response:
        """The organisations of the register."""
        return organisations()

    return router


def _purposes(parts: RegisterParts) -> bytes:
    return _json(_purpose(one) for one in parts.registers.purposes.values())


def _purpose(one: Purpose) -> PurposeView:
    return PurposeView(
        purpose=one.id,
        title=one.title,
        plain_words=one.plain_words,
        legal_text=one.legal_text,
        permission_rule=one.permission_rule.value,
        maximum_days=one.maximum_days,
        sections={name: sorted(fields) for name, fields in sorted(one.sections.items())},
        emergency_reasons={} if one.emergency is None else dict(one.emergency.reasons),
        use_minutes=None if one.emergency is None else one.emergency.use_minutes,
        hold_back_reasons={} if one.hold_back is None else dict(one.hold_back.reasons),
        review_hours=one.review_hours,
        watermark=one.watermark,
    )


def _checks(parts: RegisterParts) -> bytes:
    return _json(
        CheckView(check=one.id, title=one.title, plain_words=one.plain_words)
        for one in parts.registers.checks.values()
    )


def _sections(parts: RegisterParts) -> bytes:
    return _json(
        SectionSchemaView(section=one.name, version=one.version, document=dict(one.document))
        for one in parts.sections.values()
    )


def _organisations(parts: RegisterParts) -> bytes:
    # That somebody might be known to a hidden service is secret, and nobody needs to read here that it exists.
    return _json(
        OrganisationView(organisation=one.id, title=one.title, kind=one.kind)
        for one in parts.registers.organisations.values()
        if not one.hidden
    )


def _json(values: Iterable[BaseModel]) -> bytes:
    return orjson.dumps([one.model_dump(mode="json") for one in values])
