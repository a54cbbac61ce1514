"""Loads the registers from `policies/`: every file against its schema, then all of them against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar, cast

from core.vocabulary import PermissionRule
from gateway.policy.register_checks import (
    check_agreement,
    check_between,
    check_check,
    check_organisation,
    check_purpose,
)
from gateway.policy.register_files import (
    Document,
    RegisterError,
    Value,
    check_schema,
    read_document,
    read_json,
    read_schema,
)
from gateway.policy.register_signatures import check_signatures
from gateway.policy.register_values import (
    Agreement,
    Article6,
    Check,
    Emergency,
    Fields,
    HoldBack,
    LegalGate,
    Organisation,
    Purpose,
    RecipientTerms,
    Registers,
    Role,
    RoleTerms,
    Section,
    Signature,
    SourceTerms,
    Status,
    Suspension,
    agreements_in_force,
    next_change,
)

__all__ = [
    "Agreement",
    "Article6",
    "Check",
    "Emergency",
    "Fields",
    "HoldBack",
    "LegalGate",
    "Organisation",
    "Purpose",
    "RecipientTerms",
    "RegisterError",
    "Registers",
    "Role",
    "RoleTerms",
    "Section",
    "Signature",
    "SourceTerms",
    "Status",
    "Suspension",
    "agreements_in_force",
    "load_registers",
    "next_change",
]


def load_registers(folder: Path, schemas: Path | None = None, *, signed: bool = True) -> Registers:
    """Read and check the registers under the `policies` folder (its `registers/`, `schemas/` and `sections/`).

    schemas: where the schemas stand, if not in the folder: those of a bundle are judged by our own.
    signed: whether each party's signature must stand; False only for what is tried out and decides nothing.
    Raises RegisterError for the first thing that is wrong, naming file, line and what to change.
    """
    schemas = schemas or folder / "schemas"
    sections = _by_id(_sections(folder, schemas))
    organisations_file = _read(folder, "registers/organisations.yaml", schemas, "organisations")
    roles_file = _read(folder, "registers/roles.yaml", schemas, "roles")
    purposes_file = _read(folder, "registers/purposes.yaml", schemas, "purposes")
    checks_file = _read(folder, "registers/checks.yaml", schemas, "checks")
    organisations = _listed(organisations_file, "organisations", lambda entry: _organisation(entry, sections))
    roles = _listed(roles_file, "roles", _role)
    purposes = _listed(purposes_file, "purposes", lambda entry: _purpose(entry, sections))
    checks = _listed(checks_file, "checks", _check)
    registers = Registers(organisations, roles, purposes, sections, MappingProxyType({}), checks)
    for index, organisation in enumerate(organisations.values()):
        check_organisation(organisation, registers, organisations_file, index)
    for index, purpose in enumerate(purposes.values()):
        check_purpose(purpose, registers, purposes_file, index)
    for index, check in enumerate(checks.values()):
        check_check(check, registers, checks_file, index)

    documents: dict[str, Document] = {}
    agreements: dict[str, Agreement] = {}
    for path in sorted((folder / "registers" / "agreements").glob("*.yaml")):
        document = _read(folder, path.relative_to(folder).as_posix(), schemas, "agreement")
        agreement = _agreement(document, organisations)
        check_agreement(agreement, registers, document)
        documents[agreement.id] = document
        agreements[agreement.id] = agreement
    check_between(agreements, documents)
    if signed:
        check_signatures(agreements, documents, folder / "registers", schemas)
    return Registers(organisations, roles, purposes, sections, MappingProxyType(agreements), checks)


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_T = TypeVar("_T", bound=_Identified)


def _read(folder: Path, name: str, schemas: Path, schema: str) -> Document:
    document = read_document(folder / name, folder)
    check_schema(document, read_schema(schemas / f"{schema}.schema.json", schemas.parent))
    return document


def _by_id(entries: Iterator[_T]) -> Mapping[str, _T]:
    return MappingProxyType({entry.id: entry for entry in entries})


def _listed(document: Document, key: str, build: Callable[[_Entry], _T]) -> Mapping[str, _T]:
    found: dict[str, _T] = {}
    for index, value in enumerate(cast("list[dict[str, Value]]", document.value[key])):
        entry = build(_Entry(value))
        if entry.id in found:
            raise document.error(f"{entry.id!r} stands twice: keep one", key, index)
        found[entry.id] = entry
    return MappingProxyType(found)


class _Entry:
    """A mapping that its schema has already checked: reads its keys as what they are known to be."""

    __slots__ = ("_value",)

    def __init__(self, value: Mapping[str, Value]) -> None:
        self._value = value

    def text(self, key: str) -> str:
        return str(self._value[key])

    def text_or_none(self, key: str) -> str | None:
        value = self._value.get(key)
        return None if value is None else str(value)

    def number_or_none(self, key: str) -> int | None:
        return cast("int | None", self._value.get(key))

    def flag(self, key: str) -> bool:
        """False where it is left out."""
        return cast("bool", self._value.get(key, False))

    def texts(self, key: str) -> frozenset[str]:
        return frozenset(cast("list[str]", self._value.get(key, [])))

    def has(self, key: str) -> bool:
        return self._value.get(key) is not None

    def entry(self, key: str) -> _Entry:
        return _Entry(cast("Mapping[str, Value]", self._value[key]))

    def entries(self, key: str) -> Sequence[_Entry]:
        return [_Entry(value) for value in cast("list[Mapping[str, Value]]", self._value[key])]

    def names(self) -> Sequence[str]:
        return list(self._value)

    def named(self, key: str) -> Fields:
        """Section -> fields, each by name."""
        value = cast("Mapping[str, list[str]]", self._value[key])
        return MappingProxyType({section: frozenset(fields) for section, fields in value.items()})

    def most(self, key: str, sections: Mapping[str, Section]) -> Fields:
        """Section -> fields, `all` written out; an unknown section's `all` is left empty for the check to name."""
        value = cast("Mapping[str, list[str] | str]", self._value[key])
        known = {name: section.fields for name, section in sections.items()}
        return MappingProxyType(
            {
                section: known.get(section, frozenset()) if fields == "all" else frozenset(fields)
                for section, fields in value.items()
            }
        )


