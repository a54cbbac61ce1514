from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.errors import ClosedError
from core.vocabulary import Kind, Label
from gateway.policy import could_see as module
from gateway.policy.could_see import Because, CouldSee, Row, Standing, could_see
from gateway.policy.port import Asker, Permission, PolicyEngine, Question, Subject
from gateway.policy.register_values import Registers, agreements_in_force
from tests.support.questions import made_up, questions
from tests.support.walk import EVERYTHING, compiled_policy, registers
from tests.unit.gateway.policy.world import engine

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Fact = tuple[str, str, str, str | None, str, str, str]
"""Organisation, role, purpose, check, source, section, field."""


def standing(known: Registers, suspended: frozenset[str] = frozenset()) -> Standing:
    return Standing(known, agreements_in_force(known, NOW), suspended)


def facts(rows: Iterable[Row]) -> set[Fact]:
    return {
        (row.organisation, role, row.purpose, row.check, source, section, field)
        for row in rows
        for role in row.roles
        for source, sections in row.shown.items()
        for section, fields in sections.items()
        for field in fields
    }


async def asked_of_everybody(
    asked: PolicyEngine, now: Standing, subject: Subject, *, contradictory: bool = False
) -> set[Fact]:
    """Every recipient's every role asks for every purpose there is, whether any agreement says so or not.

    contradictory: whether agreements may contradict each other in why they refuse; no decision then shows nothing.
    """
    known = now.registers
    found: set[Fact] = set()
    for organisation, roles in everybody(known):
        for role, (name, purpose) in itertools.product(roles, known.purposes.items()):
            checks = {
                check
                for agreement in known.agreements.values()
                for terms in agreement.recipients
                if terms.organisation == organisation and role in terms.roles
                for check in terms.roles[role].checks
            }
            for check in [None, *sorted(checks)]:
                question = Question(
                    asker=Asker(
                        organisation,
                        "any",
                        role,
                        frozenset({"views", "checks", "break-glass"}),
                        strong=True,
                    ),
                    purpose=name,
                    sections=None if check is None else frozenset({known.checks[check].section}),
                    agreements=now.in_force,
                    subject=subject,
                    suspended=now.suspended,
                    check=check,
                    emergency=max(purpose.emergency.reasons) if purpose.emergency else None,
                )
                try:
                    decision = await asked.decide(question)
                except ClosedError:
                    if not contradictory:
                        raise
                    continue
                found |= {
                    (organisation, role, name, check, permit.source, section, field)
                    for permit in decision.permits
                    for section, fields in permit.sections.items()
                    for field in fields
                }
    return found


def everybody(known: Registers) -> Iterator[tuple[str, list[str]]]:
    roles: dict[str, set[str]] = {}
    for agreement in known.agreements.values():
        for terms in agreement.recipients:
            roles.setdefault(terms.organisation, set()).update(terms.roles)
    for organisation in sorted(roles):
        yield organisation, sorted(roles[organisation])


PEOPLE = [question.subject for question in questions(registers(), 20261123, 10)]


@pytest.mark.parametrize("number", range(len(PEOPLE)))
async def test_the_rows_are_exactly_what_the_policy_would_show_to_anybody(number: int) -> None:
    now = standing(registers())
    found = await could_see(compiled_policy(), now, PEOPLE[number])
    assert found.complete
    assert facts(found.rows) == await asked_of_everybody(compiled_policy(), now, PEOPLE[number])


def test_the_generated_people_are_seen_for_every_reason_and_by_nobody_too() -> None:
    assert len({person.label for person in PEOPLE}) > 2
    assert len({one.kind for person in PEOPLE for one in person.permissions}) > 2


async def test_under_made_up_registers_too_or_it_closes() -> None:
    compared = 0
    for seed in range(3):
        known = made_up(registers(), seed)
        now = standing(known)
        for question in questions(known, seed, 2):
            with engine(known) as asked:
                try:
                    found = await could_see(asked, now, question.subject)
                except ClosedError:
                    # Made-up agreements contradict each other: nobody could look under them either.
                    continue
                assert facts(found.rows) == await asked_of_everybody(
                    asked, now, question.subject, contradictory=True
                )
                compared += 1
    assert compared >= 2


PERSON = Subject(
    Label.UNRESTRICTED,
    frozenset({"norwich-city-council", "wensum-valley-practice", "harbour-charity", "willow-refuge"}),
    (),
)


def grant(name: str, organisation: str, purpose: str, sources: frozenset[str], **more: object) -> Permission:
    permission = Permission(
        id=name,
        kind=Kind.CONFIDENTIALITY_CONSENT.value,
        purposes=frozenset({purpose}),
        sections=EVERYTHING,
        sources=sources,
        recipients=frozenset({organisation}),
    )
    return replace(permission, **more)  # type: ignore[arg-type] # single members of a frozen value


