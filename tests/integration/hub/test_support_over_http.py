"""Support over HTTP: from the ward to floating support with the person's yes, and the end of each, all parts as they are."""

from __future__ import annotations

import re
import sqlite3

from tests.integration.hub.browsing import HubBrowser
from tests.support.running import RunningGateway, somebody

ANA, ZOE, YAN = "ana.ward@mind.test", "zoe.support@newleaf.test", "yan.support@steadfast.test"
GOAL, PLANTED = "Sleep through the night", "Never leaves the trust 7716"


async def address_of(browser: HubBrowser, name: str) -> str:
    page = await browser.until("/support", name)
    found = re.search(rf'href="(/support/cases/[^"]+)">{name}<', page.text)
    assert found is not None
    return found[1]


async def test_from_the_ward_to_floating_support_without_retelling(house: RunningGateway) -> None:
    person = somebody()
    async with (
        HubBrowser(house.addresses.hub) as ana,
        HubBrowser(house.addresses.hub) as zoe,
        HubBrowser(house.addresses.hub) as yan,
    ):
        for browser, username in ((ana, ANA), (zoe, ZOE), (yan, YAN)):
            assert "Support" in (await browser.sign_in(username)).words
        begun = await ana.fill(
            "/support/begin",
            "",
            name=person.full_name,
            nhs_number=person.nhs_number,
            district="norwich",
            why="She goes home next week",
        )
        assert "92 days left" in begun.words
        first = begun.address.removeprefix(house.addresses.hub)
        seen = await ana.fill(first, "/look#seen")
        assert "Nothing may be shown to you at the moment." in seen.words, "nobody has said yes"
        asked = await ana.fill(
            f"{first}/asking", "/asking", reason="May I see if your home is ready for you?"
        )
        assert "There is no answer yet." in asked.words
        await ana.fill(f"{first}/goals", "/goals", what=GOAL)
        await ana.fill(f"{first}/contacts", "/contacts", how="visit", result="met", note=PLANTED)
        checked = await ana.fill(
            f"{first}/handover",
            "/handover",
            target="newleaf-support low-level-support",
            along="plan",
            contact="no",
            sections="tenancy",
            why="She wants somebody to look in",
        )
        assert "Not passed on" in checked.words
        sent = await ana.press(checked, "/handover/check", agreed="yes", how="spoken")
        assert "Along went the plan (1 goal). They may look at their home and tenancy." in sent.words
        second = await address_of(zoe, person.full_name)
        assert GOAL in (await zoe.get(second)).words
        taken = await zoe.fill(second, "/taking-on")
        assert "they need not tell it again" in taken.words
        assert PLANTED not in taken.words
        seen = await zoe.fill(second, "/look#seen")
        shown = seen.text[seen.text.index('id="seen"') :]
        titles = set(re.findall(r'<div class="hub-from">\s*<h3[^>]*>([^<]+)<', shown))
        assert titles == {"Tenancy"}, titles
        await ana.until(first, "Newleaf Support: taken on")
        for stranger, address in ((yan, first), (yan, second), (zoe, first), (ana, second)):
            assert (await stranger.get(address)).status == 404
        closed = await zoe.fill(f"{second}/closing", "/closing", outcomes="connected")
        assert "Nothing is looked at any more." in closed.words
        await ana.until(first, "Newleaf Support: finished there")
    with sqlite3.connect(house.layout.hub / "hub.db") as connection:
        rows = connection.execute("SELECT count(*) FROM support_case WHERE name = ?", (person.full_name,))
        assert rows.fetchone()[0] == 2


async def test_outreach_says_what_the_gateway_allows_without_a_yes(house: RunningGateway) -> None:
    person = somebody()
    async with HubBrowser(house.addresses.hub) as ben:
        await ben.sign_in("ben.outreach@mind.test")
        page = await ben.fill(
            "/support/begin",
            "",
            name=person.full_name,
            nhs_number=person.nhs_number,
            district="unknown",
            why="He does not open the door",
        )
        assert "It has no end." in page.words
        part = page.text[page.text.index('id="allowed"') :]
        without, _, only_with = part.partition("Only with their yes")
        assert "Mental Health Act 1983 section 117" in without
        assert "elephone" in without
        assert "ubstance use" in only_with or "rugs" in only_with, only_with[:600]
