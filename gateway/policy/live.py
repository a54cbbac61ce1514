"""The policy that decides now, and how a newer one takes its place without a restart.

A `Policy` is a value: whoever took it at the start of a request keeps it to the end, so no request decides partly by one
policy and partly by another. Which of the policies at hand decides is said by the authority row, which every request reads:
a policy is made ready beside the current one, put in force there, and takes its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.errors import ClosedError
from core.sections import SectionSchema
from gateway.policy.port import PolicyEngine
from gateway.policy.register_values import Check, Registers, agreements_in_force, next_change


class AgreementCalendar:
    """The agreements by time, with what is in force remembered until the next change; and the registers' checks."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self._winding_down = [one for one in registers.agreements.values() if one.winding_down is not None]
        self._from: datetime | None = None
        self._until: datetime | None = None
        self._in_force: frozenset[str] = frozenset()

    def in_force(self, at: datetime) -> frozenset[str]:
        """Ids of the agreements in force."""
        self._turn_to(at)
        return self._in_force

    def next_change(self, at: datetime) -> datetime | None:
        """When an agreement next begins or ends."""
        self._turn_to(at)
        return self._until

    def wound_down_after(self, given: datetime) -> frozenset[str]:
        """Ids of the agreements that began to wind down after this moment."""
        return frozenset(one.id for one in self._winding_down if one.precedes_winding_down(given))

    def check(self, name: str) -> Check | None:
        """The check with this id."""
        return self._registers.checks.get(name)

    def _turn_to(self, at: datetime) -> None:
        if self._from is None or at < self._from or (self._until is not None and at >= self._until):
            self._from, self._until = at, next_change(self._registers, at)
            self._in_force = agreements_in_force(self._registers, at)


def _no_engine(_: Registers) -> PolicyEngine:
    raise ClosedError("policy engine", "there is none for registers that are made up")


async def _nothing_to_release() -> None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """One policy whole: the registers, the engine that decides by them, and the agreements by time.

    sections: the schemas that what sources send is checked against. number: that of the bundle, 0 for a folder. digest: of
    the bundle's bytes, empty for a folder. release: gives back what the engine holds. Two policies are never equal: what is
    remembered of one is not taken for another's.
    """

    registers: Registers
    sections: Mapping[str, SectionSchema]
    engine: PolicyEngine
    calendar: AgreementCalendar
    number: int = 0
    digest: str = ""
    suppose: Callable[[Registers], PolicyEngine] = _no_engine
    release: Callable[[], Awaitable[None]] = _nothing_to_release

    @property
    def revision(self) -> str:
        """Of policy and registers (`gateway.policy.compile.with_revision`)."""
        return self.engine.revision


class LivePolicy:
    """The current policy, and beside it the next one while that is being put in force.

    alert: why the newest bundle was refused, as a code, while the policy before it goes on; None while all is well.
    when_behind: called, on any thread, when another policy is in force than those that are here.
    """

    def __init__(self, current: Policy) -> None:
        # One tuple, replaced by one assignment: whoever looks sees all of before or all of after.
        self._at_hand: tuple[Policy, ...] = (current,)
        self.alert: str | None = None
        self.when_behind: Callable[[], None] = lambda: None

    @property
    def current(self) -> Policy:
        """Take it once, and use what was taken to the end."""
        return self._at_hand[0]

    @property
    def registers(self) -> Registers:
        """Of the current policy."""
        return self.current.registers

    def in_force(self, revision: str) -> Policy:
        """The policy of the revision that is in force for every replica. Raises `ClosedError` while it is not here."""
        for policy in self._at_hand:
            if policy.revision == revision:
                return policy
        self.when_behind()
        raise ClosedError("policy", "another policy is in force than this replica has")

    def make_ready(self, policy: Policy) -> None:
        """Have a policy decide from the moment on at which the authority row says that it is in force."""
        self._at_hand = (self.current, policy)

    def give_up(self) -> None:
        """Forget the policy that was made ready: it could not be put in force."""
        self._at_hand = (self.current,)

    def swap(self) -> Policy:
        """Let the policy that was made ready take the current one's place; gives the one that went."""
        before, after = self._at_hand
        self._at_hand = (after,)
        return before
