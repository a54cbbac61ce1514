"""What a FHIR R4 Consent decides, in the ledger's words. Pure.

The root rule says what holds, the rules in it are its exceptions (http://hl7.org/fhir/R4/consent-definitions.html;
IHE PCF 3:5.7: no deeper nesting). An exception that permits must lie within the rule it is an exception of; one that denies
counts as it stands. Of an exception that permits and one that denies the same, the one that denies counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consent.fhir.boxes import ANYBODY, ANYTHING, Box, Leftover, Names, inside, take_all
from consent.fhir.concordance import KIND, POLICY, Code, Concordance
from consent.fhir.elements import an_object, coding, concept, identifier, moments, objects, only, span, text
from consent.fhir.errors import UnrepresentableError
from consent.fhir.people import performed_by
from core.vocabulary import JsonObject, Kind

NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
RECIPIENT: Final[Code] = (_PARTICIPATION, "IRCP")
CUSTODIAN: Final[Code] = (_PARTICIPATION, "CST")
PRIVACY: Final[Code] = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
_ACTIONS: Final = frozenset(
    ("http://terminology.hl7.org/CodeSystem/consentaction", code) for code in ("access", "disclose")
)
CATEGORIES: Final = frozenset(
    {
        ("http://loinc.org", "59284-0"),
        ("http://loinc.org", "57016-8"),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IDSCL"),
    }
)
"""Patient consent; privacy policy acknowledgement; information disclosure. Advance directives are other things."""

_RESOURCE = frozenset(
    {
        "resourceType", "meta", "language", "text", "contained", "identifier", "status", "scope", "category",
        "patient", "dateTime", "performer", "organization", "sourceReference", "sourceAttachment", "policy",
        "verification", "provision",
    }
)  # fmt: skip
_META = frozenset({"versionId", "lastUpdated", "source", "profile", "security", "tag"})
_RULE = frozenset({"type", "period", "actor", "action", "purpose", "class", "provision"})
"""Not here, since the ledger knows no permission for them: `data`, `dataPeriod`, `securityLabel`, `code`, and extensions."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One thing that the resource decides. Names may be `*`; from_ None: since it was said; until None: it goes on."""

    kind: Kind
    purposes: frozenset[str]
    recipients: frozenset[str]
    sections: dict[str, frozenset[str]]
    sources: frozenset[str]
    from_: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Imported:
    """A resource as read. document: how its issuer calls it. patient_numbers: NHS numbers that it names its patient by.

    capacity: in which the performer decided. verified: whether somebody verified it with the patient or their family.
    custodians: organisations that enforce it. said: when.
    """

    document: str
    patient_numbers: frozenset[str]
    capacity: str
    verified: bool
    custodians: frozenset[str]
    said: datetime | None
    decisions: tuple[Decided, ...]


def read_consent(resource: JsonObject, concordance: Concordance) -> Imported:
    """Read a Consent. Raises `UnrepresentableError` for the first element that the ledger cannot hold as it is meant."""
    path = "Consent"
    if resource.get("resourceType") != path:
        raise UnrepresentableError("resourceType", "only a Consent can be imported")
    only(resource, path, _RESOURCE)
    only(an_object(resource, "meta", path) or {}, f"{path}.meta", _META)
    if text(resource, "status", path) != "active":
        raise UnrepresentableError(f"{path}.status", "only an active consent holds")
    if PRIVACY not in concept(an_object(resource, "scope", path) or {}, f"{path}.scope"):
        raise UnrepresentableError(f"{path}.scope", "only consent to share (patient-privacy) belongs here")
    kind = _kind(resource)
    _policy(resource, concordance)
    said = text(resource, "dateTime", path)
    custodians = frozenset(
        _organisation(one, where, concordance) for where, one in objects(resource, "organization", path)
    )
    root = an_object(resource, "provision", path)
    if root is None:
        raise UnrepresentableError(f"{path}.provision", "without a rule nothing is decided")
    sources: Names = frozenset((one,) for one in custodians) or ANYBODY
    permits, denies = _ruled(root, f"{path}.provision", sources, concordance)
    return Imported(
        document=_document(resource),
        patient_numbers=_patient(resource),
        capacity=performed_by(resource),
        verified=_verified(resource),
        custodians=custodians,
        said=None if said is None else moments(said, f"{path}.dateTime")[0],
        decisions=(*_decisions(permits, kind, denies=False), *_decisions(denies, kind, denies=True)),
    )


