"""All routers of version 1, over parts that are first asked for by a request: so the contract needs no gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from consent.receipts.keys import PublicKey
from gateway.api import (
    audit,
    break_glass,
    checks,
    consent_requests,
    consents,
    consents_representing,
    directory,
    explain,
    key_set,
    operations,
    people,
    referrals,
    registers,
    views,
)
from gateway.api.audit import AuditParts
from gateway.api.consents import ConsentParts
from gateway.api.consents_representing import RepresentingParts
from gateway.api.directory import DirectoryParts
from gateway.api.operations import OperationParts
from gateway.api.people import PeopleParts
from gateway.api.referrals_steps import ReferralParts
from gateway.api.registers import RegisterParts
from gateway.asking import Asking
from gateway.views.pipeline import Parts


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the endpoints use, by router."""

    views: Parts
    people: PeopleParts
    registers: RegisterParts
    directory: DirectoryParts
    asking: Asking
    consents: ConsentParts
    representing: RepresentingParts
    referrals: ReferralParts
    operations: OperationParts
    audit: AuditParts
    receipt_keys: Sequence[PublicKey]


def build_routers(supply: Callable[[], ApiParts]) -> tuple[APIRouter, ...]:
    """The routers in the order of the published contract."""
    return (
        people.build_router(lambda: supply().people),
        views.build_router(lambda: supply().views),
        checks.build_router(lambda: supply().views),
        break_glass.build_router(lambda: supply().views, lambda: supply().registers.registers),
        explain.build_router(lambda: supply().views),
        consent_requests.build_router(lambda: supply().asking),
        consents.build_router(lambda: supply().consents, lambda: supply().registers.registers),
        consents_representing.build_router(lambda: supply().representing),
        referrals.build_router(lambda: supply().referrals),
        registers.build_router(lambda: supply().registers, lambda: supply().views),
        directory.build_router(lambda: supply().directory, lambda: supply().registers.registers),
        audit.build_router(lambda: supply().audit),
        *operations.build_routers(lambda: supply().operations),
        key_set.build_router(lambda: supply().receipt_keys),
    )
