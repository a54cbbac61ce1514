"""Whether anything ties an organisation to a person by now: a record that it holds, or what the person allowed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consent.ledger import Ledger
from core.clock import Clock
from core.errors import BrokenRowError
from core.keys import KeyStore, MissingKeyError
from gateway.people.locator import Locator
from gateway.policy.register_values import Registers


@dataclass(frozen=True, slots=True)
class Ties:
    """Looks at the rows of whoever an entry was about.

    registers_records: whether an organisation is a source, and so would have told what it holds.
    """

    keys: KeyStore
    locator: Locator
    ledger: Ledger
    clock: Clock
    registers_records: Callable[[str], bool]

    def tied(self, tag: bytes, organisation: str) -> bool:
        """Of nobody, of whoever was erased and of a row that does not open nothing can be said: then there is no alert.

        Nor of an organisation that only asks: it may hold a record of everybody, and has nobody to tell it to.
        """
        if not self.registers_records(organisation):
            return True
        try:
            key = self.keys.by_tag(tag)
            person = self.locator.by_id(key.subject)
            if person is None:
                return True
            standing = self.ledger.standing(key)
        except (MissingKeyError, BrokenRowError):
            return True
        if organisation in person.pointers:
            return True
        now = self.clock.now()
        return any(
            one.kind.allows and one.in_force(now) and not one.recipients.isdisjoint({organisation, "*"})
            for one in standing.permissions
        )


def is_source(registers: Registers, organisation: str) -> bool:
    """Whether an agreement names the organisation as a source."""
    return any(
        organisation == terms.organisation for one in registers.agreements.values() for terms in one.sources
    )
