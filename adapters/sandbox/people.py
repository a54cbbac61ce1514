"""The one generator of the sandbox's people: a pure function of a seed and a count.

`generate()` answers the same people on every machine, and a larger count only adds to them. Everyone is made up: NHS
numbers lie in 999 (kept free for tests by the NHS), homes in the postcode area NR99, telephone numbers in Ofcom's
ranges for drama (07700 900000-900999, 01632 960000-960999), e-mail in example.org.

>>> from adapters.sandbox.people import CAST, generate
>>> generate()[CAST["everything"]].full_name
'Maren Ada Sampleworth'
"""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date
from functools import cache
from random import Random
from typing import Final

from adapters.sandbox import words
from adapters.sandbox.person import (
    CHARITY,
    COUNCIL,
    PRACTICE,
    Address,
    Language,
    Person,
    Relative,
    Representative,
    Tenancy,
)
from adapters.sandbox.records import charity_record, council_record, home, practice_record, tenancy
from adapters.sandbox.roster import CAST, Part, Role, household, part

__all__ = ["CAST", "DEFAULT_COUNT", "DEFAULT_SEED", "generate", "nhs_number"]

DEFAULT_SEED: Final = 20261123
DEFAULT_COUNT: Final = 48
_MOST: Final = 100_000
_INWARD: Final = "ABDEFGHJLNPQRSTUWXYZ"
"""The letters that a postcode's last two places may hold."""


def generate(seed: int = DEFAULT_SEED, count: int = DEFAULT_COUNT) -> tuple[Person, ...]:
    """The first `count` people of a seed.

    Raises ValueError where the count leaves out some of the cast or exceeds 100,000 (NHS numbers would repeat).
    """
    if not len(CAST) <= count <= _MOST:
        raise ValueError(f"count must be between {len(CAST)} and {_MOST}")
    return tuple(_person(seed, position) for position in range(count))


def nhs_number(seed: int, position: int) -> str:
    """A valid NHS number in 999: ten digits, the last by modulus 11 (uk.md, "Identifiers")."""
    serial = _offset(seed, "nhs") + position * 20_011
    while True:
        digits = f"999{serial % 1_000_000:06d}"
        check = (
            11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        )
        if check != 10:
            return digits + str(check % 11)
        # 10 is no check digit: such a number is never issued, the next one is.
        serial += 1


def _offset(seed: int, what: str) -> int:
    """A number that depends on the seed and on what it is for, so that no two kinds of id run in step."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{what}".encode()).digest()[:6], "big")


def _chance(seed: int, position: int, what: str) -> Random:
    """A source of chance of its own for each subject: changing one record's words leaves the others as they were."""
    return Random(f"{seed}/{position}/{what}")


def _role(seed: int, position: int) -> Role:
    """Who stands at a position: the cast's own role, or one made up; households share family name and language."""
    mine = part(position)
    if mine.role is not None:
        return mine.role
    family = _chance(seed, mine.head, "family")
    language, surnames, women, men = family.choices(words.NAMES, words.NAME_WEIGHTS)[0]
    surname = family.choice(surnames)
    rng = _chance(seed, position, "role")
    gender = rng.choice(("female", "male"))
    years = (2012, 2022) if mine.place == "child" else (1944, 1992)
    born = date(rng.randint(*years), rng.randint(1, 12), rng.randint(1, 28))
    givens = women if gender == "female" else men
    # Brothers and sisters do not share a given name: the place in the household picks it.
    given = givens[(family.randrange(len(givens)) + position - mine.head) % len(givens)]
    return Role(surname, tuple(given.split(" ")), gender, born, language)


def _full_name(role: Role) -> str:
    return " ".join((*role.given_names, role.family_name))


@cache
def _address(seed: int, head: int, number_step: int) -> Address:
    """The home of a household; `number_step` moves one who only shares the street to another door."""
    rng = _chance(seed, head, "address")
    number = rng.randint(1, 190)
    street = rng.choice(words.STREETS)
    flat = (f"Flat {rng.randint(1, 12)}",) if rng.random() < 0.4 else ()
    inward = rng.choice(_INWARD) + rng.choice(_INWARD)
    return Address(
        lines=(*flat, f"{number + number_step} {street}"),
        town=rng.choice(words.TOWNS),
        postcode=f"NR99 9{inward}",
        uprn=str(999_900_000_000 + head * 10 + number_step),
    )


