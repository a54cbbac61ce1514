"""A practitioner looked at somebody who works for the same organisation.

Who works there may need help too. Where the person allowed it themselves, a look in working hours is what they asked for.
"""

from __future__ import annotations

from audit.alerts.facts import Alert, LookFacts, Rule


def judge(facts: LookFacts) -> Alert | None:
    """Only where the organisation said who works there."""
    if not (facts.shown and facts.colleague) or facts.own_record:
        return None
    if facts.allowed and not facts.unsocial:
        return None
    return Alert(Rule.COLLEAGUE)
