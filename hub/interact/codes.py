"""The codes that INTERACT writes, each in plain words. Those of referrals are the gateway's API's."""

from __future__ import annotations

from typing import Final

from hub import outcomes

PURPOSE: Final = "interact-home-health"
TEAM: Final = "interact"

THEMES: Final = {
    "housing": "The home itself",
    "damp": "Damp or mould",
    "repairs": "Repairs",
    "money": "Money or debts",
    "food": "Food",
    "health": "Physical health",
    "mental-health": "Mental health",
    "loneliness": "Loneliness",
    "caring": "Caring for somebody",
    "family": "Family",
    "work": "Work",
    "safety": "Safety",
    "other": "Something else",
}
URGENCIES: Final = {
    "routine": "In the usual time",
    "soon": "Within a week",
    "urgent": "Today or tomorrow",
}
HOW: Final = {
    "spoken": "They said it to me",
    "written": "They wrote it",
    "by-representative": "Somebody who may decide for them said it",
}
REASONS: Final = {
    "full": "The team is full at the moment",
    "not-eligible": "The person is not somebody this team can help",
    "wrong-service": "Another service fits better",
    "out-of-area": "The person lives outside the area",
    "unsafe": "It would not be safe",
    "other": "Another reason",
}
OUTCOMES: Final = {one: words for one, words in outcomes.OUTCOMES.items() if one != outcomes.COUNCILS_ALONE}
STATUSES: Final = {
    "not-sent-yet": "Waiting to be sent",
    "sign-in-needed": "Waiting to be sent: sign in again, and it goes",
    "failed": "Not sent",
    "sent": "Sent: the team has not read it yet",
    "collected": "The team has it",
    "accepted": "Taken on",
    "refused": "Not taken on",
    "closed": "Finished",
    "withdrawn": "Taken back, or stopped by the person",
    "expired": "Nobody fetched it in time",
}
"""What a sender is told; see hub/outbox.py."""

VISIT: Final = {
    "tenure": "Is the person secure in this home?",
    "repair": "Does anything need repair?",
    "damp": "Is there damp or mould?",
    "overcrowding": "Is the home too small for those who live in it?",
    "under-occupation": "Is the home larger than the person can manage or pay for?",
    "adaptations": "Does the person need changes to the home, such as rails or a ramp?",
    "medicines": "Are the person's medicines in order?",
    "breathing": "Does the home make the person's breathing worse?",
}
"""The home and health visit: each is answered yes, no or not seen, with a note."""
SEEN: Final = {"yes": "Yes", "no": "No", "not-seen": "Not seen"}

MEASURES: Final = {
    "home": "My home is warm, dry and safe",
    "health": "My health lets me do what I want",
    "money": "I have enough money to live on",
    "people": "I have people around me",
    "confidence": "I can manage from here",
}
"""What the person says of each before and after, from 0 (not at all) to 10 (completely)."""
MOMENTS: Final = {"before": "Before", "after": "After"}

PLAN_STATUSES: Final = {"draft": "Draft", "active": "Active", "on-hold": "On hold", "completed": "Completed"}

WORDS_VERSION: Final = "interact-2026-2"
WORDS_TO_READ: Final = (
    "A small team from health, housing and local charities can help to make your home better for your health. I read you "
    "who they are. If you agree, I send them your name, why you need help and, if you like, how to reach you. Each of them "
    "may then look at what the council, your surgery and others hold about your home and health, as far as their part "
    "needs it, until they have finished. You can say yes to all of them, or to one alone. You can see each look and stop "
    "it at any time."
)
"""What the person hears or reads before they agree; a change of it is a new version."""
