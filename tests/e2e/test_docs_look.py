"""The pages for developers in a real Chromium, from a gateway that runs: they fit, axe finds nothing, no script runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import ROOT, Parts
from tests.support.picturing import pictured
from tests.support.running import RunningGateway

SHOTS = ROOT / ".var" / "screenshots"
WIDTHS = {320: 568, 1280: 800}
PAGES = {
    "docs-first-call": ("/docs", "You ask for a view of one person"),
    "docs-problems": ("/docs/problems", "Each problem that the API can answer with"),
    "docs-problem": ("/docs/problems#no-agreement", "no-agreement"),
    "docs-error-404": ("/docs/nothing", "The address may be wrong"),
}


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(parts.chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, gateway: RunningGateway, name: str, width: int
) -> None:
    address, answer = PAGES[name]
    context = chromium.new_context(viewport={"width": width, "height": WIDTHS[width]})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(gateway.url + address)
    assert complaints == []
    place = page.get_by_text(answer).first.bounding_box()
    assert place is not None
    # Not behind the header either, which stays on top where a problem's type leads into the middle of a page.
    header = page.locator("header").bounding_box()
    assert header is not None
    assert header["y"] + header["height"] <= place["y"] < WIDTHS[width]
    SHOTS.mkdir(parents=True, exist_ok=True)
    pictured(page, path=SHOTS / f"{name}-{width}.png", full_page="#" not in address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the window"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()
