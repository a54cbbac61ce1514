"""A practitioner looked at somebody whose case is over: what was for the work is not for keeping an eye on them.

Closing takes some weeks, in which those who close it look. It is unusual two months after the last of these looks, even
where a permission for that work still stands.
"""

from __future__ import annotations

from typing import Final

from audit.alerts.facts import Alert, LookFacts, Rule

QUIET_DAYS: Final = 60


def judge(facts: LookFacts) -> Alert | None:
    """Only for an organisation that looked before: for another it is no look after its case, but before one."""
    if not (facts.shown and facts.case_closed) or facts.days_since is None:
        return None
    return Alert(Rule.CASE_CLOSED) if facts.resumed_after(QUIET_DAYS) else None
