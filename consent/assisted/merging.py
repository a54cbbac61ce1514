"""What stands when decisions arrive late and out of order: whatever was said last. Pure.

A statement is a yes or a no of one person about one recipient and purpose, said at a moment. The order below is total, so
what stands is the greatest statement of all that have arrived: the same whatever the order of arrival, and however often
one arrives (a last-writer-wins register, Shapiro et al. 2011, section 3.2.1). A no is greater than a yes of the same
moment, and what the person did themselves is greater than what was written down for them. So no yes stands that was said
before a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.assisted.values import Spoken
from consent.ledger import Event
from consent.permissions import ANY, Permission
from core.times import to_ms

ASSISTED = "assisted"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. live: the person's own doing (portal, paper code), not written down by somebody else."""

    said_at: datetime
    live: bool
    yes: bool
    id: str

    @property
    def rank(self) -> tuple[int, bool, bool, str]:
        """Its place in the order of statements."""
        return (to_ms(self.said_at), self.live, not self.yes, self.id)


def last(statements: Iterable[Statement]) -> Statement | None:
    """The statement that counts; None where nothing was ever said."""
    return max(statements, key=lambda one: one.rank, default=None)


def counts(new: Statement, before: Iterable[Statement]) -> bool:
    """Whether a statement is the last of all, itself included."""
    return last((*before, new)) == new


def of_spoken(spoken: Spoken) -> Statement:
    """A spoken decision as a statement."""
    return Statement(spoken.said_at, live=False, yes=spoken.yes, id=spoken.id)


def covers(permission: Permission, recipient: str, purpose: str) -> bool:
    """Whether a permission lets this recipient look for this purpose; it may let others too."""
    return (
        permission.kind.allows
        and not permission.recipients.isdisjoint({recipient} | ANY)
        and not permission.purposes.isdisjoint({purpose} | ANY)
    )


def is_just(permission: Permission, recipient: str, purpose: str) -> bool:
    """Whether a permission is about this recipient and purpose and nothing else."""
    return (
        permission.kind.allows and permission.recipients == {recipient} and permission.purposes == {purpose}
    )


def of_history(events: Iterable[Event], recipient: str, purpose: str) -> tuple[Statement, ...]:
    """What a person's history says about a recipient and purpose.

    A permission that is about more says yes to more than is asked here, so only its end counts. What a written-down decision
    ended is left to that decision: it was said before it arrived.
    """
    found = []
    for event in events:
        permission = event.permission
        if event.what == "given" and is_just(permission, recipient, purpose):
            live = permission.given.how != ASSISTED
            found.append(Statement(permission.from_, live=live, yes=True, id=permission.id))
        if event.what == "withdrawn" and event.by.how != ASSISTED and covers(permission, recipient, purpose):
            found.append(Statement(event.at, live=True, yes=False, id=permission.id))
    return tuple(found)


def said_of(permission: Permission) -> Statement:
    """The yes that a permission is."""
    live = permission.given.how != ASSISTED
    return Statement(permission.from_, live=live, yes=True, id=permission.id)


def ended_by(no: Statement, standing: Iterable[Permission], recipient: str, purpose: str) -> tuple[str, ...]:
    """Ids of the permissions that a no ends: each that covers the pair and was said before it.

    Also one that is about more: a no must hold, and a permission cannot be cut in two.
    """
    return tuple(
        one.id for one in standing if covers(one, recipient, purpose) and said_of(one).rank < no.rank
    )
