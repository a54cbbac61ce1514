"""Reads a policy engine's answer into a `Decision`, and refuses whatever is not exactly one.

An engine that answers something else than was asked is in doubt, and doubt discloses nothing (promise 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NoReturn

from core.errors import ClosedError
from core.vocabulary import Json, JsonObject
from gateway.policy.port import Decision, Refusal, SourcePermit

_DECISION = {
    "revision",
    "refusal",
    "permits",
    "named_sources",
    "permitted_labels",
    "location_fields",
    "reasons",
    "obligations",
}
_PERMIT = {"sections", "basis", "permissions"}
_REFUSAL = {"code", "detail", "clause"}
_NOTHING: Mapping[str, frozenset[str]] = MappingProxyType({})


def to_decision(answer: object, revision: str) -> Decision:
    """The decision in an engine's answer, made under this revision; raises ClosedError for anything else, without telling
    what it held.
    """
    top = _object(answer, _DECISION, "the decision")
    if top["revision"] != revision:
        _doubt("it decided under another revision")
    refusal = None if top["refusal"] is None else _refusal(top["refusal"])
    permits = tuple(
        _permit(source, value) for source, value in sorted(_object(top["permits"], None, "permits").items())
    )
    if refusal is not None and permits:
        _doubt("it refuses and permits at once")
    return Decision(
        revision=revision,
        refusal=refusal,
        permits=permits,
        named_sources=_names(top["named_sources"], "named_sources"),
        permitted_labels=_names(top["permitted_labels"], "permitted_labels"),
        location_fields=_sections(top["location_fields"], "location_fields"),
        reasons=_reasons(top["reasons"]),
        obligations=_obligations(top["obligations"]),
    )


def _refusal(value: object) -> Refusal:
    entry = _object(value, _REFUSAL, "a refusal")
    clause = None if entry["clause"] is None else _text(entry["clause"], "a clause")
    return Refusal(_text(entry["code"], "a code"), _text(entry["detail"], "a detail"), clause)


def _permit(source: str, value: object) -> SourcePermit:
    entry = _object(value, _PERMIT, "a permit")
    sections = _sections(entry["sections"], "a permit's sections")
    if not sections or not all(sections.values()):
        _doubt("a permit is empty")
    return SourcePermit(
        source=source,
        sections=sections,
        basis=MappingProxyType(_object(entry["basis"], None, "a basis")),
        permissions=_names(entry["permissions"], "a permit's permissions"),
    )


def in_order(reasons: Iterable[JsonObject]) -> tuple[JsonObject, ...]:
    """Reasons in one order, whichever engine gave them."""
    return tuple(sorted(reasons, key=lambda reason: sorted((key, str(told)) for key, told in reason.items())))


def _reasons(value: object) -> tuple[JsonObject, ...]:
    if not isinstance(value, list):
        _doubt("reasons is no list")
    reasons = []
    for each in value:
        entry = _object(each, None, "a reason")
        reasons.append(
            MappingProxyType({key: _text(told, "a reason") for key, told in sorted(entry.items())})
        )
    return in_order(reasons)


def _obligations(value: object) -> tuple[JsonObject, ...]:
    if not isinstance(value, list):
        _doubt("obligations is no list")
    entries = [_object(each, None, "an obligation") for each in value]
    by_code = {_text(entry.get("code"), "an obligation's code"): entry for entry in entries}
    if len(by_code) != len(entries):
        _doubt("an obligation stands twice")
    return tuple(
        MappingProxyType({key: _told(told) for key, told in sorted(entry.items())})
        for _, entry in sorted(by_code.items())
    )


def _told(value: Json) -> Json:
    """A text, a whole number, or a set of names in order."""
    if isinstance(value, list):
        return tuple(sorted(_names(value, "an obligation")))
    if isinstance(value, bool) or not isinstance(value, str | int):
        _doubt("an obligation is no text, number or list of names")
    return value


def _sections(value: object, what: str) -> Mapping[str, frozenset[str]]:
    entry = _object(value, None, what)
    return (
        MappingProxyType({section: _names(fields, what) for section, fields in entry.items()})
        if entry
        else _NOTHING
    )


def _object(value: object, keys: set[str] | None, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        _doubt(f"{what} is no object")
    if keys is not None and value.keys() != keys:
        _doubt(f"{what} has missing or unknown keys")
    return value


def _names(value: object, what: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        _doubt(f"{what} is no list of names")
    names = frozenset(value)
    if len(names) != len(value):
        _doubt(f"{what} names something twice")
    return names


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        _doubt(f"{what} is no text")
    return value


def _doubt(reason: str) -> NoReturn:
    raise ClosedError("policy engine", reason)
