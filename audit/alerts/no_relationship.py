"""Nothing ties the organisation to the person.

A statute lets an organisation look at somebody it does not know: each enquiry begins so, and many come to nothing. A single
such look cannot be told from an enquiry, and is left to spot checks. What is unusual is to come back to somebody again and
again of whom nothing comes: four weeks later nobody else of the organisation has looked, it holds no record, and the person
has allowed it nothing. And it is unusual to look for many people in a day and be shown nothing of them.
"""

from __future__ import annotations

from typing import Final

from audit.alerts.facts import Alert, LookFacts, Rule

AFTER_DAYS: Final = 28
LOOKS_LEAST: Final = 3
"""Somebody calls back once in many an enquiry."""
UNSHOWN_LEAST: Final = 5
"""Fewer people in a day of whom nothing is shown are nothing unusual for anybody."""


def judge(facts: LookFacts) -> Alert | None:
    """Of a look four weeks ago, or of a whole day."""
    if facts.after is not None:
        return _nothing_came_of_it(facts)
    if facts.day is not None:
        return _nothing_shown(facts)
    return None


def _nothing_came_of_it(facts: LookFacts) -> Alert | None:
    after = facts.after
    if after is None or not facts.shown or facts.emergency or facts.allowed:
        return None
    if after.tied or after.others or after.looks < LOOKS_LEAST:
        return None
    return Alert(Rule.NO_RELATIONSHIP, {"looks": after.looks})


def _nothing_shown(facts: LookFacts) -> Alert | None:
    day = facts.day
    if day is None or day.unshown < UNSHOWN_LEAST or 2 * day.unshown < day.people:
        return None
    if day.unshown <= 2 * facts.before.most_unshown:
        return None
    return Alert(Rule.NO_RELATIONSHIP, {"people": day.people, "unshown": day.unshown})
