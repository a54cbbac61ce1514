"""What support saw, and what was not agreed to, is nowhere: not in the hub's database or log, nor in any of the gateway's.

A yes is written down at the bedside, a look is shown, the page is closed: every value that was on it is searched for in the
files of both, write-ahead logs too. A handover: what was not agreed to is in no referral, no table and no page of the
receiver's. Each search finds its value where somebody does keep it.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterable
from html import unescape
from pathlib import Path

import aiohttp
import pytest

from adapters.sandbox.identity_provider.tokens import client_token
from gateway.demo.hub import write_hub
from tests.integration.hub.browsing import HubBrowser, Page
from tests.support.running import RunningGateway, somebody

pytestmark = pytest.mark.timeout(600)

ANA, ZOE = "ana.ward@mind.test", "zoe.support@newleaf.test"
GOAL, SOURCED = "Walk to the allotment gate 5508", "Sing with the choir again 8130"
LEFT = {
    "telephone": "01632 960873",
    "safe_contact": "Planted-safe-2207 by the gate",
    "address": "Planted-address-3319, Norwich, NR1 1AB",
}
NOTE, DONE = "Planted-note-6641", "Planted-step-9917"


def files_of(house: RunningGateway) -> list[Path]:
    """All that hub and gateway write: both databases of the gateway, the hub's, their write-ahead logs, and both logs."""
    kept = [house.layout.logs("hub"), house.layout.logs("gateway"), *house.layout.hub.glob("hub.db*")]
    for url in (house.settings.database_url, house.settings.keys_url):
        database = Path(url.partition("///")[2])
        found = list(database.parent.glob(f"{database.name}*"))
        assert found, f"the database {database.name} is not where the search looks"
        kept += found
    return kept


def kept_somewhere(house: RunningGateway, values: Iterable[str]) -> set[str]:
    """The files that hold one of these values."""
    wanted = [value.encode() for value in values]
    assert wanted, "nothing is searched for"
    return {file.name for file in files_of(house) if any(value in file.read_bytes() for value in wanted)}


def shown(page: Page) -> list[str]:
    """The values of a view on the case's page."""
    part = page.text[page.text.index('id="seen"') : page.text.index('id="asked"')]
    return [unescape(one) for one in re.findall(r'summary-list__value">([^<]{9,})<', part)]


async def begun(house: RunningGateway, ana: HubBrowser, role: str = "everything", **more: str) -> str:
    """Ana begins with somebody of the sandbox; gives the case's address."""
    person = somebody(role)
    page = await ana.fill(
        "/support/begin",
        "/begin",
        name=person.full_name,
        nhs_number=person.nhs_number or "",
        district="norwich",
        why="She goes home next week",
        **more,
    )
    return page.address.removeprefix(house.addresses.hub)


async def test_no_value_of_a_view_rests_after_the_page_was_closed(house: RunningGateway) -> None:
    async with HubBrowser(house.addresses.hub) as ana:
        await ana.sign_in(ANA)
        case = await begun(house, ana)
        said = await ana.get(f"{case}/said")
        assert 'value="tenancy"' in said.text, said.words
        done = await ana.press(said, "/said", decision="yes", sections="tenancy", how="in-person")
        assert "allowed you to look until" in done.words, done.words
        code = re.search(r'govuk-heading-m">([^<]+)<', done.text)
        assert code is not None
        assert shown(await ana.get(case)) == [], "nothing is looked at before somebody presses"
        values = shown(await ana.fill(case, "/look#seen"))
        assert values, "the view was empty: nothing is shown by this test"
        await ana.fill(f"{case}/contacts", "/contacts", how="visit", result="met")
        assert "They said yes to you" in (await ana.get(case)).words
        assert kept_somewhere(house, [*values, code[1]]) == set()
        # What the team wrote itself stays with it: nothing of the plan is at the gateway, which is told that there is one.
        await ana.fill(f"{case}/goals", "/goals", what=GOAL)
        assert {name for name in kept_somewhere(house, [GOAL]) if not name.startswith("hub.db")} == set()
        somebody_keeps(house, values[0])
        assert kept_somewhere(house, values) >= {"hub.log", "hub.db-wal"}


def somebody_keeps(house: RunningGateway, value: str) -> None:
    """As a fault would: written into the hub's database and its log."""
    with house.layout.logs("hub").open("a") as log:
        log.write(f"saw {value}\n")
    connection = sqlite3.connect(house.layout.hub / "hub.db")
    connection.execute("CREATE TABLE kept (value TEXT)")
    connection.execute("INSERT INTO kept VALUES (?)", (value,))
    connection.commit()
    connection.close()


