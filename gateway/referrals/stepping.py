"""The steps of a referral as units of work.

A step, the end of what may be looked at under it, the erasing of what it said and its entry stand or fall together. The row
is held meanwhile: of two who take the same step at once one takes it, and both are told the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from audit.entries import SealedEntry, seal_entry
from consent.assisted import merging
from consent.ledger import Ledger
from consent.permissions import Given, NotStandingError, Permission
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.times import from_ms, to_ms
from core.unit_of_work import Work, Written
from core.vocabulary import JsonObject
from gateway.channels.outbox import Outbox
from gateway.referrals import entries
from gateway.referrals.records import Behind, Referral
from gateway.referrals.states import Status, Step, is_again
from gateway.referrals.store import Beside, Referrals
from gateway.referrals.telling import tell

OPERATOR: Final = "operator"
_EXPIRY: Final = Step(Status.EXPIRED)


class NoReferralError(OnceToldError):
    """There is no such referral of this organisation or person, or the step is not theirs to take."""

    def __init__(self) -> None:
        super().__init__("no such referral")


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step: `given` for the ledger, `who` for the entry. organisation: None for the person themselves."""

    given: Given
    who: JsonObject
    role: str | None
    organisation: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the referral stands now. is_new: whether the step was taken just now, and not before."""

    referral: Referral
    is_new: bool


@dataclass(frozen=True, slots=True)
class Stepping:
    """Makes the units of work."""

    referrals: Referrals
    ledger: Ledger
    keys: KeyStore
    clock: Clock

    def take(self, referral_id: str, step: Step, by: By, key: SubjectKey | None) -> Work[Taken, SealedEntry]:
        """A step of an organisation, or of the person with that key. Raises `NoReferralError`, `MisfitError`."""

        def work(tx: Connection) -> Written[Taken, SealedEntry]:
            referral = self.referrals.locked(tx, referral_id)
            beside = self.referrals.beside(tx, referral_id)
            if referral is None or not _is_theirs(referral, beside, step, by, key):
                raise NoReferralError
            now = self._now()
            counting = referral.at(now)
            if is_again(counting.place, step):
                return Written(Taken(counting, is_new=False), ())
            return self._stepped(tx, referral, beside, step, by, now)

        return work

    def expire(self, referral_id: str) -> Work[bool, SealedEntry]:
        """The end of one that nobody collected in time; gives whether there was something to end."""

        def work(tx: Connection) -> Written[bool, SealedEntry]:
            referral, now = self.referrals.locked(tx, referral_id), self._now()
            if referral is None or referral.status is not Status.SENT or now < referral.held_until:
                # Somebody else came by.
                return Written(False, ())
            beside = self.referrals.beside(tx, referral_id)
            by = By(Given(merging.ASSISTED, OPERATOR), {}, None, None)
            return Written(True, self._stepped(tx, referral, beside, _EXPIRY, by, now).entries)

        return work

    def _stepped(
        self, tx: Connection, referral: Referral, beside: Beside | None, step: Step, by: By, now: datetime
    ) -> Written[Taken, SealedEntry]:
        opened = None if beside is None else opened_by(self.keys, beside)
        after = referral.after(step, now)
        self.referrals.change(tx, after)
        team: Mapping[str, Permission | None] = {}
        if opened is None:
            # Nobody stands behind it any more: there is nothing to end, and nobody to tell.
            key, ended = self.keys.get_or_create(f"org:{referral.sender}"), None
        else:
            key, behind = opened
            ended = self._end(tx, key, behind.permission, by.given, now) if step.to.has_ended else None
            if step.to.has_ended:
                team = self._end_of_team(tx, key, behind, by.given, now)
            tell(tx, Outbox(self.referrals.database), key, step.to, now)
        drafts = [entries.stepped(after, step, by.who, by.role, ended, by.given)]
        if step.to.has_ended:
            # One for each of the team, whatever stood.
            drafts += [
                entries.share_ended(after, one, by.who, by.role, team.get(one), by.given)
                for one in sorted(after.with_)
            ]
        return Written(Taken(after, is_new=True), tuple(seal_entry(one, key) for one in drafts))

    def _end_of_team(
        self, tx: Connection, key: SubjectKey, behind: Behind, by: Given, now: datetime
    ) -> Mapping[str, Permission | None]:
        return {one: self._end(tx, key, name, by, now) for one, name in sorted(behind.team.items())}

    def _end(
        self, tx: Connection, key: SubjectKey, permission: str | None, by: Given, now: datetime
    ) -> Permission | None:
        if permission is None:
            return None
        try:
            return self.ledger.withdraw(tx, key, permission, by, now)
        except NotStandingError:
            # The person stopped it before.
            return None

    def _now(self) -> datetime:
        return from_ms(to_ms(self.clock.now()))


def opened_by(keys: KeyStore, beside: Beside) -> tuple[SubjectKey, Behind] | None:
    """The key of whoever a referral is about, and what it opens; None once they are erased. Raises `BrokenRowError`."""
    try:
        key = keys.get(beside.person)
    except MissingKeyError:
        return None
    return key, beside.behind(key)


def _is_theirs(referral: Referral, beside: Beside | None, step: Step, by: By, key: SubjectKey | None) -> bool:
    """Whether the step is for whoever takes it. key: of the person, where it is they."""
    if by.organisation is None:
        return key is not None and beside is not None and beside.person == key.subject
    return by.organisation == (referral.sender if step.is_senders else referral.receiver)
