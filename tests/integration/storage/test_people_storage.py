"""The locator on a real database: sealed rows, found by blind index, fed by the sources."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from core.errors import BrokenRowError, ClosedError
from core.times import to_ms
from core.vocabulary import Label
from gateway.people import trace
from gateway.people.locator import AmbiguousError, Locator, Person, Registration
from gateway.people.registering import TRIES, register, register_durably
from tests.support.faults import lose
from tests.support.house import House

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
COUNCIL, PRACTICE = "norwich-city-council", "wensum-valley-practice"
ANNA, STRANGER = "9990000018", "9990000026"
WRITTEN = trace.Demographics("Przykład", "Anna", date(1990, 5, 1), "NR99 9AA")


def registering(home: House, registration: Registration, at: datetime = NOW) -> Person:
    """As PUT /v1/pointers does it."""
    person = home.locator.prepare(registration)
    with home.database.write() as tx:
        register(home.locator, home.ledger, person, registration, at, (), tx)
    found = home.locator.by_id(person.id)
    assert found is not None
    return found


def by_demographics(home: House, written: trace.Demographics = WRITTEN) -> Person | None:
    return home.locator.find(home.handles.blind_index(trace.by_demographics(written)))


def test_a_person_is_found_by_every_way_in_which_a_source_named_them(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA, WRITTEN, Label.UNRESTRICTED))
    assert home.locator.by_nhs_number("999 000 0018") == person
    assert by_demographics(home) == person
    assert home.locator.by_id(person.id) == person
    assert person.pointers == {COUNCIL: "T-1"}
    assert (person.label, person.label_at) == (Label.UNRESTRICTED, NOW)
    assert home.ledger.standing(person.key).revision == 0


def test_nobody_is_found_where_nobody_was_registered(home: House) -> None:
    assert home.locator.by_nhs_number(STRANGER) is None
    assert home.locator.by_id("p_nobody") is None
    with pytest.raises(trace.TraceError):
        home.locator.by_nhs_number("123")


def test_a_second_source_finds_the_same_person_and_adds_its_pointer(home: House) -> None:
    first = registering(home, Registration(COUNCIL, "T-1", ANNA))
    second = registering(home, Registration(PRACTICE, "N-1", ANNA, WRITTEN, Label.RESTRICTED))
    assert second.id == first.id
    assert second.pointers == {COUNCIL: "T-1", PRACTICE: "N-1"}
    assert second.label is Label.RESTRICTED
    assert by_demographics(home) == second


def test_a_source_that_knows_nothing_of_labels_leaves_the_label_as_it_is(home: House) -> None:
    registering(home, Registration(PRACTICE, "N-1", ANNA, label=Label.VERY_RESTRICTED))
    person = registering(home, Registration(COUNCIL, "T-1", ANNA), NOW + timedelta(days=1))
    assert (person.label, person.label_at) == (Label.VERY_RESTRICTED, NOW)


def test_a_source_that_registers_again_renews_pointer_and_label(home: House) -> None:
    registering(home, Registration(PRACTICE, "N-1", ANNA, label=Label.UNRESTRICTED))
    later = NOW + timedelta(days=20)
    person = registering(home, Registration(PRACTICE, "N-2", ANNA, label=Label.UNRESTRICTED), later)
    assert person.pointers == {PRACTICE: "N-2"}
    assert person.label_at == later


def test_a_record_without_an_nhs_number_is_known_by_its_own_id(home: House) -> None:
    first = registering(home, Registration(COUNCIL, "T-1", demographics=WRITTEN))
    again = registering(home, Registration(COUNCIL, "T-1", demographics=WRITTEN))
    assert again.id == first.id
    assert by_demographics(home) == again


def test_two_people_of_one_name_and_birth_date_are_nobody_by_it(home: House) -> None:
    one = registering(home, Registration(COUNCIL, "T-1", demographics=WRITTEN))
    other = registering(home, Registration(COUNCIL, "T-2", demographics=WRITTEN))
    assert one.id != other.id
    assert by_demographics(home) is None
    assert home.locator.by_id(one.id) == one


def test_a_source_that_corrects_its_record_moves_its_own_pointer_and_merges_nobody(home: House) -> None:
    registering(home, Registration(COUNCIL, "T-1", ANNA))
    registering(home, Registration(PRACTICE, "N-1", STRANGER))
    registering(home, Registration(COUNCIL, "T-1", STRANGER))
    anna, stranger = home.locator.by_nhs_number(ANNA), home.locator.by_nhs_number(STRANGER)
    assert anna is not None
    assert stranger is not None
    assert (anna.pointers, stranger.pointers) == ({}, {COUNCIL: "T-1", PRACTICE: "N-1"})


def test_of_two_replicas_that_meet_somebody_new_at_once_one_is_told_to_try_again(home: House) -> None:
    first, second = (Registration(name, "R-1", ANNA) for name in (COUNCIL, PRACTICE))
    prepared = [(home.locator.prepare(one), one) for one in (first, second)]
    with home.database.write() as tx:
        register(home.locator, home.ledger, *prepared[0], NOW, (), tx)
    with pytest.raises(AmbiguousError), home.database.write() as tx:
        register(home.locator, home.ledger, *prepared[1], NOW, (), tx)
    person = registering(home, second)
    assert person.pointers == {COUNCIL: "R-1", PRACTICE: "R-1"}


def test_a_source_takes_back_its_own_pointer_and_nobody_elses(home: House) -> None:
    registering(home, Registration(COUNCIL, "T-1", ANNA))
    registering(home, Registration(PRACTICE, "T-1", ANNA))
    with home.database.write() as tx:
        assert home.locator.revoke(tx, COUNCIL, "T-1")
        assert not home.locator.revoke(tx, COUNCIL, "T-1")
        assert not home.locator.revoke(tx, COUNCIL, "T-never")
    person = home.locator.by_nhs_number(ANNA)
    assert person is not None
    assert person.pointers == {PRACTICE: "T-1"}


def test_a_label_that_a_source_sent_is_kept_with_its_time(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA))
    assert (person.label, person.label_at) == (Label.UNKNOWN, None)
    with home.database.write() as tx:
        home.locator.observe_label(tx, person, Label.RESTRICTED, NOW)
    kept = home.locator.by_id(person.id)
    assert kept is not None
    assert (kept.label, kept.label_at, kept.pointers) == (Label.RESTRICTED, NOW, {COUNCIL: "T-1"})


def test_a_label_observed_meanwhile_does_not_undo_a_pointer_registered_meanwhile(home: House) -> None:
    before = registering(home, Registration(COUNCIL, "T-1", ANNA))
    registering(home, Registration(PRACTICE, "N-1", ANNA))
    with home.database.write() as tx:
        home.locator.observe_label(tx, before, Label.UNRESTRICTED, NOW)
    person = home.locator.by_id(before.id)
    assert person is not None
    assert person.pointers == {COUNCIL: "T-1", PRACTICE: "N-1"}


def test_a_label_for_a_row_that_is_not_there_is_let_go(home: House) -> None:
    new = home.locator.prepare(Registration(COUNCIL, "T-1", ANNA))
    with home.database.write() as tx:
        home.locator.observe_label(tx, new, Label.RESTRICTED, NOW)
    assert home.locator.by_id(new.id) is None


def test_an_erased_person_is_nobody(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA, WRITTEN))
    home.keys.erase(person.id, to_ms(NOW))
    assert home.locator.by_nhs_number(ANNA) is None
    assert home.locator.by_id(person.id) is None
    assert by_demographics(home) is None
    with home.database.write() as tx:
        # The source may still take its pointer back, and learns nothing from it.
        assert home.locator.revoke(tx, COUNCIL, "T-1")


def test_nothing_of_a_person_can_be_read_in_the_tables(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1-unmistakable", ANNA, WRITTEN, Label.RESTRICTED))
    with home.database.read() as tx:
        kept = [bytes(row[0]) for row in tx.execute(text("SELECT sealed FROM person"))]
        kept += [bytes(row[0]) for row in tx.execute(text("SELECT mac FROM blind_index"))]
    assert len(kept) == 4
    for value in kept:
        for word in ("T-1-unmistakable", ANNA, "przyk", COUNCIL, '"R"', person.id):
            assert word.encode() not in value


def test_indexes_are_not_written_twice(home: House) -> None:
    for _ in range(3):
        registering(home, Registration(COUNCIL, "T-1", ANNA, WRITTEN))
    with home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM blind_index")).scalar_one() == 3


@pytest.mark.parametrize("table", ["blind_index", "person"])
def test_a_locator_that_does_not_answer_is_closed(home: House, table: str) -> None:
    registering(home, Registration(COUNCIL, "T-1", ANNA))
    lose(home.database, table)
    with pytest.raises(ClosedError, match="database"):
        home.locator.by_nhs_number(ANNA)


def test_no_source_lifts_anothers_restriction(home: House) -> None:
    registering(home, Registration(PRACTICE, "N-1", ANNA, label=Label.VERY_RESTRICTED))
    later = NOW + timedelta(days=1)
    person = registering(home, Registration(COUNCIL, "T-1", ANNA, label=Label.UNRESTRICTED), later)
    assert (person.label, person.label_at) == (Label.VERY_RESTRICTED, NOW)
    assert person.labels == {PRACTICE: (Label.VERY_RESTRICTED, NOW), COUNCIL: (Label.UNRESTRICTED, later)}


def test_a_restriction_falls_by_the_registration_of_the_source_that_made_it(home: House) -> None:
    registering(home, Registration(PRACTICE, "N-1", ANNA, label=Label.RESTRICTED))
    person = registering(home, Registration(PRACTICE, "N-1", ANNA, label=Label.UNRESTRICTED))
    assert person.label is Label.UNRESTRICTED


def test_a_label_seen_with_an_answer_may_only_get_stricter(home: House) -> None:
    person = registering(home, Registration(PRACTICE, "N-1", ANNA, label=Label.RESTRICTED))
    for seen, kept in (
        (Label.UNRESTRICTED, Label.RESTRICTED),
        (Label.VERY_RESTRICTED, Label.VERY_RESTRICTED),
        (Label.RESTRICTED, Label.VERY_RESTRICTED),
    ):
        with home.database.write() as tx:
            home.locator.observe_label(tx, person, seen, NOW, PRACTICE)
        now = home.locator.by_id(person.id)
        assert now is not None
        assert now.label is kept


def stands(home: House, person: Person, label: Label = Label.UNRESTRICTED) -> bool:
    with home.database.write() as tx:
        return home.locator.stands(tx, person, label)


def labelled(home: House, person: Person, label: Label) -> None:
    with home.database.write() as tx:
        home.locator.observe_label(tx, person, label, NOW, COUNCIL)


def test_a_person_stands_while_nothing_was_taken_from_the_row(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA, label=Label.UNRESTRICTED))
    assert stands(home, person)
    registering(home, Registration(PRACTICE, "N-1", ANNA))
    assert stands(home, person), "one more source takes nothing away"


def test_a_person_stands_no_longer_once_a_pointer_was_taken_back_or_moved(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA, label=Label.UNRESTRICTED))
    registering(home, Registration(COUNCIL, "T-2", ANNA))
    assert not stands(home, person)
    person = registering(home, Registration(COUNCIL, "T-2", ANNA))
    with home.database.write() as tx:
        home.locator.revoke(tx, COUNCIL, "T-2")
    assert not stands(home, person)


def test_a_person_stands_under_a_stricter_label_only_where_the_view_was_made_ready_for_it(
    home: House,
) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA, label=Label.UNRESTRICTED))
    labelled(home, person, Label.RESTRICTED)
    assert not stands(home, person, Label.UNRESTRICTED)
    assert stands(home, person, Label.RESTRICTED)
    assert stands(home, person, Label.VERY_RESTRICTED)


def test_a_row_that_is_gone_or_spoilt_does_not_stand(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA))
    with home.database.write() as tx:
        tx.execute(text("UPDATE person SET sealed = substr(sealed, 2)"))
    assert not stands(home, person)
    with home.database.write() as tx:
        tx.execute(text("DELETE FROM person"))
    assert not stands(home, person)


def test_a_spoilt_row_is_told_from_a_database_that_is_down(home: House) -> None:
    person = registering(home, Registration(COUNCIL, "T-1", ANNA))
    with home.database.write() as tx:
        tx.execute(text("UPDATE person SET sealed = substr(sealed, 2)"))
    with pytest.raises(BrokenRowError, match="people"):
        home.locator.by_nhs_number(ANNA)
    with pytest.raises(BrokenRowError, match="people"):
        home.locator.by_id(person.id)


def test_whoever_was_erased_can_be_registered_anew_and_is_somebody_else(home: House) -> None:
    before = registering(home, Registration(COUNCIL, "T-1", ANNA, WRITTEN, Label.RESTRICTED))
    home.keys.erase(before.id, to_ms(NOW))
    after = registering(home, Registration(COUNCIL, "T-1", ANNA, WRITTEN))
    assert after.id != before.id
    assert after.label is Label.UNKNOWN
    assert home.locator.by_nhs_number(ANNA) == by_demographics(home) == after


def test_a_record_whose_number_the_source_corrected_is_about_somebody_new(home: House) -> None:
    first = registering(home, Registration(COUNCIL, "T-1", ANNA, WRITTEN))
    corrected = registering(home, Registration(COUNCIL, "T-1", STRANGER, WRITTEN))
    assert corrected.id != first.id
    left = home.locator.by_nhs_number(ANNA)
    assert left is not None
    assert left.pointers == {}
    assert by_demographics(home) == corrected


def test_a_record_that_first_had_no_number_keeps_its_person_when_one_is_found(home: House) -> None:
    first = registering(home, Registration(COUNCIL, "T-1", demographics=WRITTEN))
    second = registering(home, Registration(COUNCIL, "T-1", ANNA, WRITTEN))
    assert second.id == first.id
    assert home.locator.by_nhs_number(ANNA) == second


async def durably(home: House, registration: Registration) -> str:
    return await register_durably(
        home.locator, home.ledger, home.committer, home.clock, registration, lambda _: ()
    )


async def test_those_who_meet_somebody_new_at_once_agree_on_one_person(home: House) -> None:
    one, other = Registration(COUNCIL, "T-1", ANNA), Registration(PRACTICE, "N-1", ANNA)
    ids = await asyncio.gather(durably(home, one), durably(home, other))
    assert len(set(ids)) == 1
    person = home.locator.by_nhs_number(ANNA)
    assert person is not None
    assert person.pointers == {COUNCIL: "T-1", PRACTICE: "N-1"}


class AlwaysOvertaken(Locator):
    """A locator before which somebody else always comes first."""

    prepared = 0

    def prepare(self, registration: Registration) -> Person:
        self.prepared += 1
        return replace(super().prepare(registration), sealed=b"")


async def test_whoever_is_overtaken_every_time_gives_up_and_says_so(home: House) -> None:
    registering(home, Registration(COUNCIL, "T-1", ANNA))
    locator = AlwaysOvertaken(home.database, home.keys, home.handles)
    with pytest.raises(AmbiguousError, match="send it again"):
        await register_durably(
            locator,
            home.ledger,
            home.committer,
            home.clock,
            Registration(PRACTICE, "N-1", ANNA),
            lambda _: (),
        )
    assert locator.prepared == TRIES
