"""What each source would register."""

from __future__ import annotations

from adapters.sandbox.locator import Registration, registrations
from adapters.sandbox.people import CAST, generate
from adapters.sandbox.person import CHARITY, COUNCIL, PRACTICE, SOURCES
from core.vocabulary import Label

PEOPLE = generate()
REGISTERED = registrations(PEOPLE)


def of(source: str, name: str) -> Registration:
    reference = PEOPLE[CAST[name]].reference(source)
    return next(item for item in REGISTERED[source] if item.reference == reference)


def test_every_source_registers_whom_it_knows_and_nobody_else() -> None:
    for source in SOURCES:
        assert [item.reference for item in REGISTERED[source]] == [
            person.reference(source) for person in PEOPLE if source in person.sources
        ]
        assert {item.source for item in REGISTERED[source]} == {source}


def test_only_the_practice_speaks_of_labels() -> None:
    assert of(PRACTICE, "everything").label is Label.UNRESTRICTED
    assert of(PRACTICE, "very-restricted").label is Label.VERY_RESTRICTED
    assert of(COUNCIL, "very-restricted").label is None
    assert of(CHARITY, "restricted").label is None


def test_a_registration_has_identifiers_and_demographics() -> None:
    person = PEOPLE[CAST["everything"]]
    for source in SOURCES:
        registered = of(source, "everything")
        assert registered.identifiers == {"nhs_number": person.nhs_number}
        assert registered.demographics == {
            "family_name": "Sampleworth",
            "given_name": "Maren",
            "birth_date": "1984-03-12",
            "postcode": person.address.postcode,
        }


def test_the_council_registers_someone_without_an_nhs_number_by_demographics() -> None:
    assert of(COUNCIL, "no-nhs-number").identifiers == {}
    assert of(COUNCIL, "no-nhs-number").demographics["birth_date"] == "1995-04-02"
    assert of(PRACTICE, "no-nhs-number").identifiers


def test_the_practice_keeps_the_postcode_of_someone_restricted_to_itself() -> None:
    assert "postcode" not in of(PRACTICE, "restricted").demographics
    assert "postcode" not in of(PRACTICE, "very-restricted").demographics
    assert "postcode" in of(PRACTICE, "everything").demographics
