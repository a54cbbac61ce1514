"""The authority row: which policy and registers decide, and which agreements a party has suspended, for every replica.

Every request reads the row, and a decision carries the row's revision; the guarded append holds the row (FOR SHARE) and lets
a disclosure through only if that revision still stands. So a suspension or a new bundle counts from the next request of
every replica, and for those under way from their append.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import BigInteger, Connection, bindparam, column, insert, select, table, update
from sqlmodel import Field, SQLModel

from core.errors import OnceToldError
from core.storage import Database, Prepared
from core.times import from_ms, to_ms


class AuthorityRow(SQLModel, table=True):
    """The one row: a number that rises with every change, the digest of policy and registers in force.

    number: that of the bundle they came in. suspended: JSON, a list of what `Suspended` holds.
    """

    __tablename__ = "authority"

    id: int = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    bundle: str
    number: int = Field(default=0, sa_type=BigInteger)
    suspended: str = "[]"


class OlderPolicyError(OnceToldError):
    """A bundle with a lower number than the one in force: somebody plays back an old one, or this replica is behind."""

    def __init__(self, number: int, current: int) -> None:
        super().__init__(
            f"policy bundle number {number} is older than {current}, which is in force: give this gateway the newer one "
            "(ONCETOLD_POLICY_BUNDLE; a folder counts as number 0)"
        )


class SameNumberError(OnceToldError):
    """Another bundle with the number of the one in force: which of the two was meant cannot be told."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"another policy with the number {number} is in force: make the bundle anew with a higher number"
        )


@dataclass(frozen=True, slots=True)
class Suspended:
    """One agreement that one party suspended at run time."""

    agreement: str
    by: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AuthorityState:
    """The row as it stands."""

    revision: int
    bundle: str
    number: int
    suspensions: tuple[Suspended, ...]

    @property
    def suspended(self) -> frozenset[str]:
        """Ids of the agreements that are suspended at run time."""
        return frozenset(one.agreement for one in self.suspensions)

    def by(self, agreement: str, party: str) -> bool:
        """Whether this party suspended this agreement."""
        return any((one.agreement, one.by) == (agreement, party) for one in self.suspensions)


_AUTHORITY = table(
    "authority", *(column(name) for name in ("id", "revision", "bundle", "number", "suspended"))
)
_COLUMNS = (_AUTHORITY.c.revision, _AUTHORITY.c.bundle, _AUTHORITY.c.number, _AUTHORITY.c.suspended)
_READ = Prepared(select(*_COLUMNS).where(_AUTHORITY.c.id == bindparam("id")))
_LOCK = Prepared(
    select(_AUTHORITY.c.revision).where(_AUTHORITY.c.id == bindparam("id")).with_for_update(read=True)
)


class Authority:
    """Reads, holds and changes the authority row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> AuthorityState | None:
        """The row as it stands (one hot read); None before the first gateway started."""
        rows = self._database.hot(_READ, id=1)
        return _state(*rows[0]) if rows else None

    def bundle(self) -> str | None:
        """The digest in force; None before the first gateway started."""
        state = self.state()
        return None if state is None else state.bundle

    def stands(self, tx: Connection, revision: int) -> bool:
        """Whether the row still has this revision; holds it so until the transaction ends."""
        rows = _LOCK.rows(tx, id=1)
        return bool(rows) and rows[0][0] == revision

    def put(self, tx: Connection, bundle: str, number: int = 0) -> bool:
        """Put a bundle in force; False if it already is. Raises `OlderPolicyError`, `SameNumberError`."""
        state = _locked(tx)
        if state is None:
            tx.execute(
                insert(_AUTHORITY).values(id=1, revision=1, bundle=bundle, number=number, suspended="[]")
            )
            return True
        if state.bundle == bundle and state.number == number:
            return False
        assert_may_follow(state, bundle, number)
        _change(tx, state, bundle=bundle, number=number)
        return True

    def suspend(self, tx: Connection, suspended: Suspended) -> bool:
        """Suspend an agreement from now on; False if this party already did, or while nothing is in force."""
        state = _locked(tx)
        if state is None or state.by(suspended.agreement, suspended.by):
            return False
        _change(tx, state, suspended=_written((*state.suspensions, suspended)))
        return True

    def resume(self, tx: Connection, agreement: str, by: str) -> bool:
        """Take a party's suspension back; False if it did not suspend the agreement.

        The agreement holds again once no party suspends it: none can lift what another decided.
        """
        state = _locked(tx)
        if state is None or not state.by(agreement, by):
            return False
        kept = tuple(one for one in state.suspensions if (one.agreement, one.by) != (agreement, by))
        _change(tx, state, suspended=_written(kept))
        return True


def assert_may_follow(state: AuthorityState, bundle: str, number: int) -> None:
    """Raise `OlderPolicyError` or `SameNumberError` where a bundle may not take the place of the one in force."""
    if number < state.number:
        raise OlderPolicyError(number, state.number)
    # Number 0 is development's: there, whoever comes last decides.
    if number == state.number and number > 0 and bundle != state.bundle:
        raise SameNumberError(number)


def _locked(tx: Connection) -> AuthorityState | None:
    row = tx.execute(select(*_COLUMNS).where(_AUTHORITY.c.id == 1).with_for_update()).one_or_none()
    return None if row is None else _state(*row)


def _change(tx: Connection, state: AuthorityState, **values: str | int) -> None:
    tx.execute(update(_AUTHORITY).where(_AUTHORITY.c.id == 1).values(revision=state.revision + 1, **values))


@lru_cache(maxsize=8)
def _state(revision: int, bundle: str, number: int, suspended: str) -> AuthorityState:
    """The row as a value; the same row is read by every request."""
    entries = tuple(
        Suspended(one["agreement"], one["by"], one["reason"], from_ms(one["since_ms"]))
        for one in json.loads(suspended)
    )
    return AuthorityState(revision, bundle, number, entries)


def _written(suspensions: tuple[Suspended, ...]) -> str:
    return json.dumps(
        [
            {"agreement": one.agreement, "by": one.by, "reason": one.reason, "since_ms": to_ms(one.since)}
            for one in suspensions
        ]
    )
