"""Promise 4, for checks of where somebody lives: confirmed to nobody while a label hides it, known or just arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import pytest

from core.sections import SectionSchema, policies_folder
from core.vocabulary import Label
from gateway.policy.port import Decision, Subject
from gateway.policy.register_values import Check, Registers
from gateway.policy.wasm import WasmEngine, open_engine
from gateway.views import pipeline
from gateway.views.minimise import minimise
from gateway.views.pipeline import subject_of
from gateway.views.values import Fetched, Minimal
from tests.support.api import post
from tests.support.walk import CALLERS, COUNCIL, Walk, registers

LANDLORD = CALLERS["landlord"].organisation
PURPOSE = "tenancy-check"


@cache
def knowing_where() -> tuple[Registers, WasmEngine]:
    """Registers with a check of where somebody lives, which the published ones do not have."""
    known = registers()
    where = frozenset({"postcode"})
    check = Check(
        "lives-there",
        "Lives there",
        "Does this person live there?",
        "contact",
        "postcode",
        frozenset({"NR99 9AA"}),
    )
    purpose, agreement = known.purposes[PURPOSE], known.agreements[PURPOSE]
    terms = {one.organisation: one for one in agreement.recipients}[LANDLORD]
    role = terms.roles["letting-agent"]
    agreement = replace(
        agreement,
        sections={**agreement.sections, "contact": where},
        sources=tuple(
            replace(one, sections={**one.sections, "contact": where}) if one.organisation == COUNCIL else one
            for one in agreement.sources
        ),
        recipients=(replace(terms, roles={"letting-agent": replace(role, checks=role.checks | {check.id})}),),
    )
    changed = replace(
        known,
        checks=MappingProxyType({**known.checks, check.id: check}),
        purposes=MappingProxyType(
            {**known.purposes, PURPOSE: replace(purpose, sections={**purpose.sections, "contact": where})}
        ),
        agreements=MappingProxyType({**known.agreements, PURPOSE: agreement}),
    )
    return changed, open_engine(policies_folder(), changed)


async def lives_there(way: Walk) -> str:
    """Ask the check of where the allowing person lives."""
    known, engine = knowing_where()
    with way.home.database.write() as tx:
        way.home.authority.put(tx, engine.revision)
    await way.allow("landlord", PURPOSE, {"contact": frozenset({"postcode"})})
    body = {"person": way.handle("landlord"), "purpose": PURPOSE, "check": "lives-there", "reason": "Asks"}
    told = await post(way, "/v1/checks", "landlord", body, parts=way.deciding(engine, known))
    return str(told.document["answer"])


def labelled(way: Walk, label: Label, how: str) -> None:
    if how == "arriving":
        way.sources[COUNCIL].label = label
        return
    with way.home.database.write() as tx:
        way.home.locator.observe_label(tx, way.person, label, way.home.clock.now())


async def no_place_is_confirmed(way: Walk, label: Label, how: str) -> None:
    labelled(way, label, how)
    assert await lives_there(way) == "not-confirmed"


async def test_promise_4_checks_a_place_is_confirmed_where_no_label_hides_it(way: Walk) -> None:
    assert await lives_there(way) == "confirmed"


@pytest.mark.parametrize("how", ["known", "arriving"])
@pytest.mark.parametrize("label", [Label.RESTRICTED, Label.VERY_RESTRICTED])
async def test_promise_4_checks_a_label_hides_the_place(way: Walk, label: Label, how: str) -> None:
    await no_place_is_confirmed(way, label, how)


@pytest.mark.parametrize("how", ["known", "arriving"])
async def test_without_heeding_the_label_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def unlabelled(*given: object) -> Subject:
        return replace(subject_of(*given), label=Label.UNRESTRICTED)  # type: ignore[arg-type] # handed on as they came

    def heedless(
        decision: Decision, fetched: Fetched, sections: Mapping[str, SectionSchema], _: Label
    ) -> Minimal:
        answers = tuple(replace(one, person_label=None) for one in fetched.answers)
        return minimise(decision, replace(fetched, answers=answers), sections, Label.UNRESTRICTED)

    monkeypatch.setattr(pipeline, "subject_of", unlabelled)
    monkeypatch.setattr(pipeline, "minimise", heedless)
    with pytest.raises(AssertionError):
        await no_place_is_confirmed(way, Label.RESTRICTED, how)
