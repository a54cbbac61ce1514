"""Voice: a resident says what they think without signing in, and the partnership answers: you said, we did."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys.telling import PHONE, Traveller, story
from tests.support.running import RunningGateway

pytestmark = pytest.mark.timeout(300)

TITLE = "You said, we did: a resident speaks, the partnership answers"
ABOUT = (
    "A resident finds a form too long, and says so. Nobody asks who it is, not even by a cookie. Uma, team co-ordinator at "
    "Harbour Help, reads it, writes it down in the team's own words, and answers in the open. With a code the resident sees "
    "the answer to their own words. Everybody here is made up."
)
UMA = "uma.team@harbour.test"
THEIRS = "The form was five pages, and page three asks again what page one asked"
OURS = "Our form is too long and repeats itself"
ANSWER = "The form has one page now. What we know already is not asked again."


def test_a_resident_speaks_and_the_partnership_answers(house: RunningGateway, chromium: Browser) -> None:
    with story(house, chromium, "voice", TITLE, ABOUT) as told:
        resident = told.traveller(told.hub, PHONE)
        code = speaks(resident)
        answers(told.traveller(told.hub))
        reads_the_answer(resident, code)


def speaks(resident: Traveller) -> str:
    """Gives the code that the resident is shown."""
    page = resident.page
    page.goto("/voice")
    page.locator("[name=about][value=form]").check()
    resident.write("What do you want to say?", THEIRS)
    page.locator("[name=answer][value=yes]").check()
    resident.step(
        "A resident says what they think. No name, no sign-in; by phone, on paper and face to face too."
    )
    resident.press("Send")
    code = page.locator(".voice-code").inner_text()
    assert page.context.cookies() == [], "nobody is known by a cookie"
    resident.step("Whoever wants an answer gets a code, like a ticket. It says nothing about who they are.")
    page.goto("/voice/answer")
    shows(resident, code)
    resident.reads("We have not read it yet")
    return code


def shows(resident: Traveller, code: str) -> None:
    resident.page.locator("[name=code]").fill(code)
    resident.press("Show the answer")


def answers(uma: Traveller) -> None:
    page = uma.page
    uma.sign_in("/voice/team", UMA)
    page.goto("/voice/team")
    uma.step("The partnership's list: what was said, and until when the words are kept.")
    uma.follow(THEIRS[:30])
    uma.write("You said, in our own words", OURS)
    page.locator("[name=theme]").last.select_option("forms")
    page.locator("[name=owner]").last.select_option("partnership")
    uma.step(
        "Uma reads it, and says what is meant in the team's own words, so that nobody is known by how they speak."
    )
    uma.press("Put it on the list")
    page.goto("/voice/team")
    uma.follow(OURS)
    page.locator("[name=status][value=done]").check()
    uma.write("Our answer", ANSWER)
    page.locator("[name=shown_to]").last.check()
    page.locator("[name=checked][value=yes]").check()
    uma.step(
        "She answers, with what was done, and checks that nobody can be known by it before everybody sees it."
    )
    uma.press("Save")
    uma.follow(OURS)
    uma.reads("Everybody sees this.")


def reads_the_answer(resident: Traveller, code: str) -> None:
    resident.page.goto("/voice/answer")
    shows(resident, code)
    resident.reads("Done", ANSWER)
    resident.step("With the code the resident sees the answer.")
    resident.page.goto("/voice/you-said")
    resident.reads(OURS, ANSWER, "fewer than 5 people")
    resident.reads_not(THEIRS)
    resident.step(
        "You said, we did: everybody sees it, without the resident's own words, and small numbers are not told."
    )
    resident.page.goto("/voice/words")
    resident.step(
        "Everybody sees too which words are read out before a yes, and if people who lived it worked on them."
    )
