"""What no schema can say: the registers checked against each other.

Each check raises a `RegisterError` that says what to change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import TypeVar

from core.vocabulary import PermissionRule
from gateway.policy.register_files import Document
from gateway.policy.register_values import Agreement, Check, Fields, Organisation, Purpose, Registers, Status

_T = TypeVar("_T")

_ASKS = {PermissionRule.NONE: 0, PermissionRule.NO_OBJECTION: 1, PermissionRule.PERMISSION: 2}
"""How much a rule asks of the person."""

_GATES = {
    PermissionRule.PERMISSION: {"explicit-consent", "implied-consent", "statute", "public-interest"},
    PermissionRule.NO_OBJECTION: {"implied-consent", "statute", "public-interest"},
    PermissionRule.NONE: {"statute", "public-interest"},
}
"""Which confidentiality gates a permission rule can pass: explicit consent needs a permission."""


def check_organisation(
    organisation: Organisation, registers: Registers, document: Document, index: int
) -> None:
    """Only known sections and fields are served, and an NHS organisation has an ODS code."""
    where = ("organisations", index)
    _known_fields(organisation.serves, registers, document, *where, "serves")
    if organisation.kind == "nhs" and organisation.ods_code is None:
        raise document.error(f"{organisation.id} is an NHS organisation: give its ods_code", *where)
    if organisation.kind == "dwp" and organisation.only_for is None:
        raise document.error(
            f"{organisation.id} holds DWP data: list the purposes in only_for (SI 2012/1483 reg 5)", *where
        )
    for name in sorted(organisation.only_for or ()):
        _known(name, registers.purposes, "purpose", document, *where, "only_for")


def check_check(check: Check, registers: Registers, document: Document, index: int) -> None:
    """A check asks about a known field."""
    where = ("checks", index)
    _known_fields({check.section: frozenset({check.field})}, registers, document, *where, "section")


def check_purpose(purpose: Purpose, registers: Registers, document: Document, index: int) -> None:
    """Only known sections and fields, and a permission must end or be looked at again."""
    where = ("purposes", index)
    _known_fields(purpose.sections, registers, document, *where, "sections")
    asks = purpose.permission_rule is not PermissionRule.NONE
    if asks and purpose.maximum_days is None and purpose.review_days is None:
        raise document.error(
            f"{purpose.id} has no end: give maximum_days or review_days", *where, "maximum_days"
        )
    if purpose.emergency is not None and (purpose.review_hours is None or not purpose.notify):
        raise document.error(
            f"{purpose.id} is for emergencies: each look is reviewed and told, so give review_hours and notify: true",
            *(*where, "emergency"),
        )


def check_agreement(agreement: Agreement, registers: Registers, document: Document) -> None:
    """An agreement against the other registers and against itself."""
    if document.file != f"registers/agreements/{agreement.id}.yaml":
        raise document.error(f"the file must be called {agreement.id}.yaml, as its id", "id")
    _check_dates(agreement, document)
    _check_parties(agreement, registers, document)
    _check_sections(agreement, registers, document)
    _check_rule(agreement, registers, document)
    _check_law(agreement, registers, document)
    _check_signatures(agreement, document)


def check_between(agreements: Mapping[str, Agreement], documents: Mapping[str, Document]) -> None:
    """Renewals that are there, and never two agreements at once for one recipient, source and purpose."""
    for agreement in agreements.values():
        for key, named in (("renews", agreement.renews), ("renewed_by", agreement.renewed_by)):
            if named is not None:
                _known(named, agreements, "agreement", documents[agreement.id], key)
        if agreement.renewed_by is not None and agreements[agreement.renewed_by].renews != agreement.id:
            raise documents[agreement.renewed_by].error(
                f"it must say that it renews {agreement.id}", "renews"
            )
    in_use = [agreement for agreement in agreements.values() if agreement.status is not Status.DRAFT]
    for one, other in combinations(in_use, 2):
        if _contradict(one, other):
            raise documents[other.id].error(
                f"{one.id} and {other.id} hold at the same time for the same purpose, source and recipient: "
                "end one before the other begins, or merge them",
                "valid_from",
            )


def _contradict(one: Agreement, other: Agreement) -> bool:
    sources = {terms.organisation for terms in one.sources} & {terms.organisation for terms in other.sources}
    recipients = {terms.organisation for terms in one.recipients} & {
        terms.organisation for terms in other.recipients
    }
    together = (one.ends is None or other.begins < one.ends) and (
        other.ends is None or one.begins < other.ends
    )
    return together and bool(one.purposes & other.purposes and sources and recipients)


def _check_dates(agreement: Agreement, document: Document) -> None:
    if agreement.valid_until is not None and agreement.valid_until < agreement.valid_from:
        raise document.error("it ends before it starts: change valid_from or valid_until", "valid_until")
    if agreement.review_date < agreement.valid_from:
        raise document.error("it is reviewed before it starts: change review_date", "review_date")
    if agreement.valid_until is not None and agreement.review_date > agreement.valid_until:
        raise document.error("it is reviewed after its end: change review_date", "review_date")
    if (agreement.status is Status.SUSPENDED) != (agreement.suspension is not None):
        raise document.error("status suspended and a suspension go together: give both or neither", "status")
    if (agreement.status is Status.WINDING_DOWN) != (agreement.winding_down is not None):
        raise document.error(
            "status winding-down and winding_down go together: give both or neither", "status"
        )
    if agreement.winding_down is not None and not (
        agreement.valid_from
        <= agreement.winding_down.since
        <= (agreement.valid_until or agreement.winding_down.since)
    ):
        raise document.error("it winds down outside its own time: change since", "winding_down", "since")


def _check_parties(agreement: Agreement, registers: Registers, document: Document) -> None:
    for key, names in (
        ("sources", [terms.organisation for terms in agreement.sources]),
        ("recipients", [terms.organisation for terms in agreement.recipients]),
    ):
        for index, name in enumerate(names):
            _known(name, registers.organisations, "organisation", document, key, index, "organisation")
            if name in names[:index]:
                raise document.error(f"{name} stands twice among the {key}: keep one", key, index)
    for index, recipient in enumerate(agreement.recipients):
        for role in recipient.roles:
            _known(role, registers.roles, "role", document, "recipients", index, "roles", role)
    for key, said in (("suspension", agreement.suspension), ("winding_down", agreement.winding_down)):
        if said is not None and said.by not in agreement.parties:
            raise document.error(f"{said.by} is no party to it", key, "by")


def _check_sections(agreement: Agreement, registers: Registers, document: Document) -> None:
    _known_fields(agreement.sections, registers, document, "sections")
    for name in sorted(agreement.purposes):
        purpose = _known(name, registers.purposes, "purpose", document, "purposes")
        _within(agreement.sections, purpose.sections, f"the purpose {name} allows", document, "sections")
        for index, recipient in enumerate(agreement.recipients):
            for role, terms in recipient.roles.items():
                if not terms.labels <= purpose.labels:
                    odd = ", ".join(sorted(terms.labels - purpose.labels))
                    raise document.error(
                        f"the purpose {name} does not show fragments labelled {odd}: leave them out",
                        *("recipients", index, "roles", role, "labels"),
                    )
    for index, source in enumerate(agreement.sources):
        where = ("sources", index, "sections")
        _within(source.sections, agreement.sections, "the agreement shares", document, *where)
        served = registers.organisations[source.organisation].serves
        _within(source.sections, served, f"{source.organisation} serves", document, *where)
        if not source.sections:
            raise document.error(f"{source.organisation} serves none of the sections: leave it out", *where)
    _check_roles(agreement, registers, document)


def _check_roles(agreement: Agreement, registers: Registers, document: Document) -> None:
    for index, recipient in enumerate(agreement.recipients):
        for role, terms in recipient.roles.items():
            if terms.sees is not None:
                where_role = ("recipients", index, "roles", role, "sees")
                _within(terms.sees, agreement.sections, "the agreement shares", document, *where_role)
            where_checks = ("recipients", index, "roles", role, "checks")
            for name in sorted(terms.checks):
                check = _known(name, registers.checks, "check", document, *where_checks)
                asked = {check.section: frozenset({check.field})}
                _within(asked, agreement.sections, "the agreement shares", document, *where_checks)
            if terms.sees is not None and not any(terms.sees.values()) and not terms.checks:
                raise document.error(
                    f"{role} may neither see nor ask anything: leave the role out",
                    *("recipients", index, "roles", role),
                )


def _check_rule(agreement: Agreement, registers: Registers, document: Document) -> None:
    _within(
        dict.fromkeys(agreement.rules, frozenset()),
        agreement.sections,
        "the agreement shares",
        document,
        "rules",
    )
    least = min((agreement.permission_rule, *agreement.rules.values()), key=_ASKS.__getitem__)
    for name in sorted(agreement.purposes):
        usual = registers.purposes[name].permission_rule
        if _ASKS[least] < _ASKS[usual] and agreement.rule_reason is None:
            raise document.error(
                f"the purpose {name} needs {usual.value} of the person, and this asks less: give rule_reason",
                "rule_reason",
            )


def _check_law(agreement: Agreement, registers: Registers, document: Document) -> None:
    with_basis = [basis.organisation for basis in agreement.article_6]
    for name in sorted(agreement.parties - set(with_basis)):
        raise document.error(f"{name} has no Article 6 basis: add one", "bases", "article_6")
    for index, name in enumerate(with_basis):
        if name not in agreement.parties or name in with_basis[:index]:
            raise document.error(
                f"{name} is no party, or stands twice: keep one basis for each party",
                "bases",
                "article_6",
                index,
            )
        public = registers.organisations[name].kind in {"council", "nhs", "dwp", "police", "probation"}
        if public and agreement.article_6[index].point in {"6(1)(f)", "6(1)(ea)"}:
            raise document.error(
                f"{name} is a public body: it stands on its public task, 6(1)(e)", "bases", "article_6", index
            )
    shared = agreement.sections.items()
    sensitive = sorted(
        f"{section}.{field}"
        for section, fields in shared
        for field in fields & registers.sections[section].sensitive
    )
    if sensitive and agreement.article_9 is None:
        raise document.error(
            f"{', '.join(sensitive)}: special category data need an article_9 condition", "bases", "article_9"
        )
    offences = sorted(
        f"{section}.{field}"
        for section, fields in shared
        for field in fields & registers.sections[section].offences
    )
    if offences and agreement.article_10 is None:
        raise document.error(
            f"{', '.join(offences)}: criminal-offence data need an article_10 condition",
            "bases",
            "article_10",
        )
    _check_lists(agreement, registers, document)
    confidential = sorted(
        terms.organisation
        for terms in agreement.sources
        if registers.organisations[terms.organisation].confidential
    )
    if confidential and agreement.confidentiality is None:
        raise document.error(
            f"{', '.join(confidential)} owes confidentiality: give bases.confidentiality",
            "bases",
            "confidentiality",
        )
    gate = agreement.confidentiality
    for rule in sorted({agreement.permission_rule, *agreement.rules.values()}):
        if gate is not None and confidential and gate.name not in _GATES[rule]:
            raise document.error(
                f"{gate.name} cannot hold where the permission rule is {rule.value}: change one of them",
                *("bases", "confidentiality"),
            )


def _check_lists(agreement: Agreement, registers: Registers, document: Document) -> None:
    """The statutes' own lists: for which purposes DWP data may be used, and whose the duty to refer is."""
    for key, names in (
        ("sources", [terms.organisation for terms in agreement.sources]),
        ("recipients", [terms.organisation for terms in agreement.recipients]),
    ):
        for index, name in enumerate(names):
            organisation = registers.organisations[name]
            for purpose in sorted(agreement.purposes):
                if organisation.only_for is not None and purpose not in organisation.only_for:
                    raise document.error(
                        f"{name} takes part in listed purposes only, and {purpose} is not among them: "
                        "leave it out (SI 2012/1483 reg 5)",
                        *(key, index),
                    )
                specified = registers.purposes[purpose].specified_authorities_only
                if key == "sources" and specified and not organisation.specified_authority:
                    raise document.error(
                        f"{name} is no specified public authority, so {purpose} is not its duty: use an agreed "
                        "referral (Housing Act 1996 s.213B)",
                        *(key, index),
                    )


