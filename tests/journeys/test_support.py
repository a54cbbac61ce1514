"""Floating support and hospital link work: with an end, handed on with the person's yes, and outreach without one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.telling import PHONE, Traveller, story
from tests.support.running import RunningGateway, somebody

pytestmark = pytest.mark.timeout(400)

TITLE = "From the ward to a home: support that has an end, and nothing told twice"
ABOUT = (
    "Joan goes home from the ward. Ana, link worker at the hospital, makes a plan with her. When that help ends, Zoe of "
    "Newleaf Support goes on, if Joan says yes, and only with what she said yes to. Ben looks for people whom nobody "
    "reaches: the page tells him what the law lets him see, and what not. Everybody here is made up."
)
ANA, ZOE, BEN = "ana.ward@mind.test", "zoe.support@newleaf.test", "ben.outreach@mind.test"
GOAL = "Sleep in my own bed again"
KEPT_BACK = "Likes to talk in the garden"


def test_from_the_ward_to_a_home(house: RunningGateway, chromium: Browser) -> None:
    with story(house, chromium, "support", TITLE, ABOUT) as told:
        ana = told.traveller(told.hub)
        ward = plans(ana)
        hands_over(ana, ward)
        zoe = told.traveller(told.hub)
        home = goes_on(zoe)
        ana.waits_for(ward, "Newleaf Support: taken on")
        sees(told.traveller(told.gateway, PHONE))
        ends(zoe, home)
        reaches_out(told.traveller(told.hub))


def plans(ana: Traveller) -> str:
    """Gives the address of Ana's case."""
    begins(ana, ANA, "norwich", "She goes home next week")
    case = ana.page.url
    ana.page.goto(f"{case}/contacts")
    for name, value in (("how", "visit"), ("result", "met")):
        ana.page.locator(f"[name={name}][value={value}]").check()
    ana.page.locator("[name=note]").fill(KEPT_BACK)
    ana.press("Write it down")
    ana.page.goto(f"{case}/goals")
    ana.page.locator("[name=what]").fill(GOAL)
    ana.press("Keep the goal")
    ana.reads("92 days left", GOAL)
    ana.step("Ana and Joan make a plan. Her support has an end from its first day: three months.")
    return case


def begins(worker: Traveller, username: str, district: str, why: str) -> None:
    person = somebody("attorney")
    worker.sign_in("/support/begin", username)
    worker.page.goto("/support/begin")
    worker.page.locator("[name=name]").fill(person.full_name)
    worker.page.locator("[name=nhs_number]").fill(person.nhs_number or "")
    worker.page.locator(f"[name=district][value={district}]").check()
    worker.page.locator("[name=why]").fill(why)
    worker.press("Begin")
    worker.reads(why)


def hands_over(ana: Traveller, ward: str) -> None:
    page = ana.page
    page.goto(f"{ward}/handover")
    page.locator("[name=target][value='newleaf-support low-level-support']").check()
    for name, value in (("along", "plan"), ("contact", "no"), ("sections", "tenancy")):
        page.locator(f"[name={name}][value={value}]").check()
    page.locator("[name=why]").fill("She wants somebody to look in")
    ana.press("Go on and check")
    ana.reads("Not passed on")
    page.locator("[name=agreed][value=yes]").check()
    page.locator("[name=how][value=spoken]").check()
    ana.step(
        "Before a handover Ana reads out what is passed on and what not. Joan says yes: her plan, a look at her tenancy."
    )
    ana.press("Hand over")
    ana.reads("Along went the plan (1 goal).")


def goes_on(zoe: Traveller) -> str:
    """Gives the address of Zoe's case."""
    name = somebody("attorney").full_name
    zoe.sign_in("/support", ZOE)
    zoe.waits_for("/support", name)
    zoe.follow(name)
    zoe.press("Take it on")
    home = zoe.page.url
    zoe.press("Look at what others hold")
    zoe.reads("they need not tell it again", GOAL, "Tenancy")
    zoe.reads_not(KEPT_BACK)
    zoe.step("Zoe goes on with Joan's own plan: nothing told twice. Of the ward's notes nothing came along.")
    return home


def sees(joan: Traveller) -> None:
    joan.sign_in("/portal/referrals", somebody("attorney").email)
    joan.page.goto("/portal/referrals")
    joan.reads("Newleaf Support")
    joan.step("Joan sees who handed her over to whom, and can stop it.")
    joan.page.goto("/portal/history")
    expect(joan.page.get_by_text("Newleaf Support").first).to_be_visible()
    joan.step("And who looked at what.")


def ends(zoe: Traveller, home: str) -> None:
    zoe.page.goto(f"{home}/closing")
    zoe.page.locator("[name=outcomes][value=connected]").check()
    zoe.press("Close the support")
    zoe.reads("Nothing is looked at any more.")
    zoe.step("Support ends, and with it what was shared: from this moment Zoe may not look.")


def reaches_out(ben: Traveller) -> None:
    begins(ben, BEN, "unknown", "Nobody has met her since she left the ward")
    ben.reads(
        "What is allowed without their yes", "Mental Health Act 1983 section 117", "Only with their yes"
    )
    ben.step(
        "Later Joan opens the door to nobody. Outreach has no end, and is reviewed instead. The page says what Ben may "
        "see without her yes, by which law, and what only with it."
    )
