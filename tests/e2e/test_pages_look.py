"""Every page in a real Chromium at 320 and 1280 px: nothing wider than the window, nothing that axe finds, no script.

Screenshots of each go to .var/screenshots, for a person to look at.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from consent.receipts.jws import BEGIN, armoured
from tests.conftest import ROOT, Parts
from tests.e2e.pages_preview import preview_app
from tests.support.picturing import pictured
from tests.unit.consent.portal.fake_receipts import TOKEN
from tests.unit.consent.portal.fakes import LEAF, RECEIPT

SHOTS = ROOT / ".var" / "screenshots"
WIDTHS = {320: 568, 1280: 800}
REVIEWS = "/console/reviews"
OFFER = "/portal/allow/harbour-charity/income-debt-advice"
COULD_SEE = "/portal/who-could-see-me"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page to look at: its picture's name, its address, the state of the fakes, and the answer to be seen at once."""

    name: str
    address: str
    state: str
    answer: str


PAGES = (
    Shown("portal-home-many", "/portal/", "many", "You allow 3 organisations to look"),
    Shown("portal-home-one", "/portal/", "one", "You allow 1 organisation to look"),
    Shown("portal-home-nobody", "/portal/", "none", "Nobody can look at the moment."),
    Shown("portal-home-law-only", "/portal/", "law", "You allow nobody to look."),
    Shown("portal-home-hostile", "/portal/", "hostile", "You allow 1 organisation to look"),
    Shown("portal-could-see-many", COULD_SEE, "many", "4 organisations could look"),
    Shown("portal-could-see-one", COULD_SEE, "one", "1 organisation could look"),
    Shown("portal-could-see-nobody", COULD_SEE, "none", "Nobody could look at anything about you now."),
    Shown("portal-could-see-emergency", COULD_SEE, "law", "Only in an emergency."),
    Shown("portal-could-see-too-many", COULD_SEE, "full", "There are more than we can show"),
    Shown("portal-could-see-hostile", COULD_SEE, "hostile", "1 organisation could look"),
    Shown("portal-stop", "/portal/stop/p2", "many", "will not be able to look any more"),
    Shown("portal-stop-gone", "/portal/stop/p9", "one", "This is not on your list any more."),
    Shown("portal-stopped", "/portal/done/STOP-LONG", "many", "cannot look any more"),
    Shown("portal-stopped-unnamed", "/portal/done/STOP-GONE", "one", "They cannot look any more"),
    Shown("portal-allowed", "/portal/done/ALLOW-7K2M", "one", "can look from now on"),
    Shown("portal-not-allowed", "/portal/not-allowed", "one", "Nothing was changed"),
    Shown("portal-offers", "/portal/allow", "many", "You choose who, what and for how long."),
    Shown("portal-offers-none", "/portal/allow", "none", "There is nobody you could allow"),
    Shown("portal-offer", OFFER, "one", "could look at things about you"),
    Shown(
        "portal-offer-long",
        "/portal/allow/association/food-fuel-help",
        "many",
        "could look at things about you",
    ),
    Shown("portal-history-many", "/portal/history", "many", "The newest is on top."),
    Shown("portal-history-checked", "/portal/history", "checked", "The newest is on top."),
    Shown("portal-history-full", "/portal/history", "full", "The newest is on top."),
    Shown("portal-history-none", "/portal/history", "none", "Nobody has looked."),
    Shown("portal-history-end", "/portal/history?before=7", "many", "There is nothing older."),
    Shown("portal-proof", "/portal/history/41017", "many", "We checked it just now: it is true"),
    Shown("portal-proof-failed", "/portal/history/38000", "many", "We could not prove it just now"),
    Shown("portal-check", "/portal/check", "out", "Anybody can do this."),
    Shown("portal-receipts-many", "/portal/receipts", "many", "A receipt proves what you decided"),
    Shown("portal-receipts-none", "/portal/receipts", "none", "You have no receipts yet."),
    Shown("portal-receipts-full", "/portal/receipts", "full", "A receipt proves what you decided"),
    Shown("portal-receipt", "/portal/receipts/OT-41017", "many", "It proves that you allowed this."),
    Shown("portal-receipt-no", "/portal/receipts/OT-40100", "many", "It proves that you said no to this."),
    Shown(
        "portal-receipt-hostile", "/portal/receipts/OT-41017", "hostile", "It proves that you allowed this."
    ),
    Shown("portal-download", "/portal/download", "many", "one file with all that we hold about you"),
    Shown("portal-download-later", "/portal/download", "stale", "one file with all that we hold about you"),
    Shown("portal-sign-in", "/portal/", "out", "We need to know that it is you"),
    Shown("portal-signed-out", "/portal/signed-out", "out", "If others use this device too"),
    Shown("portal-error-404", "/portal/nothing/here", "one", "The address may be wrong"),
    Shown("portal-error-500", "/portal/", "broken", "This is our mistake"),
    Shown("portal-error-503", "/portal/", "closed", "To be safe, we show nothing"),
    Shown("console-search-many", "/console/", "many", "What happened with"),
    Shown("console-search-none", "/console/", "none", "What happened with"),
    Shown("console-search-full", "/console/", "full", "What happened with"),
    Shown(
        "console-search-error", "/console/?from=yesterday&text=999%20000%200018", "many", "There is a problem"
    ),
    Shown("console-item", "/console/items/41017", "many", "What happened"),
    Shown("console-item-refused", "/console/items/40100", "many", "What happened"),
    Shown("console-item-hostile", "/console/items/38000", "many", "What happened"),
    Shown("console-item-emergency", "/console/items/41500", "many", "What happened"),
    Shown("console-item-held", "/console/items/41400", "many", "Do not tell them."),
    Shown("console-item-decision", "/console/items/41600", "many", "What happened"),
    Shown("console-search-late", "/console/", "late", "1 review is overdue"),
    Shown("console-search-waiting", "/console/", "one", "1 review waits"),
    Shown("console-reviews-many", "/console/reviews", "many", "2 reviews are overdue."),
    Shown("console-reviews-one", "/console/reviews", "one", "1 review waits for your organisation."),
    Shown("console-reviews-lots", "/console/reviews", "lots", "140 reviews wait"),
    Shown("console-reviews-none", "/console/reviews", "none", "Nothing waits for you."),
    Shown(
        "console-review-emergency", f"{REVIEWS}/break-glass/41500", "many", "Somebody looked in an emergency"
    ),
    Shown("console-review-hold", f"{REVIEWS}/hold-back/41400", "many", "That needs somebody else"),
    Shown("console-review-again", f"{REVIEWS}/look-again/41400", "many", "Find out if telling them"),
    Shown("console-review-own", f"{REVIEWS}/break-glass/41500", "own", "You looked yourself"),
    Shown("console-review-decided", f"{REVIEWS}/look-again/41400", "decided", "Decided by Harbour Help"),
    Shown("console-samples-open", "/console/samples", "many", "Last week was not drawn yet."),
    Shown("console-samples-drawn", "/console/samples", "drawn", "8 looks are still to be checked."),
    Shown("console-samples-done", "/console/samples", "done", "Everything that was drawn"),
    Shown("console-samples-quiet", "/console/samples", "quiet", "there is nothing to check"),
    Shown("console-review-sample", f"{REVIEWS}/sample/41250", "many", "drawn by chance"),
    Shown("console-overview", "/console/overview", "many", "looks showed something"),
    Shown("console-overview-quiet", "/console/overview", "none", "Nobody looked in this time."),
    Shown("console-log", "/console/log", "many", "The log holds 41,018 entries."),
    Shown("console-sign-in", "/console/", "out", "We need to know that it is you"),
    Shown("console-error-404", "/console/items/7", "many", "The address may be wrong"),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    config = uvicorn.Config(preview_app(), host="127.0.0.1", port=0, log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the preview did not start"
        assert time.monotonic() < deadline, "the preview did not start in time"
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(parts.chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def opened(chromium: Browser, address: str, state: str, width: int, *, script: bool = True) -> Page:
    context = chromium.new_context(
        base_url=address,
        viewport={"width": width, "height": WIDTHS[width]},
        java_script_enabled=script,
    )
    context.add_cookies([{"name": "state", "value": state, "url": address}])
    return context.new_page()


def judge(page: Page, name: str, width: int) -> None:
    """The picture, and what a machine can say about the page."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    pictured(page, path=SHOTS / f"{name}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the window"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, address: str, shown: Shown, width: int
) -> None:
    page = opened(chromium, address, shown.state, width)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(shown.address)
    assert complaints == []
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_form_with_errors_says_what_to_do_and_keeps_what_was_chosen(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "one", width)
    page.goto(OFFER)
    page.get_by_label("Your home").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page).to_have_title(re.compile("^Error: "))
    judge(page, "portal-offer-errors", width)
    page.get_by_role("link", name="Choose for how long they can see it").click()
    expect(page.get_by_label("Your home")).to_be_checked()
    assert page.evaluate("document.activeElement.name") == "days"
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "receipt", "words"),
    [("true", RECEIPT, "This receipt is true"), ("false", "no receipt", "We could not prove this receipt")],
)
def test_anybody_checks_a_receipt(
    chromium: Browser, address: str, width: int, name: str, receipt: str, words: str
) -> None:
    page = opened(chromium, address, "out", width)
    page.goto("/portal/check")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("link", name="Paste the receipt")).to_be_visible()
    page.get_by_label("The receipt").fill(receipt)
    page.get_by_label("Its line").fill(LEAF)
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    judge(page, f"portal-check-{name}", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("index", "words"), [(41017, "The proof holds"), (40100, "The proof does not hold")])
def test_an_officer_verifies_an_item(
    chromium: Browser, address: str, width: int, index: int, words: str
) -> None:
    page = opened(chromium, address, "many", width)
    page.goto(f"/console/items/{index}")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    judge(page, f"console-verified-{index}", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_officer_decides_a_review_without_script_and_is_told_what_is_missing(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "many", width, script=False)
    page.goto("/console/")
    page.get_by_role("link", name="2 reviews are overdue").click()
    page.get_by_role("link", name="Was this look right? Number 41500").click()
    page.get_by_role("link", name="Decide now").click()
    page.get_by_role("button", name="Decide").click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.context.close()
    page = opened(chromium, address, "many", width)
    page.goto(f"{REVIEWS}/break-glass/41500")
    page.get_by_role("button", name="Decide").click()
    judge(page, "console-review-errors", width)
    page.get_by_role("link", name="Write why you think so").click()
    assert page.evaluate("document.activeElement.name") == "words"
    page.get_by_label("It was not right").check()
    page.get_by_label("Why do you think so?").fill("He was not in danger.")
    page.get_by_role("button", name="Decide").click()
    expect(page).to_have_url(re.compile(re.escape(f"{REVIEWS}/break-glass/41500") + "(#.*)?$"))
    expect(page).not_to_have_title(re.compile("^Error: "))
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_officer_who_was_second_is_told_so(chromium: Browser, address: str, width: int) -> None:
    page = opened(chromium, address, "slow", width)
    page.goto(f"{REVIEWS}/hold-back/41400")
    page.get_by_label("Tell the person now").check()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("link", name="Somebody else has decided this")).to_be_visible()
    judge(page, "console-review-second", width)
    page.context.close()


def test_without_script_a_resident_stops_in_two_clicks_and_keeps_the_receipt(
    chromium: Browser, address: str
) -> None:
    page = opened(chromium, address, "one", 320, script=False)
    page.goto("/portal/")
    page.get_by_role("link", name="Stop this").click()
    page.get_by_role("button", name="Yes, stop this").click()
    expect(page).to_have_url(re.compile(re.escape("/portal/done/STOP-4XQ9") + "$"))
    expect(page.get_by_role("heading", name="You have stopped this")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert BEGIN in Path(download.value.path()).read_text()
    page.get_by_role("link", name="See or print the receipt").click()
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_anybody_checks_a_consent_receipt_and_reads_what_it_proves(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "out", width)
    page.goto("/portal/check")
    page.get_by_label("The receipt").fill(armoured(TOKEN))
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="What it proves")).to_be_visible()
    judge(page, "portal-check-consent", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_receipt_prints_without_the_frame(chromium: Browser, address: str, width: int) -> None:
    page = opened(chromium, address, "many", width)
    page.goto("/portal/receipts/OT-41017")
    page.emulate_media(media="print")
    for unseen in ("Leave this page", "Download the receipt as a text"):
        expect(page.get_by_role("link", name=unseen)).to_be_hidden()
    expect(page.get_by_text("Signed in as")).to_be_hidden()
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
    pictured(page, path=SHOTS / f"portal-receipt-printed-{width}.png")
    page.context.close()


def test_without_script_everything_is_one_file(chromium: Browser, address: str) -> None:
    page = opened(chromium, address, "one", 320, script=False)
    page.goto("/portal/download")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    assert download.value.suggested_filename == "oncetold-everything-2026-10-20.zip"
    assert Path(download.value.path()).read_bytes() == b"PK begun, and ended"
    page.context.close()


def test_by_keyboard_alone_leaving_is_the_third_stop_and_the_focus_is_seen(
    chromium: Browser, address: str
) -> None:
    page = opened(chromium, address, "many", 320)
    page.goto("/portal/history")
    names = []
    for _ in range(3):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert names == ["Skip to main content", "OnceTold", "Leave this page"]
    assert page.evaluate("getComputedStyle(document.activeElement).backgroundColor") == "rgb(255, 221, 0)"
    page.context.close()