def _check_signatures(agreement: Agreement, document: Document) -> None:
    signed = {signature.organisation for signature in agreement.signatories}
    for name in sorted(signed - agreement.parties):
        raise document.error(
            f"{name} signed and is no party: leave the signature out, or name the party", "signatories"
        )
    if agreement.status is not Status.DRAFT:
        for name in sorted(agreement.parties - signed):
            raise document.error(
                f"{name} has not signed: add its signature, or make the agreement a draft", "signatories"
            )


def _known(name: str, register: Mapping[str, _T], kind: str, document: Document, *where: str | int) -> _T:
    if name not in register:
        raise document.error(
            f"the {kind} {name!r} is not in the register: correct it, or add it there", *where
        )
    return register[name]


def _known_fields(fields: Fields, registers: Registers, document: Document, *where: str | int) -> None:
    for section, names in fields.items():
        known = _known(section, registers.sections, "section", document, *where, section)
        _no_more(names, known.fields, f"the section {section} has", document, *where, section)


def _within(fields: Fields, most: Fields, owner: str, document: Document, *where: str | int) -> None:
    for section, names in fields.items():
        if section not in most:
            raise document.error(f"{section} is more than {owner}: leave it out", *where, section)
        _no_more(names, most[section], owner, document, *where, section)


def _no_more(
    names: Collection[str], most: Collection[str], owner: str, document: Document, *where: str | int
) -> None:
    for field in sorted(set(names) - set(most)):
        raise document.error(f"the field {field!r} is more than {owner}: leave it out", *where)
