"""What an organisation may say about who works there: handles and accounts, no names; kept with whom it is about.

A list names people by the organisation's own handles (POST /v1/people/trace) and accounts by their subject ids. Of it only a
keyed tag is kept, in the sealed row of whom a source knows anyway; of everybody else nothing is kept, and nobody is told
which. It runs out after a hundred days, so whoever has left is forgotten without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Log
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import KeyStore
from core.unit_of_work import Written
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Person

OUTCOME = "staff-told"


class StaffListError(OnceToldError):
    """A line of a list cannot be used; the message says which line, and nothing of what stands there."""


@dataclass(frozen=True, slots=True)
class Member:
    """One line: the organisation's handle for the person, and their account at the organisation's issuer."""

    handle: str
    issuer: str
    account: str


@dataclass(frozen=True, slots=True)
class StaffList:
    """Takes lists in."""

    log: Log
    keys: KeyStore
    locator: Locator
    handles: Handles
    clock: Clock

    def take_in(self, organisation: str, members: Iterable[Member]) -> int:
        """Keep who works there; gives how many lines there were, not how many of them anybody knows."""
        told = list(members)
        known = [(found, one) for one in told if (found := self._known(organisation, one)) is not None]
        now = self.clock.now()
        draft = Draft(
            Kind.ADMINISTRATION,
            OUTCOME,
            frozenset({organisation}),
            {"by": "operator", "lines": len(told)},
            recipient=organisation,
        )
        entry = seal_entry(draft, self.keys.get_or_create(f"org:{organisation}"))

        def work(tx: Connection) -> Written[None, SealedEntry]:
            for person, one in known:
                tag = self.handles.tags.staff(organisation, one.issuer, one.account)
                self.locator.works_there(tx, person, organisation, tag, now)
            return Written(None, (entry,))

        self.log.append(Append(work, changes=True))
        return len(told)

    def _known(self, organisation: str, one: Member) -> Person | None:
        mac = self.handles.open(organisation, one.handle)
        return None if mac is None else self.locator.find(mac)


def read_members(lines: Iterable[str], issuer: str) -> Iterator[Member]:
    """Members of lines like `{"person": HANDLE, "practitioner": SUBJECT}`. Raises `StaffListError`."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            said = orjson.loads(line)
            handle, account = said["person"], said["practitioner"]
        except (ValueError, KeyError, TypeError):
            raise StaffListError(f"line {number} is no object with person and practitioner") from None
        if not (isinstance(handle, str) and isinstance(account, str) and handle and account):
            raise StaffListError(f"line {number}: person and practitioner are texts")
        yield Member(handle, issuer, account)
