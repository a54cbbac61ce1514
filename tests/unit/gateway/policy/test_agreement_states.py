"""Where agreements stand on a day, in the words an officer reads."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateway.policy.agreement_states import state_on, uk_day
from gateway.policy.register_files import Document, RegisterError

STOPPED = {"since": "2026-10-01", "by": "council", "reason": "r"}
TODAY = date(2026, 11, 23)


def agreement(**changed: Any) -> Document:
    value = {
        "status": "active",
        "valid_from": "2026-01-01",
        "valid_until": "2027-12-31",
        "review_date": "2027-06-30",
        "renewed_by": None,
        "suspension": None,
    }
    return Document("registers/agreements/a.yaml", {**value, **changed}, {("review_date",): 9})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "active until 2027-12-31"),
        ({"valid_until": None}, "active"),
        ({"valid_until": "2026-11-23"}, "active until 2026-11-23"),
        ({"review_date": "2026-11-23"}, "active until 2027-12-31"),
        ({"review_date": "2026-11-22"}, "active until 2027-12-31, review overdue since 2026-11-22"),
        ({"status": "draft"}, "draft"),
        ({"status": "draft", "valid_until": "2026-01-02"}, "draft"),
        ({"valid_from": "2026-11-23"}, "active until 2027-12-31"),
        ({"valid_from": "2026-11-24"}, "not yet begun, from 2026-11-24"),
        ({"status": "suspended", "suspension": STOPPED}, "suspended since 2026-10-01 by council"),
        (
            {"status": "winding-down", "winding_down": STOPPED},
            "winding down since 2026-10-01 by council until 2027-12-31",
        ),
        ({"status": "winding-down", "valid_until": None}, "winding down"),
        ({"valid_until": "2026-11-22", "review_date": "2026-11-01"}, "ended on 2026-11-22"),
        ({"valid_until": "2026-04-30", "renewed_by": "b"}, "ended on 2026-04-30, renewed by b"),
        ({"status": "suspended", "suspension": STOPPED, "valid_until": "2026-11-22"}, "ended on 2026-11-22"),
    ],
)
def test_where_it_stands(changed: dict[str, Any], told: str) -> None:
    assert state_on(agreement(**changed), TODAY) == told


def test_a_day_that_is_none_is_named_with_its_line() -> None:
    with pytest.raises(RegisterError, match="line 9: '2026-02-31' is not a day"):
        state_on(agreement(review_date="2026-02-31"), TODAY)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 4, 30, 22, 59, tzinfo=UTC), date(2026, 4, 30)),
        (datetime(2026, 4, 30, 23, 0, tzinfo=UTC), date(2026, 5, 1)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2027, 1, 1, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_day_is_a_day_in_the_united_kingdom(at: datetime, day: date) -> None:
    assert uk_day(at) == day
