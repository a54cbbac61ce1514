"""GET /v1/purposes, /v1/checks, /v1/sections, /v1/organisations: the registers, for partners' developers. Public.

With a token, the organisations say which of them take referrals of the caller's organisation, and for what.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from core.sections import SectionSchema
from gateway.api.documents import PUBLIC_PROBLEMS, problems
from gateway.api.models import CheckView, OrganisationView, PurposeView, SectionSchemaView
from gateway.identity.http import refuse_tokens_elsewhere
from gateway.policy.register_values import Organisation, Purpose, Registers
from gateway.referrals.terms import holding_now, takes_referrals_for
from gateway.views.pipeline import Parts, in_charge
from gateway.views.values import InCharge


@dataclass(frozen=True, slots=True)
class RegisterParts:
    """What these endpoints show: the registers in force now."""

    registers: Registers
    sections: Mapping[str, SectionSchema]


def build_router(parts: Callable[[], RegisterParts], views: Callable[[], Parts]) -> APIRouter:
    """The endpoints over the registers in force. views: who calls, and which agreements hold now."""
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
    taking = _Taking()

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
        response_model_exclude_none=True,
        response_description="The organisations of the register.",
        responses=problems(401, 503),
        operation_id="listOrganisations",
    )
    async def list_organisations(request: Request) -> Response:
        """Public. With a token of any scope also for what each takes referrals of your organisation now."""
        if "authorization" not in request.headers:
            return organisations()
        refuse_tokens_elsewhere(request.scope["query_string"], "")
        caller = await views().verifier.verify(request.headers.getlist("authorization"))
        authority = await in_charge(views())
        content = await asyncio.to_thread(taking.listed, views(), authority, caller.organisation)
        return Response(content, media_type="application/json")

    return router


class _Taking:
    """The organisations as each asking organisation reads them, while the same agreements of the same registers hold."""

    def __init__(self) -> None:
        self._known: tuple[Registers, frozenset[str], dict[str, bytes]] | None = None

    def listed(self, views: Parts, authority: InCharge, sender: str) -> bytes:
        """The answer to an organisation. On a thread: a county's agreements take a while to go through."""
        registers, holding = authority.policy.registers, holding_now(views, authority)
        known = self._known
        if known is None or known[0] is not registers or known[1] != holding:
            self._known = known = (registers, holding, {})
        if sender not in known[2]:
            known[2][sender] = _json(
                _organisation(one, takes_referrals_for(registers, holding, sender, one.id))
                for one in registers.organisations.values()
                if not one.hidden
            )
        return known[2][sender]


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
    shown = (_organisation(one, ()) for one in parts.registers.organisations.values() if not one.hidden)
    return _json(shown, without={"takes_referrals_for"})


def _organisation(one: Organisation, takes: tuple[str, ...]) -> OrganisationView:
    return OrganisationView(
        organisation=one.id,
        title=one.title,
        kind=one.kind,
        specified_authority=one.specified_authority,
        takes_referrals_for=list(takes),
    )


def _json(values: Iterable[BaseModel], without: set[str] | None = None) -> bytes:
    return orjson.dumps([one.model_dump(mode="json", exclude=without) for one in values])
