"""For any history, the ledger says what a plain reference says: what stands, what is in force until when, who may see."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from sqlalchemy import Connection, text

from consent import permissions
from consent.ledger import NOTHING, Event, Ledger, Standing
from consent.permissions import Given, LedgerError, Permission
from core.keys import SubjectKey
from core.vocabulary import Kind, Label
from gateway.erasing import BY_PERSON
from gateway.people.locator import Person
from gateway.policy.live import AgreementCalendar
from gateway.policy.port import Asker, Decision, Question, Subject
from gateway.views.pipeline import subject_of
from gateway.views.values import Allowed
from tests.support.clock import FakeClock
from tests.support.house import House, house, sqlite_urls
from tests.support.walk import CHARITY, EVERYTHING, compiled_policy, registers
from tests.unit.consent.histories import (
    BEGIN,
    COUNCIL,
    COUNTY,
    HOMELESS,
    PRACTICE,
    SAFEGUARDING,
    TRIAGE,
    Erase,
    Give,
    Step,
    at,
    histories,
    permission_of,
)
from tests.unit.consent.reference import Reference

HOURS = tuple(whole + part for whole in range(-5, 8) for part in (-0.0000003, 0.0, 0.5))
"""Moments to look at: just before (a millisecond), at and after every hour at which something may begin or end."""

Answers = Callable[[Sequence[Permission], datetime], tuple[tuple[Permission, ...], datetime | None]]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("model")
    with house(*sqlite_urls(folder), FakeClock()) as found:
        yield found


@pytest.fixture(scope="module")
def somebody(home: House) -> Person:
    """Known to all, so that only what was decided decides."""
    person = home.person("9990000018", **{one: f"at-{one}" for one in (COUNCIL, PRACTICE, CHARITY)})
    with home.database.write() as tx:
        home.locator.observe_label(tx, person, Label.UNRESTRICTED, BEGIN)
    found = home.locator.by_id(person.id)
    assert found is not None
    return found


def somebody_new(home: House, ledger: Ledger) -> SubjectKey:
    key = home.keys.get_or_create(f"p_model_{next(_numbers)}")
    with home.database.write() as tx:
        ledger.open(tx, key)
    return key


def take(home: House, ledger: Ledger, key: SubjectKey, step: Step) -> bool:
    """One step of the real ledger; False where it refuses."""
    revision = ledger.standing(key).revision + (not isinstance(step, Erase))
    with suppress(LedgerError), home.database.write() as tx:
        match step:
            case Give(said):
                ledger.give(tx, key, permission_of(said), BEGIN)
            case Erase():
                for name, column in BY_PERSON:
                    if column == "person":
                        tx.execute(text(f"DELETE FROM {name} WHERE person = :p"), {"p": key.subject})  # noqa: S608
            case _:
                ledger.withdraw(tx, key, f"c_{step.which}", Given(*step.by), BEGIN)
        # What a disclosure's guard would be told at this moment.
        if not isinstance(step, Erase):
            assert ledger.revision_stands(tx, key.subject, revision)
            assert not ledger.revision_stands(tx, key.subject, revision - 1)
        return True
    return False


def take_in(reference: Reference, step: Step) -> bool:
    """The same step on paper."""
    match step:
        case Give(said):
            return reference.give(said)
        case Erase():
            reference.erase()
            return True
        case _:
            return reference.withdraw(f"c_{step.which}", step.by)


def our_answers(
    standing: Sequence[Permission], now: datetime
) -> tuple[tuple[Permission, ...], datetime | None]:
    return permissions.in_force(standing, now), permissions.next_change(standing, now)


def agree(
    home: House, ledger: Ledger, history: Sequence[Step], answers: Answers = our_answers
) -> tuple[Reference, Standing]:
    """Walk the history through both, and compare everything after every step."""
    key, reference = somebody_new(home, ledger), Reference()
    for step in history:
        before = ledger.standing(key)
        took = take(home, ledger, key, step)
        assert took is take_in(reference, step)
        standing = ledger.standing(key)
        if not took:
            assert standing == before
        assert standing.revision == reference.revision()
        assert standing.permissions == tuple(permission_of(said) for said in reference.standing())
    standing = ledger.standing(key)
    told = [(event.revision, event.what, event.permission, event.by) for event in ledger.history(key)]
    assert told == [
        (number, what, permission_of(said), Given(*by))
        for number, (what, said, by) in enumerate(reference.pages, start=1)
    ]
    assert replayed(ledger.history(key)) == standing
    for hour in HOURS:
        now, changes = at(hour), reference.next_change(hour)
        in_force, next_change = answers(standing.permissions, now)
        assert in_force == tuple(permission_of(said) for said in reference.in_force(hour))
        assert next_change == (None if changes is None else at(changes))
    return reference, standing


def replayed(events: Sequence[Event]) -> Standing:
    """The state, from its events alone."""
    state = NOTHING
    for event in events:
        kept = tuple(one for one in state.permissions if one.id != event.permission.id)
        state = Standing(event.revision, (*kept, event.permission) if event.what == "given" else kept)
    return state


def in_one_house(examples: int) -> settings:
    """The house is of no example: each has a person of its own in it."""
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(deadline=None, suppress_health_check=health, max_examples=examples)


def without_shrinking(examples: int) -> settings:
    """For what only has to be found."""
    return settings(in_one_house(examples), phases=[Phase.generate], database=None)


@in_one_house(100)
@given(histories())
def test_for_any_history_the_ledger_says_what_the_reference_says(home: House, history: list[Step]) -> None:
    agree(home, home.ledger, history)


# What the policy is asked ------------------------------------------------------------------------------------------------

LOOKS = (
    (COUNTY, "triager", TRIAGE),
    (COUNCIL, "housing-officer", HOMELESS),
    (COUNTY, "social-worker", SAFEGUARDING),
)


def question(look: tuple[str, str, str], subject: Subject) -> Question:
    organisation, role, purpose = look
    asker = Asker(organisation, "model", role, frozenset({"views"}))
    return Question(asker, purpose, None, AgreementCalendar(registers()).in_force(BEGIN), subject)


def decided(look: tuple[str, str, str], subject: Subject) -> Decision:
    return asyncio.run(compiled_policy().decide(question(look, subject)))


def shown(decision: Decision) -> set[tuple[str, str, str]]:
    return {
        (permit.source, section, name)
        for permit in decision.permits
        for section, fields in permit.sections.items()
        for name in fields
    }


def most(look: tuple[str, str, str], person: Person) -> dict[tuple[str, str, str], str]:
    """Source, section and field -> permission rule: all that this look could ever show of the person."""
    organisation, _role, purpose = look
    everything = Permission(
        id="c_all",
        kind=Kind.CONFIDENTIALITY_CONSENT,
        purposes=frozenset({purpose}),
        sections=EVERYTHING,
        sources=permissions.ANY,
        recipients=frozenset({organisation}),
        from_=at(-9),
        until=None,
        given=Given("portal", person.id),
    )
    allowed = Allowed(Standing(1, (everything,)), None)
    decision = decided(look, subject_of(person, allowed, AgreementCalendar(registers()), BEGIN))
    rules = {}
    for permit in decision.permits:
        agreement = registers().agreements[str(permit.basis["agreement"])]
        for section, fields in permit.sections.items():
            rules.update({(permit.source, section, name): agreement.rule(section).value for name in fields})
    return rules


Rules = dict[tuple[str, str, str], dict[tuple[str, str, str], str]]


@pytest.fixture(scope="module")
def rules(somebody: Person) -> Rules:
    """Look -> all that it could ever show, with the rule that each stands under."""
    return {look: most(look, somebody) for look in LOOKS}


@in_one_house(30)
@given(histories())
def test_for_any_history_the_policy_lets_be_seen_what_the_reference_lets_be_seen(
    home: House, somebody: Person, rules: Rules, history: list[Step]
) -> None:
    reference, standing = agree(home, home.ledger, history)
    calendar = AgreementCalendar(registers())
    for hour in (0.0, 1.0, 2.5):
        now = at(hour)
        allowed = Allowed(standing, permissions.next_change(standing.permissions, now))
        subject = subject_of(somebody, allowed, calendar, now)
        assert [one.id for one in subject.permissions] == [said["id"] for said in reference.in_force(hour)]
        for look in LOOKS:
            organisation, _role, purpose = look
            expected = {
                (source, section, name)
                for (source, section, name), rule in rules[look].items()
                if reference.may_see(rule, purpose, organisation, source, (section, name), hour)
            }
            assert shown(decided(look, subject)) == expected


def test_the_looks_of_the_model_stand_under_each_of_the_three_rules(rules: Rules) -> None:
    assert [set(rules[look].values()) for look in LOOKS] == [{"permission"}, {"no-objection"}, {"none"}]


# What the model would notice ---------------------------------------------------------------------------------------------


class Forgetful(Ledger):
    """Says that it withdrew, and leaves it standing."""

    def withdraw(
        self, tx: Connection, key: SubjectKey, permission_id: str, by: Given, at: datetime
    ) -> Permission:
        """Gives it again."""
        ended = super().withdraw(tx, key, permission_id, by, at)
        super().give(tx, key, ended, at)
        return ended


class Uncounted(Ledger):
    """Changes what stands without counting it."""

    def give(self, tx: Connection, key: SubjectKey, permission: Permission, at: datetime) -> Standing:
        """Turns the revision back."""
        given = super().give(tx, key, permission, at)
        tx.execute(
            text("UPDATE person_state SET revision = :r WHERE person = :p"),
            {"r": given.revision - 1, "p": key.subject},
        )
        return given


class Replacing(Ledger):
    """Keeps one decision of a kind only."""

    def give(self, tx: Connection, key: SubjectKey, permission: Permission, at: datetime) -> Standing:
        """Throws out the others of its kind."""
        for one in self.standing_in(tx, key).permissions:
            if one.kind is permission.kind:
                self.withdraw(tx, key, one.id, permission.given, at)
        return super().give(tx, key, permission, at)


class Reopening(Ledger):
    """Makes a row for whoever has none."""

    def give(self, tx: Connection, key: SubjectKey, permission: Permission, at: datetime) -> Standing:
        """Opens one first."""
        if (
            tx.execute(text("SELECT 1 FROM person_state WHERE person = :p"), {"p": key.subject}).first()
            is None
        ):
            self.open(tx, key)
        return super().give(tx, key, permission, at)


class Anonymous(Ledger):
    """Does not keep who withdrew."""

    def withdraw(
        self, tx: Connection, key: SubjectKey, permission_id: str, by: Given, at: datetime
    ) -> Permission:
        """Puts somebody else's name in."""
        return super().withdraw(tx, key, permission_id, Given("portal", "p_system"), at)


