"""Area insight as the hub lists it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlmodel import Session

from hub.insight.insight_pages import TEAM, build_router
from hub.insight.recording import publish_due
from hub.insight.settings import Insight, insight_of_environment
from hub.insight.tables import SCHEMA
from hub.insight.telling import heard_with
from hub.parts import Feature, Kept


def build_feature(get_insight: Callable[[], Insight]) -> Feature:
    """The feature over a geography and a threshold, which are read when the hub starts."""

    def sweep(session: Session, now: datetime) -> int:
        return publish_due(session, now, get_insight().reading)

    return Feature(
        name=TEAM,
        package="insight",
        title="Area insight",
        about="What people need, where, and what came of it: counts that tell about nobody.",
        schema=SCHEMA,
        kept=(
            Kept(
                "Area insight: how often something happened in a month, by theme, ward or small area, age band and group",
                "So that the partnership sees where help is missing. No person, no day, no words, no case.",
                "True counts until their month is published; rounded ones stay.",
            ),
        ),
        build_router=lambda parts: build_router(parts, get_insight),
        sweep=sweep,
        heard=heard_with(get_insight),
    )


FEATURE: Final = build_feature(insight_of_environment)
