"""Support in a real Chromium at 320 and 1280 px: it fits, answers at once and passes axe.

Screenshots of each go to .var/screenshots, for a person to look at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.conftest import Parts
from tests.e2e.test_insight_look import serving
from tests.e2e.test_pages_look import WIDTHS, judge
from tests.unit.hub.fakes import Call, Desk
from tests.unit.hub.support.making import (
    BODY,
    FLOATING,
    HANDOVER,
    NEWLEAF,
    OUTREACH,
    TRUST,
    WARD,
    arrives,
    arriving,
    begun,
    cases,
    handed,
    planned,
    support_desk,
    worker,
)
from tests.unit.hub.support.test_saying import told
from tests.unit.hub.support.test_working import EXPLAINED, PURPOSES

LONG = "Wladyslawa-Bartlomieja Brzeczyszczykiewicz-Konstantynopolitanska"


async def nobody(desk: Desk) -> str:
    return ""


async def link_work(desk: Desk) -> str:
    """A case in full swing, among others."""
    desk.gateway.answers |= {"POST /v1/policy/explain": opens, "POST /v1/consents": told}
    ana = worker(desk)
    address = await begun(desk, ana)
    await planned(desk, ana, address, "Sleep through the night", "See my daughter")
    await desk.post(ana, f"{address}/contacts", how="visit", result="met", note="Likes to talk in the garden")
    await desk.post(ana, f"{address}/asking", reason="May I see if your flat is ready for you?")
    await desk.post(ana, f"{address}/handover/check", **HANDOVER, sections="tenancy")
    await desk.post(
        ana, f"{address}/moves", district="breckland", address="9 New Road, Watton", goes_on="yes"
    )
    await begun(desk, ana, name=LONG)
    return address


async def over(desk: Desk) -> str:
    address = await begun(desk, worker(desk))
    desk.clock.go_on(days=92, seconds=1)
    return address


async def arrived(desk: Desk) -> str:
    await arrives(desk, arriving({**BODY, "about": {**BODY["about"], "name": LONG}}))
    return f"/support/cases/{cases(desk)[0].id}"


async def taken_on(desk: Desk) -> str:
    """Handed over and taken on, by somebody who lets a look see something."""
    desk.gateway.answers |= {
        "POST /v1/views": shown_view,
        "POST /v1/consents": told,
        "POST /v1/policy/explain": opens,
    }
    return await handed(desk)


OPENED = (
    *("identity", "contact", "communication-needs", "household", "tenancy", "home-condition", "debts"),
    *("council-benefits", "housing-application", "support-plan", "support-network", "my-story"),
)


def opens(_: Call) -> dict[str, object]:
    shown = [{"section": one, "source": "a", "fields": ["status", "goals"], "basis": {}} for one in OPENED]
    return {"refused": None, "would_show": shown, "obligations": [], "changes": []}


def shown_view(call: Call) -> dict[str, object]:
    data = {
        "telephone": "01632 960002",
        "safe_contact": "After 2pm. Never leave a message with the neighbour",
    }
    part = {"source": TRUST, "as_of": "2026-11-20T10:00:00Z", "basis": {}}
    return {
        "purpose": call.body["purpose"],
        "sections": [
            {"section": "contact", **part, "data": data},
            {"section": "substance-use", **part, "data": {"status": "in treatment"}},
        ],
        "unavailable": ["steadfast-support"],
        "notice": "Not shown does not mean none.",
    }


async def closed(desk: Desk) -> str:
    address = await handed(desk)
    await desk.post(
        worker(desk, NEWLEAF, FLOATING), f"{address}/closing", outcomes="connected", note="All is well"
    )
    return address


async def outreach(desk: Desk) -> str:
    desk.gateway.answers |= {
        "GET /v1/purposes": PURPOSES,
        "POST /v1/policy/explain": EXPLAINED,
        "POST /v1/consents": told,
    }
    ben = worker(desk, TRUST, OUTREACH, "ben")
    address = await begun(desk, ben, name="The man at the bridge", nhs_number="", address="")
    await desk.post(ben, f"{address}/contacts", how="street", result="not-now", note="Took the tea")
    return address


async def overdue(desk: Desk) -> str:
    address = await outreach(desk)
    desk.clock.go_on(days=183)
    return address


STATES: dict[str, tuple[Callable[[Desk], Coroutine[None, None, str]], tuple[str, str]]] = {
    "nobody": (nobody, (TRUST, WARD)),
    "link": (link_work, (TRUST, WARD)),
    "over": (over, (TRUST, WARD)),
    "arrived": (arrived, (NEWLEAF, FLOATING)),
    "taken-on": (taken_on, (NEWLEAF, FLOATING)),
    "closed": (closed, (NEWLEAF, FLOATING)),
    "outreach": (outreach, (TRUST, OUTREACH)),
    "overdue": (overdue, (TRUST, OUTREACH)),
}
"""How each comes about, and who looks at it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page to look at. address: CASE stands for the case's. answer: to be seen at once. act: what is done there first."""

    name: str
    state: str
    address: str
    answer: str
    act: Callable[[Page], None] | None = None


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def looks(page: Page) -> None:
    press(page, "Look at what others hold")
    # The look is a part of a page: it is read from there on.
    page.locator("#seen").scroll_into_view_if_needed()


def chooses(page: Page) -> None:
    for name, value in (("target", HANDOVER["target"]), ("along", "plan"), ("contact", "no")):
        page.locator(f"[name={name}][value='{value}']").check()
    page.locator("[name=sections][value=tenancy]").check()
    press(page, "Go on and check")


