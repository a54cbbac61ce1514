"""Portal and console as a resident and an officer meet them: signed in at the real provider, over a gateway that runs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD
from adapters.sandbox.person import Person
from audit.entries import Kind
from audit.reader import Query
from gateway.smoke.browser import Browser, Page, sign_in
from tests.support.running import COUNTY, RunningGateway, somebody

PURPOSE = "early-help-triage"
OFFICER = "nia.officer@norfolk.test"
OFFER = f"/portal/allow/{COUNTY}/{PURPOSE}"


@dataclass
class Signed:
    """Somebody's browser, signed in."""

    browser: Browser
    gateway: RunningGateway

    async def get(self, path: str) -> Page:
        return await self.browser.get(urljoin(self.gateway.url, path))

    async def status(self, path: str) -> int:
        return (await self.browser.open(urljoin(self.gateway.url, path))).status

    async def send(self, page: Page, action: str, *fields: tuple[str, str]) -> Page:
        """Send the page's form with what was chosen, whatever is answered."""
        target, hidden = page.form(action)
        return await self.browser._go("POST", target, [*hidden.items(), *fields])


@asynccontextmanager
async def at(gateway: RunningGateway, door: str, username: str) -> AsyncIterator[Signed]:
    async with Browser() as browser:
        page = await sign_in(browser, gateway.url + door, username, SANDBOX_PASSWORD)
        assert urlsplit(page.url).path == door
        yield Signed(browser, gateway)


@asynccontextmanager
async def resident(gateway: RunningGateway, person: Person) -> AsyncIterator[Signed]:
    async with at(gateway, "/portal/", person.email) as signed:
        yield signed


@asynccontextmanager
async def officer(gateway: RunningGateway, username: str = OFFICER) -> AsyncIterator[Signed]:
    async with at(gateway, "/console/", username) as signed:
        yield signed


async def view(gateway: RunningGateway, person: Person) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {await gateway.triager()}"}
    async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
        async with session.post("/v1/people/trace", json={"nhs_number": person.nhs_number}) as answer:
            handle = (await answer.json())["person"]
        body = {"person": handle, "purpose": PURPOSE, "reason": "To see who may be seen"}
        async with session.post("/v1/views", json=body) as answer:
            assert answer.status == 200
            found: dict[str, Any] = await answer.json()
            return found


async def until_shown(gateway: RunningGateway, person: Person) -> dict[str, Any]:
    """A view that holds something: on a busy machine a source may miss the tests' short deadline once."""
    for _ in range(10):
        found = await view(gateway, person)
        if found["sections"]:
            return found
    raise AssertionError("nothing was ever shown")


def linked(page: Page, part: str) -> list[str]:
    return [link for link in page.links if part in link]


def pasted(page: Page) -> list[str]:
    """The texts to copy on a page."""
    return [html.unescape(one) for one in re.findall(r"<pre>(.*?)</pre>", page.text, re.DOTALL)]


async def allow(signed: Signed, *sections: str) -> Page:
    page = await signed.get(OFFER)
    chosen = [("sections", one) for one in sections]
    return await signed.send(page, OFFER, *chosen, ("days", "30"), ("answer", "yes"))


