"""Walks through support as it is lived: a move, support of another strength, outreach without a yes, and a new provider."""

from __future__ import annotations

import re

import pytest

from tests.integration.hub.browsing import HubBrowser, Page
from tests.support.running import RunningGateway, somebody

pytestmark = pytest.mark.timeout(600)

ZOE, YAN, BEN = "zoe.support@newleaf.test", "yan.support@steadfast.test", "ben.outreach@mind.test"
LOW, CLOSER = "low-level-support", "intensive-support"
GOAL = "Keep my flat this winter"


async def begun(house: RunningGateway, browser: HubBrowser, role: str, **more: str) -> str:
    person = somebody(role)
    given = {"name": person.full_name, "nhs_number": person.nhs_number or "", "district": "norwich"}
    page = await browser.fill(
        "/support/begin", "/begin", **given, why="Alone and behind with the rent", **more
    )
    assert "/cases/" in page.address, page.words
    return page.address.removeprefix(house.addresses.hub)


async def seen(browser: HubBrowser, case: str) -> set[str]:
    """The kinds of information that a look shows."""
    page = await browser.fill(case, "/look#seen")
    part = page.text[page.text.index('id="seen"') : page.text.index('id="asked"')]
    return set(re.findall(r'<div class="hub-from">\s*<h3[^>]*>([^<]+)<', part))


async def says_yes(browser: HubBrowser, case: str, *sections: str) -> Page:
    page = await browser.fill(f"{case}/said", "/said", decision="yes", sections=sections[0], how="in-person")
    assert "allowed you to look until" in page.words, page.words
    return page


async def handed(browser: HubBrowser, case: str, target: str) -> None:
    chosen = await browser.fill(
        f"{case}/handover",
        "/handover",
        target=target,
        along="plan",
        contact="no",
        why="Somebody has to go on",
    )
    sent = await browser.press(chosen, "/handover/check", agreed="yes", how="spoken")
    assert "Along went the plan (1 goal). They may look at nothing else." in sent.words, sent.words


async def newest(browser: HubBrowser, name: str) -> str:
    """The case of this person that nobody has taken on yet."""
    page = await browser.until("/support", "To look at first")
    part = page.text[page.text.index("To look at first") :]
    found = re.search(rf'href="(/support/cases/[^"]+)">{name}<', part)
    assert found is not None, page.words
    return found[1]


async def test_support_follows_a_move_and_becomes_closer_when_things_get_harder(
    house: RunningGateway,
) -> None:
    name = somebody("everything").full_name
    async with HubBrowser(house.addresses.hub) as zoe:
        await zoe.sign_in(ZOE)
        case = await begun(house, zoe, "everything", purpose=LOW)
        await zoe.fill(f"{case}/goals", "/goals", what=GOAL)
        await says_yes(zoe, case, "debts")
        before = await seen(zoe, case)
        assert before == {"Debts"}
        moved = await zoe.fill(f"{case}/moves", "/moves", district="breckland", goes_on="yes")
        assert "Breckland (since" in moved.words
        assert "730 days left" in moved.words
        assert GOAL in moved.words
        assert await seen(zoe, case) == before, "what they allowed goes along"
        await handed(zoe, case, f"newleaf-support {CLOSER}")
        closer = await newest(zoe, name)
        taken = await zoe.fill(closer, "/taking-on")
        assert "Closer support in a harder time" in taken.words
        assert "365 days left" in taken.words
        assert "The next is due" in taken.words
        assert GOAL in taken.words
        assert await seen(zoe, closer) == set(), "a yes to a little support is none to closer support"
        await says_yes(zoe, closer, "debts")
        assert await seen(zoe, closer) == {"Debts"}
        await zoe.until(case, "Newleaf Support: taken on")
        await zoe.fill(f"{case}/closing", "/closing", outcomes="handed-on")


async def test_a_provider_that_takes_over_inherits_no_yes_and_asks_anew(house: RunningGateway) -> None:
    name = somebody("attorney").full_name
    async with HubBrowser(house.addresses.hub) as yan, HubBrowser(house.addresses.hub) as zoe:
        await yan.sign_in(YAN)
        await zoe.sign_in(ZOE)
        case = await begun(house, yan, "attorney", purpose=LOW)
        await yan.fill(f"{case}/goals", "/goals", what=GOAL)
        await handed(yan, case, f"newleaf-support {LOW}")
        mine = await newest(zoe, name)
        assert "Nothing is looked at before you take this on." in (await zoe.get(mine)).words
        taken = await zoe.fill(mine, "/taking-on")
        assert "Handed over by Steadfast Support: they need not tell it again." in taken.words
        looked = await zoe.fill(mine, "/look#seen")
        assert "What they allowed the team before you is not carried over: ask them." in looked.words
        await says_yes(zoe, mine, "tenancy")
        assert await seen(zoe, mine) == {"Tenancy"}
        assert (await yan.get(mine)).status == 404


async def test_outreach_sees_what_the_law_allows_and_no_more_until_there_is_a_yes(
    house: RunningGateway,
) -> None:
    async with HubBrowser(house.addresses.hub) as ben:
        await ben.sign_in(BEN)
        case = await begun(house, ben, "everything")
        page = await ben.get(case)
        part = page.text[page.text.index('id="allowed"') : page.text.index("Only with their yes")]
        without = set(re.findall(r'summary-list__key">([^<]+)<', part))
        shown = await seen(ben, case)
        assert shown, "outreach saw nothing at all"
        assert shown <= without, "more was shown than the page says is allowed"
        await ben.fill(f"{case}/contacts", "/contacts", how="street", result="not-now")
        after = await ben.fill(
            f"{case}/reviews", "/reviews", note="She takes the tea; the support still fits"
        )
        assert "It has no end. It is looked at again" in after.words
        yes = await ben.fill(f"{case}/said", "/said", decision="yes", sections="tenancy", how="in-person")
        assert "allowed you to look" in yes.words
        assert await seen(ben, case) == shown | {"Tenancy"}
        no = await ben.fill(f"{case}/said", "/said", decision="no", how="in-person")
        assert "You look at nothing that needed their yes." in no.words
        assert await seen(ben, case) == shown