async def test_a_plan_is_shown_by_whoever_wrote_it_and_kept_by_nobody_else(house: RunningGateway) -> None:
    """The hub as a source, under the trust's name: Newleaf sees the goal by the person's yes, and nobody keeps it twice."""
    async with HubBrowser(house.addresses.hub) as ana, HubBrowser(house.addresses.hub) as zoe:
        await ana.sign_in(ANA)
        await zoe.sign_in(ZOE)
        await ana.fill(f"{await begun(house, ana, 'charity-only')}/goals", "/goals", what=SOURCED)
        case = await begun(house, zoe, "charity-only", purpose="low-level-support")
        assert SOURCED not in (await zoe.fill(case, "/look#seen")).words, "nobody has said yes"
        yes = {"decision": "yes", "sections": "support-plan", "how": "by-phone"}
        assert "allowed you to look" in (await zoe.fill(f"{case}/said", "/said", **yes)).words
        page = await zoe.fill(case, "/look#seen")
        for _ in range(20):
            if SOURCED in page.words:
                break
            await asyncio.sleep(0.5)
            page = await zoe.fill(case, "/look#seen")
        assert f"Goals {SOURCED}" in page.words
        assert "Norfolk Mental Health Trust, " in page.words
        assert "Ask" in (await zoe.get(case)).words
    assert {name for name in kept_somewhere(house, [SOURCED]) if not name.startswith("hub.db")} == set()
    assert SOURCED not in rows_of(house, case.rpartition("/")[2])
    assert tables_with(house, SOURCED) == ["support_goal"], "where it was written, once, and nowhere else"


async def test_a_handover_keeps_only_what_was_agreed(house: RunningGateway) -> None:
    role = "attorney"
    async with HubBrowser(house.addresses.hub) as ana:
        await ana.sign_in(ANA)
        case = await begun(house, ana, role, **LEFT)
        await ana.fill(f"{case}/contacts", "/contacts", how="visit", result="met", note=NOTE)
        planned = await ana.fill(f"{case}/goals", "/goals", what=GOAL)
        goal = re.search(r"/goals/([\w-]+)/steps", planned.text)
        assert goal is not None
        await ana.fill(f"{case}/goals/{goal[1]}/steps", "/steps", what=DONE, who="Together")
        await ana.fill(case, "/done")
        # Nobody fetches it meanwhile, so that what the receiver will be given can be read.
        restart_hub(house, "hub-waiting", HUB_POLL_SECONDS="3600")
        await ana.sign_in(ANA)
        chosen = await ana.fill(
            f"{case}/handover",
            "/handover",
            target="newleaf-support low-level-support",
            along="nothing",
            contact="no",
            why="She wants somebody to look in",
        )
        left = chosen.words.partition("Not passed on")[2]
        assert "Telephone" in left
        assert "Address" in left
        await ana.press(chosen, "/handover/check", agreed="yes", how="spoken")
        content = await content_for(house, "newleaf-support")
    unagreed = [*LEFT.values(), NOTE, DONE, GOAL, "norwich"]
    assert "She wants somebody to look in" in content
    assert [value for value in unagreed if value.lower() in content.lower()] == []
    restart_hub(house, "hub-again")
    async with HubBrowser(house.addresses.hub) as zoe:
        await zoe.sign_in(ZOE)
        name = somebody(role).full_name
        listed = await zoe.until("/support", name)
        found = re.search(rf'href="(/support/cases/([^"]+))">{name}<', listed.text)
        assert found is not None
        page = await zoe.fill(found[1], "/taking-on")
        page = await zoe.fill(found[1], "/look#seen")
        own = page.text[: page.text.index('id="seen"')]
        rows = rows_of(house, found[2])
        assert name in rows, "the receiver's own rows are not where the search looks"
        for value in unagreed[:-1]:
            assert value not in own
            assert value not in rows
        assert shown(page) == [], "nothing else was allowed to be looked at"
    # The search sees what is there: the sender's own rows hold all of it.
    mine = rows_of(house, case.rpartition("/")[2])
    assert all(value in mine for value in (*LEFT.values(), NOTE, GOAL))


def restart_hub(house: RunningGateway, log: str, **environment: str) -> None:
    process = house.processes.running["hub"]
    process.terminate()
    process.wait(30)
    given = {**write_hub(house.layout, house.addresses), **environment}
    house.processes.start("hub", ["-m", "hub", "serve"], house.layout.logs(log), **given)
    house.processes.wait_until_ready("hub", house.addresses.hub + "/healthz")


async def content_for(house: RunningGateway, organisation: str) -> str:
    """What the gateway would hand the receiver, every byte of it."""
    token = await client_token(house.addresses.identity, f"{organisation}-hub", scope="referrals")
    async with aiohttp.ClientSession(house.url, headers={"Authorization": f"Bearer {token}"}) as session:
        async with session.get("/v1/referrals?box=in&status=sent") as answer:
            listed = (await answer.json())["referrals"]
        assert len(listed) == 1, listed
        async with session.get(f"/v1/referrals/{listed[0]['id']}") as answer:
            assert answer.status == 200
            return await answer.text()


def rows_of(house: RunningGateway, case: str) -> str:
    """All that the hub's database holds of a case, whatever the table, as text."""
    found: list[str] = []
    with sqlite3.connect(house.layout.hub / "hub.db") as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in names:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            key = next((one for one in ("case_id", "record") if one in columns), None)
            key = "id" if table == "support_case" else key
            if key is not None:
                rows = connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (case,))  # noqa: S608 - our own names
                found += [str(row) for row in rows]
    return "\n".join(found)


def tables_with(house: RunningGateway, value: str) -> list[str]:
    """The table of each row of the hub's database that holds the value."""
    with sqlite3.connect(house.layout.hub / "hub.db") as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return [
            name
            for name in names
            for row in connection.execute(f"SELECT * FROM {name}")  # noqa: S608 - our own names
            if value in str(row)
        ]
