"""Who is in the sandbox: the named cast at fixed positions, and the pattern by which everyone else follows.

A part says what must be true of a person (which sources know them, label, household); people.py makes up the rest. The
part of a position never depends on how many people are generated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from adapters.sandbox.person import CHARITY, COUNCIL, PRACTICE, Language
from adapters.sandbox.words import (
    BRITISH_SIGN_LANGUAGE,
    ENGLISH,
    LITHUANIAN,
    POLISH,
    PORTUGUESE,
    ROMANIAN,
)
from core.vocabulary import Label

ALL: Final = frozenset({PRACTICE, COUNCIL, CHARITY})


@dataclass(frozen=True, slots=True)
class Role:
    """A name that the cast is known by, with what stays the same whatever the seed."""

    family_name: str
    given_names: tuple[str, ...]
    gender: str
    birth_date: date
    language: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class Part:
    """What must be true of a position.

    head: position of the household's head (their own where they live alone or lead it); place: `head`, `partner`,
    `child` or `adult-child`. rich: every list of every record has something in it. sensitive: the practice's record
    holds resources labelled PSY, SDV and R. council_knows_number: whether the council holds the NHS number.
    """

    sources: frozenset[str]
    head: int
    place: str = "head"
    label: Label = Label.UNRESTRICTED
    role: Role | None = None
    rich: bool = False
    sensitive: bool = False
    deceased_on: date | None = None
    council_knows_number: bool = True
    invalidated: bool = False
    attorney: int | None = None


def _cast() -> tuple[tuple[str, Part], ...]:
    """Name and part of each cast member, in the order of their positions."""
    twin = Role("Doppel", ("Alex",), "male", date(1979, 2, 28))
    return (
        (
            "everything",
            Part(
                ALL,
                0,
                role=Role(
                    "Sampleworth", ("Maren", "Ada"), "female", date(1984, 3, 12), BRITISH_SIGN_LANGUAGE
                ),
                rich=True,
            ),
        ),
        (
            "restricted",
            Part(
                ALL,
                1,
                label=Label.RESTRICTED,
                role=Role("Mockford", ("Orla",), "female", date(1991, 7, 4)),
                rich=True,
            ),
        ),
        (
            "very-restricted",
            Part(
                ALL,
                2,
                label=Label.VERY_RESTRICTED,
                role=Role("Placeholm", ("Tamsin",), "female", date(1988, 11, 19)),
                rich=True,
            ),
        ),
        (
            "child",
            Part(
                frozenset({PRACTICE, COUNCIL}),
                4,
                place="child",
                role=Role("Testerly", ("Kasper",), "male", date(2015, 5, 30)),
            ),
        ),
        ("parent", Part(ALL, 4, role=Role("Testerly", ("Ines",), "female", date(1986, 9, 8)), rich=True)),
        (
            "represented",
            Part(
                ALL,
                5,
                role=Role("Specimen-Hardy", ("Wilfred", "George"), "male", date(1941, 1, 17)),
                rich=True,
                attorney=6,
            ),
        ),
        (
            "attorney",
            Part(
                frozenset({PRACTICE, COUNCIL}),
                5,
                place="adult-child",
                role=Role("Specimen-Hardy", ("Joan",), "female", date(1969, 6, 21)),
            ),
        ),
        (
            "one-source",
            Part(
                frozenset({PRACTICE}),
                7,
                role=Role("Wzorcowicz", ("Bolesław",), "male", date(1972, 12, 1), POLISH),
                rich=True,
            ),
        ),
        (
            "no-nhs-number",
            Part(
                ALL,
                8,
                role=Role(
                    "Exemplescu-Pildăreanu", ("Ștefania", "Alexandrina"), "female", date(1995, 4, 2), ROMANIAN
                ),
                rich=True,
                council_knows_number=False,
            ),
        ),
        ("twin-a", Part(frozenset({PRACTICE, COUNCIL}), 9, role=twin)),
        ("twin-b", Part(frozenset({PRACTICE, CHARITY}), 9, role=twin)),
        (
            "deceased",
            Part(
                frozenset({PRACTICE, COUNCIL}),
                11,
                role=Role("Fakenshaw", ("Cuthbert",), "male", date(1938, 10, 10)),
                deceased_on=date(2026, 8, 2),
            ),
        ),
        (
            "two-sources",
            Part(
                frozenset({COUNCIL, CHARITY}),
                12,
                role=Role("Pavyzdžiūnaitė-Bandomoji", ("Kotryna",), "female", date(1999, 2, 14), LITHUANIAN),
                rich=True,
            ),
        ),
        (
            "labelled",
            Part(
                ALL,
                13,
                role=Role(
                    "Exemplo dos Santos Figueiredo",
                    ("Maria", "da Conceição"),
                    "female",
                    date(1977, 8, 15),
                    PORTUGUESE,
                ),
                rich=True,
                sensitive=True,
            ),
        ),
        (
            "invalidated",
            Part(
                frozenset({PRACTICE, CHARITY}),
                14,
                role=Role("Testowska", ("Świętosława",), "female", date(1968, 3, 3), POLISH),
                invalidated=True,
            ),
        ),
        (
            "council-only",
            Part(
                frozenset({COUNCIL}), 15, role=Role("Po", ("Wren",), "female", date(2001, 10, 5)), rich=True
            ),
        ),
        (
            "charity-only",
            Part(
                frozenset({CHARITY}),
                16,
                role=Role("O'Sample", ("Kit",), "other", date(1993, 6, 6)),
                rich=True,
            ),
        ),
        (
            "everything-partner",
            Part(
                frozenset({PRACTICE, COUNCIL}),
                0,
                place="partner",
                role=Role("Sampleworth", ("Jude",), "male", date(1982, 1, 30)),
                rich=True,
            ),
        ),
        (
            "everything-child",
            Part(
                frozenset({PRACTICE}),
                0,
                place="child",
                role=Role("Sampleworth", ("Iris",), "female", date(2018, 10, 2)),
            ),
        ),
    )


_CAST: Final = _cast()

CAST: Final[Mapping[str, int]] = MappingProxyType({name: at for at, (name, _) in enumerate(_CAST)})
"""Name of a cast member -> position in `generate()`'s answer, the same for every seed and count.

