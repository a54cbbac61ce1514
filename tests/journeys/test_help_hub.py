"""The help hub: one front door for any worry; a family of several people, each with their own permission."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.telling import PHONE, Traveller, story
from tests.support.running import RunningGateway, somebody

pytestmark = pytest.mark.timeout(400)

TITLE = "One front door: a worry, a family, and the help that fits"
ABOUT = (
    "Ines and her son Kasper may lose their home. She tells the help hub, with as little as she likes. Wes, who sorts "
    "what comes in, takes it in hand. Ines allows him to see who helps her already; nobody has allowed anything for Kasper. "
    "The directory says who can help, and Ines agrees to be referred. At the hospital Kit does what the law asks of her, "
    "and Ada at the council gets in touch. "
    "Everybody here is made up."
)
WES, KIT, ADA = "wes.triage@hub.test", "kit.nurse@acute.test", "ada.housing@norwich.test"


def test_a_worry_a_family_and_the_help_that_fits(house: RunningGateway, chromium: Browser) -> None:
    with story(house, chromium, "help-hub", TITLE, ABOUT) as told:
        reference = worries(told.traveller(told.hub, PHONE))
        wes = told.traveller(told.hub)
        concern = takes_in_hand(wes, reference)
        asks_who_helps(wes, concern)
        finds_help(wes, concern)
        sees(told.traveller(told.gateway, PHONE))
        tells_the_council(told.traveller(told.hub))
        gets_in_touch(told.traveller(told.hub))


def worries(ines: Traveller) -> str:
    """Gives the reference that Ines is told."""
    page = ines.page
    page.goto("/concern")
    page.locator("[name=themes][value=housing]").check()
    ines.write("A few words, if you like", "We may lose our home")
    page.locator("[name=soon][value=soon]").check()
    page.locator("[name=about][value=me]").check()
    ines.write("A phone number, an email address or a place", "01632 960123")
    ines.step("Ines tells what worries her, on her phone and without signing in. No name is needed.")
    ines.press("Send")
    ines.reads("They ask you before they tell anybody else.")
    ines.step("She gets a reference. It shows nothing to anybody.")
    return page.locator(".hub-reference").inner_text()


def takes_in_hand(wes: Traveller, reference: str) -> str:
    """Gives the address of the concern."""
    wes.sign_in("/front-door", WES)
    wes.page.goto("/front-door")
    wes.reads(reference)
    wes.reads_not("We may lose our home", "01632 960123")
    wes.step("One list for several bodies. It shows the matter and the clock: no name, no number, no words.")
    wes.page.get_by_role("link", name=reference).press("Enter")
    wes.reads("What we were told")
    concern = wes.page.url
    wes.press("Take it")
    wes.reads("You have it.")
    for called, role in (("Ines", "parent"), ("Kasper", "child")):
        wes.page.goto(f"{concern}/people/new")
        wes.write("What do you call this person here?", called)
        wes.write("NHS number, if they know it", somebody(role).nhs_number or "")
        wes.press("Go on")
    wes.page.goto(concern)
    wes.step(
        "Wes has it in hand. Ines and Kasper are two people: what one of them allows opens nothing about the other."
    )
    return concern


def asks_who_helps(wes: Traveller, concern: str) -> None:
    looks(wes, concern, "Ines")
    wes.reads("Nothing is shown.", "Not shown does not mean none.")
    wes.step("Before Ines said yes, nothing is shown.")
    wes.page.goto(concern)
    wes.page.locator("button", has_text="Write down what they say: Ines").click()
    wes.page.locator("[name=decision][value=yes]").check()
    wes.page.locator("[name=kinds][value=helps]").check()
    wes.step("Wes reads out what it is about, and Ines says yes to one thing: who helps her already.")
    wes.press("Save and go on")
    wes.page.locator("[name=how][value=by-phone]").check()
    wes.page.locator("[name=when][value=now]").check()
    wes.press("Save and go on")
    wes.press("Send it")
    wes.reads("Ines allowed it until")
    wes.step("Her yes has an end, and a code with which she can stop it.")
    looks(wes, concern, "Ines")
    wes.reads("Harbour Help says")
    wes.step("Now Wes sees who helps Ines already, and nothing else. Nothing of this page is kept.")
    looks(wes, concern, "Kasper")
    wes.reads("Nothing is shown.")
    wes.step("For Kasper nobody has said yes. His mother's yes is not his.")


def looks(wes: Traveller, concern: str, called: str) -> None:
    wes.page.goto(concern)
    wes.page.locator("a", has_text=f"See who helps already: {called}").click()
    wes.write("Why do you look?", "To find help with the home")
    wes.press("Look")


def finds_help(wes: Traveller, concern: str) -> None:
    page = wes.page
    page.goto(f"{concern}/services")
    page.get_by_label("What is needed?").select_option("housing")
    wes.write("Where?", "Norwich")
    wes.write("Other words", "floating")
    wes.press("Find")
    wes.reads("Newleaf Support")
    wes.step("The directory says which services fit, by need and by place.")
    wes.follow("Refer somebody")
    refers(wes)
    wes.press("Send the referral")
    wes.waits_for(concern, "They have it")
    wes.step("The referral has arrived. Wes keeps that he sent it, and not what it says.")
    page.locator("[name=outcome][value=handed-on]").check()
    wes.press("Close it")
    wes.reads("It is closed.")


def refers(wes: Traveller) -> None:
    page = wes.page
    page.get_by_label("Ines", exact=True).check()
    page.locator("[name=how][value=spoken]").check()
    page.locator("[name=purpose][value=low-level-support]").check()
    page.locator("[name=urgency][value=soon]").check()
    wes.write("Their name", somebody("parent").full_name)
    wes.write("Why do they need help?", "The home may be lost soon")
    page.locator("[name=contact][value=yes]").check()
    wes.write("Phone number", "01632 960123")
    page.locator("[name=sharing][value=nothing]").check()
    wes.step("Ines hears the words, and agrees: to this service, for this, with her phone number.")


def sees(ines: Traveller) -> None:
    ines.sign_in("/portal/referrals", somebody("parent").email)
    ines.page.goto("/portal/referrals")
    ines.reads("Newleaf Support")
    ines.step("Ines sees where she was sent, by whom, and can stop it.")
    ines.page.goto("/portal/history")
    expect(ines.page.get_by_text("Norwich Help Hub").first).to_be_visible()
    ines.step("And she sees that Wes looked, and what she said yes to.")


def tells_the_council(kit: Traveller) -> None:
    page = kit.page
    kit.sign_in("/duty-to-refer", KIT)
    page.goto("/duty-to-refer")
    for name, value in (
        ("agrees", "yes"),
        ("how", "spoken"),
        ("to", "norwich-city-council"),
        ("situation", "none"),
    ):
        page.locator(f"[name={name}][value={value}]").check()
    page.locator("[name=name]").fill("Ida Made-up")
    page.locator("[name=safe_contact]").fill("At the day centre, in the mornings")
    page.locator("[name=agreed_ways][value=safe_contact]").check()
    kit.step(
        "The duty to refer: Ida, at the hospital, chooses the council, and each way by which it may reach her."
    )
    kit.press("Tell the council")
    kit.reads("What you sent", "Norwich City Council")
    kit.step("The council that she chose is told. No NHS number was needed, and nobody was looked up.")


def gets_in_touch(ada: Traveller) -> None:
    ada.sign_in("/duty-received", ADA)
    ada.waits_for("/duty-received", "Norwich Acute Hospital")
    ada.reads_not("Ida", "day centre")
    ada.step(
        "At the council Ada sees that the hospital told them of somebody, and by when to answer. No name stands here."
    )
    ada.follow("Norwich Acute Hospital")
    ada.reads("Ida Made-up", "At the day centre, in the mornings", "Use no other.")
    ada.step("She sees who it is, why, and the one way to reach Ida that Ida agreed to.")
    ada.press("We have contacted them")
    ada.reads("Ada Thorpe, Norwich City Council got in touch.")
    ada.page.locator("[name=outcome][value=relief-duty]").check()
    ada.press("Close it")
    ada.reads("Closed. We owe the relief duty")
    ada.step(
        "The hospital is told that it is finished. Which duty the council owes it tells Ida, and nobody else."
    )
