"""Promise 3, minimal: the policy's part.

A decision permits exactly the purpose's fields, within agreement, within what the permission rule yields for this person,
within the practitioner's role, less what the label hides; a new field is off until an agreement names it. The rule stands
here a second time, in Python and straight from the registers, and holds for questions that nobody thought of. Its
companions take one protection at a time away and show that the promise breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.vocabulary import Kind, Label, PermissionRule
from gateway.policy.port import Asker, Decision, Permission, Question, Subject
from gateway.policy.registers import Agreement, Registers, RoleTerms, Status, agreements_in_force
from gateway.policy.wasm import WasmEngine
from tests.unit.gateway.policy.world import engine, world

WORLD = world()
HOME = "interact-home-health"
FIELDS = sorted({field for section in WORLD.sections.values() for field in section.fields})
ALLOWING = {Kind.CONFIDENTIALITY_CONSENT, Kind.REFERRAL_AGREEMENT}
QUESTIONS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def some_of(names: list[str]) -> st.SearchStrategy[frozenset[str]]:
    """A few of the names, or anything, or nothing."""
    return st.one_of(st.just(frozenset({"*"})), st.frozensets(st.sampled_from(names), max_size=3))


EVERYTHING = {name: section.fields for name, section in WORLD.sections.items()}
WOUND_DOWN = sorted(each.id for each in WORLD.agreements.values() if each.winding_down is not None)
DAYS = [datetime(year, month, 15, 12, tzinfo=UTC) for year in (2025, 2026, 2027) for month in (2, 7, 11)]

PERMISSIONS = st.builds(
    Permission,
    id=st.uuids().map(str),
    kind=st.sampled_from([kind.value for kind in Kind]),
    purposes=some_of(sorted(WORLD.purposes)),
    sections=st.dictionaries(
        st.sampled_from([*sorted(WORLD.sections), "*"]), some_of(FIELDS), max_size=4
    ),
    sources=some_of(sorted(WORLD.organisations)),
    recipients=some_of(sorted(WORLD.organisations)),
    precedes=st.frozensets(st.sampled_from(WOUND_DOWN)) if WOUND_DOWN else st.just(frozenset()),
)  # fmt: skip
TERMS = [
    (recipient.organisation, role, purpose, terms.checks)
    for agreement in WORLD.agreements.values()
    for recipient in agreement.recipients
    for role, terms in recipient.roles.items()
    for purpose in sorted(agreement.purposes)
]


GENEROUS = Permission(
    "all",
    Kind.CONFIDENTIALITY_CONSENT.value,
    frozenset(WORLD.purposes),
    EVERYTHING,
    frozenset({"*"}),
    frozenset(WORLD.organisations),
    frozenset(WOUND_DOWN),
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Mostly questions that some agreement answers, about people with all kinds of wishes."""
    organisation, role, purpose, checks = draw(st.sampled_from(TERMS))
    emergency = WORLD.purposes[purpose].emergency
    permissions = draw(st.lists(PERMISSIONS, max_size=3, unique_by=lambda each: each.id))
    if draw(st.booleans()):
        permissions.append(GENEROUS)
    sections = draw(st.none() | st.frozensets(st.sampled_from(sorted(WORLD.sections)), max_size=3))
    return Question(
        asker=Asker(organisation, "app", role, frozenset({"views"}), strong=draw(st.booleans())),
        purpose=purpose,
        sections=sections,
        agreements=agreements_in_force(WORLD, draw(st.sampled_from(DAYS))),
        subject=Subject(
            draw(st.sampled_from(list(Label))),
            draw(
                st.just(frozenset(WORLD.organisations))
                | st.frozensets(st.sampled_from(sorted(WORLD.organisations)))
            ),
            tuple(permissions),
        ),
        suspended=draw(
            st.just(frozenset()) | st.frozensets(st.sampled_from(sorted(WORLD.agreements)), max_size=2)
        ),
        check=draw(st.none() | st.sampled_from(sorted(WORLD.checks))) if checks else None,
        emergency=draw(st.none() | st.sampled_from(sorted(emergency.reasons))) if emergency else None,
    )


@pytest.fixture(scope="module")
def policy() -> Iterator[WasmEngine]:
    with engine(WORLD) as opened:
        yield opened


def shown(decision: Decision) -> set[tuple[str, str, str]]:
    """Every (source, section, field) that a decision permits."""
    return {
        (permit.source, section, field)
        for permit in decision.permits
        for section, fields in permit.sections.items()
        for field in fields
    }


