"""A practitioner looked for far more people in a day than they usually do."""

from __future__ import annotations

from typing import Final

from audit.alerts.facts import Alert, LookFacts, Rule

DAYS_LEAST: Final = 5
"""Of whom less is known there is nothing to compare with."""
PEOPLE_LEAST: Final = 10
TIMES_USUAL: Final = 3


def judge(facts: LookFacts) -> Alert | None:
    """Against their own past weeks: three times a usual day, and half as much again as the busiest of them."""
    day, before = facts.day, facts.before
    if day is None or before.days < DAYS_LEAST or day.people < PEOPLE_LEAST:
        return None
    if day.people < TIMES_USUAL * before.usual_people or 2 * day.people < 3 * before.most_people:
        return None
    return Alert(
        Rule.VOLUME, {"people": day.people, "usual": before.usual_people, "most": before.most_people}
    )
