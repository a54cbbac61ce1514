"""What each source says about whom it knows: the bodies of `PUT /v1/pointers`, as values.

The practice speaks of labels, so it sends one; the council and the charity do not, which is not the same as
"unrestricted" (adapters.contract.SourceAnswer). The council may never have been told somebody's NHS number: such a
registration has demographics only. A withdrawn record (`invalidated`) was registered before it was withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapters.sandbox.person import CHARITY, COUNCIL, PRACTICE, SOURCES, Person
from core.vocabulary import Label


@dataclass(frozen=True, slots=True)
class Registration:
    """One pointer as its source registers it.

    reference: the source's own record id. identifiers: `nhs_number` (ten digits), or nothing. demographics:
    `family_name`, `given_name` (the first), `birth_date` (YYYY-MM-DD), `postcode`; the practice leaves out the postcode
    of somebody restricted, as PDS does. label: None where the source does not speak of labels.
    """

    source: str
    reference: str
    identifiers: Mapping[str, str]
    demographics: Mapping[str, str]
    label: Label | None


def registrations(people: Iterable[Person]) -> Mapping[str, tuple[Registration, ...]]:
    """Source id -> what it would register, in the order of the people."""
    found: dict[str, list[Registration]] = {source: [] for source in SOURCES}
    for person in people:
        for source, kept in found.items():
            reference = person.reference(source)
            if reference is not None:
                kept.append(_registration(person, source, reference))
    return {source: tuple(kept) for source, kept in found.items()}


def _registration(person: Person, source: str, reference: str) -> Registration:
    number = _number(person, source)
    demographics = {
        "family_name": person.family_name,
        "given_name": person.given_names[0],
        "birth_date": person.birth_date.isoformat(),
    }
    if source != PRACTICE or not person.label.hides_location:
        demographics["postcode"] = person.address.postcode
    return Registration(
        source=source,
        reference=reference,
        identifiers={} if number is None else {"nhs_number": number},
        demographics=demographics,
        label=person.label if source == PRACTICE else None,
    )


def _number(person: Person, source: str) -> str | None:
    """The NHS number as far as the source was told it."""
    if source == COUNCIL and person.council is not None:
        return person.council.nhs_number
    if source == CHARITY and person.charity is not None:
        return person.charity.nhs_number
    return person.nhs_number
