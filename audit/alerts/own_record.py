"""A practitioner looked at their own record: what they may read of it they can ask for like everybody else."""

from __future__ import annotations

from audit.alerts.facts import Alert, LookFacts, Rule


def judge(facts: LookFacts) -> Alert | None:
    """By the organisation's own word, or because first and family name are the same: then it may be a namesake's."""
    if not facts.shown or not (facts.own_record or facts.same_name):
        return None
    return Alert(Rule.OWN_RECORD)
