"""The whole house, walked through in a real Chromium as its people do: nothing is fake but the people.

A resident allows, sees who looked, proves it, stops and leaves; an officer searches, opens and verifies; another
organisation's officer finds nothing. Once without scripts, each page looked at; once with them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD
from tests.conftest import ROOT, Parts
from tests.e2e.journey.demonstration import ORGANISATION, PURPOSE, Demonstration, demonstration
from tests.e2e.journey.eyes import Eyes, assert_fits, context, picture
from tests.support.picturing import pictured

pytestmark = pytest.mark.timeout(400)

COUNTY = "Norfolk County Council"
OFFICER, ANOTHER_OFFICER = "nia.officer@norfolk.test", "quinn.officer@harbour.test"
KINDS = ("Communication needs", "Contact", "Debts", "Tenancy")
SOURCES = {"harbour-charity", "norwich-city-council", "wensum-valley-practice"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=parts.chromium, args=arguments)
        yield browser
        browser.close()


class Walk:
    """One person's way through the pages; `eyes` look at each, where there are any."""

    def __init__(self, page: Page, eyes: Eyes | None) -> None:
        self.page = page
        self.eyes = eyes

    def at(self, title: str, name: str) -> None:
        """The page has this title; look at it."""
        expect(self.page).to_have_title(f"{title} - OnceTold")
        if self.eyes is not None:
            self.eyes.look(self.page, name)

    def reads(self, *texts: str) -> None:
        """Each text is to be seen."""
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()

    def follow(self, link: str) -> None:
        self.page.get_by_role("link", name=link).first.click()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def sign_in(self, door: str, username: str) -> None:
        """Through the door's own link, the sign-in service's form, and back."""
        self.page.goto(door)
        expect(self.page).to_have_title("Sign in to see this page - OnceTold")
        self.follow("Sign in")
        if self.eyes is not None:
            self.eyes.look(self.page, "sign-in-service")
        self.page.get_by_label("Account").select_option(username)
        self.page.get_by_label("Sandbox password").fill(SANDBOX_PASSWORD)
        self.press("Sign in")

    def download(self, link: str, to: Path) -> Path:
        with self.page.expect_download() as waiting:
            self.follow(link)
        waiting.value.save_as(to)
        return to


@pytest.mark.parametrize("script", [False, True], ids=["without-scripts", "with-scripts"])
def test_a_resident_and_two_officers_walk_through_the_house(
    demo: Demonstration, chromium: Browser, tmp_path: Path, *, script: bool
) -> None:
    gateway = demo.addresses.gateway
    eyes = None if script else Eyes(context(chromium, gateway, script=True).new_page())
    resident = Walk(context(chromium, gateway, script=script).new_page(), eyes)
    sees_nobody(resident, demo)
    allows(resident, demo)
    looked = sees_who_looked_and_proves_it(resident, demo, tmp_path)
    tried = stops(resident, demo)
    leaves_at_once_and_signs_out(resident, demo)
    officer = Walk(context(chromium, gateway, script=script).new_page(), eyes)
    searches_and_verifies(officer, looked)
    another = Walk(context(chromium, gateway, script=script).new_page(), eyes)
    finds_nothing_of_others(another, tried)
    for one in chromium.contexts:
        one.close()


def sees_nobody(resident: Walk, demo: Demonstration) -> None:
    resident.page.goto("/portal/")
    resident.at("Sign in to see this page", "door")
    resident.sign_in("/portal/", demo.resident.email)
    resident.at("Who can look", "nobody")
    resident.reads("You allow nobody to look.", f"Signed in as {demo.resident.full_name}.")
    assert demo.ask().body["sections"] == []


