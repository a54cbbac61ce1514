"""Step 6: drop whatever was not permitted, apply the labels that arrived to ALL answers, validate (pure).

The sources were asked for no more than the decision permits; what they send in excess is dropped here all the same
(promise 3). A label that arrives with one answer hides the person's location in every answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from adapters.contract import Fragment, Quarantine, SourceAnswer
from core.sections import SectionSchema
from core.vocabulary import Json, JsonObject, Label, strictest
from gateway.policy.port import Decision, SourcePermit
from gateway.policy.register_values import Registers
from gateway.views.values import Fetched, Minimal, ViewSection

_NO_FIELDS: frozenset[str] = frozenset()


def minimise(
    decision: Decision, fetched: Fetched, sections: Mapping[str, SectionSchema], known_label: Label
) -> Minimal:
    """What may leave the gateway. `known_label` is the last one kept for the person."""
    arrived = [one.person_label for one in fetched.answers if one.person_label is not None]
    observed = strictest(arrived) if arrived else None
    label = known_label if observed is None else _effective(known_label, observed)
    permits = {permit.source: permit for permit in decision.permits}
    kept: list[ViewSection] = []
    quarantined: list[Quarantine] = []
    came = 0
    for answer in fetched.answers:
        came += len(answer.fragments)
        quarantined.extend(answer.quarantined)
        permit = permits.get(answer.source)
        if permit is None or answer.person_label is Label.REDACTED:
            continue
        shown, unusable = _sections_of(answer, permit, decision, sections, label)
        kept.extend(shown)
        quarantined.extend(unusable)
    left = sum(_count(section.data) for section in kept)
    kept.sort(key=lambda section: (section.section, section.source))
    return Minimal(tuple(kept), label, observed, came - left, tuple(quarantined))


def believed(fetched: Fetched, registers: Registers) -> Fetched:
    """The answers with those labels only that their sources' word counts for."""
    answers = tuple(
        replace(one, person_label=registers.believed(one.source, one.person_label)) for one in fetched.answers
    )
    return replace(fetched, answers=answers)


def confirmed_only(minimal: Minimal, section: str, field: str, one_of: frozenset[str]) -> Minimal:
    """For a check: what confirms it, or nothing at all. No value of it ever leaves."""
    confirming = tuple(
        one
        for one in minimal.sections
        if one.section == section and not one_of.isdisjoint(_texts(one.data.get(field)))
    )
    return replace(minimal, sections=confirming)


def _texts(value: Json) -> frozenset[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return frozenset(each for each in values if isinstance(each, str))


def _effective(known: Label, observed: Label) -> Label:
    """What a source says now counts over what was last known, but a restriction falls only by the keeper's own hand."""
    return observed if known is Label.UNKNOWN else strictest([known, observed])


def _sections_of(
    answer: SourceAnswer,
    permit: SourcePermit,
    decision: Decision,
    sections: Mapping[str, SectionSchema],
    label: Label,
) -> tuple[list[ViewSection], list[Quarantine]]:
    allowed: dict[str, list[Fragment]] = {}
    for fragment in answer.fragments:
        if _may_leave(fragment, permit, decision, label):
            allowed.setdefault(fragment.section, []).append(fragment)
    shown: list[ViewSection] = []
    unusable: list[Quarantine] = []
    for name, fragments in allowed.items():
        schema = sections[name]
        data = assemble(fragments, schema)
        for bad in schema.validate(data):
            # Named by its field only: a value that does not fit its schema is still the person's.
            unusable.append(Quarantine(f"{name}.{bad}", "does not fit the published schema"))
            data.pop(bad, None)
        if data:
            oldest: datetime = min(fragment.as_of for fragment in fragments)
            shown.append(ViewSection(name, answer.source, oldest, basis_of(permit.basis, name), data))
    return shown, unusable


def basis_of(basis: JsonObject, section: str) -> JsonObject:
    """A section's own basis: where an agreement has a rule of its own for the section, that one is told."""
    rules = basis.get("rules")
    if not isinstance(rules, Mapping):
        return basis
    rule = rules.get(section, basis.get("permission_rule"))
    return {key: value for key, value in basis.items() if key != "rules"} | {"permission_rule": rule}


def _may_leave(fragment: Fragment, permit: SourcePermit, decision: Decision, label: Label) -> bool:
    if fragment.field not in permit.sections.get(fragment.section, _NO_FIELDS):
        return False
    if not fragment.labels <= decision.permitted_labels:
        return False
    return not (
        label.hides_location and fragment.field in decision.location_fields.get(fragment.section, _NO_FIELDS)
    )


def assemble(fragments: Iterable[Fragment], schema: SectionSchema) -> dict[str, Json]:
    """One section's data: scalar fields by their last value, list fields by all their items in order."""
    data: dict[str, Json] = {}
    lists: dict[str, list[Json]] = {}
    for fragment in fragments:
        if fragment.field in schema.list_fields:
            lists.setdefault(fragment.field, []).append(fragment.value)
        else:
            data[fragment.field] = fragment.value
    return data | lists


def _count(data: Mapping[str, Json]) -> int:
    return sum(len(value) if isinstance(value, list | tuple) else 1 for value in data.values())