async def test_a_resident_allows_sees_who_looked_proves_it_and_stops_it(gateway: RunningGateway) -> None:
    person = somebody("two-sources")
    async with resident(gateway, person) as signed:
        # Nothing is allowed, so nothing is shown.
        assert (await view(gateway, person))["sections"] == []
        assert linked(await signed.get("/portal/allow"), OFFER)

        done = await allow(signed, "communication-needs", "contact")
        path = urlsplit(done.url).path
        assert path.startswith("/portal/done/OT-")
        # A reload posts nothing: the same page again, and still one permission.
        assert urlsplit((await signed.get(path)).url).path == path
        assert "c2sp.org/tlog-proof" in (await signed.get(path + "/receipt.txt")).text
        home = await signed.get("/portal/")
        assert len(linked(home, "/portal/stop/")) == 1

        shown = await until_shown(gateway, person)
        assert {one["section"] for one in shown["sections"]} <= {"communication-needs", "contact"}

        history = await signed.get("/portal/history")
        assert "Norfolk County Council" in history.text
        index = shown["receipt"]["index"]
        proof = await signed.get(f"/portal/history/{index}")
        assert "We checked it just now: it is true" in proof.text
        receipt, leaf, opening = pasted(proof)
        assert json.loads(opening)["detail"]["purpose"] == PURPOSE
        assert (await signed.get(f"/portal/history/{index}/receipt.txt")).text.strip() == receipt.strip()
        assert json.loads((await signed.get(f"/portal/history/{index}/written-down.json")).text)["salt"]

        # Anybody may check a receipt, without being signed in.
        async with Browser() as anybody:
            page = await anybody.get(gateway.url + "/portal/check")
            action, hidden = page.form("/portal/check")
            good = await anybody.post(action, {**hidden, "receipt": receipt, "leaf": leaf})
            assert "This receipt is true" in good.text
            bad = await anybody.post(action, {**hidden, "receipt": receipt, "leaf": leaf[:-4] + "AAA="})
            assert "We could not prove this receipt" in bad.text

        stop = linked(await signed.get("/portal/"), "/portal/stop/")[0]
        stopped = await signed.send(await signed.get(stop), "/portal/stop/")
        assert urlsplit(stopped.url).path.startswith("/portal/done/OT-")
        assert not linked(await signed.get("/portal/"), "/portal/stop/")
        assert await signed.status(stop) == 404
        assert (await view(gateway, person))["sections"] == []


async def test_what_cannot_be_allowed_is_said_beside_the_question(gateway: RunningGateway) -> None:
    person = somebody("council-only")
    async with resident(gateway, person) as signed:
        page = await signed.get(OFFER)
        nothing = await signed.send(page, OFFER, ("days", "30"), ("answer", "yes"))
        assert nothing.status == 422
        assert "Choose what they can see" in nothing.text
        forever = await signed.send(page, OFFER, ("sections", "debts"), ("days", "9000"), ("answer", "yes"))
        assert forever.status == 422
        declined = await signed.send(page, OFFER, ("answer", "no"))
        assert urlsplit(declined.url).path == "/portal/not-allowed"
        forged = await signed.browser._go("POST", gateway.url + OFFER, [("answer", "yes"), ("csrf", "x")])
        assert forged.status == 403
        assert await signed.status(f"/portal/allow/{COUNTY}/income-debt-advice") == 404
        assert await signed.status("/portal/nothing") == 404


async def test_a_residents_proofs_and_confirmations_are_nobody_elses(gateway: RunningGateway) -> None:
    async with (
        resident(gateway, somebody("charity-only")) as one,
        resident(gateway, somebody("parent")) as other,
    ):
        path = urlsplit((await allow(one, "support-plan")).url).path
        index = path.rpartition("-")[2]
        assert await one.status(path) == 200
        assert await one.status(f"/portal/history/{index}") == 200
        for own in (path, f"/portal/history/{index}", f"/portal/history/{index}/receipt.txt"):
            assert await other.status(own) == 404
        for nothing in ("/portal/done/OT-99999999", "/portal/done/zanzibar", "/portal/history/99999999"):
            assert await other.status(nothing) == 404


async def test_signing_out_ends_the_session(gateway: RunningGateway) -> None:
    async with resident(gateway, somebody("parent")) as signed:
        page = await signed.get("/portal/")
        await signed.send(page, "/signin/out")
        assert await signed.status("/portal/") == 403


FILTERS = {
    "kind=disclosure": {Kind.DISCLOSURE.value},
    "kind=refusal": {Kind.REFUSAL.value},
    "kind=sign-in": {Kind.SIGN_IN.value},
    "kind=audit-read": {Kind.AUDIT_READ.value},
    "outcome=empty": {Kind.REFUSAL.value},
    f"purpose={PURPOSE}": {Kind.DISCLOSURE.value, Kind.REFUSAL.value, Kind.CONSENT.value},
    "text=triager&kind=disclosure": {Kind.DISCLOSURE.value},
    "kind=disclosure&from=2020-01-01&to=2090-01-01": {Kind.DISCLOSURE.value},
}