def allows(resident: Walk, demo: Demonstration) -> None:
    page = resident.page
    resident.follow("Allow someone to look")
    resident.at("Allow someone to look", "offers")
    page.locator(f"a[href='/portal/allow/{ORGANISATION}/{PURPOSE}']").click()
    resident.at("Do you want to allow this?", "offer")
    resident.press("Allow")
    resident.at("Error: Do you want to allow this?", "offer-nothing-chosen")
    resident.reads("Choose what they can see, or do not allow it", "Choose for how long they can see it")
    for kind in KINDS:
        page.get_by_label(kind, exact=True).check()
    resident.press("Allow")
    # The one mistake that is left is the only one that is told, and what was chosen stays.
    expect(page.locator(".govuk-error-summary a")).to_have_text(["Choose for how long they can see it"])
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(len(KINDS))
    resident.at("Error: Do you want to allow this?", "offer-no-time-chosen")
    page.get_by_label("1 month").check()
    resident.press("Allow")
    resident.at("You have allowed this", "allowed")
    resident.reads("can look from now on.", "Your reference is OT-")
    answer = demo.ask()
    assert {one["section"] for one in answer.body["sections"]} == {
        "communication-needs",
        "contact",
        "debts",
        "tenancy",
    }
    assert answer.sources == SOURCES


def sees_who_looked_and_proves_it(resident: Walk, demo: Demonstration, folder: Path) -> int:
    """Gives the look's place in the log."""
    page = resident.page
    resident.follow("Who can look")
    resident.at("Who can look", "one-can-look")
    resident.reads("You allow 1 organisation to look at things about you.", "Last looked")
    resident.follow("Who looked")
    resident.at("Who looked", "who-looked")
    newest = page.locator(".ot-look").all_inner_texts()[:3]
    assert all(text.startswith(COUNTY) for text in newest)
    assert "Early-help triager looked at" in newest[0]
    assert "You allowed this at" in newest[1]
    assert "tried to look" in newest[2]
    resident.follow("Prove it")
    resident.at("Prove it", "proof")
    resident.reads("We checked it just now: it is true")
    index = int(page.url.rpartition("/")[2])
    receipt = resident.download("Download the receipt", folder / "receipt.txt")
    opening = resident.download("Download what was written down", folder / "written-down.json")
    line = page.get_by_role("region", name="Its line").inner_text().strip()
    proves_offline(receipt, line, demo.log_key, opening, index)
    resident.follow("Check a receipt")
    page.get_by_label("The receipt").fill(receipt.read_text(encoding="utf-8"))
    page.get_by_label("Its line").fill(line)
    resident.press("Check it")
    resident.at("Check a receipt", "receipt-checked")
    resident.reads("This receipt is true")
    return index