def chooses_and_forgets_the_yes(page: Page) -> None:
    chooses(page)
    press(page, "Hand over")


def hears_yes(page: Page) -> None:
    for name, value in (("decision", "yes"), ("sections", "contact"), ("how", "in-person")):
        page.locator(f"[name={name}][value={value}]").check()
    press(page, "Send it")


def hears_no(page: Page) -> None:
    for name, value in (("decision", "no"), ("how", "by-phone")):
        page.locator(f"[name={name}][value={value}]").check()
    press(page, "Send it")


def forgets(page: Page) -> None:
    press(page, "Send it")


def adds_a_step(page: Page) -> None:
    page.get_by_role("link", name="Add a step").first.click()


PAGES = (
    Shown("support-nobody", "nobody", "/support", "You support nobody at the moment."),
    Shown("support-list", "link", "/support", "Under way"),
    Shown("support-list-over", "over", "/support", "Its time is over."),
    Shown("support-list-new", "arrived", "/support", "To look at first"),
    Shown("support-begin", "link", "/support/begin", "It gives you no right to look."),
    Shown("support-case", "link", "CASE", "92 days left"),
    Shown("support-case-over", "over", "CASE", "The time of this support is over"),
    Shown("support-case-new", "arrived", "CASE", "Nobody has taken it on yet."),
    Shown("support-case-taken-on", "taken-on", "CASE", "730 days left"),
    Shown("support-case-closed", "closed", "CASE", "Nothing is looked at any more."),
    Shown("support-case-outreach", "outreach", "CASE", "It has no end."),
    Shown("support-case-overdue", "overdue", "CASE", "The review was due"),
    Shown("support-case-looked", "taken-on", "CASE", "What others let you see", looks),
    Shown("support-case-looked-nothing", "link", "CASE", "What others let you see", looks),
    Shown("support-said", "link", "CASE/said", "Read this out", None),
    Shown("support-said-faults", "link", "CASE/said", "There is a problem", forgets),
    Shown("support-said-yes", "taken-on", "CASE/said", "allowed you to look until", hears_yes),
    Shown("support-said-no", "link", "CASE/said", "said no.", hears_no),
    Shown("support-said-nobody-found", "outreach", "CASE/said", "There is too little", hears_no),
    Shown("support-said-away", "over", "CASE/said", "Read this out"),
    Shown("support-handover", "link", "CASE/handover", "Who goes on with the support?"),
    Shown("support-handover-check", "link", "CASE/handover", "Passed on", chooses),
    Shown(
        "support-handover-faults", "link", "CASE/handover", "There is a problem", chooses_and_forgets_the_yes
    ),
    Shown("support-step", "link", "CASE", "What is to be done?", adds_a_step),
    Shown("support-move", "link", "CASE/moves", "The support goes along"),
    Shown("support-contact", "outreach", "CASE/contacts", "How did you try?"),
    Shown("support-review", "outreach", "CASE/reviews", "If the support does not fit"),
    Shown("support-asking", "over", "CASE/asking", "They are asked in their own portal."),
    Shown("support-goal", "link", "CASE/goals", "What do they want to reach?"),
    Shown("support-refusal", "arrived", "CASE/refusal", "Whoever handed them over"),
    Shown("support-closing", "taken-on", "CASE/closing", "From then on you look at nothing"),
    Shown("support-finished", "closed", "/support/finished", "Connected to people and groups"),
    Shown("support-finished-none", "nobody", "/support/finished", "Nothing is finished yet."),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A served hub in one state."""

    url: str
    desk: Desk
    case: str


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    found: dict[str, Place] = {}
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        for state, (make, _) in STATES.items():
            desk = support_desk(tmp_path_factory.mktemp(state))
            desk.hub.app.add_middleware(AtHome, address=desk.hub.parts.public_url)
            stack.callback(desk.hub.parts.database.close)
            # Playwright has its own loop on this thread.
            case = pool.submit(asyncio.run, make(desk)).result()
            found[state] = Place(stack.enter_context(serving(desk.hub.app)), desk, case)
        yield found


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(parts.chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


class AtHome:
    """The hub as if it were asked at its own address, from which a form has to come; the port is known only once it runs."""

    def __init__(self, app: ASGIApp, address: str) -> None:
        self.app = app
        self.address = address.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [
                (name, self.address if name == b"origin" else value) for name, value in scope["headers"]
            ]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)


def opened(chromium: Browser, state: str, place: Place, width: int, *, script: bool = True) -> Page:
    organisation, role = STATES[state][1]
    ((name, value),) = worker(place.desk, organisation, role).cookies.items()
    context = chromium.new_context(
        base_url=place.url, viewport={"width": width, "height": WIDTHS[width]}, java_script_enabled=script
    )
    # The session's cookie is for https only; here it is sent along by hand.
    context.set_extra_http_headers({"cookie": f"{name}={value}"})
    return context.new_page()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, places: dict[str, Place], shown: Shown, width: int
) -> None:
    place = places[shown.state]
    page = opened(chromium, shown.state, place, width)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(shown.address.replace("CASE", place.case))
    if shown.act is not None:
        shown.act(page)
    assert complaints == []
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    # What stays in place while one scrolls would stand in the middle of the picture.
    page.evaluate("() => window.scrollTo(0, 0)")
    judge(page, shown.name, width)
    page.context.close()
