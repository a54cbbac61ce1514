"""The front door over HTTP: hub, gateway, identity provider and agencies run as they are."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path

from tests.integration.hub.browsing import HubBrowser, Page
from tests.support.running import RunningGateway, somebody

ADA, WES, XAN, HAL, KIT = (
    "ada.housing@norwich.test",
    "wes.triage@hub.test",
    "xan.connector@hub.test",
    "hal.triage@norfolk.test",
    "kit.nurse@acute.test",
)
CONCERN = {
    "themes": "housing",
    "words": "The home may be lost soon",
    "soon": "soon",
    "about": "me",
    "reach": "01632 960123",
}


def today(page: Page) -> dict[str, str]:
    """The day that the form came with."""
    return {
        f"said-{part}": re.findall(rf'name="said-{part}"[^>]*value="(\d+)"', page.text)[0]
        for part in ("day", "month", "year")
    }


async def taken(house: RunningGateway, browser: HubBrowser) -> str:
    """A concern that somebody sent without signing in, in this triager's hands; its address."""
    async with HubBrowser(house.addresses.hub) as anybody:
        thanks = await anybody.fill("/concern", "/concern", **CONCERN)
    reference = re.search(r"/concern/thanks/(\w{6})", thanks.address)
    assert reference is not None, thanks.words
    listed = await browser.get("/front-door")
    address = re.search(
        rf'href="(/front-door/items/[\w-]+)"><[^>]*>Concern </span>{reference[1]}', listed.text
    )
    assert address is not None, listed.words
    await browser.fill(address[1], "/claim")
    return address[1]


async def added(browser: HubBrowser, address: str, called: str, number: str) -> str:
    page = await browser.fill(f"{address}/people/new", "", called=called, nhs_number=number)
    looks = re.findall(r'href="(/front-door/items/[\w-]+/people/[\w-]+)/look"', page.text)
    assert looks, page.words
    return str(looks[-1])


async def test_one_persons_yes_shows_who_helps_them_and_nothing_of_the_rest_of_the_family(
    house: RunningGateway,
) -> None:
    one, other = somebody(), somebody("charity-only")
    async with HubBrowser(house.addresses.hub) as wes:
        assert "Help hub" in (await wes.sign_in(WES)).words
        address = await taken(house, wes)
        mine = await added(wes, address, "Mum", one.nhs_number or "")
        theirs = await added(wes, address, "Her brother", other.nhs_number or "")
        before = await wes.fill(f"{mine}/look", "", reason="To find help with the home")
        assert "Nothing is shown." in before.words
        assert "not shown does not mean none." in before.words
        said = await wes.fill(address, f"{mine.rpartition('/')[2]}/said")
        await wes.fill(said.address, "", decision="yes", kinds="helps")
        await wes.fill(said.address.replace("/answer", "/how"), "", how="in-person", when="now")
        done = await wes.fill(said.address.replace("/answer", "/check"), "/send")
        assert "Mum allowed it until" in done.words, done.words
        after = await wes.fill(f"{mine}/look", "", reason="To find help with the home")
        assert "Harbour Help says" in after.words, after.words
        shown = re.findall(r"<li>(Name: [^<]+)</li>", after.text)
        assert shown, "nothing is shown by this test"
        silent = await wes.fill(f"{theirs}/look", "", reason="To find help with the home")
        assert "Nothing is shown." in silent.words, silent.words
        nothing_kept(house, shown)
    async with HubBrowser(house.addresses.hub) as hal:
        await hal.sign_in(HAL)
        page = await hal.get(address)
        assert "Your organisation has not found this person yet" in page.words


def nothing_kept(house: RunningGateway, shown: list[str]) -> None:
    """No service that was shown rests in the hub's database or log."""
    files = [*house.layout.hub.glob("hub.db*"), house.layout.logs("hub")]
    for line in shown:
        name = line.removeprefix("Name: ").partition(";")[0]
        for file in files:
            assert name.encode() not in Path(file).read_bytes(), (name, file.name)


