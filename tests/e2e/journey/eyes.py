"""Eyes on a page: its picture at two widths, what axe finds, and whether it fits.

axe needs a script, the pages need none and mostly have none: so axe looks at a twin of the page, the same text under the
same address in a browser that runs scripts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.conftest import ROOT
from tests.support.picturing import pictured

SHOTS = ROOT / ".var" / "screenshots" / "journey"
WIDTHS = {320: 568, 1280: 800}


def context(browser: Browser, address: str, *, script: bool) -> BrowserContext:
    """One person's browser."""
    return browser.new_context(
        base_url=address,
        java_script_enabled=script,
        accept_downloads=True,
        locale="en-GB",
        timezone_id="Europe/London",
        viewport={"width": 1280, "height": 800},
    )


@dataclass
class Eyes:
    """Looks at pages in the order in which they are met. twin: a page of a browser that runs scripts."""

    twin: Page
    seen: list[str] = field(default_factory=list)

    def look(self, page: Page, name: str) -> None:
        """Judge a page at both widths, under a name for its picture."""
        self.seen.append(name)
        content = page.content()

        def same(route: Route) -> None:
            route.fulfill(status=200, content_type="text/html; charset=utf-8", body=content)

        self.twin.unroute_all()
        self.twin.route(page.url, same)
        self.twin.goto(page.url)
        for width, height in WIDTHS.items():
            for one in (page, self.twin):
                one.set_viewport_size({"width": width, "height": height})
            pictured(page, path=picture(f"{len(self.seen):02}-{name}-{width}"))
            assert_fits(page, width, name)
            found = Axe().run(self.twin)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"


def picture(name: str) -> Path:
    """Where a picture goes."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS / f"{name}.png"


def assert_fits(page: Page, width: int, name: str) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
