"""When support ends, and whether anything may be asked of the gateway. Pure.

Each kind of support has its end built in (hub/support/codes.py). From that second on the hub asks nothing more about the
person: the team closes the case, or asks the person anew and goes on only with their yes. The gateway holds to the same
ends by itself; this is the hub keeping its own promise, not the protection.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Literal

from hub.pages.words import london_day
from hub.support.codes import ASK_AGAIN, KINDS
from hub.support.tables import Case

Standing = Literal["new", "open", "ended", "review-overdue", "stopped", "closed", "not-taken"]


def begun(case: Case, at: datetime, today: date) -> None:
    """Give the case its beginning, its end and its first review."""
    kind = KINDS[case.purpose]
    case.began_at = at
    case.ends_at = None if kind.lasts is None else at + kind.lasts
    case.review_on = None if kind.review is None else today + kind.review


def standing(case: Case, now: datetime, *, stopped: bool) -> Standing:
    """Where the case stands. stopped: the gateway said that the person, or who handed them over, ended it."""
    if case.state == "closed":
        return "closed"
    if case.state == "not-taken":
        return "not-taken"
    if stopped:
        return "stopped"
    if case.ends_at is not None and now >= case.ends_at:
        return "ended"
    if case.state == "new":
        return "new"
    if KINDS[case.purpose].pauses and review_due(case, now):
        return "review-overdue"
    return "open"


def review_due(case: Case, now: datetime) -> bool:
    """Whether the day of the review has come."""
    return case.review_on is not None and london_day(now) >= case.review_on


def days_left(case: Case, now: datetime) -> int | None:
    """Days until the end, the day that has begun counted as one; 0 after it, None where there is no end."""
    if case.ends_at is None:
        return None
    return max(0, math.ceil((case.ends_at - now) / timedelta(days=1)))


def last_possible(case: Case) -> datetime | None:
    """Beyond this the support cannot go on, whoever says yes; None where the person may be asked again and again."""
    longest = KINDS[case.purpose].longest
    return None if longest is None else case.began_at + longest


def may_go_on(case: Case, now: datetime) -> bool:
    """Whether a yes of the person, asked for now, makes the support go on: near its end or after it, and not for ever."""
    if case.ends_at is None or now < case.ends_at - ASK_AGAIN:
        return False
    last = last_possible(case)
    return last is None or case.ends_at < last


def gone_on(case: Case, now: datetime, today: date) -> None:
    """The person said yes anew: the support goes on from now for as long as its kind lasts."""
    kind, last = KINDS[case.purpose], last_possible(case)
    if kind.lasts is not None:
        case.ends_at = now + kind.lasts if last is None else min(now + kind.lasts, last)
    if kind.review is not None:
        case.review_on = today + kind.review
