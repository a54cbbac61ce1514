"""Keyed tags of what must never rest in words: family names, and who works where. Pure.

HMAC-SHA-256 under a key that only the gateway has, cut to 8 or 16 bytes: without the master secret a tag tells nothing, and
with it only whether two people share a name. They are compared for alerts (docs/alerts.md) and found by nobody.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from core.sealing import derive
from gateway.people.trace import letters

_COMMON = (
    # The most frequent of England and Wales, and those that very many people bear by religion or custom: such a name says
    # nothing about two people, and questions by name must not fall on some communities only.
    "smith jones taylor williams brown davies evans wilson thomas roberts johnson lewis walker robinson "
    "wood thompson white watson jackson wright green harris cooper king lee martin clarke james morgan "
    "hughes edwards hill moore clark harrison scott young morris hall ward turner carter phillips "
    "mitchell patel adams campbell anderson allen cook bailey parker miller davis murphy price bell baker "
    "griffiths kelly simpson marshall collins bennett cox richardson fox gray rose shaw khan ahmed ali "
    "hussain singh kaur begum bibi akhtar islam miah uddin mohammed muhammad chowdhury rahman shah sharma "
    "nguyen kowalska kowalski nowak silva santos pereira fernandes popescu popa "
)
_PARTICLES = (
    "al bin bint da das de del den der di do dos du el ibn la las le los mac mc op san st ter van von zu "
)
COMMON = frozenset(_COMMON.split())
"""Parts of family names that very many people have."""

_SMALL_WORDS = frozenset(_PARTICLES.split())
_SHORTEST_PART = 3
_SPLIT = re.compile(r"[\s\-\u2010-\u2015]+")
_KEPT_BYTES = 8
"""Of a name's tag: among the few names that are ever compared, two different ones do not meet by chance."""


@dataclass(frozen=True, slots=True)
class Names:
    """A first name and the parts of a family name, folded (`trace.letters`). Lives as long as a request."""

    given: str
    parts: frozenset[str]
    whole: str

    @property
    def full(self) -> str:
        """First and family name together; empty where one of them is missing."""
        return f"{self.given}|{self.whole}" if self.given and self.whole else ""


def names_of(family: str, given: str) -> Names:
    """Names as they are compared. given: the first of several counts."""
    split = [letters(part) for part in _SPLIT.split(family)]
    whole = letters(family)
    parts = {part for part in split if len(part) >= _SHORTEST_PART and part not in _SMALL_WORDS}
    # Where a name consists of short words only, it is compared as one.
    return Names(
        letters(given.split(" ", maxsplit=1)[0]), frozenset(parts or ({whole} if whole else ())), whole
    )


def names_of_line(line: str) -> Names:
    """Names from one line, as tokens and records have them: the first word, and the last."""
    words = line.split()
    return names_of(words[-1] if len(words) > 1 else "", words[0] if words else "")


class Tags:
    """Makes tags from the operator's master key; one key for each use."""

    def __init__(self, master: bytes) -> None:
        self._names = derive(master, "name-tag")
        self._staff = derive(master, "staff-tag")
        self._practitioners = derive(master, "practitioner-tag")
        self._about = derive(master, "alert-about")

    def family(self, names: Names) -> dict[str, str]:
        """Part of a family name -> its tag."""
        return {part: self._tag(self._names, f"family|{part}") for part in names.parts}

    def registered(self, names: Names) -> tuple[str, ...]:
        """All tags that are kept of somebody's name: of each part, and of first and family name together."""
        full = (self.full(names),) if names.full else ()
        return (*sorted(self.family(names).values()), *full)

    def full(self, names: Names) -> str:
        """The tag of first and family name together."""
        return self._tag(self._names, f"full|{names.full}")

    def staff(self, organisation: str, issuer: str, practitioner: str) -> str:
        """The tag of an account, kept in the row of the person whose account it is."""
        return self._tag(self._staff, f"{organisation}|{issuer}|{practitioner}")

    def practitioner(self, organisation: str, issuer: str, practitioner: str) -> bytes:
        """By what a practitioner's past weeks are found (16 bytes)."""
        return self._digest(self._practitioners, f"{organisation}|{issuer}|{practitioner}")[:16]

    def about(self, *of: str) -> bytes:
        """By what the same question is known again (16 bytes)."""
        return self._digest(self._about, "|".join(of))[:16]

    def _tag(self, key: bytes, text: str) -> str:
        return self._digest(key, text)[:_KEPT_BYTES].hex()

    @staticmethod
    def _digest(key: bytes, text: str) -> bytes:
        return hmac.digest(key, text.encode(), "sha256")
