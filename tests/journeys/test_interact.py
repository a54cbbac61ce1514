"""INTERACT: one short form, one small team of six bodies, one page; and the person sees all of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.telling import PHONE, Traveller, story
from tests.support.running import RunningGateway, somebody

pytestmark = pytest.mark.timeout(400)

TITLE = "A home that makes somebody ill: one referral, one team, one page"
ABOUT = (
    "Maren has a bad chest and mould in her bedroom. Carys, care co-ordinator at her surgery, refers her to INTERACT. "
    "Maren says yes to the whole team by name. Joy, social prescriber at Age Well, takes her on; each of the six looks "
    "as far as their own part needs; the team visits, plans, measures and closes. "
    "Maren says nothing twice, and sees on her own page who did what. Everybody here is made up."
)
CARYS, JOY = "carys.care@wensum.test", "joy.prescriber@agewell.test"
HOME, SAFELY = "Condition of the home", "Communication needs"
COLLEAGUES = (
    (CARYS, "Carys, care co-ordinator at the surgery", (HOME, SAFELY)),
    ("ada.housing@norwich.test", "Ada, housing specialist at the city council", (HOME, SAFELY)),
    ("pia.care@norfolk.test", "Pia, integrated care co-ordinator at the county", (HOME, SAFELY)),
    ("uma.team@harbour.test", "Uma, who co-ordinates the team", (SAFELY,)),
    ("vic.volunteering@volunteers.test", "Vic, who finds the right volunteer", (SAFELY,)),
)
"""Account, who it is, and what their part lets them see."""


def test_a_home_that_makes_somebody_ill(house: RunningGateway, chromium: Browser) -> None:
    with story(house, chromium, "interact", TITLE, ABOUT) as told:
        carys = told.traveller(told.hub)
        sent = refers(carys)
        joy = told.traveller(told.hub)
        case = takes_on(joy)
        for account, who, titles in COLLEAGUES:
            looks(told.traveller(told.hub), case, account, who, titles)
        works(joy, case)
        sees(told.traveller(told.gateway, PHONE), "The team has taken you on")
        closes(joy, case)
        carys.waits_for(sent, "The team has finished.")
        carys.step("Carys sees what came of it, by its codes and nothing more.")


def refers(carys: Traveller) -> str:
    """Gives the address of what Carys is told."""
    person, page = somebody(), carys.page
    carys.sign_in("/interact/refer", CARYS)
    carys.step(
        "One short form. Before anything else: what Maren agreed to, in the words that she heard, and who they all are."
    )
    fill(carys, person.full_name, person.nhs_number or "")
    carys.step("What Carys knows and Maren agreed to pass on, so that Maren need not say it again.")
    carys.press("Send the referral")
    carys.waits_for(page.url, "The team has it and decides")
    carys.step("Carys is told what is true: it arrived, and the team decides.")
    return page.url


def fill(carys: Traveller, name: str, number: str) -> None:
    page = carys.page
    page.locator("[name=to][value=age-well-norfolk]").check()
    page.locator("[name=agreed]").check()
    page.locator("[name=how][value=spoken]").check()
    page.locator("[name=team][value=all]").check()
    page.locator("[name=contact][value=yes]").check()
    page.locator("[name=name]").fill(name)
    page.locator("[name=nhs_number]").fill(number)
    page.locator("[name=telephone]").fill("01632 960001")
    page.locator("[name=why]").fill("Mould in the bedroom, and a chest that gets worse every winter")
    page.locator("[name=what_matters]").fill("To stay here, near my allotment")
    page.locator("[name=themes][value=damp]").check()
    page.locator("[name=urgency][value=soon]").check()


def takes_on(joy: Traveller) -> str:
    person = somebody()
    joy.sign_in("/interact", JOY)
    joy.waits_for("/interact", person.full_name)
    joy.step("Joy's team sees who waits, and for what.")
    joy.follow(person.full_name)
    joy.press("Take it on")
    joy.reads("To stay here, near my allotment", "Each look is shown to the person.")
    joy.reads_not(HOME)
    case = joy.page.url
    joy.step("One page: what the team itself was told. What others hold is not fetched by itself.")
    joy.press("Look at what others hold")
    joy.reads("Condition of the home", "To stay here, near my allotment", "not shown does not mean none")
    joy.step(
        "Who Maren is, what matters to her, her home and health as far as she agreed, who else is involved. "
        "What others hold is fetched for this page and kept nowhere."
    )
    return case


def looks(one: Traveller, case: str, account: str, who: str, titles: tuple[str, ...]) -> None:
    """One of the other five opens the page, and looks by their own employer's handle."""
    one.sign_in(case, account)
    one.reads("To stay here, near my allotment")
    one.reads_not(HOME)
    one.press("Look at what others hold")
    one.reads(*titles, "not shown does not mean none")
    if HOME not in titles:
        one.reads_not(HOME)
        one.step(f"{who}, sees how to talk with Maren safely, and nothing of her home or her health.")
    else:
        one.step(f"{who}, sees the same page, by their own employer and role.")


def works(joy: Traveller, case: str) -> None:
    page = joy.page
    joy.follow("Write down a visit")
    for answer in page.locator("[value=not-seen]").all():
        answer.check()
    for question in ("tenure", "repair", "damp"):
        page.locator(f"[name={question}][value=yes]").check()
    page.locator("[name=damp-note]").fill("Behind the bed")
    joy.step("The home and health visit: yes, no or not seen, with a note.")
    joy.press("Keep this visit")
    joy.reads("Behind the bed")
    page.goto(case)
    joy.follow("Write down what they say")
    joy.step("What Maren says of her home and health, before and after.")


def sees(maren: Traveller, status: str) -> None:
    maren.sign_in("/portal/referrals", somebody().email)
    maren.page.goto("/portal/referrals")
    maren.reads("These may look too, because they work in one team:", "Norfolk Volunteering")
    maren.step("Maren sees where she was sent, by whom, what became of it, and who may look too.")
    maren.page.goto("/portal/history")
    expect(maren.page.get_by_text("Age Well").first).to_be_visible()
    maren.step("And she sees each look at her: who, why, and what kind of thing.")


def closes(joy: Traveller, case: str) -> None:
    joy.page.goto(case)
    joy.follow("Close the case")
    joy.page.locator("[name=outcomes][value=adapted]").check()
    joy.press("Close the case")
    joy.reads("The team does not look at what others hold any more")
    joy.reads_not("Condition of the home")
    joy.step("Closed: what came of it stands here, and from this moment nobody may look any more.")