def _relationship(mine: Part, other: Part) -> str:
    """What the other is to me, in the council's codes: PTNR, CHLD, PRNT, SIBL."""
    child, grown = {"child", "adult-child"}, {"head", "partner"}
    if mine.place in grown:
        return "PTNR" if other.place in grown else "CHLD"
    return "PRNT" if other.place not in child else "SIBL"


def _relatives(seed: int, position: int) -> tuple[Relative, ...]:
    mine = part(position)
    found = []
    for other in household(position):
        role = _role(seed, other)
        relationship = _relationship(mine, part(other))
        found.append(Relative(other, relationship, role.birth_date, _full_name(role)))
    return tuple(found)


def _representative(seed: int, position: int) -> Representative | None:
    """The attorney of a cast member, or the parent who lives with a child."""
    mine = part(position)
    if mine.attorney is not None:
        name = _full_name(_role(seed, mine.attorney))
        return Representative(mine.attorney, name, "lpa-health-and-welfare", date(2024, 3, 18))
    if mine.place != "child":
        return None
    since = _role(seed, position).birth_date
    return Representative(mine.head, _full_name(_role(seed, mine.head)), "parental-responsibility", since)


def _letting(seed: int, head: int, *, rich: bool) -> Tenancy | None:
    """The household's letting; one household in six owns its home or rents elsewhere."""
    rng = _chance(seed, head, "letting")
    if not rich and rng.random() < 1 / 6:
        return None
    return tenancy(rng, f"T{(_offset(seed, 'tenancy') + head * 7_001) % 1_000_000:06d}", rich=rich)


def _email(role: Role, position: int) -> str:
    """An address in example.org; letters that no mailbox takes fall away."""
    plain = unicodedata.normalize("NFKD", f"{role.given_names[0]}.{role.family_name}".lower())
    local = "".join(
        character for character in plain if (character.isascii() and character.isalpha()) or character == "."
    )
    return f"{local.strip('.') or 'resident'}.{position}@example.org"


def _interpreter(rng: Random, mine: Part, language: Language) -> bool:
    if language == words.ENGLISH:
        return False
    return mine.rich or rng.random() < 0.5


def _person(seed: int, position: int) -> Person:
    mine, role = part(position), _role(seed, position)
    number = nhs_number(seed, position)
    rng = _chance(seed, position, "contact")
    knows = mine.sources.__contains__
    grown = mine.place in {"head", "partner"}
    letting = _letting(seed, mine.head, rich=mine.rich) if grown else None
    reference = (_offset(seed, "council") + position * 7_368_787) % 10_000_000
    case = (_offset(seed, "charity") + position * 50_021) % 1_000_000
    return Person(
        position=position,
        nhs_number=number,
        family_name=role.family_name,
        given_names=role.given_names,
        birth_date=role.birth_date,
        gender=role.gender,
        deceased_on=mine.deceased_on,
        label=mine.label,
        address=_address(seed, mine.head, 2 if position == CAST["twin-b"] else 0),
        telephone=f"07700 900{rng.randint(0, 999):03d}",
        landline=f"01632 960{rng.randint(0, 999):03d}",
        email=_email(role, position),
        language=role.language,
        interpreter_required=_interpreter(rng, mine, role.language),
        representative=_representative(seed, position),
        practice=practice_record(_chance(seed, position, "practice"), mine) if knows(PRACTICE) else None,
        council=council_record(
            _chance(seed, position, "council"),
            f"P{reference:07d}",
            number if mine.council_knows_number else None,
            home(_chance(seed, mine.head, "home"), rich=part(mine.head).rich),
            letting,
            _relatives(seed, position),
        )
        if knows(COUNCIL)
        else None,
        charity=charity_record(_chance(seed, position, "charity"), f"HH-{case:06d}", number, mine)
        if knows(CHARITY)
        else None,
    )