`everything` is known to all three sources, unrestricted, with something in every field and no labelled resource;
`labelled` has resources labelled PSY, SDV and R; `invalidated` was withdrawn by the practice after registration.
"""

_SOURCE_CYCLE: Final = (
    ALL,
    frozenset({PRACTICE, COUNCIL}),
    frozenset({PRACTICE, CHARITY}),
    ALL,
    frozenset({PRACTICE}),
    frozenset({COUNCIL, CHARITY}),
    frozenset({COUNCIL}),
)
_PATTERN: Final = (
    (0, "head"),
    (0, "partner"),
    (2, "head"),
    (3, "head"),
    (3, "child"),
    (3, "child"),
    (6, "head"),
    (7, "head"),
)
"""Eight positions: a couple, someone alone, a parent with two children, two people alone."""


def part(position: int) -> Part:
    """The part of a position."""
    if position < len(_CAST):
        return _CAST[position][1]
    after = position - len(_CAST)
    offset, place = _PATTERN[after % len(_PATTERN)]
    head = position - after % len(_PATTERN) + offset
    # Whoever shares a home shares its label: a mother's restricted address must not be read off her child's record.
    label = {5: Label.RESTRICTED, 11: Label.VERY_RESTRICTED}.get((head - len(_CAST)) % 13, Label.UNRESTRICTED)
    sources = _SOURCE_CYCLE[after % len(_SOURCE_CYCLE)]
    if place == "child":
        sources = frozenset({PRACTICE, COUNCIL})
    return Part(
        sources,
        head,
        place=place,
        label=label,
        sensitive=after % 5 == 3,
        council_knows_number=after % 9 != 4,
    )


def household(position: int) -> tuple[int, ...]:
    """The positions of everyone who lives with the person, without the person."""
    head = part(position).head
    nearby = range(len(_CAST)) if head < len(_CAST) else range(head, head + len(_PATTERN))
    return tuple(
        other for other in nearby if other != position and part(other).head == head and not _is_twin(other)
    )


def _is_twin(position: int) -> bool:
    """The two of the same name live in one street and share nothing but name, birth date and postcode."""
    return position in {CAST["twin-a"], CAST["twin-b"]}
