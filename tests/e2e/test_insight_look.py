"""Area insight in a real Chromium at 320 and 1280 px, over Norwich's own areas: it fits, answers at once and passes axe.

Screenshots of each go to .var/screenshots, for a person to look at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from hub.insight.deprivation import CORE20_DECILES, Deprivation, join
from hub.insight.settings import Insight, InsightSettings, insight_for
from hub.places.settings import NO_PLACES, PlacesSettings, places_for
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge
from tests.unit.hub.fakes import Desk
from tests.unit.hub.insight.filled import fill, insight_desk

STATES = {"full": 700, "sparse": 12, "nothing": 0, "no-maps": 60}
NONE_YET = "Nothing is published yet."
PAGES = (
    Shown("insight-home", "/insight", "full", "Counted until October 2026"),
    Shown("insight-home-nothing", "/insight", "nothing", NONE_YET),
    Shown("insight-home-no-maps", "/insight", "no-maps", "Counted until October 2026"),
    Shown("insight-themes", "/insight/themes", "full", "Read with care"),
    Shown("insight-wards", "/insight/wards?period=2026-Q3", "full", "Needs, July to September 2026"),
    Shown("insight-wards-so-far", "/insight/wards", "full", "Read with care"),
    Shown("insight-wards-sparse", "/insight/wards", "sparse", "Read with care"),
    Shown("insight-wards-nothing", "/insight/wards", "nothing", NONE_YET),
    Shown("insight-wards-no-maps", "/insight/wards", "no-maps", "Read with care"),
    Shown(
        "insight-ward-needs",
        "/insight/ward-needs?period=2026-Q3",
        "full",
        "All themes, July to September 2026",
    ),
    Shown("insight-ward-refusals", "/insight/ward-refusals?period=2026-Q3", "full", "All themes, July"),
    Shown("insight-small-areas", "/insight/small-areas", "full", "Read with care"),
    Shown(
        "insight-deprivation", "/insight/deprivation?period=2026-Q3", "full", "Needs, July to September 2026"
    ),
    Shown("insight-ages", "/insight/ages?period=2026-Q3", "full", "Needs, July to September 2026"),
    Shown("insight-groups", "/insight/groups?period=2026-Q3", "full", "Needs, July to September 2026"),
)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the preview did not start"
        assert time.monotonic() < deadline, "the preview did not start in time"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def addresses(
    tmp_path_factory: pytest.TempPathFactory, real_data: Path
) -> Iterator[dict[str, tuple[str, Desk]]]:
    norwich = insight_for(
        InsightSettings(), places_for(PlacesSettings(geography_folder=real_data / "norfolk-geography"))
    )
    # The folder has no index of 2025; every third area is made one of the most deprived, to have a page to look at.
    deciles = {
        code: CORE20_DECILES if number % 3 == 0 else 5
        for number, code in enumerate(norwich.reading.geography.lsoas)
    }
    joined = join(norwich.reading.geography, Deprivation(2025, 2021, deciles))
    insight = Insight(type(norwich.reading)(norwich.reading.geography, joined), norwich.threshold)
    found: dict[str, tuple[str, Desk]] = {}
    with ExitStack() as stack:
        for state, each_month in STATES.items():
            mine = insight_for(InsightSettings(), NO_PLACES) if state == "no-maps" else insight
            desk = insight_desk(tmp_path_factory.mktemp(state), mine)
            stack.callback(desk.hub.parts.database.close)
            if each_month:
                desk.hub.parts.database.write_now(partial(fill, insight=mine, each_month=each_month))
            found[state] = (stack.enter_context(serving(desk.hub.app)), desk)
        yield found


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(parts.chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def opened(chromium: Browser, place: tuple[str, Desk], width: int, *, script: bool = True) -> Page:
    address, desk = place
    ((name, value),) = desk.sign_in("norwich-city-council", "insight-analyst").cookies.items()
    context = chromium.new_context(
        base_url=address, viewport={"width": width, "height": WIDTHS[width]}, java_script_enabled=script
    )
    # The session's cookie is for https only; here it is sent along by hand.
    context.set_extra_http_headers({"cookie": f"{name}={value}"})
    return context.new_page()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, addresses: dict[str, tuple[str, Desk]], shown: Shown, width: int
) -> None:
    page = opened(chromium, addresses[shown.state], width)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(shown.address)
    assert complaints == []
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, shown.name, width)
    page.context.close()


def test_another_period_and_picture_are_chosen_without_script_and_a_file_is_taken(
    chromium: Browser, addresses: dict[str, tuple[str, Desk]]
) -> None:
    page = opened(chromium, addresses["full"], 320, script=False)
    page.goto("/insight")
    page.get_by_role("link", name="Where do people need help?").click()
    page.get_by_label("When").select_option(label="July to September 2026")
    page.get_by_label("What the picture shows").select_option(label="Outcomes")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Outcomes, July to September 2026")).to_be_visible()
    expect(page.get_by_role("img", name="Map of wards: Outcomes, July to September 2026")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="All periods of this table (CSV)").click()
    assert download.value.suggested_filename == "wards.csv"
    assert Path(download.value.path()).read_text().startswith("period,row_code,row")
    page.context.close()
