"""INTERACT over HTTP: hub, gateway, identity provider and agencies run as they are; parts are killed on the way."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
import time
from pathlib import Path

from gateway.demo.hub import write_hub
from tests.integration.hub.browsing import PATIENCE, HubBrowser, Page
from tests.support.running import RunningGateway, somebody

CARYS, JOY, ADA = "carys.care@wensum.test", "joy.prescriber@agewell.test", "ada.housing@norwich.test"
COLLEAGUES = {
    CARYS: ("Condition of the home", "Support plan"),
    ADA: ("Condition of the home", "Support plan"),
    "pia.care@norfolk.test": ("Condition of the home", "Support plan"),
    "uma.team@harbour.test": ("Communication needs",),
    "vic.volunteering@volunteers.test": ("Communication needs",),
}
"""Account -> what their part in the team lets them see."""
SENT = "Sent: the team has not read it yet"


def form(name: str, number: str = "") -> dict[str, str]:
    return {
        "to": "age-well-norfolk",
        "agreed": "yes",
        "how": "spoken",
        "team": "all",
        "contact": "yes",
        "name": name,
        "nhs_number": number,
        "telephone": "01632 960001",
        "why": "Mould in the bedroom and a bad chest",
        "what_matters": "My garden",
        "themes": "damp",
        "urgency": "soon",
    }


async def case_address(browser: HubBrowser, name: str) -> str:
    page = await browser.until("/interact", name)
    found = re.search(rf'href="(/interact/cases/[^"]+)">{name}<', page.text)
    assert found is not None
    return found[1]


def kill(house: RunningGateway, name: str) -> None:
    process = house.processes.running[name]
    process.send_signal(signal.SIGKILL)
    process.wait()


def start(house: RunningGateway, name: str) -> None:
    if name == "hub":
        environment = write_hub(house.layout, house.addresses)
        house.processes.start("hub", ["-m", "hub", "serve"], house.layout.logs("hub-again"), **environment)
        house.processes.wait_until_ready("hub", house.addresses.hub + "/healthz")
    else:
        house.processes.start("gateway", ["-m", "gateway", "serve"], house.layout.logs("gateway-again"))
        house.processes.wait_until_ready("gateway", house.addresses.gateway + "/readyz")


def cases(house: RunningGateway, name: str) -> int:
    with sqlite3.connect(house.layout.hub / "hub.db") as connection:
        found: int = connection.execute(
            "SELECT count(*) FROM interact_case WHERE name = ?", (name,)
        ).fetchone()[0]
    return found


async def test_from_the_referral_to_the_end_of_sharing(house: RunningGateway) -> None:
    person = somebody()
    async with HubBrowser(house.addresses.hub) as carys, HubBrowser(house.addresses.hub) as joy:
        assert "Refer somebody" in (await carys.sign_in(CARYS)).words
        sent = await carys.fill("/interact/refer", "", **form(person.full_name, person.nhs_number))
        assert "/interact/referrals/" in sent.address, sent.words
        assert "Home and health" in (await joy.sign_in(JOY)).words
        address = await case_address(joy, person.full_name)
        await joy.fill(address, "/taking-on")
        await carys.until(sent.address, "The team works on it.")
        assert "Condition of the home" not in (await joy.get(address)).words
        page = await joy.fill(address, "/look#home")
        assert "Condition of the home" in page.words, page.words
        assert "not shown does not mean none" in page.words
        nothing_kept(house, page)
        await joy.fill(address + "/plan", "", goals="Sleep in a dry bedroom", status="active")
        # Through the gateway: asked from the hub as a source, under the same rules as everybody else's.
        shared = await looked_until(joy, address, "Category Home and health")
        assert "Goals Sleep in a dry bedroom" in shared.words
        for account, titles in COLLEAGUES.items():
            await each_of_the_team_sees_what_their_part_needs(house, account, address, titles)
        closed = await joy.fill(address + "/closing", "", outcomes="adapted")
        assert "The team does not look at what others hold any more" in closed.words
        await carys.until(sent.address, "The team has finished.")
        assert "Look at what others hold" not in closed.words
    assert handles(house, address) == len(COLLEAGUES), "each employer's own, asked for once"


async def each_of_the_team_sees_what_their_part_needs(
    house: RunningGateway, account: str, address: str, titles: tuple[str, ...]
) -> None:
    """One of the team opens the page, and looks by their own employer's handle."""
    async with HubBrowser(house.addresses.hub) as colleague:
        await colleague.sign_in(account)
        page = await colleague.get(address)
        assert "My garden" in page.words
        assert "Condition of the home" not in page.words, "nothing is looked at by itself"
        page = await colleague.fill(address, "/look#home")
        for title in titles:
            assert title in page.words, (account, page.words)
        if "Condition of the home" not in titles:
            assert "Condition of the home" not in page.words, account


