"""The codes of the front door, each in plain words. Those of referrals and consents are the gateway's API's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

TEAM: Final = "front-door"
DUTY: Final = "duty-to-refer"
COUNCIL: Final = "duty-received"
PURPOSE: Final = "early-help-triage"
WHO_HELPS: Final = "involved-services"

THEMES: Final[Mapping[str, str]] = {
    "housing": "Where to live",
    "damp": "Damp or mould",
    "repairs": "Repairs",
    "money": "Money or debts",
    "food": "Food or heating",
    "mental-health": "Feeling very low or worried",
    "loneliness": "Being lonely",
    "caring": "Caring for somebody",
    "family": "Family",
    "work": "Work",
    "safety": "Not being safe",
    "health": "Health",
    "other": "Something else",
}
SOON: Final[Mapping[str, str]] = {
    "urgent": "Today or tomorrow",
    "soon": "In the next days",
    "routine": "It can wait a week",
}
ANSWER_WITHIN: Final[Mapping[str, timedelta]] = {
    "urgent": timedelta(days=1),
    "soon": timedelta(days=3),
    "routine": timedelta(days=7),
}
"""By when somebody has it in hand, from when it came."""

ABOUT: Final[Mapping[str, str]] = {"me": "Me, or me and my family", "other": "Somebody else"}
AGREED: Final[Mapping[str, str]] = {
    "yes": "They know, and they want help",
    "knows": "They know, but did not say yes",
    "no": "They do not know",
}
WHOSE: Final[Mapping[str, str]] = {"mine": "Me", "theirs": "Them. They agreed to that"}
CHANNELS: Final[Mapping[str, str]] = {
    "web": "The page for everybody",
    "staff": "Written down by staff",
    "referral": "A referral",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "handed-on": "Another service took them on",
    "advice-given": "Advice was enough",
    "connected": "Connected to people and groups",
    "already-helped": "Somebody is helping already",
    "declined-by-person": "They do not want help now",
    "lost-contact": "We could not reach anybody",
    "safeguarding": "Passed to safeguarding",
    "other": "Something else",
}
TOLD_OUTCOME: Final[Mapping[str, str]] = {"already-helped": "connected", "safeguarding": "handed-on"}
"""What the sender of a referral is told where the API has no such outcome."""

STEPS: Final[Mapping[str, str]] = {
    "came": "It came",
    "claimed": "Took it",
    "released": "Gave it back to the list",
    "next": "Wrote down the next step",
    "agreed": "Wrote down that the person knows and wants help",
    "person": "Added a person",
    "referred": "Referred somebody",
    "passed-on": "Gave out a service's own contact details",
    "said": "Wrote down what a person said",
    "closed": "Closed it",
}
STATUSES: Final[Mapping[str, str]] = {
    "not-sent-yet": "Waiting to be sent. We try again by ourselves",
    "sign-in-needed": "Waiting to be sent. Sign in again, and it goes",
    "failed": "Not sent",
    "sent": "Sent. They have not fetched it yet",
    "collected": "They have it",
    "accepted": "They took it on",
    "refused": "They did not take it on",
    "closed": "They finished",
    "withdrawn": "Stopped",
    "expired": "Nobody fetched it in time. Nothing was passed on",
}
"""What is true of a referral; see hub/outbox.py."""
REFUSED: Final[Mapping[str, str]] = {
    "full": "They are full at the moment",
    "not-eligible": "They cannot help this person",
    "wrong-service": "Another service fits better",
    "out-of-area": "The person lives outside their area",
    "unsafe": "It would not be safe",
    "other": "For another reason",
}

ROUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "housing": ("homelessness-prevention",),
    "damp": ("interact-home-health",),
    "repairs": ("interact-home-health",),
    "money": ("income-debt-advice",),
    "food": ("food-fuel-help",),
    "family": ("family-early-help",),
    "loneliness": ("social-prescribing",),
    "health": ("social-prescribing",),
    "mental-health": ("social-prescribing",),
    "caring": ("social-prescribing",),
}
"""What a theme is most often referred for; the practitioner may choose another."""
USUAL_ROUTE: Final = "agreed-referral"
ROUTE_ORDER: Final = (
    "agreed-referral",
    "income-debt-advice",
    "food-fuel-help",
    "homelessness-prevention",
    "social-prescribing",
    "low-level-support",
    "interact-home-health",
    "family-early-help",
    "early-help-triage",
)
"""Purposes that somebody can be referred for from here; titles are the gateway's."""
HOW_AGREED: Final[Mapping[str, str]] = {
    "spoken": "They said it to me",
    "written": "They wrote it",
    "by-representative": "Somebody who may decide for them said it",
}
REFERRAL_WORDS: Final = "front-door-referral-2026-1"
REFERRAL_TO_READ: Final = (
    "I would like to tell another organisation about you, so that they can help. I send them your name, why you need help "
    "and, only if you say so, how to reach you. You can see this and stop it at any time. Saying no costs you nothing."
)
"""What the person hears before they agree to a referral; a change of it is a new version."""

KINDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "helps": ("Who is helping you already", ("involved-services", "support-plan")),
    "reach": (
        "Your name, how to reach you safely, and what you need in order to talk",
        ("identity", "contact", "communication-needs"),
    ),
    "home": ("Your home: who it belongs to, repairs and damp", ("tenancy", "home-condition")),
    "money": ("If your rent or council tax is behind, and roughly by how much", ("debts",)),
    "story": ("What you wrote about yourself, so that nobody asks again", ("my-story",)),
}
"""What a yes to the help hub can be about: read out kind by kind. code -> words, sections."""
CONSENT_WORDS: Final = "front-door-consent-2026-1"
CONSENT_TO_READ: Final = (
    "We find the right help for you. To do that, may we look at what others already know, so that you need not tell it all "
    "again? You choose what. We can look for 90 days at most. You can see each look and stop it at any time. Saying no "
    "costs you nothing. I can only ask for you, not for anybody else in your family."
)
HOW_HEARD: Final[Mapping[str, str]] = {
    "in-person": "Face to face",
    "by-phone": "By phone",
    "by-video": "By video",
}
HELPED_BY: Final[Mapping[str, str]] = {
    "interpreter": "An interpreter",
    "witness": "Somebody who saw it",
    "advocate": "Somebody who speaks for them",
}

SITUATIONS: Final[Mapping[str, str]] = {
    "none": "They have nowhere to live now",
    "days": "They may lose their home within 56 days",
    "unsafe": "Their home is not safe for them",
}
NOT_OURS: Final[Mapping[str, str]] = {
    "wrong-service": "It was meant for somebody else",
    "out-of-area": "The person chose another council after all",
    "not-eligible": "They have a home, and are not losing it",
    "unsafe": "It would not be safe to get in touch",
    "other": "For another reason",
}
"""Why a council does not take a notification on, by the API's codes. That it is full is none: s.184 knows no such reason."""
CAME_OF_IT: Final[Mapping[str, str]] = {
    "prevention-duty": "We owe the prevention duty (s.195)",
    "relief-duty": "We owe the relief duty (s.189B)",
    "moved": "They have somewhere to live",
    "advice-given": "Advice was enough (s.179)",
    "handed-on": "Another council goes on with it (s.198)",
    "declined-by-person": "They do not want help now",
    "lost-contact": "We could not reach them",
    "other": "Something else",
}
"""What a council writes of a notification. Sections of the Housing Act 1996."""
TOLD_COUNCILS: Final[Mapping[str, str]] = {
    "prevention-duty": "housing-duty-owed",
    "relief-duty": "housing-duty-owed",
}
"""What the sender is told instead. Which duty is owed the council tells the person (s.184(3)), and nobody else needs it."""
DUTY_WORDS: Final = "duty-to-refer-2026-1"
DUTY_TO_READ: Final = (
    "You have no home, or you may lose it. The law says I must ask you: may I tell a council, so that they help? You choose "
    "which council. I tell them what you see on this form, and only those ways of reaching you that you allow one by one. "
    "Nothing is passed on unless you agree. Saying no changes nothing about the help you get here."
)
"""Housing Act 1996 s.213B(2): the person is asked to agree to the notification, and to how they may be contacted."""