async def test_a_service_of_the_directory_gets_a_referral_or_it_is_said_why_not(
    house: RunningGateway,
) -> None:
    async with HubBrowser(house.addresses.hub) as wes:
        await wes.sign_in(WES)
        address = await taken(house, wes)
        found = await wes.fill(
            f"{address}/services", "/services", need="housing", place="Norwich", words="floating"
        )
        assert "Newleaf Support" in found.words, found.words
        refer = re.search(rf'href="({address}/refer/[^"]+)"', found.text)
        assert refer is not None
        form = await wes.get(refer[1])
        filled = {
            **today(form),
            "person": "nobody",
            "how": "spoken",
            "purpose": "low-level-support",
            "urgency": "soon",
            "name": "Vera Made-up",
            "why": "The home may be lost soon",
            "contact": "yes",
            "telephone": "01632 960123",
            "sharing": "nothing",
        }
        sent = await wes.fill(refer[1], "", **filled)
        assert "Sent. They have not fetched it yet" in sent.words or "They have it" in sent.words, sent.words
        assert "No agreement in force lets Norwich Help Hub refer to Newleaf Support" in form.words, (
            form.words
        )
        assert 'value="social-prescribing"' not in form.text
        charity = await wes.fill(f"{address}/services", "/services", need="money", words="debt advice")
        introduce = re.search(rf'href="({address}/refer/[^"]+)"', charity.text)
        assert introduce is not None, charity.words
        there = await wes.fill(introduce[1], "", **{**filled, "purpose": "agreed-referral"})
        assert "Debt advice" in there.words
        assert "Not sent" not in there.words, there.words
        nobody = await wes.fill(f"{address}/services", "/services", words="shed")
        assert "We cannot refer to them from here." in nobody.words
    with sqlite3.connect(house.layout.hub / "hub.db") as connection:
        bodies = connection.execute("SELECT body FROM outgoing WHERE feature = 'front-door'").fetchall()
    assert bodies, "nothing was sent"
    assert {body for (body,) in bodies} == {""}


async def test_a_hospital_tells_the_council_that_the_person_chose(house: RunningGateway) -> None:
    async with HubBrowser(house.addresses.hub) as kit:
        await kit.sign_in(KIT)
        assert (await kit.get("/front-door")).status == 404
        form = await kit.get("/duty-to-refer")
        sent = await kit.fill(
            "/duty-to-refer",
            "/duty-to-refer",
            **today(form),
            agrees="yes",
            how="spoken",
            to="broadland-district-council",
            name="Ida Made-up",
            situation="none",
            safe_contact="At the day centre, mornings",
            agreed_ways="safe_contact",
        )
        assert "Broadland District Council" in sent.words
        assert "Sent. They have not fetched it yet" in sent.words, sent.words


async def test_a_connector_writes_a_no_down_on_a_phone(house: RunningGateway) -> None:
    async with HubBrowser(house.addresses.hub) as xan:
        await xan.sign_in(XAN)
        number = somebody().nhs_number or ""
        said = await xan.fill("/front-door/said/new", "/said/new", called="Ana", nhs_number=number)
        await xan.fill(said.address, "", decision="no")
        await xan.fill(said.address.replace("/answer", "/how"), "", how="by-phone", when="now")
        done = await xan.fill(said.address.replace("/answer", "/check"), "/send")
        assert "Ana said no." in done.words, done.words


async def test_the_council_that_was_told_gets_in_touch_and_says_what_came_of_it(
    house: RunningGateway,
) -> None:
    async with HubBrowser(house.addresses.hub) as kit, HubBrowser(house.addresses.hub) as ada:
        await kit.sign_in(KIT)
        form = await kit.get("/duty-to-refer")
        assert "Norwich City Council" in form.words
        await kit.fill(
            "/duty-to-refer",
            "/duty-to-refer",
            **today(form),
            agrees="yes",
            how="spoken",
            to="norwich-city-council",
            name="Ida Made-up",
            situation="none",
            telephone="01632 960555",
            agreed_ways="telephone",
        )
        await ada.sign_in(ADA)
        address = None
        for _ in range(60):
            address = re.search(r'href="(/duty-received/[^"]+)"', (await ada.get("/duty-received")).text)
            if address is not None:
                break
            await asyncio.sleep(1)
        assert address is not None
        page = await ada.get(address[1])
        assert "Norwich Acute Hospital" in page.words
        assert "01632 960555" in page.words
        await ada.fill(address[1], "/contacted")
        done = await ada.fill(address[1], "/closing", outcome="relief-duty")
        assert "Closed. We owe the relief duty (s.189B)." in done.words, done.words
