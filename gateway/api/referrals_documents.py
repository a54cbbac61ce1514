"""Referrals as the contract writes them."""

from __future__ import annotations

from typing import Any

from gateway.api.views import receipt_document
from gateway.identity.caller import Caller
from gateway.referrals.receiving import Seen
from gateway.referrals.records import Referral
from gateway.referrals.sending import Sent
from gateway.referrals.values import document


def sent_document(sent: Sent) -> dict[str, Any]:
    """A referral that was taken, as the contract writes it."""
    one = sent.referral
    return {
        "id": one.id,
        "status": one.status.value,
        "to": one.receiver,
        "purpose": one.purpose,
        "sent_at": one.sent_at,
        "held_until": one.held_until,
        "commitment": one.commitment,
        "receipt": receipt_document(sent.receipt),
    }


def referral_document(one: Referral, caller: Caller) -> dict[str, Any]:
    """A referral as one of the two sees it. To one of the team: that it is, and where it stands."""
    if caller.organisation not in {one.sender, one.receiver}:
        return team_document(one)
    found: dict[str, Any] = {
        "id": one.id,
        "from": one.sender,
        "to": one.receiver,
        "purpose": one.purpose,
        "service": one.service,
        "status": one.status.value,
        "urgency": one.urgency.value,
        "themes": sorted(theme.value for theme in one.themes),
        "sent_at": one.sent_at,
        "changed_at": one.changed_at,
        "held_until": one.held_until,
        "commitment": one.commitment,
    }
    if one.reason is not None:
        found["reason"] = one.reason.value
    if one.outcomes:
        found["outcomes"] = sorted(outcome.value for outcome in one.outcomes)
    if caller.organisation == one.sender and one.reference is not None:
        found["reference"] = one.reference
    if one.with_:
        found["with"] = sorted(one.with_)
    return found


def team_document(one: Referral) -> dict[str, Any]:
    """A referral as one of the team sees it."""
    return {
        "id": one.id,
        "from": one.sender,
        "to": one.receiver,
        "purpose": one.purpose,
        "status": one.status.value,
        "changed_at": one.changed_at,
    }


def seen_document(seen: Seen, caller: Caller) -> dict[str, Any]:
    """The same, with what it says where that is told, and for one of the team with its handle."""
    found = referral_document(seen.referral, caller)
    if seen.joined is not None:
        found["person"] = seen.joined.person
        found["receipt"] = receipt_document(seen.joined.receipt)
    if seen.told is not None:
        found["person"] = seen.told.person
        found["content"] = document(seen.told.content)
        found["salt"] = seen.told.salt.hex()
        found["receipt"] = receipt_document(seen.told.receipt)
    return found
