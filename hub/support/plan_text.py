"""The plan as it goes along with a handover: text that a person can read, and that a receiving hub reads back. Pure.

A referral carries words (POST /v1/referrals, `why`), sealed until the receiver has them. So the plan goes as words too,
whatever the receiver's system is; one like this begins its case with it, and nobody has to tell it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

HEADING: Final = "The plan so far:"
WHO: Final = ("The person", "Together", "The team")
_GOAL: Final = re.compile(r"Goal: (.+)")
_STEP: Final = re.compile(r"- (.+) \((" + "|".join(WHO) + r")\)")


@dataclass(frozen=True, slots=True)
class Planned:
    """A goal, and its steps as (what, who)."""

    goal: str = field(repr=False)
    steps: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def as_text(plan: Sequence[Planned]) -> str:
    """The plan in words; empty where there is nothing in it."""
    if not plan:
        return ""
    lines = [HEADING]
    for one in plan:
        lines.append(f"Goal: {one.goal}")
        lines += [f"- {what} ({who})" for what, who in one.steps]
    return "\n".join(lines)


def joined(why: str, plan: Sequence[Planned]) -> str:
    """The reason and the plan, as a referral's `why` says them."""
    return "\n\n".join(part for part in (why, as_text(plan)) if part)


def split(text: str) -> tuple[str, tuple[Planned, ...]]:
    """The reason and the plan that a referral says. Where the plan cannot be read, all of it stays in the reason."""
    why, heading, rest = text.rpartition(HEADING + "\n")
    if not heading or (why and not why.endswith("\n\n")):
        return text, ()
    plan: list[Planned] = []
    for line in rest.splitlines():
        goal, step = _GOAL.fullmatch(line), _STEP.fullmatch(line)
        if goal is not None:
            plan.append(Planned(goal[1]))
        elif step is not None and plan:
            plan[-1] = Planned(plan[-1].goal, (*plan[-1].steps, (step[1], step[2])))
        else:
            return text, ()
    return why.strip(), tuple(plan)