def covers(names: frozenset[str], name: str) -> bool:
    return name in names or "*" in names


def grants(
    permission: Permission, question: Question, agreement: Agreement, section: str, field: str
) -> bool:
    """A grant reaches what it names; under an agreement that is wound down, only if it was given before."""
    return (
        permission.kind in ALLOWING
        and question.purpose in permission.purposes
        and question.asker.organisation in permission.recipients
        and field in permission.sections.get(section, frozenset())
        and (agreement.status is not Status.WINDING_DOWN or agreement.id in permission.precedes)
    )


def refuses(permission: Permission, question: Question, section: str, field: str) -> bool:
    return (
        permission.kind in {Kind.OBJECTION, Kind.DISSENT}
        and covers(permission.purposes, question.purpose)
        and covers(permission.recipients, question.asker.organisation)
        and any(covers(permission.sections.get(key, frozenset()), field) for key in (section, "*"))
    )


def may_be_shown(registers: Registers, question: Question, source: str, section: str, field: str) -> bool:
    """The promise, written out from the registers."""
    role = question.asker.role
    agreements = [
        agreement
        for agreement in registers.agreements.values()
        if agreement.id in question.agreements - question.suspended
        and agreement.status in {Status.ACTIVE, Status.WINDING_DOWN}
        and question.purpose in agreement.purposes
        and source in {terms.organisation for terms in agreement.sources}
        and role in roles_of(agreement, question.asker.organisation)
    ]
    if len(agreements) != 1 or question.subject.label is Label.REDACTED or role is None:
        return False
    agreement = agreements[0]
    hidden = registers.organisations[source].hidden
    granted = any(
        (source in permission.sources or ("*" in permission.sources and not hidden))
        and grants(permission, question, agreement, section, field)
        for permission in question.subject.permissions
    )
    refused = any(
        covers(permission.sources, source) and refuses(permission, question, section, field)
        for permission in question.subject.permissions
    )
    rule = agreement.rule(section)
    return (
        source in question.subject.pointers
        and (question.sections is None or section in question.sections)
        and field in registers.purposes[question.purpose].sections.get(section, frozenset())
        and any(
            terms.organisation == source and field in terms.sections.get(section, frozenset())
            for terms in agreement.sources
        )
        and sees(registers, agreement, question, section, field)
        and (granted or (rule is not PermissionRule.PERMISSION and not hidden))
        and (rule is PermissionRule.NONE or not refused)
        and (
            question.subject.label is Label.UNRESTRICTED or field not in registers.sections[section].locations
        )
    )


def sees(registers: Registers, agreement: Agreement, question: Question, section: str, field: str) -> bool:
    role = question.asker.role or ""
    terms = roles_of(agreement, question.asker.organisation)[role]
    if question.check is None:
        return field in (agreement.sections if terms.sees is None else terms.sees).get(section, frozenset())
    check = registers.checks[question.check]
    return check.id in terms.checks and (check.section, check.field) == (section, field)


def roles_of(agreement: Agreement, organisation: str) -> Mapping[str, RoleTerms]:
    for recipient in agreement.recipients:
        if recipient.organisation == organisation:
            return recipient.roles
    return {}


@QUESTIONS
@given(question=questions())
async def test_promise_3_exactly_what_every_gate_lets_through_is_permitted(
    policy: WasmEngine, question: Question
) -> None:
    decision = await policy.decide(question)
    everything = {
        (source.id, section.id, field)
        for source in WORLD.organisations.values()
        for section in WORLD.sections.values()
        for field in section.fields
        if may_be_shown(WORLD, question, source.id, section.id, field)
    }
    assert shown(decision) == (set() if decision.refusal else everything)


@QUESTIONS
@given(question=questions())
async def test_promise_3_what_may_be_told_does_not_depend_on_the_person(
    policy: WasmEngine, question: Question
) -> None:
    stranger = replace(question, subject=Subject(Label.UNKNOWN, frozenset(), ()))
    one, other = await policy.decide(question), await policy.decide(stranger)
    assert (one.refusal, one.named_sources, one.permitted_labels) == (
        other.refusal,
        other.named_sources,
        other.permitted_labels,
    )
    assert "safe-haven" not in one.named_sources


@QUESTIONS
@given(question=questions())
async def test_promise_3_what_is_permitted_rests_on_permissions_that_were_given(
    policy: WasmEngine, question: Question
) -> None:
    decision = await policy.decide(question)
    given_ids = {permission.id for permission in question.subject.permissions if permission.kind in ALLOWING}
    for permit in decision.permits:
        assert permit.permissions <= given_ids
        agreement = WORLD.agreements[str(permit.basis["agreement"])]
        if any(agreement.rule(section) is PermissionRule.PERMISSION for section in permit.sections):
            assert permit.permissions