async def test_an_officer_finds_what_each_filter_says_and_nothing_else(gateway: RunningGateway) -> None:
    person = somebody("everything")
    async with resident(gateway, person) as signed:
        await allow(signed, "tenancy", "contact")
        shown = await until_shown(gateway, person)
    async with officer(gateway) as signed:
        for query, kinds in FILTERS.items():
            page = await signed.get(f"/console/?{query}")
            found = [int(link.rpartition("/")[2]) for link in linked(page, "/console/items/")]
            assert found, query
            assert found == sorted(found, reverse=True)
            with gateway.log() as reader:
                entries = [reader.entry(index) for index in found]
                assert all(reader.concerns(index, COUNTY) for index in found)
            assert {entry.kind for entry in entries if entry is not None} <= kinds, query
        index = shown["receipt"]["index"]
        assert linked(await signed.get(f"/console/?kind=disclosure&before={index + 1}"), f"/items/{index}")
        assert not linked(await signed.get(f"/console/?kind=disclosure&before={index}"), f"/items/{index}")
        for nothing in ("kind=disclosure&to=2020-01-01", "from=2090-01-01", "text=quetzal"):
            assert not linked(await signed.get(f"/console/?{nothing}"), "/console/items/")
        refused = await signed.get(f"/console/?text={person.nhs_number}")
        assert "Search without the NHS number" in refused.text


async def test_an_officer_opens_an_entry_verifies_it_and_sees_the_log(gateway: RunningGateway) -> None:
    async with officer(gateway) as signed:
        found = linked(await signed.get("/console/?kind=refusal"), "/console/items/")
        if not found:
            await view(gateway, somebody("parent"))
            found = linked(await signed.get("/console/?kind=refusal"), "/console/items/")
        page = await signed.get(found[0])
        verified = await signed.send(page, found[0])
        assert "The entry stands in the log, unchanged, under its signed checkpoint." in verified.text
        assert (await signed.get(found[0] + "/receipt.txt")).text.startswith("c2sp.org/tlog-proof@v1")
        log = await signed.get("/console/log")
        assert pasted(log)[0].startswith("oncetold.test/log\n")


async def test_another_organisations_entry_is_refused_to_an_officer_and_the_try_is_written_down(
    gateway: RunningGateway,
) -> None:
    await view(gateway, somebody("parent"))
    with gateway.log() as reader:
        index = reader.search(Query(COUNTY, kind="refusal"))[0].index
    async with officer(gateway, "quinn.officer@harbour.test") as signed:
        assert await signed.status(f"/console/items/{index}") == 404
        assert await signed.status("/console/items/99999999") == 404
    entries = gateway.entries("harbour-charity", Kind.AUDIT_READ.value)
    assert [entry.outcome for entry in entries[:2]] == ["refused", "refused"]
    with gateway.log() as reader:
        opening = reader.open(entries[1])
    assert opening is not None
    detail = opening.detail["detail"]
    assert isinstance(detail, dict)
    assert detail["entry"] == index


@pytest.mark.parametrize(
    ("door", "username"),
    [("/console/", somebody().email), ("/portal/", OFFICER)],
    ids=["resident", "officer"],
)
async def test_nobody_gets_in_by_the_others_door(gateway: RunningGateway, door: str, username: str) -> None:
    async with Browser() as browser:
        page = await browser.open(gateway.url + door)
        start = next(link for link in page.links if "/signin/" in link)
        page = await browser.get(urljoin(page.url, start))
        action, fields = page.form("")
        refused = await browser._go(
            "POST", action, {**fields, "username": username, "password": SANDBOX_PASSWORD}
        )
        assert refused.status == 403
        assert (await browser.open(gateway.url + door)).status == 403
