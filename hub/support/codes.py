"""The codes that support writes, each in plain words, and how long each kind of support lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub import outcomes

TEAM: Final = "support"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of support: a purpose of the gateway's register.

    lasts: from its beginning or from a new yes of the person; None where it is reviewed instead. longest: all in all; None
    where the person may be asked again and again. review: how often the team looks at whether it still fits; None for never.
    pauses: whether nobody looks while a review is overdue, since no end would stop them.
    """

    title: str
    lasts: timedelta | None
    longest: timedelta | None
    review: timedelta | None
    pauses: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "hospital-link": Kind("Going home from hospital", timedelta(days=92), None, None),
    "low-level-support": Kind(
        "A little support at home", timedelta(days=730), timedelta(days=730), timedelta(days=182)
    ),
    "intensive-support": Kind(
        "Closer support in a harder time", timedelta(days=365), None, timedelta(days=91)
    ),
    "assertive-outreach": Kind("Support that comes to you", None, None, timedelta(days=182), pauses=True),
}
"""The days are the register's (`maximum_days`, `review_days`); a test holds the two together."""

WORK: Final[Mapping[str, tuple[str, ...]]] = {
    "ward-link-worker": ("hospital-link",),
    "floating-support-worker": ("low-level-support", "intensive-support"),
    "outreach-worker": ("assertive-outreach",),
}
"""Role -> the kinds of support that it gives. A colleague of another role sees none of these cases."""

ASK_AGAIN: Final = timedelta(days=28)
"""So long before its end may the person be asked whether the support goes on."""

DISTRICTS: Final = {
    "breckland": "Breckland",
    "broadland": "Broadland",
    "great-yarmouth": "Great Yarmouth",
    "kings-lynn-west-norfolk": "King's Lynn and West Norfolk",
    "north-norfolk": "North Norfolk",
    "norwich": "Norwich",
    "south-norfolk": "South Norfolk",
    "elsewhere": "Outside Norfolk",
    "unknown": "No fixed address, or not known",
}
THEMES: Final = {
    "housing": "Where to live",
    "damp": "Damp or mould",
    "repairs": "Repairs",
    "money": "Money or debts",
    "food": "Food or heating",
    "mental-health": "Mental health",
    "loneliness": "Loneliness",
    "caring": "Caring for somebody",
    "family": "Family",
    "work": "Work",
    "safety": "Safety",
    "health": "Health",
    "other": "Something else",
}
HOW: Final = {
    "spoken": "They said it to me",
    "written": "They wrote it",
    "by-representative": "Somebody who may decide for them said it",
}
REASONS: Final = {
    "full": "There is no room at the moment",
    "not-eligible": "The person is not somebody we can help",
    "wrong-service": "Another service fits better",
    "out-of-area": "The person lives outside the area",
    "unsafe": "It would not be safe",
    "other": "Another reason",
}
OUTCOMES: Final = {
    one: outcomes.OUTCOMES[one]
    for one in (
        "handed-on",
        "connected",
        "moved",
        "adapted",
        "income-raised",
        "medication-in-order",
        "advice-given",
        "declined-by-person",
        "lost-contact",
        "other",
    )
}
STATUSES: Final = {
    "not-sent-yet": "waiting to be sent",
    "sign-in-needed": "waiting to be sent: sign in again, and it goes",
    "failed": "not sent",
    "sent": "sent, not read yet",
    "collected": "they have it and decide",
    "accepted": "taken on",
    "refused": "not taken on",
    "closed": "finished there",
    "withdrawn": "taken back, or stopped by the person",
    "expired": "nobody fetched it in time",
}
"""What is true of a handover; see hub/outbox.py."""
CONTACTS: Final = {
    "visit": "Went to see them",
    "street": "Looked for them outside",
    "telephone": "Rang",
    "message": "Wrote a message",
    "through-somebody": "Through somebody they trust",
}
RESULTS: Final = {
    "met": "We met or spoke",
    "no-answer": "No answer",
    "not-now": "They did not want to now",
    "not-found": "Not found",
}
PLAN_STATUSES: Final = {"draft": "Draft", "active": "Active", "on-hold": "On hold", "completed": "Completed"}
ENDED: Final = ("refused", "closed", "withdrawn", "expired", "failed")

WORDS_VERSION: Final = "support-handover-2026-1"
WORDS_TO_READ: Final = (
    "Another team can go on helping you. If you agree, I send them your name, why you need help, and what we choose "
    "together, such as the plan that we made, so that you need not tell it again. They see nothing else unless you allow "
    "it. You can see each look, and stop it at any time. If you do not agree, nothing is sent, and I go on helping you."
)
"""What the person hears or reads before a handover; a change of it is a new version."""

ALONG: Final = {
    "contact": "How to reach them",
    "communication-needs": "What they need in order to talk",
    "tenancy": "Their home and tenancy",
    "home-condition": "The condition of their home",
    "household": "Who lives with them",
    "debts": "Debts",
    "support-network": "Who stands by them",
    "support-plan": "Plans that other teams wrote with them",
}
"""What a receiver may be let look at besides what goes along. Sections that the support agreements open."""
