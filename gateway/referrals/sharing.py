"""What a referral opens and to whom: one permission for the receiver, and one for each further organisation of the team.

Each counts by itself: within what the agreement lets that organisation see, with an entry of its own that is its receipt,
and to be stopped alone. All of them end with the referral.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consent.assisted import merging
from consent.permissions import Given, Permission
from core.vocabulary import Kind as PermissionKind
from gateway.consenting import new_id
from gateway.identity.caller import Caller
from gateway.policy.port import Refusal
from gateway.policy.register_values import Registers
from gateway.referrals.terms import Terms, terms_of
from gateway.referrals.values import Proposal, Sharing
from gateway.views.pipeline import Parts
from gateway.views.values import InCharge


@dataclass(frozen=True, slots=True)
class Opened:
    """What a yes opens: to the receiver, and to each of the team by organisation."""

    receiver: Terms
    team: Mapping[str, Terms]


async def team_terms_of(
    views: Parts, authority: InCharge, organisation: str, purpose: str, sharing: Sharing
) -> Terms | Refusal:
    """What a yes would open to one of the team, of what is to be shared: its own roles may see less than the receiver's."""
    every = await terms_of(views, authority, organisation, purpose, replace(sharing, sections=None))
    if isinstance(every, Refusal):
        return every
    wanted = every.sections.keys() if sharing.sections is None else every.sections.keys() & sharing.sections
    if not wanted:
        return Refusal("nothing-to-ask", "A yes of the person would show them nothing of it. Leave them out.")
    return await terms_of(
        views, authority, organisation, purpose, replace(sharing, sections=frozenset(wanted))
    )


def of_the_team(registers: Registers, organisation: str, refusal: Refusal) -> Refusal:
    """A refusal that is about one of the team, and says which."""
    # A name that is not in the register came from the caller and is not said back.
    known = registers.organisations.get(organisation)
    named = "an organisation of no register" if known is None else known.title
    return replace(refusal, detail=f"sharing.with, {named}: {refusal.detail}")


def ends_at(said_at: datetime, days: int) -> datetime:
    """Until when an organisation may look, counted from when the person agreed."""
    return said_at + timedelta(days=days)


def permission_of(caller: Caller, proposal: Proposal, organisation: str, terms: Terms) -> Permission:
    """What the person agreed to for one organisation."""
    agreed = proposal.agreed
    return Permission(
        id=new_id(),
        kind=PermissionKind.REFERRAL_AGREEMENT,
        purposes=frozenset({proposal.purpose}),
        sections=terms.sections,
        sources=terms.sources,
        recipients=frozenset({organisation}),
        from_=agreed.said_at,
        until=ends_at(agreed.said_at, terms.days),
        given=Given(merging.ASSISTED, caller.practitioner or "", evidence=f"{agreed.how}: {agreed.words}"),
    )
