"""A practitioner looked at somebody who has died.

There is work to finish after a death, by those who worked with the person. It is unusual where nobody of the organisation
had looked for a month.
"""

from __future__ import annotations

from typing import Final

from audit.alerts.facts import Alert, LookFacts, Rule

QUIET_DAYS: Final = 30


def judge(facts: LookFacts) -> Alert | None:
    """By what was shown: where no source said so, or the fact was not theirs to see, nobody knows here."""
    if not (facts.shown and facts.deceased) or not facts.resumed_after(QUIET_DAYS):
        return None
    return Alert(Rule.DECEASED)
