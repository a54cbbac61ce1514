"""What a source could try with PUT and DELETE /v1/pointers: merge two people, learn who is known, lift a label."""

from datetime import date, timedelta

import pytest

from core.keys import MissingKeyError
from core.vocabulary import Label
from gateway.people import trace
from gateway.people.locator import LABEL_STANDS_FOR, AmbiguousError, Person, Registration
from gateway.people.registering import register, register_durably
from tests.support.house import House

COUNCIL, PRACTICE, CHARITY = "norwich-city-council", "wensum-valley-practice", "harbour-charity"
VICTIM, ATTACKER = "9990000018", "9990000026"
SOMEBODY = trace.Demographics("Sampleworth", "Maren", date(1990, 5, 1), "NR99 9AA")


def put(home: House, registration: Registration) -> Person:
    """As PUT /v1/pointers does it."""
    person = home.locator.prepare(registration)
    with home.database.write() as tx:
        register(home.locator, home.ledger, person, registration, home.clock.now(), (), tx)
    found = home.locator.by_id(person.id)
    assert found is not None
    return found


def known(home: House, number: str) -> Person:
    found = home.locator.by_nhs_number(number)
    assert found is not None
    return found


def sought(home: House, written: trace.Demographics = SOMEBODY) -> Person | None:
    return home.locator.find(home.handles.blind_index(trace.by_demographics(written)))


def test_a_record_that_changes_its_nhs_number_never_makes_two_numbers_one_person(home: House) -> None:
    put(home, Registration(PRACTICE, "N-1", VICTIM))
    put(home, Registration(COUNCIL, "T-1", VICTIM))
    put(home, Registration(COUNCIL, "T-1", ATTACKER))
    victim, attacker = known(home, VICTIM), known(home, ATTACKER)
    assert victim.id != attacker.id
    assert victim.pointers == {PRACTICE: "N-1"}
    assert attacker.pointers == {COUNCIL: "T-1"}


def test_a_mistyped_number_that_is_corrected_leaves_nothing_with_the_wrong_person(home: House) -> None:
    put(home, Registration(COUNCIL, "T-1", ATTACKER, SOMEBODY))
    put(home, Registration(COUNCIL, "T-1", VICTIM, SOMEBODY))
    assert known(home, ATTACKER).pointers == {}
    assert sought(home) == known(home, VICTIM)


def test_a_number_that_is_learnt_later_stays_with_the_record_it_was_learnt_for(home: House) -> None:
    before = put(home, Registration(COUNCIL, "T-1", demographics=SOMEBODY))
    assert put(home, Registration(COUNCIL, "T-1", VICTIM)).id == before.id == known(home, VICTIM).id


def test_a_source_cannot_tell_by_a_record_of_its_own_whether_others_know_a_number(home: House) -> None:
    put(home, Registration(PRACTICE, "N-1", VICTIM))
    for number in (VICTIM, ATTACKER):
        put(home, Registration(CHARITY, f"probe-{number}", demographics=SOMEBODY))
        # Neither raises: the answer is one and the same.
        put(home, Registration(CHARITY, f"probe-{number}", number))
    assert known(home, VICTIM).pointers[PRACTICE] == "N-1"


def test_a_source_that_registers_another_reference_is_not_unregistered_by_the_old_one(home: House) -> None:
    put(home, Registration(COUNCIL, "T-old", VICTIM))
    put(home, Registration(COUNCIL, "T-new", VICTIM))
    with home.database.write() as tx:
        home.locator.revoke(tx, COUNCIL, "T-old")
    assert known(home, VICTIM).pointers == {COUNCIL: "T-new"}


