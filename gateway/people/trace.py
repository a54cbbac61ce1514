"""Trace keys: what identifies a person, normalised so that the same person gives the same key (pure).

An NHS number and demographics need not lead to the same handle; an ambiguous key leads to nobody.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from nhs_number.validate import is_valid

from core.errors import OnceToldError

_ACCENTS_FROM, _ACCENTS_TO = "\u0300", "\u036f"
"""Unicode's combining diacritical marks, which Latin, Greek and Cyrillic letters carry."""


class TraceError(OnceToldError):
    """Identifiers that cannot be used, with what to mend; never the identifier itself."""


@dataclass(frozen=True, slots=True)
class Demographics:
    """What a practitioner knows of a person without an NHS number. Postcode may be left out by nobody: names repeat."""

    family_name: str
    given_name: str
    birth_date: date
    postcode: str


def by_nhs_number(value: str) -> str:
    """Trace key of an NHS number (ten digits, check digit by modulus 11; NHS Data Dictionary). Spaces are allowed."""
    digits = "".join(value.split())
    if not (len(digits) == 10 and digits.isascii() and digits.isdigit() and is_valid(digits)):
        raise TraceError("the NHS number is not valid: check the ten digits")
    return f"nhs|{digits}"


def by_demographics(value: Demographics) -> str:
    """Trace key of demographics: case, accents, spaces and punctuation do not matter."""
    family, given = letters(value.family_name), letters(value.given_name)
    postcode = letters(value.postcode)
    if not (family and given and postcode):
        raise TraceError("family name, given name and postcode must each hold letters or digits")
    return f"demographics|{family}|{given}|{value.birth_date.isoformat()}|{postcode}"


def by_record(source: str, reference: str) -> str:
    """Trace key of a source's own record id: how the source itself finds the person it registered."""
    return f"record|{source}|{reference}"


def letters(text: str) -> str:
    """Letters, digits and the marks that are no accents: in most scripts outside Europe a mark is a vowel (Meena, Mona)."""
    folded = unicodedata.normalize("NFKD", text.replace("Ł", "L").replace("ł", "l")).casefold()
    return "".join(character for character in folded if character.isalnum() or _is_vowel_sign(character))


def _is_vowel_sign(character: str) -> bool:
    return unicodedata.category(character).startswith("M") and not _ACCENTS_FROM <= character <= _ACCENTS_TO