# The rules ---------------------------------------------------------------------------------------------------------------


def _ruled(
    root: JsonObject, path: str, sources: Names, concordance: Concordance
) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
    """What is permitted and what is denied, as boxes."""
    every = Box(ANYBODY, ANYBODY, sources, ANYTHING)
    base = _box(root, path, every, concordance)
    permits: list[Box] = []
    denies: list[Box] = []
    for where, rule in objects(root, "provision", path):
        if "provision" in rule:
            raise UnrepresentableError(
                f"{where}.provision", "an exception to an exception cannot be held here"
            )
        box = _box(rule, where, base, concordance)
        if _denies(rule, where):
            denies.append(box)
        elif inside(box, base):
            permits.append(box)
        else:
            raise UnrepresentableError(where, "it permits beyond the rule that it is an exception of")
    try:
        if _denies(root, path):
            return take_all(tuple(permits), tuple(denies)), (*take_all((base,), tuple(permits)), *denies)
        return take_all((base,), tuple(denies)), tuple(denies)
    except Leftover as leftover:
        named = _ELEMENT[leftover.side]
        raise UnrepresentableError(
            f"{path}.provision.{named}", "what is left would be any but some, which cannot be held here"
        ) from leftover


_ELEMENT: Final = {"purposes": "purpose", "recipients": "actor", "sources": "actor", "pairs": "class"}


def _denies(rule: JsonObject, path: str) -> bool:
    said = text(rule, "type", path)
    if said not in ("permit", "deny"):
        raise UnrepresentableError(f"{path}.type", "it must say permit or deny")
    return said == "deny"


def _box(rule: JsonObject, path: str, parent: Box, concordance: Concordance) -> Box:
    """What a rule covers: what it does not say, it takes from the rule that it stands in."""
    only(rule, path, _RULE)
    _actions(rule, path)
    recipients, sources = _actors(rule, path, concordance)
    purposes = frozenset(
        (one,)
        for where, code in objects(rule, "purpose", path)
        for one in concordance.purpose(coding(code, where), where)
    )
    pairs = frozenset(
        pair
        for where, code in objects(rule, "class", path)
        for pair in concordance.section(coding(code, where), where)
    )
    from_, until = parent.from_, parent.until
    period = an_object(rule, "period", path)
    if period is not None:
        from_, until = span(period, f"{path}.period")
    box = Box(
        purposes=purposes if "purpose" in rule else parent.purposes,
        recipients=recipients or parent.recipients,
        sources=sources or parent.sources,
        pairs=pairs if "class" in rule else parent.pairs,
        from_=from_,
        until=until,
    )
    if box.empty:
        raise UnrepresentableError(path, "it covers nothing that is shared here")
    return box


def _actions(rule: JsonObject, path: str) -> None:
    for where, action in objects(rule, "action", path):
        if not _ACTIONS.intersection(concept(action, where)):
            raise UnrepresentableError(where, "only access and disclosure are decided here")


def _actors(rule: JsonObject, path: str, concordance: Concordance) -> tuple[Names, Names]:
    recipients, sources = set(), set()
    for where, actor in objects(rule, "actor", path):
        only(actor, where, frozenset({"role", "reference"}))
        role = concept(an_object(actor, "role", where) or {}, f"{where}.role")
        named = (
            _organisation(an_object(actor, "reference", where) or {}, f"{where}.reference", concordance),
        )
        if RECIPIENT in role:
            recipients.add(named)
        elif CUSTODIAN in role:
            sources.add(named)
        else:
            raise UnrepresentableError(f"{where}.role", "only who receives and who holds can be named")
    return frozenset(recipients), frozenset(sources)