@pytest.mark.parametrize("label", [Label.RESTRICTED, Label.VERY_RESTRICTED])
def test_no_source_lifts_anothers_restriction(home: House, label: Label) -> None:
    put(home, Registration(PRACTICE, "N-1", VICTIM, label=label))
    put(home, Registration(COUNCIL, "anything", VICTIM, label=Label.UNRESTRICTED))
    assert known(home, VICTIM).label is label
    put(home, Registration(PRACTICE, "N-1", VICTIM, label=Label.UNRESTRICTED))
    assert known(home, VICTIM).label is Label.UNRESTRICTED


def test_what_a_source_answers_never_lowers_what_it_registered(home: House) -> None:
    person = put(home, Registration(PRACTICE, "N-1", VICTIM, label=Label.VERY_RESTRICTED))
    with home.database.write() as tx:
        home.locator.observe_label(tx, person, Label.UNRESTRICTED, home.clock.now(), PRACTICE)
    assert known(home, VICTIM).label is Label.VERY_RESTRICTED


def test_an_old_unrestricted_label_does_not_count_for_one_that_went_stale(home: House) -> None:
    person = put(home, Registration(PRACTICE, "N-1", VICTIM, label=Label.UNRESTRICTED))
    later = home.clock.now() + LABEL_STANDS_FOR + timedelta(days=1)
    assert person.label_at_time(later) is Label.UNKNOWN


def test_an_erased_person_who_is_registered_again_is_somebody_new_whom_both_ways_find(home: House) -> None:
    erased = put(home, Registration(PRACTICE, "N-1", VICTIM, SOMEBODY))
    home.keys.erase(erased.id, 1)
    anew = put(home, Registration(PRACTICE, "N-1", VICTIM, SOMEBODY))
    assert anew.id != erased.id
    assert known(home, VICTIM) == anew == sought(home)
    assert home.ledger.standing(anew.key).permissions == ()
    with pytest.raises(MissingKeyError):
        home.keys.get(erased.id)


async def test_two_sources_that_meet_somebody_new_at_once_are_both_answered(home: House) -> None:
    racing = Registration(COUNCIL, "T-1", VICTIM)

    def meanwhile(_: Person) -> tuple[()]:
        if home.locator.by_nhs_number(VICTIM) is None:
            put(home, Registration(PRACTICE, "N-1", VICTIM))
        return ()

    await register_durably(home.locator, home.ledger, home.committer, home.clock, racing, meanwhile)
    assert known(home, VICTIM).pointers == {COUNCIL: "T-1", PRACTICE: "N-1"}


async def test_a_race_that_never_ends_is_told_and_not_tried_for_ever(home: House) -> None:
    tries = []

    def meanwhile(_: Person) -> tuple[()]:
        tries.append(1)
        for erased in filter(None, [home.locator.by_nhs_number(VICTIM)]):
            home.keys.erase(erased.id, 1)
        put(home, Registration(PRACTICE, "N-1", VICTIM))
        return ()

    with pytest.raises(AmbiguousError):
        await register_durably(
            home.locator,
            home.ledger,
            home.committer,
            home.clock,
            Registration(COUNCIL, "T-1", VICTIM),
            meanwhile,
        )
    assert len(tries) == 3


@pytest.mark.parametrize(
    ("one", "other"), [("मीना", "मोना"), ("රවි", "රවා"), ("か", "が"), ("ราม", "ริม"), ("ரவி", "ரவா")]
)
def test_vowel_signs_are_no_accents_so_twins_keep_their_own_names(one: str, other: str) -> None:
    born = date(1990, 5, 1)
    keys = {
        trace.by_demographics(trace.Demographics("Sharma", name, born, "NR99 9AA")) for name in (one, other)
    }
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("one", "other"), [("José", "Jose"), ("Åse", "ase"), ("Zoë", "ZOE"), ("Łukasz", "lukasz")]
)
def test_accents_still_make_no_difference(one: str, other: str) -> None:
    born = date(1990, 5, 1)
    keys = {
        trace.by_demographics(trace.Demographics("Sharma", name, born, "NR99 9AA")) for name in (one, other)
    }
    assert len(keys) == 1