async def looked_until(browser: HubBrowser, address: str, words: str) -> Page:
    """Look again until the page says so: what the hub told the gateway takes a moment."""
    last = time.monotonic() + PATIENCE
    while True:
        page = await browser.fill(address, "/look#home")
        if words in page.words:
            return page
        assert time.monotonic() < last, f"never said {words!r}: {page.words}"
        await asyncio.sleep(0.25)


def handles(house: RunningGateway, address: str) -> int:
    """How many different handles are kept for the case, beside the receiver's own."""
    with sqlite3.connect(house.layout.hub / "hub.db") as connection:
        found = connection.execute(
            "SELECT count(DISTINCT person) FROM interact_colleague WHERE case_id = ? AND person NOT IN "
            "(SELECT person FROM interact_case WHERE person IS NOT NULL)",
            (address.rpartition("/")[2],),
        ).fetchone()
    return int(found[0])


async def test_a_yes_to_one_alone_opens_nothing_to_the_others(house: RunningGateway) -> None:
    name = "Olwen Onlyone"
    async with HubBrowser(house.addresses.hub) as carys, HubBrowser(house.addresses.hub) as joy:
        await carys.sign_in(CARYS)
        await carys.fill("/interact/refer", "", **{**form(name), "team": "only"})
        await joy.sign_in(JOY)
        address = await case_address(joy, name)
        async with HubBrowser(house.addresses.hub) as ada:
            await ada.sign_in(ADA)
            assert (await ada.get(address)).status == 404
            assert name not in (await ada.get("/interact")).words


def nothing_kept(house: RunningGateway, page: Page) -> None:
    """No value that other organisations let be seen rests in the hub's database or log."""
    part = page.text[page.text.index('id="home"') : page.text.index('id="others"')]
    values = re.findall(r'summary-list__value">([^<]{12,})<', part)
    assert values, "the view was empty: nothing is shown by this test"
    files = [*house.layout.hub.glob("hub.db*"), house.layout.logs("hub")]
    for value in values:
        for file in files:
            assert value.encode() not in Path(file).read_bytes(), (value, file.name)


async def test_a_killed_gateway_loses_nothing_and_delivers_once(house: RunningGateway) -> None:
    name = "Kilda Gateway"
    async with HubBrowser(house.addresses.hub) as carys, HubBrowser(house.addresses.hub) as joy:
        await carys.sign_in(CARYS)
        await joy.sign_in(JOY)
        kill(house, "gateway")
        sent = await carys.fill("/interact/refer", "", **form(name))
        assert "Waiting to be sent" in sent.words
        assert "must not write it again" in sent.words
        start(house, "gateway")
        await case_address(joy, name)
        await carys.until(sent.address, "The team has it and decides")
    assert cases(house, name) == 1


async def test_a_killed_hub_loses_nothing_and_delivers_once(house: RunningGateway) -> None:
    name = "Kilda Hub"
    async with HubBrowser(house.addresses.hub) as carys:
        await carys.sign_in(CARYS)
        kill(house, "gateway")
        sent = await carys.fill("/interact/refer", "", **form(name))
        kill(house, "hub")
        start(house, "gateway")
        start(house, "hub")
        assert "Sign in to see this page" in (await carys.get("/interact/referrals")).words
        await carys.sign_in(CARYS)
        await carys.until(sent.address, "The team has it and decides")
        async with HubBrowser(house.addresses.hub) as joy:
            await joy.sign_in(JOY)
            await case_address(joy, name)
    assert cases(house, name) == 1