def proves_offline(receipt: Path, line: str, key: str, opening: Path, index: int) -> None:
    """`oncetold audit verify`, as anybody runs it: no database, no network, files and the public key."""
    verify = [sys.executable, "-m", "gateway", "audit", "verify", str(receipt), "--key", key]
    told = subprocess.run(
        [*verify, "--leaf", line, "--opening", str(opening)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith(f"entry {index} stands in a log of ")
    assert json.loads(opening.read_text(encoding="utf-8"))["detail"]["recipient"] == ORGANISATION
    spoilt = subprocess.run(
        [*verify, "--leaf", line[:-3] + ("AA=" if line[-3:] != "AA=" else "BA=")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (spoilt.returncode, spoilt.stdout) == (1, "")


def stops(resident: Walk, demo: Demonstration) -> int:
    """Two clicks from the first page. Gives the place in the log of the look that came too late."""
    resident.page.goto("/portal/")
    resident.follow("Stop this")
    resident.at("Do you want to stop this?", "stop")
    resident.press("Yes, stop this")
    resident.at("You have stopped this", "stopped")
    resident.reads("cannot look any more", "Your reference is OT-")
    answer = demo.ask()
    assert answer.body["sections"] == []
    resident.follow("See who can look now")
    resident.reads("You allow nobody to look.")
    index: int = answer.body["receipt"]["index"]
    return index


def leaves_at_once_and_signs_out(resident: Walk, demo: Demonstration) -> None:
    page = resident.page

    def weather(route: Route) -> None:
        """What the gateway answers, but that the neutral page is not fetched from outside."""
        answer = route.fetch(max_redirects=0)
        assert answer.headers["location"] == "https://www.bbc.co.uk/weather"
        route.fulfill(response=answer, status=200, body="The weather")

    page.context.route("**/portal/leave", weather)
    page.goto("/portal/history")
    resident.follow("Leave this page")
    expect(page.get_by_text("The weather")).to_be_visible()
    page.go_back()
    expect(page).to_have_title("Sign in to see this page - OnceTold")
    resident.sign_in("/portal/", demo.resident.email)
    resident.press("Sign out")
    resident.at("You are signed out", "signed-out")
    page.goto("/portal/history")
    expect(page).to_have_title("Sign in to see this page - OnceTold")


def searches_and_verifies(officer: Walk, looked: int) -> None:
    page = officer.page
    officer.sign_in("/console/", OFFICER)
    officer.at("Search", "search")
    page.get_by_text("More filters").click()
    page.get_by_label("What happened").select_option(label="Look")
    page.get_by_label("How it ended").select_option(label="Shown")
    page.get_by_label("Why").select_option(label="Finding the right help early")
    officer.press("Search")
    expect(page).to_have_url(re.compile(r"kind=disclosure&outcome=disclosed&purpose=early-help-triage"))
    officer.at("Search", "search-filtered")
    assert set(page.locator("td[data-label='What happened']").all_inner_texts()) == {"Look"}
    page.locator(f"a[href='/console/items/{looked}']").click()
    officer.at("Was this right?", "item")
    officer.reads("Smoke test of the whole way", "early-help-triage, clause 3.2", "debts.arrears_band")
    officer.press("Verify now")
    officer.at("Was this right?", "item-verified")
    officer.reads("The proof holds")
    page.goto(f"/console/items/{looked - 1}")
    officer.at("Was this right?", "item-permission")
    officer.reads("Change of permission", "Allowed")
    # Nobody asked and nothing left, so no story of asking and leaving is told.
    expect(page.get_by_role("heading", name="What left")).to_have_count(0)
    page.goto("/console/?from=yesterday")
    officer.at("Error: Search", "search-wrong-day")
    officer.follow("The log")
    officer.at("The log", "log")
    officer.reads("The log holds ")
    officer.press("Sign out")


def finds_nothing_of_others(another: Walk, tried: int) -> None:
    """The late look concerned its asker alone: no source was reached, so no source's officer may see it."""
    page = another.page
    another.sign_in("/console/", ANOTHER_OFFICER)
    page.goto(f"/console/items/{tried}")
    another.at("We cannot find this page", "not-here")
    page.goto("/console/?kind=audit-read")
    page.get_by_label("How it ended").select_option(label="Refused")
    another.press("Search")
    expect(page).to_have_url(re.compile("outcome=refused"))
    another.at("Search", "not-here-is-written-down")
    assert set(page.locator("td[data-label='How it ended']").all_inner_texts()) == {"Refused"}
    another.press("Sign out")


def test_the_developers_pages_hold_up_too(demo: Demonstration, chromium: Browser) -> None:
    browser = context(chromium, demo.addresses.gateway, script=True)
    eyes = Eyes(browser.new_page())
    walk = Walk(browser.new_page(), eyes)
    walk.page.goto("/docs")
    walk.at("Your first call in five minutes", "docs-first-call")
    walk.follow("Problems")
    expect(walk.page).to_have_url(re.compile("/docs/problems$"))
    eyes.look(walk.page, "docs-problems")
    browser.close()


@pytest.mark.parametrize("way", ["without-styles", "at-400-percent"])
def test_home_and_search_hold_without_styles_and_at_400_percent(
    demo: Demonstration, chromium: Browser, way: str
) -> None:
    at_400 = way == "at-400-percent"
    # A window of 1280 by 1024 pixels at four times the size has room for 320 by 256 (WCAG 2.2, 1.4.10).
    size = {"width": 320, "height": 256} if at_400 else {"width": 1280, "height": 800}
    browser = chromium.new_context(
        base_url=demo.addresses.gateway,
        viewport=size,  # type: ignore[arg-type] # a mapping of the two, as it wants
        device_scale_factor=4 if at_400 else 1,
    )
    page = browser.new_page()
    if not at_400:
        browser.route("**/*.css", lambda route: route.abort())
    walk = Walk(page, None)
    for door, username, heading in (
        ("/portal/", demo.resident.email, "Who can look"),
        ("/console/", OFFICER, "Search"),
    ):
        walk.sign_in(door, username)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert_fits(page, size["width"], way)
        pictured(page, path=picture(f"{way}-{heading.lower().replace(' ', '-')}"), full_page=not at_400)
        walk.press("Sign out")
    browser.close()
