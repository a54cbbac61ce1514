"""Who may refer to whom, for what, and what the receiver may look at meanwhile. Nobody real is in any of it.

A referral needs an agreement in force that binds the sender and lets the receiver ask for the purpose. What it lets the
receiver look at is what a yes of the person would open to them, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.asking import USUAL_DAYS, of_all_sources, opened_by_yes
from gateway.policy.port import Asker, Refusal
from gateway.policy.register_values import Agreement, Fields, Purpose, Registers
from gateway.referrals.values import Sharing
from gateway.views.pipeline import Parts
from gateway.views.values import InCharge


@dataclass(frozen=True, slots=True)
class Terms:
    """What the receiver may look at: section -> fields, from these sources, for so many days. Empty for nothing."""

    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    days: int


def refusal_of(
    registers: Registers, holding: frozenset[str], sender: str, receiver: str, purpose: str
) -> Refusal | None:
    """Why nobody may be referred so, whoever they are; None where they may. holding: agreements that hold now."""
    known = registers.purposes.get(purpose)
    if known is None:
        return Refusal("purpose-unknown", "This purpose is not in the register. GET /v1/purposes lists them.")
    if known.emergency is not None:
        return Refusal("break-glass-only", "This purpose is for emergencies, and nobody is referred for it.")
    return (
        _by_law(registers, known, sender, receiver)
        if _between(registers.agreements.values(), holding, sender, receiver, purpose)
        else _without_agreement(registers, sender, receiver, purpose)
    )


def holding_now(views: Parts, authority: InCharge) -> frozenset[str]:
    """Ids of the agreements that hold now: in force, and not suspended."""
    return authority.policy.calendar.in_force(views.clock.now()) - authority.suspended


def takes_referrals_for(
    registers: Registers, holding: frozenset[str], sender: str, receiver: str
) -> tuple[str, ...]:
    """The purposes for which the sender may refer to the receiver now, by the rule that a referral is held to."""
    return tuple(
        one
        for one in sorted(registers.purposes)
        if refusal_of(registers, holding, sender, receiver, one) is None
    )


def _by_law(registers: Registers, purpose: Purpose, sender: str, receiver: str) -> Refusal | None:
    for name in (sender, receiver):
        listed = registers.organisations[name].only_for if name in registers.organisations else None
        if listed is not None and purpose.id not in listed:
            told = "The law lists the purposes for which one of the two takes part, and this is none of them."
            return Refusal("purpose-not-listed", told)
    own = registers.organisations.get(sender)
    if purpose.specified_authorities_only and not (own is not None and own.specified_authority):
        told = "Only a specified public authority refers for this purpose. Use agreed-referral instead."
        return Refusal("not-a-specified-authority", told, "Housing Act 1996 s.213B")
    return None


def _between(
    agreements: Iterable[Agreement], holding: frozenset[str], sender: str, receiver: str, purpose: str
) -> bool:
    # One that is being wound down is for nobody new.
    return any(
        one.id in holding and one.winding_down is None and _binds(one, sender, receiver, purpose)
        for one in agreements
    )


def _without_agreement(registers: Registers, sender: str, receiver: str, purpose: str) -> Refusal:
    known = any(_binds(one, sender, receiver, purpose) for one in registers.agreements.values())
    if known:
        told = (
            "The agreement that would let you refer to this organisation does not hold now. Ask its parties."
        )
        return Refusal("agreement-ended", told)
    told = "No agreement lets your organisation refer to this organisation for this purpose."
    return Refusal("no-agreement", told)


def _binds(agreement: Agreement, sender: str, receiver: str, purpose: str) -> bool:
    if purpose not in agreement.purposes or sender not in agreement.parties:
        return False
    return any(terms.organisation == receiver for terms in agreement.recipients)


async def terms_of(
    views: Parts, authority: InCharge, receiver: str, purpose: str, sharing: Sharing
) -> Terms | Refusal:
    """What a yes would open to the receiver, in any of its roles, of what is to be shared."""
    registers, now = authority.policy.registers, views.clock.now()
    opens: dict[str, dict[str, frozenset[str]]] = {}
    for role in sorted(_roles(registers, receiver, purpose, now)):
        asker = Asker(receiver, "", role, frozenset({"views"}))
        _join(opens, await opened_by_yes(views, authority, asker, purpose, None))
    wanted, offered = sharing.sections, of_all_sources(opens).keys()
    missing = (wanted or frozenset()) - offered
    if missing:
        # A name that is not in the register came from the caller and is not said back.
        named = sorted({one if one in registers.sections else "what no register has" for one in missing})
        told = f"A yes of the person would show the receiver none of these: {', '.join(named)}."
        return Refusal("nothing-to-ask", told)
    shared = {source: _only(sections, wanted) for source, sections in opens.items()}
    longest = registers.purposes[purpose].maximum_days
    days = min(one for one in (sharing.days or longest or USUAL_DAYS, longest) if one is not None)
    return Terms(of_all_sources(shared), frozenset(one for one in shared if shared[one]), days)


def _join(opens: dict[str, dict[str, frozenset[str]]], more: Mapping[str, Fields]) -> None:
    for source, sections in more.items():
        mine = opens.setdefault(source, {})
        for section, fields in sections.items():
            mine[section] = mine.get(section, frozenset()) | fields


def _only(sections: Fields, wanted: frozenset[str] | None) -> Fields:
    return {name: fields for name, fields in sections.items() if wanted is None or name in wanted}


def _roles(registers: Registers, receiver: str, purpose: str, now: datetime) -> frozenset[str]:
    return frozenset(
        role
        for agreement in registers.agreements.values()
        if purpose in agreement.purposes and agreement.in_force(now)
        for terms in agreement.recipients
        if terms.organisation == receiver
        for role in terms.roles
    )
