"""Facets: what a search filters by, as one number beside each entry. Pure.

Entries of one organisation fall into a few hundred combinations of kind, outcome, recipient, role and purpose. Each has a
number that anybody can compute, so the writer stores it without looking anything up, and any filter or free text becomes a
few exact index ranges, however rare the thing that is looked for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

CODE_LENGTH = 20
"""No person's code is longer; whatever is, is no code and stands in no index."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for within one organisation's entries; None means any. Times are milliseconds, until exclusive.

    text: part of the code of a recipient, role, purpose or outcome. code: whom the entry is about, exactly.
    """

    organisation: str
    kind: str | None = None
    outcome: str | None = None
    purpose: str | None = None
    text: str = ""
    from_ms: int | None = None
    until_ms: int | None = None
    before: int | None = None
    limit: int = 50
    code: str | None = None

    @property
    def any_facet(self) -> bool:
        """Whether every facet fits."""
        return (self.kind, self.outcome, self.purpose, self.text) == (None, None, None, "")


@dataclass(frozen=True, slots=True)
class Facet:
    """One combination, by the codes that stand beside the entries."""

    kind: str
    outcome: str
    recipient: str | None
    role: str | None
    purpose: str | None

    @property
    def number(self) -> int:
        """Its number, 63 bits."""
        return facet_number(self.kind, self.outcome, self.recipient, self.role, self.purpose)

    def fits(self, query: Query) -> bool:
        """Whether its entries are among those asked for, as far as a facet can tell."""
        asked = ((query.kind, self.kind), (query.outcome, self.outcome), (query.purpose, self.purpose))
        if any(wanted is not None and wanted != own for wanted, own in asked):
            return False
        # Codes are names in small letters with hyphens: who types a name as it is spoken finds it too.
        text = "-".join(query.text.lower().split())
        return any(text in (one or "") for one in (self.recipient, self.role, self.purpose, self.outcome))


@lru_cache(maxsize=10_000)
def facet_number(
    kind: str, outcome: str, recipient: str | None, role: str | None, purpose: str | None
) -> int:
    """The number of a combination: the first 63 bits of SHA-256 over its JSON."""
    named = json.dumps([kind, outcome, recipient, role, purpose]).encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:8]) >> 1


def code_of(person: object) -> str | None:
    """The code to be found by, of what an entry's detail calls its person; None for what is none."""
    return person if isinstance(person, str) and 0 < len(person) <= CODE_LENGTH else None