async def test_promise_3_a_new_field_is_off_until_an_agreement_names_it() -> None:
    contact = WORLD.sections["contact"]
    wider = replace(contact, titles={**contact.titles, "nickname": "Nickname"})
    purpose = WORLD.purposes[HOME]
    purposes = {
        **WORLD.purposes,
        HOME: replace(purpose, sections={**purpose.sections, "contact": wider.fields}),
    }
    grown = replace(WORLD, sections={**WORLD.sections, "contact": wider}, purposes=purposes)
    nickname = ("norwich-city-council", "contact", "nickname")
    question = asked("social-prescriber", Label.UNRESTRICTED, "*")
    with engine(grown) as opened:
        assert nickname not in shown(await opened.decide(question))

    def named(agreement: Agreement) -> Agreement:
        sections = {**agreement.sections, "contact": wider.fields}
        council, *others = agreement.sources
        return replace(agreement, sections=sections, sources=(replace(council, sections=sections), *others))

    with engine(changed(grown, named)) as opened:
        assert nickname in shown(await opened.decide(question))


def asked(role: str, label: Label, field: str) -> Question:
    """Age Well asks about somebody who is known everywhere and allowed one field, or all that there is (`*`)."""
    sections = {
        name: fields | {"nickname"} if field == "*" else frozenset({field})
        for name, fields in EVERYTHING.items()
    }
    wish = Permission(
        "g",
        Kind.CONFIDENTIALITY_CONSENT.value,
        frozenset({HOME}),
        sections,
        frozenset({"*"}),
        frozenset({"age-well-norfolk"}),
    )
    subject = Subject(label, frozenset(WORLD.organisations), (wish,))
    return Question(
        Asker("age-well-norfolk", "app", role, frozenset({"views"})), HOME, None, frozenset({HOME}), subject
    )


def changed(registers: Registers, change: Callable[[Agreement], Agreement]) -> Registers:
    return replace(registers, agreements={**registers.agreements, HOME: change(registers.agreements[HOME])})


def without_its_rule(agreement: Agreement) -> Agreement:
    gate = WORLD.agreements["safeguarding-enquiry"].confidentiality
    return replace(agreement, permission_rule=PermissionRule.NONE, confidentiality=gate)


def without_its_roles(agreement: Agreement) -> Agreement:
    recipients = tuple(
        replace(recipient, roles={role: replace(terms, sees=None) for role, terms in recipient.roles.items()})
        for recipient in agreement.recipients
    )
    return replace(agreement, recipients=recipients)


def without_its_limits(agreement: Agreement) -> Agreement:
    sections = WORLD.purposes[HOME].sections
    sources = tuple(replace(terms, sections=sections) for terms in agreement.sources)
    return replace(agreement, sections=sections, sources=sources)


def without_locations(registers: Registers) -> Registers:
    sections = {name: replace(section, locations=frozenset()) for name, section in registers.sections.items()}
    return replace(registers, sections=sections)


def without_secrets(registers: Registers) -> Registers:
    organisations = {name: replace(each, hidden=False) for name, each in registers.organisations.items()}
    return replace(registers, organisations=organisations)


UNPROTECTED = {
    "the permission rule": (
        changed(WORLD, without_its_rule),
        asked("social-prescriber", Label.UNRESTRICTED, "email"),
    ),
    "the role": (changed(WORLD, without_its_roles), asked("volunteer", Label.UNRESTRICTED, "*")),
    "the agreement": (
        changed(WORLD, without_its_limits),
        asked("social-prescriber", Label.UNRESTRICTED, "*"),
    ),
    "the label": (without_locations(WORLD), asked("social-prescriber", Label.VERY_RESTRICTED, "*")),
    "the secret": (without_secrets(WORLD), asked("social-prescriber", Label.UNRESTRICTED, "*")),
}


@pytest.mark.parametrize("protection", UNPROTECTED)
async def test_promise_3_breaks_without(protection: str) -> None:
    """The companion: with one protection taken out of the registers, the same question shows more than the promise."""
    registers, question = UNPROTECTED[protection]
    with engine(WORLD) as whole, engine(registers) as opened:
        promised, more = shown(await whole.decide(question)), shown(await opened.decide(question))
    assert all(may_be_shown(WORLD, question, *each) for each in promised)
    assert not all(may_be_shown(WORLD, question, *each) for each in more)
