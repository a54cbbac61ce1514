"""The code on a ticket: whoever holds it may see the answer, and nothing else. Pure but for chance.

Twelve signs of an alphabet without vowels and look-alikes, so that it can be said by phone and spells no word: 57 bits. Only
its digest is kept. A plain digest is enough: whoever holds a copy of the database already reads all that a code opens, and
learns nothing about who holds the paper.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

ALPHABET: Final = "23456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 12
_SHAPE: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_MEANT: Final = str.maketrans({"-": None, " ": None, ".": None, "\N{EN DASH}": None})


def new_code() -> str:
    """A fresh code as it is shown: "K7QP-3MXD-9T2W"."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"


def read_code(typed: str) -> str | None:
    """What somebody typed as a code is shown; small letters, gaps and missing dashes do not matter. None for no code."""
    signs = typed.upper().translate(_MEANT).strip()
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}" if _SHAPE.fullmatch(signs) else None


def digest_of(code: str) -> str:
    """What is kept of a code, as hexadecimal SHA-256."""
    return hashlib.sha256(b"hub voice code\x00" + code.encode()).hexdigest()
