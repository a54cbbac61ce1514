from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest

from hub.insight.counting import ALL, TABLES, Cell, add_up
from hub.insight.events import Circumstances, Kind, events_of
from hub.insight.protecting import BASE
from hub.insight.recording import published, record
from hub.insight.settings import InsightSettings, insight_for
from hub.places.settings import NO_PLACES, PlacesSettings, places_for
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import Desk
from tests.unit.hub.insight.filled import INSIGHT, fill, insight_desk


@dataclass(frozen=True)
class Desked:
    desk: Desk
    browser: Browser


def entered(desk: Desk) -> Browser:
    return desk.sign_in("norwich-city-council", "insight-analyst")


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hub with three months of events: they are counted once, and copied for each test."""
    folder = tmp_path_factory.mktemp("counted")
    database = insight_desk(folder).hub.parts.database
    database.write_now(lambda session: fill(session, INSIGHT, 300))
    database.close()
    return folder


@pytest.fixture
def full(counted: Path, tmp_path: Path) -> Iterator[Desked]:
    shutil.copytree(counted, tmp_path, dirs_exist_ok=True)
    desk = insight_desk(tmp_path)
    yield Desked(desk, entered(desk))
    desk.hub.parts.database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Desked]:
    desk = insight_desk(tmp_path)
    yield Desked(desk, entered(desk))
    desk.hub.parts.database.close()


async def test_only_the_partnerships_team_finds_the_pages(full: Desked) -> None:
    other = full.desk.sign_in("age-well-norfolk", "social-prescriber", subject="other")
    for address in ("", "/wards", "/wards.csv", "/wards.csv-metadata.json"):
        assert (await other.get(f"/insight{address}")).status == 404
        assert (await full.desk.browser().get(f"/insight{address}")).status == 403
        assert (await full.browser.get(f"/insight{address}")).status == 200


async def test_the_first_page_says_what_is_counted_until_when_and_by_whom(full: Desked) -> None:
    page = (await full.browser.get("/insight")).text
    assert "Counted until October 2026, published on 1 November 2026." in page
    assert "2 organisations reported in October 2026: Age Well Norfolk and Wensum Valley Practice." in page
    assert "1 November 2026: September 2026, because some events were reported late." in page
    for table in TABLES:
        assert f'href="/insight/{table.code}"' in page


async def test_before_the_first_month_is_over_every_page_says_so(empty: Desked) -> None:
    for address in ("/insight", *(f"/insight/{table.code}" for table in TABLES)):
        answer = await empty.browser.get(address)
        assert answer.status == 200
        assert "Nothing is published yet." in answer.text
    assert (await empty.browser.get("/insight/wards.csv")).text.count("\n") == 1
    assert (await empty.browser.get("/insight/wards.csv-metadata.json")).status == 404


async def test_an_unknown_table_is_not_found_and_an_unknown_period_gives_the_newest(full: Desked) -> None:
    assert (await full.browser.get("/insight/people")).status == 404
    page = (await full.browser.get("/insight/wards?period=1999&of=names")).text
    assert "October to December 2026, so far" in page
    older = (await full.browser.get("/insight/wards?period=2026-Q3&of=refusal")).text
    assert "Refusals, July to September 2026" in older


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.code)
async def test_each_picture_has_words_and_its_table_and_no_style_or_script(full: Desked, table: Any) -> None:
    page = (await full.browser.get(f"/insight/{table.code}")).text
    (picture,) = re.findall(r'<svg xmlns.*?role="img".*?</svg>', page, re.DOTALL)
    root = ElementTree.fromstring(picture)  # noqa: S314 # our own page
    title, description = (root.find(f"{{http://www.w3.org/2000/svg}}{one}") for one in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert re.search("The table below has (every|the same) figure", description.text or "")
    assert "<caption" in page
    assert "style=" not in page
    assert "<script" not in page


async def test_no_page_shows_a_figure_that_is_not_published_rounded_and_over_the_threshold(
    full: Desked,
) -> None:
    for table in TABLES:
        page = (await full.browser.get(f"/insight/{table.code}")).text
        body = page.partition("<tbody")[2].partition("</tbody>")[0]
        figures = [int(one.replace(",", "")) for one in re.findall(r'numeric"[^>]*>([\d,]+)<', body)]
        assert figures
        assert all(figure % BASE == 0 and figure > 5 for figure in figures)
    figures_of = full.desk.hub.parts.database.read_now(
        lambda session: add_up(published(session, INSIGHT.reading).together(), INSIGHT.reading.cells_of)
    )
    page = (await full.browser.get("/insight/wards?period=2026-Q3")).text
    assert f">{figures_of[Cell('wards', '2026-Q3', ALL, 'need')]:,}<" in page


async def test_the_page_warns_where_few_reported_and_where_somebody_fell_silent(full: Desked) -> None:
    page = (await full.browser.get("/insight/themes?period=2026-10")).text
    assert "Only 2 organisations reported in October 2026" in page
    assert "Norwich City Council reported the month before and not in October 2026" in page
    assert "Read with care" not in (await full.browser.get("/insight/themes?period=2026-09")).text


async def test_the_download_has_every_cell_and_marks_what_is_not_shown(full: Desked) -> None:
    answer = await full.browser.get("/insight/ward-needs.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="ward-needs.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    # 2 quarters, 2 wards and 3 buckets and all, 13 themes and all: whatever happened.
    assert len(rows) == 2 * 6 * 14
    assert {row["marker"] for row in rows if not row["count"]} == {"[c]"}
    assert {row["marker"] for row in rows if row["count"]} == {""}
    assert all(int(row["count"]) > 5 and int(row["count"]) % BASE == 0 for row in rows if row["count"])


async def test_the_metadata_says_how_the_download_is_read_made_and_licensed(full: Desked) -> None:
    answer = await full.browser.get("/insight/deprivation.csv-metadata.json")
    told = orjson.loads(answer.text)
    assert answer.headers["content-type"] == "application/csvm+json"
    assert told["@context"][0] == "http://www.w3.org/ns/csvw"
    assert told["dc:modified"]["@value"] == "2026-11-01T09:00:00+00:00"
    assert told["dc:issued"]["@value"] == "2026-09-01T09:00:00+00:00"
    assert told["dc:license"]["@id"].startswith("https://www.nationalarchives.gov.uk/")
    assert "IMD 2025, by LSOAs of 2021" in told["dc:source"]
    assert any("over 5" in one for one in told["rdfs:comment"])
    header = (await full.browser.get(f"/insight/{told['url']}")).text.splitlines()[0].split(",")
    assert [column["name"] for column in told["tableSchema"]["columns"]] == header


async def test_a_hub_without_maps_has_themes_and_ages_and_says_what_is_missing(tmp_path: Path) -> None:
    insight = insight_for(InsightSettings(threshold=10), NO_PLACES)
    desk = insight_desk(tmp_path, insight)
    desk.hub.parts.database.write_now(lambda session: fill(session, insight, 100))
    browser = entered(desk)
    page = (await browser.get("/insight")).text
    assert "This hub has no map data" in page
    assert "over 10" in page
    assert (await browser.get("/insight/deprivation")).status == 404
    wards = (await browser.get("/insight/wards")).text
    assert "No fixed address" in wards
    told = orjson.loads((await browser.get("/insight/wards.csv-metadata.json")).text)
    assert not any("LSOA" in one for one in told["dc:source"])
    desk.hub.parts.database.close()


def test_the_environment_names_the_folder_and_a_threshold_that_the_proof_covers(
    monkeypatch: pytest.MonkeyPatch, real_data: Path
) -> None:
    monkeypatch.setenv("HUB_GEOGRAPHY_FOLDER", str(real_data / "norfolk-geography"))
    monkeypatch.setenv("HUB_GEOGRAPHY_VINTAGE", "2011")
    found = insight_for(InsightSettings(), places_for(PlacesSettings()))
    assert found.reading.joined is not None
    assert found.reading.series == "E07000148, 2011, IMD 2019"
    monkeypatch.setenv("HUB_GEOGRAPHY_VINTAGE", "2021")
    # The folder has the index of 2019 only, which is by other areas: none is joined rather than that one.
    assert insight_for(InsightSettings(), places_for(PlacesSettings())).reading.joined is None
    monkeypatch.setenv("HUB_INSIGHT_THRESHOLD", "3")
    with pytest.raises(ValueError, match="multiple of 5"):
        InsightSettings()


async def test_a_sparse_month_has_no_picture_and_names_what_was_too_few(tmp_path: Path) -> None:
    desk = insight_desk(tmp_path)
    desk.hub.parts.database.write_now(lambda session: fill(session, INSIGHT, 3))
    page = (await entered(desk).get("/insight/wards?of=refusal")).text
    assert "There is too little to draw a picture of this." in page
    assert "Mancroft" in page.partition("<details")[2]
    assert "Hardly anybody was met in any ward." in page
    desk.hub.parts.database.close()


async def test_before_the_first_figures_their_day_is_said(tmp_path: Path) -> None:
    desk = insight_desk(tmp_path)
    coming = "The first figures come on 1 December 2026. They will be those of November 2026"
    assert coming in (await entered(desk).get("/insight")).words
    desk.clock.go_on(days=40)
    assert "The first figures come on 1 February 2027." in (await entered(desk).get("/insight/wards")).words
    # Counted in a month that is over: the next round publishes it.
    event = events_of(Kind.NEED, ["food"], date(2026, 11, 30), Circumstances(False))
    desk.hub.parts.database.write_now(partial(record, events=event, organisation="x", day=date(2026, 11, 30)))
    soon = "The first figures come on 2 January 2027. They will be those of November 2026"
    assert soon in (await entered(desk).get("/insight")).words
    desk.hub.parts.database.close()


async def test_the_first_page_says_when_the_next_month_comes(full: Desked) -> None:
    assert "November 2026 is added on 1 December 2026." in (await full.browser.get("/insight")).words


async def test_the_table_has_the_theme_that_the_map_shows_and_what_is_not_on_the_map(full: Desked) -> None:
    page = (await full.browser.get("/insight/ward-needs?period=2026-Q3&of=housing")).text
    assert "Needs: housing, July to September 2026</h2>" in page
    heads = re.findall(r'scope="col">([^<]*)<', page)
    assert heads == ["Ward", "All themes", "Housing", "By theme, where not too few"]
    wards = (await full.browser.get("/insight/wards?period=2026-Q3")).text
    assert "2 of 2 wards have enough to show" in wards
    assert re.search(r"Counted, and not on the map: (No fixed address|Not said).* \d+\.</p>", wards)
    assert "Too few to show" not in wards.partition("What the patterns mean")[2].partition("</ul>")[0]


async def test_ages_stand_in_their_order(full: Desked) -> None:
    page = (await full.browser.get("/insight/ages?period=2026-Q3")).text
    rows = re.findall(r'scope="row">([^<]*)<', page)
    ages = [one for one in rows if one not in {"All", "Not said"}]
    assert ages == sorted(ages, key=lambda one: int(one.split()[0]))
