"""Referrals served to residents: where they were sent, in words, and stopping it.

The session's resident id alone chooses the person; pages are for the person themselves, not for a representative.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from consent.permissions import Given, in_force
from consent.portal.ports import NotPossible
from consent.portal.referrals_ports import Says, SentOn, SentOnInFull
from core.keys import MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from gateway.policy.register_values import Registers
from gateway.referrals.receiving import Receiving
from gateway.referrals.records import Referral
from gateway.referrals.states import MisfitError, Outcome, Reason
from gateway.referrals.stepping import NoReferralError
from gateway.referrals.store import Beside
from gateway.referrals.values import Content
from gateway.services.words import Wording

REASONS: Final[Mapping[Reason, str]] = {
    Reason.FULL: to_tell("They have no room now."),
    Reason.NOT_ELIGIBLE: to_tell("Their help is for other people."),
    Reason.WRONG_SERVICE: to_tell("They do not do this kind of thing."),
    Reason.OUT_OF_AREA: to_tell("They do not work where you live."),
    Reason.UNSAFE: to_tell("They think it would not be safe."),
    Reason.OTHER: to_tell("They had another reason. Ask whoever sent you."),
}
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.MOVED: to_tell("You moved to another home"),
    Outcome.ADAPTED: to_tell("Your home was changed so that it suits you"),
    Outcome.DECLUTTERED: to_tell("Your home was cleared"),
    Outcome.INCOME_RAISED: to_tell("You have more money coming in"),
    Outcome.MEDICATION_IN_ORDER: to_tell("Your medicines are in order"),
    Outcome.RESPIRATORY_HEALTH: to_tell("You breathe better"),
    Outcome.HOUSING_WITH_CARE: to_tell("You have a home with care"),
    Outcome.CONNECTED: to_tell("You met people or a group"),
    Outcome.ADVICE_GIVEN: to_tell("You were given advice"),
    Outcome.HOUSING_DUTY_OWED: to_tell("The council must help you with your housing. It writes to you how"),
    Outcome.HANDED_ON: to_tell("Somebody else goes on helping you"),
    Outcome.DECLINED_BY_PERSON: to_tell("You did not want it"),
    Outcome.LOST_CONTACT: to_tell("They could not reach you"),
    Outcome.OTHER: to_tell("Something else"),
}
NAMES: Final[Mapping[str, str]] = {
    "name": to_tell("Name"),
    "birth_date": to_tell("Date of birth"),
    "nhs_number": to_tell("NHS number"),
    "telephone": to_tell("Telephone"),
    "email": to_tell("Email"),
    "address": to_tell("Address"),
    "safe_contact": to_tell("How to reach you safely"),
    "preferred_language": to_tell("Language"),
    "needs": to_tell("What you need"),
}


@dataclass(frozen=True, slots=True)
class ReferralPages:
    """Implements `consent.portal.referrals_ports.ReferralServices`."""

    receiving: Receiving
    registers: Callable[[], Registers]

    async def sent_on(self, person: str) -> tuple[SentOn, ...]:
        """See `ReferralServices.sent_on`."""
        found = await self._of(person)
        return tuple(self._one(referral) for referral, _ in found)

    async def in_full(self, person: str, referral: str) -> SentOnInFull | None:
        """See `ReferralServices.in_full`."""
        found = {one.id: (one, beside) for one, beside in await self._of(person)}.get(referral)
        key = await self._key(person)
        return None if found is None or key is None else await asyncio.to_thread(self._full, key, *found)

    async def stop(self, person: str, referral: str) -> None:
        """See `ReferralServices.stop`."""
        key = await self._key(person)
        try:
            if key is None:
                raise NoReferralError
            await self.receiving.stop(key, referral, Given("portal", person))
        except (NoReferralError, MisfitError):
            raise NotPossible(to_tell("This cannot be stopped any more. It is over already.")) from None

    async def _of(self, person: str) -> tuple[tuple[Referral, Beside], ...]:
        await self.receiving.expire_due()
        found = await asyncio.to_thread(self.receiving.referrals.of_person, person)
        now = self.receiving.views.clock.now()
        return tuple((one.at(now), beside) for one, beside in found)

    async def _key(self, person: str) -> SubjectKey | None:
        try:
            return await asyncio.to_thread(self.receiving.views.recording.keys.get, person)
        except MissingKeyError:
            return None

    def _one(self, referral: Referral) -> SentOn:
        words = Wording(self.registers())
        return SentOn(
            id=referral.id,
            index=referral.entry,
            from_name=words.organisation(referral.sender),
            to_name=words.organisation(referral.receiver),
            purpose_title=words.purpose(referral.purpose),
            state=referral.status.value,
            sent=referral.sent_at,
            changed=referral.changed_at,
            held_until=referral.held_until,
            can_stop=not referral.status.has_ended,
            team_names=tuple(words.organisation(one) for one in sorted(referral.with_)),
        )

    def _full(self, key: SubjectKey, referral: Referral, beside: Beside) -> SentOnInFull:
        words, behind, held = Wording(self.registers()), beside.behind(key), beside.held(key)
        standing = in_force(
            self.receiving.views.ledger.standing(key).permissions, self.receiving.views.clock.now()
        )
        kinds = {one.id: words.sections(set(one.sections)) for one in standing}
        shows = held is not None and not referral.status.has_ended
        return SentOnInFull(
            one=self._one(referral),
            role_words=words.role(behind.role),
            how=behind.agreed.how.value,
            said_at=behind.agreed.said_at,
            contact_details=behind.agreed.contact_details,
            kinds=kinds.get(behind.permission or "", ()),
            reason="" if referral.reason is None else REASONS[referral.reason],
            outcomes=tuple(OUTCOMES[one] for one in sorted(referral.outcomes)),
            says=says(held.content) if held is not None and shows else None,
            team=tuple(
                (words.organisation(name), kinds.get(permission, ()))
                for name, permission in sorted(behind.team.items())
            ),
        )


def says(content: Content) -> Says:
    """What a referral says, as a resident reads it."""
    named: dict[str, str | date | None] = {name: getattr(content.about, name) for name in NAMES}
    return Says(
        about=tuple((NAMES[name], value) for name, value in named.items() if value is not None),
        why=content.why,
        what_matters=content.what_matters or "",
    )
