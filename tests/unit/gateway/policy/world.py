"""The registers of the sandbox and one secret refuge more, and the table of situations as questions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

import policies
from core.vocabulary import Kind, Label
from gateway.policy.compile import Data, concerned, policy_data, with_revision
from gateway.policy.port import Asker, Decision, Permission, Question, Subject
from gateway.policy.registers import (
    Article6,
    Organisation,
    Registers,
    SourceTerms,
    agreements_in_force,
    load_registers,
)
from gateway.policy.wasm import WasmEngine

POLICIES = Path(policies.__file__).parent
TODAY = "2026-11-23"
TABLES = ("situations.yaml", "mission.yaml")
REFUGE = "safe-haven"
NOON = time(12, tzinfo=UTC)
_SERVES = MappingProxyType({"contact": frozenset({"safe_contact"})})


@cache
def world() -> Registers:
    """The sandbox's registers, and a refuge in every agreement that shares a safe contact."""
    registers = load_registers(POLICIES)
    refuge = Organisation(
        REFUGE, "Safe Haven", "charity", ods_code=None, confidential=True, hidden=True, serves=_SERVES
    )
    agreements = {
        agreement.id: replace(
            agreement,
            sources=(*agreement.sources, SourceTerms(REFUGE, _SERVES)),
            article_6=(*agreement.article_6, Article6(REFUGE, "6(1)(f)", "LIA")),
        )
        if "safe_contact" in agreement.sections.get("contact", frozenset())
        else agreement
        for agreement in registers.agreements.values()
    }
    organisations = {**registers.organisations, REFUGE: refuge}
    return replace(registers, organisations=organisations, agreements=agreements)


def engine(registers: Registers, wasm: bytes | None = None) -> WasmEngine:
    """The real engine over the committed policy, or over another one."""
    compiled = (POLICIES / "policy.wasm").read_bytes() if wasm is None else wasm
    return WasmEngine(compiled, data_of(registers), concerned(registers))


def data_of(registers: Registers) -> dict[str, Data]:
    """The data document of the committed policy over some registers."""
    built = json.loads((POLICIES / "policy.json").read_bytes())
    return with_revision(policy_data(registers), built["rego_sha256"])


@dataclass(frozen=True, slots=True)
class Situation:
    """One line of the table."""

    name: str
    question: Question
    expected: Mapping[str, object]


@cache
def situations() -> tuple[Situation, ...]:
    """The table, in its order."""
    tables = [yaml.safe_load((Path(__file__).parent / name).read_text()) for name in TABLES]
    return tuple(
        _situation(entry, table["wishes"], outages_told=table is tables[0])
        for table in tables
        for entry in table["situations"]
    )


def found(decision: Decision, expected: Mapping[str, object]) -> dict[str, object]:
    """What a decision says, in the words of the table; a refusal's detail is cut down to what the table looks for."""
    if decision.refusal is not None:
        refused = {"code": decision.refusal.code}
        if decision.refusal.clause is not None:
            refused["clause"] = decision.refusal.clause
        wanted = expected.get("refused")
        if (
            isinstance(wanted, dict)
            and wanted.get("tells", "") in decision.refusal.detail
            and "tells" in wanted
        ):
            refused["tells"] = wanted["tells"]
        return {"refused": refused}
    told = {
        "shows": {permit.source: _sorted(permit.sections) for permit in decision.permits},
        "rests_on": sorted(set().union(*(permit.permissions for permit in decision.permits))),
        "because": sorted({str(reason["code"]) for reason in decision.reasons}),
        "outages": sorted(decision.named_sources),
        "labels": sorted(decision.permitted_labels),
        "duties": sorted(str(one["code"]) for one in decision.obligations),
    }
    # The mission's table leaves out whose outage may be told: it follows from the agreement alone.
    return {key: value for key, value in told.items() if key != "outages" or key in expected}


def _sorted(sections: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {section: sorted(fields) for section, fields in sorted(sections.items())}


def _situation(entry: dict[str, Any], wishes: dict[str, Any], *, outages_told: bool = True) -> Situation:
    asks, person = entry["asks"], entry["person"]
    day = datetime.fromisoformat(str(entry.get("day", TODAY))).replace(hour=12, tzinfo=UTC)
    question = Question(
        asker=Asker(
            asks["organisation"],
            "app",
            asks["role"],
            frozenset(asks.get("scopes", ["views", "checks", "break-glass"])),
            strong=asks.get("signed_in") == "with a second factor",
        ),
        purpose=asks["purpose"],
        sections=frozenset(asks["sections"]) if "sections" in asks else None,
        agreements=agreements_in_force(world(), day),
        subject=Subject(
            Label(person.get("label", "U")),
            frozenset(person["known_at"]),
            tuple(wish(name, wishes[name]) for name in person.get("said", []) if _stands(wishes[name], day)),
        ),
        suspended=frozenset(entry.get("suspended", [])),
        check=asks.get("check"),
        emergency=asks.get("emergency"),
        hold_back=asks.get("hold_back"),
    )
    if "refused" in entry:
        return Situation(entry["situation"], question, {"refused": entry["refused"]})
    expected = {
        "shows": {source: _sorted(sections) for source, sections in entry["shows"].items()},
        **{key: sorted(entry.get(key, [])) for key in ("rests_on", "because", "labels", "duties")},
    }
    if outages_told:
        expected["outages"] = sorted(entry.get("outages", []))
    return Situation(entry["situation"], question, expected)


def _stands(entry: dict[str, Any], day: datetime) -> bool:
    """Whether a wish is in force on a day: from `given`, to the end of `until`."""
    given = entry.get("given")
    until = entry.get("until")
    return (given is None or given <= day.date()) and (until is None or day.date() <= until)


def wish(name: str, entry: dict[str, Any]) -> Permission:
    """A permission or preference of the table, its name for an id.

    What allows has to name what it allows, so the table's `*` stands there for all that there is today.
    """
    kind = entry.get("kind", Kind.CONFIDENTIALITY_CONSENT.value)
    allows = Kind(kind).allows
    known = world()
    fields = {section.id: section.fields for section in known.sections.values()}
    sections = {section: frozenset(names) for section, names in entry["sections"].items()}
    if allows and "*" in sections:
        sections = fields
    return Permission(
        id=name,
        kind=kind,
        purposes=_named(entry["purposes"], known.purposes, written_out=allows),
        sections={
            section: _named(names, fields[section], written_out=allows) if section in fields else names
            for section, names in sections.items()
        },
        sources=frozenset(entry["sources"]),
        recipients=_named(entry["recipients"], known.organisations, written_out=allows),
        precedes=frozenset(
            agreement.id
            for agreement in known.agreements.values()
            if "given" in entry and agreement.precedes_winding_down(datetime.combine(entry["given"], NOON))
        ),
    )


def _named(names: Iterable[str], everything: Iterable[str], *, written_out: bool) -> frozenset[str]:
    return frozenset(everything) if written_out and "*" in names else frozenset(names)