def notices(home: House, ledger: Ledger, answers: Answers = our_answers) -> None:
    """Some history shows the difference."""

    def differs(history: list[Step]) -> bool:
        try:
            agree(home, ledger, history, answers)
        except AssertionError:
            return True
        return False

    find(histories(), differs, settings=without_shrinking(400))


@pytest.mark.parametrize("broken", [Forgetful, Uncounted, Replacing, Reopening, Anonymous])
def test_a_broken_ledger_differs_from_the_reference(home: House, broken: type[Ledger]) -> None:
    notices(home, broken(home.database))


def lasting_too_long(
    standing: Sequence[Permission], now: datetime
) -> tuple[tuple[Permission, ...], datetime | None]:
    found = tuple(one for one in standing if one.from_ <= now and (one.until is None or now <= one.until))
    return found, permissions.next_change(standing, now)


def beginning_at_once(
    standing: Sequence[Permission], now: datetime
) -> tuple[tuple[Permission, ...], datetime | None]:
    found = tuple(one for one in standing if one.until is None or now < one.until)
    return found, permissions.next_change(standing, now)


def heedless_of_beginnings(
    standing: Sequence[Permission], now: datetime
) -> tuple[tuple[Permission, ...], datetime | None]:
    ends = [one.until for one in standing if one.until is not None and one.until > now]
    return permissions.in_force(standing, now), min(ends, default=None)


@pytest.mark.parametrize("answers", [lasting_too_long, beginning_at_once, heedless_of_beginnings])
def test_a_wrong_answer_about_time_differs_from_the_reference(home: House, answers: Answers) -> None:
    notices(home, home.ledger, answers)
