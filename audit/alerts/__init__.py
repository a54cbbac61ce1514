"""Alerts: reasons to ask a practitioner about a look, each with the facts it rests on. Never an accusation. Pure.

One file a rule: `judge(facts) -> Alert | None`. What the facts are made of is gathered in `gateway/alerting`; how often each
rule is right is measured by `python -m bench.alerts` and by what officers find (docs/alerts.md).
"""

from audit.alerts.facts import Aftermath, Alert, Day, Habit, LookFacts, Rule
from audit.alerts.hours import Hours
from audit.alerts.rules import AFTERWARDS, AT_THE_LOOK, judge

__all__ = [
    "AFTERWARDS",
    "AT_THE_LOOK",
    "Aftermath",
    "Alert",
    "Day",
    "Habit",
    "Hours",
    "LookFacts",
    "Rule",
    "judge",
]