def _sections(folder: Path, schemas: Path) -> Iterator[Section]:
    schema = read_schema(schemas / "section.schema.json", schemas.parent)
    for path in sorted((folder / "sections").glob("*.v*.json")):
        value = read_json(path, folder)
        document = Document(path.relative_to(folder).as_posix(), value, {})
        check_schema(document, schema)
        name, version = path.stem.split(".v", 1)
        if value["$id"] != f"urn:oncetold:section:{name}:v{version}":
            raise document.error(
                f"its $id must be urn:oncetold:section:{name}:v{version}, as the file is called"
            )
        fields = cast("dict[str, dict[str, Value]]", value["properties"])
        yield Section(
            id=name,
            version=int(version),
            title=str(value["title"]),
            description=str(value["description"]),
            titles=MappingProxyType({field: str(of["title"]) for field, of in fields.items()}),
            locations=frozenset(field for field, of in fields.items() if of.get("x-location")),
            sensitive=frozenset(field for field, of in fields.items() if of.get("x-sensitive")),
            offences=frozenset(field for field, of in fields.items() if of.get("x-offence")),
        )


def _organisation(entry: _Entry, sections: Mapping[str, Section]) -> Organisation:
    return Organisation(
        id=entry.text("id"),
        title=entry.text("title"),
        kind=entry.text("kind"),
        ods_code=entry.text_or_none("ods_code"),
        confidential=entry.flag("confidential"),
        hidden=entry.flag("hidden"),
        serves=entry.most("serves", sections),
        keeps_labels=entry.flag("keeps_labels"),
        specified_authority=entry.flag("specified_authority"),
        only_for=entry.texts("only_for") if entry.has("only_for") else None,
    )


def _check(entry: _Entry) -> Check:
    return Check(
        id=entry.text("id"),
        title=entry.text("title"),
        plain_words=entry.text("plain_words"),
        section=entry.text("section"),
        field=entry.text("field"),
        one_of=entry.texts("one_of"),
    )


def _role(entry: _Entry) -> Role:
    return Role(id=entry.text("id"), title=entry.text("title"), plain_words=entry.text("plain_words"))


def _purpose(entry: _Entry, sections: Mapping[str, Section]) -> Purpose:
    return Purpose(
        id=entry.text("id"),
        title=entry.text("title"),
        plain_words=entry.text("plain_words"),
        legal_text=entry.text("legal_text"),
        permission_rule=PermissionRule(entry.text("permission_rule")),
        maximum_days=entry.number_or_none("maximum_days"),
        review_days=entry.number_or_none("review_days"),
        labels=entry.texts("labels"),
        sections=entry.most("sections", sections),
        specified_authorities_only=entry.flag("specified_authorities_only"),
        emergency=_emergency(entry.entry("emergency")) if entry.has("emergency") else None,
        hold_back=_hold_back(entry.entry("hold_back")) if entry.has("hold_back") else None,
        review_hours=entry.number_or_none("review_hours"),
        notify=entry.flag("notify"),
        watermark=entry.flag("watermark"),
    )


