"""Codes for paper: short enough to copy by hand or read out on the phone, long enough that nobody guesses one. Pure.

Twenty characters of Crockford's base32 (https://www.crockford.com/base32.html) in five groups: 85 bits of a keyed
function, and 15 bits by which a slip of the pen is seen at once. No I, L, O or U; read in, I and L are 1, and O is 0.
"""

from __future__ import annotations

import hashlib
from typing import Final

from gateway.people.handles import Handles

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 20
_SECRET: Final = 17
_GROUP: Final = 4
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def code_for(handles: Handles, subject: str) -> str:
    """The code for a subject (an id of ours): always the same, and nobody without our master key can work it out."""
    raw = int.from_bytes(handles.blind_index(f"stop-code-of|{subject}")[:11])
    secret = _digits(raw >> 3, _SECRET)
    return secret + _check(secret)


def mac_of(handles: Handles, code: str) -> bytes:
    """What rests of a code: a keyed MAC (32 bytes)."""
    return handles.blind_index(f"stop-code|{code}")


def in_groups(code: str) -> str:
    """The code as it is printed."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read_code(text: str) -> str | None:
    """The code in what somebody typed, whatever its case, dashes and spaces; None where it cannot be one of ours."""
    if len(text) > 100:
        return None
    code = "".join(text.upper().split()).translate(_READ_AS)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or code[_SECRET:] != _check(code[:_SECRET]):
        return None
    return code


def _check(secret: str) -> str:
    digest = hashlib.sha256(f"stop-code|{secret}".encode()).digest()
    return _digits(int.from_bytes(digest[:2]) >> 1, LENGTH - _SECRET)


def _digits(number: int, length: int) -> str:
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))
