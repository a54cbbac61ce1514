"""What others wrote down for a resident or did in their place, from the log's entries."""

from __future__ import annotations

from typing import Final

from audit.entries import Kind
from audit.reader import StoredEntry
from consent.portal.told_ports import Told, Wrote
from core.pages.telling import to_tell
from core.vocabulary import JsonObject
from gateway.assisting import NO, YES
from gateway.recording_representatives import ALONE, ENDED, RECORDED
from gateway.referrals.entries import STEPS
from gateway.referrals.states import Status
from gateway.services.acting import REFUSED
from gateway.services.entries import mapping, text
from gateway.services.representatives import CAPACITIES
from gateway.services.words import Wording

_WROTE: Final[dict[str, Wrote]] = {
    YES: "said-yes",
    NO: "said-no",
    RECORDED: "representative-recorded",
    ENDED: "representative-ended",
    ALONE: "decides-alone",
    REFUSED: "acting-refused",
}
OF_NOBODY: Final = frozenset({ENDED, REFUSED})
"""Outcomes of entries that may be about no organisation."""


def told_of(entry: StoredEntry, detail: JsonObject, words: Wording) -> Told | None:
    """The line's note; None for everything that the resident, or an organisation, did themselves."""
    by = mapping(detail.get("by"))
    how = text(by.get("how"))
    capacity = CAPACITIES.get(text(by.get("capacity")), "")
    if entry.kind == Kind.AUDIT_READ.value and how == "representative":
        return Told("by-representative", capacity=capacity)
    if "referral" in detail and entry.kind in {Kind.CONSENT.value, Kind.DISCLOSURE.value}:
        role = words.role(entry.role) or to_tell("Somebody")
        own = how == "portal" and entry.outcome == STEPS[Status.WITHDRAWN]
        other = "" if own else words.organisation(text(detail.get("from")))
        return Told("referred", role, referral=entry.outcome, other=other)
    if entry.kind != Kind.CONSENT.value:
        return None
    wrote = _WROTE.get(entry.outcome)
    if wrote == "representative-ended" and how == "portal":
        return Told("ended-by-you")
    if wrote is not None:
        took = text(detail.get("took"))
        role = words.role(entry.role) or to_tell("Somebody")
        return Told(wrote, role, capacity, overtaken=took == "overtaken", again=took == "again")
    if how == "representative":
        return Told("by-representative", capacity=capacity)
    return Told("by-code") if how == "code" else None