def _emergency(entry: _Entry) -> Emergency:
    return Emergency(_reasons(entry), entry.number_or_none("use_minutes") or 0)


def _hold_back(entry: _Entry) -> HoldBack:
    return HoldBack(_reasons(entry), entry.number_or_none("look_again_days") or 0)


def _reasons(entry: _Entry) -> Mapping[str, str]:
    reasons = entry.entries("reasons")
    return MappingProxyType({reason.text("code"): reason.text("plain_words") for reason in reasons})


def _agreement(document: Document, organisations: Mapping[str, Organisation]) -> Agreement:
    entry = _Entry(document.value)
    bases = entry.entry("bases")
    sections = entry.named("sections")
    clauses = entry.entry("clauses")
    return Agreement(
        id=entry.text("id"),
        title=entry.text("title"),
        version=entry.number_or_none("version") or 0,
        status=Status(entry.text("status")),
        valid_from=_day(document, entry.text("valid_from"), "valid_from"),
        valid_until=(
            _day(document, entry.text("valid_until"), "valid_until") if entry.has("valid_until") else None
        ),
        review_date=_day(document, entry.text("review_date"), "review_date"),
        renews=entry.text_or_none("renews"),
        renewed_by=entry.text_or_none("renewed_by"),
        suspension=_suspension(document, entry.entry("suspension")) if entry.has("suspension") else None,
        purposes=entry.texts("purposes"),
        permission_rule=PermissionRule(entry.text("permission_rule")),
        rule_reason=entry.text_or_none("rule_reason"),
        article_6=tuple(
            Article6(basis.text("organisation"), basis.text("point"), basis.text("law"))
            for basis in bases.entries("article_6")
        ),
        article_9=_gate(bases, "article_9", "condition"),
        article_10=_gate(bases, "article_10", "condition"),
        confidentiality=_gate(bases, "confidentiality", "gate"),
        retention=entry.text("retention"),
        clauses=MappingProxyType({subject: clauses.text(subject) for subject in clauses.names()}),
        sections=sections,
        sources=tuple(_source(source, sections, organisations) for source in entry.entries("sources")),
        recipients=tuple(_recipient(recipient) for recipient in entry.entries("recipients")),
        signatories=tuple(
            Signature(
                signature.text("organisation"),
                signature.text("role"),
                _day(document, signature.text("on"), "signatories", index, "on"),
            )
            for index, signature in enumerate(entry.entries("signatories"))
        ),
        winding_down=(
            _suspension(document, entry.entry("winding_down"), "winding_down")
            if entry.has("winding_down")
            else None
        ),
        rules=_rules(entry.entry("rules")) if entry.has("rules") else MappingProxyType({}),
    )


def _rules(entry: _Entry) -> Mapping[str, PermissionRule]:
    return MappingProxyType({section: PermissionRule(entry.text(section)) for section in entry.names()})


def _source(entry: _Entry, agreed: Fields, organisations: Mapping[str, Organisation]) -> SourceTerms:
    """What is written for the source, or else whatever of the agreement's sections the source serves."""
    name = entry.text("organisation")
    if entry.has("sections"):
        return SourceTerms(name, entry.named("sections"))
    served = organisations[name].serves if name in organisations else {}
    both = {section: fields & served.get(section, frozenset()) for section, fields in agreed.items()}
    return SourceTerms(
        name, MappingProxyType({section: fields for section, fields in both.items() if fields})
    )


def _recipient(entry: _Entry) -> RecipientTerms:
    roles = entry.entry("roles")
    return RecipientTerms(
        entry.text("organisation"),
        MappingProxyType(
            {
                role: RoleTerms(
                    _sees(roles.entry(role)),
                    roles.entry(role).texts("labels"),
                    roles.entry(role).texts("checks"),
                )
                for role in roles.names()
            }
        ),
    )


def _sees(entry: _Entry) -> Fields | None:
    written = entry.text("sees")
    if written == "all":
        return None
    return MappingProxyType({}) if written == "nothing" else entry.named("sees")


def _suspension(document: Document, entry: _Entry, key: str = "suspension") -> Suspension:
    return Suspension(
        _day(document, entry.text("since"), key, "since"), entry.text("by"), entry.text("reason")
    )


def _gate(bases: _Entry, key: str, name: str) -> LegalGate | None:
    return LegalGate(bases.entry(key).text(name), bases.entry(key).text("law")) if bases.has(key) else None


def _day(document: Document, text: str, *where: str | int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise document.error(
            f"{text!r} is not a day of the calendar: write it as 2026-04-30", *where
        ) from error
