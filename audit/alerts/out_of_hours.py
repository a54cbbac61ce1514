"""A practitioner looked when they do not usually work.

Whoever works nights does so again and again: then it is their habit, and no reason to ask.
"""

from __future__ import annotations

from typing import Final

from audit.alerts.facts import Alert, LookFacts, Rule

HABIT_SHARE: Final = 0.1
"""From this share of their looks on, unsocial hours are a practitioner's habit."""


def judge(facts: LookFacts) -> Alert | None:
    """Emergencies come at night, and are reviewed anyway. Of somebody new nothing is known, so it is asked."""
    if not facts.unsocial or facts.emergency:
        return None
    before = facts.before
    if before.unsocial and before.unsocial >= HABIT_SHARE * before.looks:
        return None
    return Alert(Rule.OUT_OF_HOURS, {"unsocial": before.unsocial, "looks": before.looks})
