"""Who takes referrals of one's own organisation, and for what: so that a form offers what will be accepted, and no more.

The gateway says it by the rule that it holds a referral to, and about nobody. Where it does not answer, nobody knows: then
a form offers everything, and the gateway decides when the referral arrives there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hub.gateway import Gateway, GatewayError
from hub.gateway_answers import OrganisationListed
from hub.tokens import Token


@dataclass(frozen=True, slots=True)
class Accepting:
    """What is known of it. listed: organisations by id; None where the gateway did not say."""

    listed: Mapping[str, OrganisationListed] | None

    def purposes(self, organisation: str, among: Collection[str]) -> tuple[str, ...]:
        """Of these purposes, those for which the organisation takes referrals; all of them where nobody knows."""
        if self.listed is None:
            return tuple(among)
        found = self.listed.get(organisation)
        takes = () if found is None else found.takes_referrals_for
        return tuple(one for one in among if takes is None or one in takes)

    def takes(self, organisation: str, purpose: str) -> bool:
        """Whether it takes referrals for the purpose, as far as anybody knows."""
        return bool(self.purposes(organisation, (purpose,)))

    def is_specified_authority(self, organisation: str) -> bool:
        """Whether the duty to refer is the organisation's own, as far as anybody knows."""
        found = None if self.listed is None else self.listed.get(organisation)
        return self.listed is None or (found is not None and found.specified_authority)


NOBODY_KNOWS = Accepting(None)


async def accepting(gateway: Gateway, token: Token) -> Accepting:
    """What the gateway says to whoever holds the token; `NOBODY_KNOWS` where it does not answer."""
    try:
        return Accepting({one.organisation: one for one in await gateway.organisations(token)})
    except GatewayError:
        return NOBODY_KNOWS
