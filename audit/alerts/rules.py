"""The rules together: which are asked when, how soon an answer is due, and how long one answer holds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

from audit.alerts import (
    case_closed,
    colleague,
    deceased,
    no_relationship,
    out_of_hours,
    own_record,
    same_surname,
    volume,
)
from audit.alerts.facts import Alert, LookFacts, Rule

Judge: TypeAlias = Callable[[LookFacts], Alert | None]

AT_THE_LOOK: Final[tuple[Judge, ...]] = (
    own_record.judge,
    same_surname.judge,
    colleague.judge,
    deceased.judge,
    case_closed.judge,
)
"""What is known in the moment of the look, and of most of it never again."""

AFTERWARDS: Final[tuple[Judge, ...]] = (no_relationship.judge, out_of_hours.judge, volume.judge)
"""What only a day, or four weeks, can tell."""

ANSWER_WITHIN: Final[Mapping[Rule, timedelta]] = MappingProxyType(
    {rule: timedelta(days=14) for rule in Rule}
    | dict.fromkeys((Rule.OWN_RECORD, Rule.SAME_SURNAME, Rule.COLLEAGUE), timedelta(days=7))
)
"""How soon officers answer. Where it may be about family or a colleague, somebody may be in danger sooner."""

OF_A_PAIR: Final = frozenset(Rule) - {Rule.VOLUME, Rule.OUT_OF_HOURS}
"""Rules about this practitioner and this person; the others are about the practitioner alone."""

_PAIR_HOLDS: Final = timedelta(days=180)
_HABIT_HOLDS: Final = timedelta(days=14)


def holds_for(rule: Rule) -> timedelta:
    """How long the same is not asked again while the question is open or once it was explained.

    Work goes on day after day: an officer who asked why is not asked to ask again at each further look.
    """
    return _PAIR_HOLDS if rule in OF_A_PAIR else _HABIT_HOLDS


def judge(facts: LookFacts, rules: Iterable[Judge]) -> tuple[Alert, ...]:
    """What these rules find."""
    found = (rule(facts) for rule in rules)
    return tuple(alert for alert in found if alert is not None)
