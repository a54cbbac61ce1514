"""A hub whose insight holds some months of made-up events, for tests of pages and for looking at them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from hub.insight.events import Circumstances, Kind, events_of
from hub.insight.feature import build_feature
from hub.insight.recording import publish_due, record
from hub.insight.settings import Insight
from hub.insight.themes import GROUPS, THEMES
from tests.unit.hub.fakes import PARTNERS, Desk, hub_in
from tests.unit.hub.insight.towns import reading

TEAM = {
    "insight": {
        "members": [
            {
                "organisation": "norwich-city-council",
                "role": "insight-analyst",
                "title": "Partnership analyst",
            }
        ]
    }
}
INSIGHT = Insight(reading(), 5)


def insight_desk(folder: Path, insight: Insight = INSIGHT) -> Desk:
    """A hub with this feature alone."""
    partners: dict[str, Any] = {**PARTNERS, "teams": TEAM}
    return hub_in(folder, [build_feature(lambda: insight)], partners)


def fill(session: Session, insight: Insight, each_month: int, seed: int = 4) -> None:
    """Months of events, uneven in place and theme, closed one by one; the last one with some that came late."""
    dice = random.Random(seed)
    areas: list[str | None] = [*insight.reading.geography.lsoas] or [None]
    weights = [dice.choice((1, 1, 2, 6)) for _ in areas]
    codes = [theme.code for theme in THEMES]
    for year, month in ((2026, 8), (2026, 9), (2026, 10)):
        for _ in range(each_month):
            late = month == 10 and dice.random() < 0.1
            _event(
                session, dice, areas, weights, codes, date(year, month - late, dice.randrange(1, 29)), insight
            )
        publish_due(session, datetime(year, month + 1, 1, 9, tzinfo=UTC), insight.reading)


def _event(
    session: Session,
    dice: random.Random,
    areas: Sequence[str | None],
    weights: Sequence[int],
    codes: Sequence[str],
    day: date,
    insight: Insight,
) -> None:
    (area,) = dice.choices(areas, weights)
    person = Circumstances(
        dice.random() < 0.9,
        area,
        insight.reading.geography.vintage,
        dice.random() < 0.06,
        date(dice.randrange(1935, 2015), 1, 1),
        tuple(dice.sample(sorted(GROUPS), dice.choices((0, 1, 2), (6, 3, 1))[0])),
    )
    (kind,) = dice.choices(list(Kind), (5, 4, 1, 3))
    themes = dice.choices(codes, range(len(codes), 0, -1), k=dice.choice((1, 1, 2)))
    firms = ("age-well-norfolk", "wensum-valley-practice", "norwich-city-council")
    employer = dice.choice(firms[: 3 if day.month < 10 else 2])
    record(session, events_of(kind, themes, day, person), employer, day)