def _decisions(boxes: Iterable[Box], kind: Kind | None, *, denies: bool) -> Iterable[Decided]:
    usual = Kind.DISSENT if denies else Kind.CONFIDENTIALITY_CONSENT
    named = usual if kind is None else kind
    for box in boxes:
        if named.refuses is not denies:
            raise UnrepresentableError("Consent.category", "its kind and its rules contradict each other")
        sections: dict[str, frozenset[str]] = {}
        for section, name in sorted(box.pairs):
            sections[section] = sections.get(section, frozenset()) | {name}
        yield Decided(
            kind=named,
            purposes=_plain(box.purposes),
            recipients=_plain(box.recipients),
            sections=sections,
            sources=_plain(box.sources),
            from_=box.from_,
            until=box.until,
        )


def _plain(names: Names) -> frozenset[str]:
    return frozenset(name for (name,) in names)


# The rest of the resource ------------------------------------------------------------------------------------------------


def _kind(resource: JsonObject) -> Kind | None:
    kinds: set[str] = set()
    found = objects(resource, "category", "Consent")
    for where, category in found:
        codes = concept(category, where)
        kinds.update(code for system, code in codes if system == KIND)
        if not CATEGORIES.intersection(codes) and not any(system == KIND for system, _ in codes):
            raise UnrepresentableError(where, "this kind of consent does not belong here")
    if not found or len(kinds) > 1 or not kinds <= set(Kind):
        raise UnrepresentableError("Consent.category", "one kind of consent is needed")
    return Kind(kinds.pop()) if kinds else None


def _policy(resource: JsonObject, concordance: Concordance) -> None:
    found = objects(resource, "policy", "Consent")
    for where, policy in found:
        only(policy, where, frozenset({"uri", "authority"}))
        if text(policy, "uri", where) not in {POLICY, *concordance.policies}:
            raise UnrepresentableError(f"{where}.uri", "this base policy is not one that was agreed on")
    if not found:
        raise UnrepresentableError("Consent.policy", "without its base policy a rule has no meaning")


def _organisation(reference: JsonObject, path: str, concordance: Concordance) -> str:
    only(reference, path, frozenset({"reference", "type", "identifier", "display"}))
    literal = text(reference, "reference", path)
    kind = text(reference, "type", path) or (literal or "Organization/").partition("/")[0]
    if kind != "Organization":
        raise UnrepresentableError(path, "only organisations can be named, never one person")
    named = identifier(an_object(reference, "identifier", path) or {}, f"{path}.identifier")
    return concordance.organisation(named, literal, path)


def _patient(resource: JsonObject) -> frozenset[str]:
    path = "Consent.patient"
    patient = an_object(resource, "patient", "Consent")
    if patient is None:
        raise UnrepresentableError(path, "whose consent it is must be said")
    only(patient, path, frozenset({"reference", "type", "identifier", "display"}))
    named = identifier(an_object(patient, "identifier", path) or {}, f"{path}.identifier")
    return frozenset({named[1]}) if named is not None and named[0] == NHS_NUMBER else frozenset()


def _verified(resource: JsonObject) -> bool:
    found = objects(resource, "verification", "Consent")
    for where, one in found:
        only(one, where, frozenset({"verified", "verifiedWith", "verificationDate"}))
        if one.get("verified") is not True:
            raise UnrepresentableError(f"{where}.verified", "the patient did not confirm it")
    return bool(found)


def _document(resource: JsonObject) -> str:
    for where, one in objects(resource, "identifier", "Consent"):
        found = identifier(one, where)
        if found is not None:
            return "|".join(found)
    named = text(resource, "id", "Consent")
    if named is None:
        raise UnrepresentableError("Consent.identifier", "it needs an identifier or an id")
    return f"Consent/{named}"