TRIAGE = grant("p1", "norfolk-county-council", "early-help-triage", frozenset("*"))
OBJECTION = Permission(
    "o1",
    Kind.OBJECTION.value,
    frozenset("*"),
    {"*": frozenset("*")},
    frozenset("*"),
    frozenset("*"),
)


async def rows_of(*permissions: Permission, label: Label = Label.UNRESTRICTED) -> CouldSee:
    person = replace(PERSON, permissions=permissions, label=label)
    return await could_see(compiled_policy(), standing(registers()), person)


async def test_what_rests_on_the_persons_yes_goes_with_it_and_what_the_law_allows_stays() -> None:
    with_yes, without = await rows_of(TRIAGE), await rows_of()
    allowed = [row for row in with_yes.rows if row.because is Because.ALLOWED]
    assert {row.organisation for row in allowed} == {"norfolk-county-council"}
    assert {row.permissions for row in allowed} == {frozenset({"p1"})}
    assert facts(with_yes.rows) - facts(allowed) == facts(without.rows)
    assert {row.because for row in without.rows} == {Because.LAW, Because.NO_OBJECTION}


async def test_an_objection_stops_what_may_be_objected_to_and_nothing_else() -> None:
    before, after = await rows_of(TRIAGE), await rows_of(TRIAGE, OBJECTION)
    assert {row.because for row in after.rows} == {Because.LAW}
    assert facts(after.rows) == facts(row for row in before.rows if row.because is Because.LAW)


async def test_roles_that_could_see_the_same_stand_together() -> None:
    found = await rows_of(TRIAGE)
    (row,) = [row for row in found.rows if row.purpose == "early-help-triage"]
    assert row.roles == ("social-worker", "triager")
    assert row.agreements == {"early-help-triage"}


async def test_what_two_permissions_reach_stands_apart_by_permission() -> None:
    debts = {"debts": EVERYTHING["debts"]}
    contact = {"contact": EVERYTHING["contact"]}
    found = await rows_of(replace(TRIAGE, sections=debts), replace(TRIAGE, id="p2", sections=contact))
    rows = {row.permissions: row for row in found.rows if row.because is Because.ALLOWED}
    assert rows.keys() == {frozenset({"p1"}), frozenset({"p2"})}
    assert {section for sections in rows[frozenset({"p1"})].shown.values() for section in sections} == {
        "debts"
    }


async def test_a_hidden_source_stands_only_where_the_persons_own_yes_names_it() -> None:
    hub = grant("p1", "norwich-help-hub", "early-help-triage", frozenset("*"))
    assert all("willow-refuge" not in row.shown for row in (await rows_of(hub)).rows)
    named = await rows_of(replace(hub, sources=frozenset({"willow-refuge"})))
    (row,) = [row for row in named.rows if "willow-refuge" in row.shown]
    assert row.because is Because.ALLOWED
    assert row.permissions == {"p1"}


async def test_what_the_label_takes_away_is_in_no_row() -> None:
    places = {"address", "postcode", "uprn"}
    assert {fact[-1] for fact in facts((await rows_of(TRIAGE)).rows)} & places
    assert (
        not {fact[-1] for fact in facts((await rows_of(TRIAGE, label=Label.VERY_RESTRICTED)).rows)} & places
    )
    assert (await rows_of(TRIAGE, label=Label.REDACTED)).rows == ()


async def test_an_emergency_is_a_kind_of_its_own() -> None:
    emergencies = [row for row in (await rows_of()).rows if row.emergency]
    assert {row.purpose for row in emergencies} == {"break-glass-emergency"}
    assert "norwich-acute-hospital" in {row.organisation for row in emergencies}


async def test_a_check_stands_as_the_question_that_it_is() -> None:
    landlord = grant("p1", "brightwater-lettings", "tenancy-check", frozenset({"norwich-city-council"}))
    rows = [row for row in (await rows_of(landlord)).rows if row.organisation == "brightwater-lettings"]
    assert {row.check for row in rows} == {"benefit-in-payment", "rent-account-clear"}


async def test_a_suspended_agreement_lets_nobody_see_and_an_unknown_person_is_seen_by_nobody() -> None:
    now = standing(registers(), frozenset({"early-help-triage"}))
    suspended = await could_see(compiled_policy(), now, replace(PERSON, permissions=(TRIAGE,)))
    assert "early-help-triage" not in {row.purpose for row in suspended.rows}
    nobody = await could_see(compiled_policy(), standing(registers()), replace(PERSON, pointers=frozenset()))
    assert nobody == CouldSee((), complete=True)


async def test_more_than_the_most_questions_are_not_asked_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LOOKS_MAXIMUM", 2)
    assert not (await rows_of(TRIAGE)).complete
