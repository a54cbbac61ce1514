"""Suspends an agreement at run time, and resumes it: the authority row and the log's word of it, in one transaction.

It counts from the next request of every replica; a request that is under way at that moment discloses nothing, since the
guard in its append holds the same row. Each party suspends for itself: the agreement holds again when none does any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Log
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import KeyStore
from core.unit_of_work import Written
from gateway.authority import Authority, Suspended
from gateway.policy.register_values import Registers

REASON_MAXIMUM = 500


class SuspendingError(OnceToldError):
    """The agreement cannot be suspended or resumed so; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Suspending:
    """Suspends and resumes. registers: those that say which agreements there are, and who is a party."""

    log: Log
    authority: Authority
    keys: KeyStore
    clock: Clock
    registers: Registers

    def suspend(self, agreement: str, by: str, reason: str) -> None:
        """Let nobody ask under an agreement from now on. Raises SuspendingError, ClosedError."""
        suspended = Suspended(agreement, by, reason.strip(), self.clock.now())
        self._change("agreement-suspended", suspended, lambda tx: self.authority.suspend(tx, suspended))

    def resume(self, agreement: str, by: str, reason: str) -> None:
        """Take back what this party suspended. Raises as `suspend` does."""
        resumed = Suspended(agreement, by, reason.strip(), self.clock.now())
        self._change("agreement-resumed", resumed, lambda tx: self.authority.resume(tx, agreement, by))

    def _change(
        self,
        outcome: Literal["agreement-suspended", "agreement-resumed"],
        told: Suspended,
        change: Callable[[Connection], bool],
    ) -> None:
        draft = Draft(
            kind=Kind.ADMINISTRATION,
            outcome=outcome,
            organisations=self._parties(told),
            detail={"agreement": told.agreement, "by": told.by, "reason": told.reason},
        )
        entry = seal_entry(draft, self.keys.get_or_create("org:operator"))

        def work(tx: Connection) -> Written[None, SealedEntry]:
            if not change(tx):
                raise SuspendingError(
                    f"{told.agreement} is "
                    + (
                        f"suspended by {told.by} already, or no gateway has started yet"
                        if outcome == "agreement-suspended"
                        else f"not suspended by {told.by} at run time: who suspended it resumes it, and what its file says "
                        "changes with the next bundle"
                    )
                )
            return Written(None, (entry,))

        self.log.append(Append(work, changes=True))

    def _parties(self, told: Suspended) -> frozenset[str]:
        agreement = self.registers.agreements.get(told.agreement)
        if agreement is None:
            raise SuspendingError(
                f"there is no agreement {told.agreement}: `oncetold agreement status` names them"
            )
        if told.by not in agreement.parties:
            parties = ", ".join(sorted(agreement.parties))
            raise SuspendingError(f"{told.by} is no party to {told.agreement}; its parties are {parties}")
        if not told.reason or len(told.reason) > REASON_MAXIMUM or not told.reason.isprintable():
            raise SuspendingError(f"say why, in one line of at most {REASON_MAXIMUM} characters")
        return agreement.parties
