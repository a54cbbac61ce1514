"""The made-up people: repeatable, recognisably made up, and holding everything that tests and adapters count on."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nhs_number.constants import REGION_SYNTHETIC
from nhs_number.validate import is_valid

from adapters.sandbox import people as people_module
from adapters.sandbox.people import CAST, DEFAULT_SEED, generate
from adapters.sandbox.person import CHARITY, COUNCIL, PRACTICE, SOURCES, TODAY, Person, age
from adapters.sandbox.roster import household, part
from core.vocabulary import Label

PEOPLE = generate()


def cast(name: str) -> Person:
    return PEOPLE[CAST[name]]


def test_the_same_seed_makes_the_same_people_and_another_seed_makes_others() -> None:
    assert generate() == PEOPLE
    assert {p.nhs_number for p in generate(seed=7)}.isdisjoint({p.nhs_number for p in PEOPLE})


def test_a_larger_count_only_adds_people() -> None:
    assert generate(count=60)[:48] == PEOPLE
    assert generate(count=len(CAST)) == PEOPLE[: len(CAST)]


@pytest.mark.parametrize("count", [0, len(CAST) - 1, 100_001])
def test_a_count_that_loses_the_cast_or_repeats_numbers_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="count must be"):
        generate(count=count)


def test_cast_ids_in_the_documentation_stay_what_they_are() -> None:
    everything = cast("everything")
    assert everything.full_name == "Maren Ada Sampleworth"
    assert everything.nhs_number == "9991288163"
    assert [everything.reference(source) for source in SOURCES] == [
        "1839a769-cb75-4089-aa9a-9b3f2ed5b1d0",
        "P5667211",
        "HH-487540",
    ]


@given(st.integers(0, 2**40), st.integers(0, 99_999))
def test_every_nhs_number_is_valid_and_in_999(seed: int, position: int) -> None:
    number = people_module.nhs_number(seed, position)
    assert is_valid(number, for_region=REGION_SYNTHETIC)
    assert number.startswith("999")


def test_no_two_people_share_an_identifier_or_a_record_id() -> None:
    many = generate(count=3000)
    assert len({p.nhs_number for p in many}) == len(many)
    for source in SOURCES:
        references = [p.reference(source) for p in many if source in p.sources]
        assert len(set(references)) == len(references)


def test_record_ids_give_no_nhs_number_away() -> None:
    for person in PEOPLE:
        for source in person.sources:
            assert person.nhs_number[3:9] not in (person.reference(source) or "")


def test_contact_details_lead_to_nobody() -> None:
    for person in PEOPLE:
        assert re.fullmatch(r"NR99 9[A-Z]{2}", person.address.postcode)
        assert re.fullmatch(r"07700 900\d{3}", person.telephone)
        assert re.fullmatch(r"01632 960\d{3}", person.landline)
        assert re.fullmatch(r"[a-z.]+\.\d+@example\.org", person.email)
        assert re.fullmatch(r"99990\d{7}", person.address.uprn)


def test_people_are_known_to_one_two_and_three_sources() -> None:
    assert Counter(len(p.sources) for p in PEOPLE).keys() == {1, 2, 3}
    assert {frozenset(p.sources) for p in PEOPLE} >= {
        frozenset({PRACTICE}),
        frozenset({COUNCIL}),
        frozenset({CHARITY}),
        frozenset({COUNCIL, CHARITY}),
    }
    assert len(PEOPLE) >= 40


def test_someone_unknown_to_a_source_has_no_reference_there() -> None:
    assert cast("one-source").reference(COUNCIL) is None
    assert cast("one-source").reference(CHARITY) is None
    assert cast("council-only").reference(PRACTICE) is None


def test_names_are_long_and_short_and_of_several_scripts() -> None:
    names = [p.full_name for p in generate(count=200)]
    assert min(map(len, names)) < 8
    assert max(map(len, names)) > 35
    for letters in ("ł", "ž", "ã", "Ș", "я", "ى", "测"):
        assert any(letters in name for name in names), letters


def test_the_cast_is_what_its_names_say() -> None:
    assert cast("everything").sources == set(SOURCES)
    assert cast("everything").label is Label.UNRESTRICTED
    assert cast("restricted").label is Label.RESTRICTED
    assert cast("very-restricted").label is Label.VERY_RESTRICTED
    assert age(cast("child").birth_date) < 16
    assert cast("deceased").deceased_on == date(2026, 8, 2)
    assert cast("one-source").sources == {PRACTICE}
    council = cast("no-nhs-number").council
    assert council is not None
    assert council.nhs_number is None


def test_a_parent_stands_for_the_child_and_an_attorney_for_the_represented() -> None:
    child, represented = cast("child").representative, cast("represented").representative
    assert child is not None
    assert represented is not None
    assert (child.position, child.authority) == (CAST["parent"], "parental-responsibility")
    assert (represented.position, represented.authority) == (CAST["attorney"], "lpa-health-and-welfare")
    assert cast("everything").representative is None


def test_the_twins_share_name_birth_date_and_postcode_and_nothing_else() -> None:
    a, b = cast("twin-a"), cast("twin-b")
    assert (a.full_name, a.birth_date, a.address.postcode) == (b.full_name, b.birth_date, b.address.postcode)
    assert a.nhs_number != b.nhs_number
    assert a.address.uprn != b.address.uprn
    assert household(a.position) == household(b.position) == ()


def test_nobody_else_is_ambiguous() -> None:
    keys = Counter((p.full_name, p.birth_date) for p in PEOPLE)
    assert [key for key, count in keys.items() if count > 1] == [("Alex Doppel", date(1979, 2, 28))]


def test_relatives_share_surname_home_and_label() -> None:
    shared = 0
    for person in PEOPLE:
        for other in (PEOPLE[at] for at in household(person.position) if at < len(PEOPLE)):
            shared += 1
            assert other.family_name == person.family_name
            assert other.address == person.address
            assert other.label is person.label
            assert person.position in household(other.position)
    assert shared > 10


@pytest.mark.parametrize(
    ("mine", "other", "code"),
    [
        ("everything", "everything-partner", "PTNR"),
        ("everything", "everything-child", "CHLD"),
        ("child", "parent", "PRNT"),
        ("represented", "attorney", "CHLD"),
    ],
)
def test_the_council_says_what_a_relative_is_to_the_person(mine: str, other: str, code: str) -> None:
    council = cast(mine).council
    assert council is not None
    assert code in {r.relationship for r in council.household if r.position == CAST[other]}


def test_brothers_and_sisters_are_siblings_with_names_of_their_own() -> None:
    child = next(p for p in PEOPLE if p.position >= len(CAST) and part(p.position).place == "child")
    assert child.council is not None
    siblings = [r for r in child.council.household if r.relationship == "SIBL"]
    assert siblings
    assert all(r.full_name != child.full_name for r in siblings)


def test_a_child_lives_in_somebody_elses_tenancy() -> None:
    child, parent = cast("child").council, cast("parent").council
    assert child is not None
    assert parent is not None
    assert child.tenancy is None
    assert parent.tenancy is not None


def test_age_counts_full_years() -> None:
    assert age(date(2000, 11, 23)) == 26
    assert age(date(2000, 11, 24)) == 25
    assert date(2026, 11, 23) == TODAY
    assert DEFAULT_SEED == 20261123


def test_somebody_rich_has_every_list_filled() -> None:
    for name in ("everything", "restricted", "very-restricted", "labelled"):
        person = cast(name)
        assert person.practice is not None
        assert person.council is not None
        assert person.charity is not None
        nhs, home = person.practice, person.council.home
        assert nhs.allergies
        assert nhs.conditions
        assert nhs.medications
        assert nhs.plans
        assert nhs.alerts
        assert nhs.adjustments
        assert nhs.written_format is not None
        assert home.adaptations
        assert person.council.tenancy is not None
        assert len(person.council.tenancy.repairs) >= 2
        assert person.charity.services
        assert person.charity.plan is not None
        assert person.charity.adjustments


def test_only_the_labelled_have_labelled_resources() -> None:
    def labels(name: str) -> set[str]:
        record = cast(name).practice
        assert record is not None
        kinds = (record.conditions, record.medications, record.alerts, record.allergies, record.plans)
        return {code for kind in kinds for item in kind for code in item.security}

    assert labels("labelled") == {"PSY", "SDV", "R"}
    assert labels("everything") == set()
