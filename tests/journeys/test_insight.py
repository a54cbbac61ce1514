"""Area insight: what people need, where, and what came of it; and no figure that tells about one person."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hub.database import Database
from hub.insight.settings import InsightSettings, insight_for
from hub.places.settings import PlacesSettings, places_for
from tests.journeys.telling import Traveller, story
from tests.support.running import RunningGateway
from tests.unit.hub.insight.filled import fill

pytestmark = pytest.mark.timeout(300)

TITLE = "Where help is missing: a table and a map that tell about nobody"
ABOUT = (
    "Pia sits for the county in the health and wellbeing partnership. Three months of the teams' work were counted: what "
    "was needed, who was referred, who was refused, what came of it. She sees it by theme, by ward and by small area. "
    "Small numbers are not told, and no sum or difference gives them back. Events and people here are made up."
)
PIA, WES = "pia.care@norfolk.test", "wes.triage@hub.test"


def test_where_help_is_missing(house: RunningGateway, chromium: Browser, geography: Path | None) -> None:
    was_counted(house, geography)
    with story(house, chromium, "insight", TITLE, ABOUT) as told:
        pia = told.traveller(told.hub)
        sees_themes(pia)
        if geography is not None:
            sees_places(pia)
        takes_with_her(pia)
        stays_outside(told.traveller(told.hub))


def was_counted(house: RunningGateway, geography: Path | None) -> None:
    """Three months that have ended, as the teams would have told them event by event; each published once."""
    insight = insight_for(InsightSettings(), places_for(PlacesSettings(geography_folder=geography)))
    database = Database(house.layout.hub / "hub.db")
    try:
        database.write_now(partial(fill, insight=insight, each_month=300))
    finally:
        database.close()


def sees_themes(pia: Traveller) -> None:
    pia.sign_in("/insight", PIA)
    pia.waits_for("/insight", "Counted until October 2026")
    pia.step(
        "Pia sees until when is counted and who reported. What happens today is not told before its month has ended."
    )
    pia.page.goto("/insight/themes?period=2026-10")
    pia.step("What people needed, by theme. Each figure is rounded, and none of 5 or under is shown.")


def sees_places(pia: Traveller) -> None:
    pia.page.goto("/insight/wards?period=2026-Q3")
    pia.reads("What the patterns mean")
    pia.step("The same by ward, as a map in patterns, which reads without colours, and as a table.")
    pia.page.goto("/insight/small-areas")
    pia.reads("more with too few to show")
    pia.step("By small area there is little that may be told. What is too few, or none, looks the same.")


def takes_with_her(pia: Traveller) -> None:
    """Every figure of the file is one that tells about nobody."""
    pia.page.goto("/insight/themes")
    with pia.page.expect_download() as given:
        pia.follow("All periods of this table (CSV)")
    rows = list(csv.reader(given.value.path().read_text(encoding="utf-8").splitlines()))[1:]
    figures = [int(row[5]) for row in rows if row[5]]
    assert figures, "the file tells something"
    assert all(figure > 5 and figure % 5 == 0 for figure in figures)
    assert len(figures) < len(rows), "and keeps small numbers back"


def stays_outside(wes: Traveller) -> None:
    wes.sign_in("/front-door", WES)
    wes.reads("Who waits for help")
    answer = wes.page.goto("/insight")
    assert answer is not None
    assert answer.status == 404
    wes.step("Who is not of the partnership finds no such page.")
