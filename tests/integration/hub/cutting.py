"""One hub at the end of a line to a real gateway, and one referral on its way through both, step by step."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import aiohttp
import yaml
from sqlmodel import Session, select

from adapters.sandbox.identity_provider.clients import secret_of
from adapters.sandbox.identity_provider.tokens import client_token, practitioner_tokens
from audit.reader import Query
from hub.app import Hub, assemble
from hub.database import Database
from hub.gateway import TIMEOUT, Gateway
from hub.interact.codes import STATUSES
from hub.interact.tables import Case, Referring
from hub.oidc import SCOPE, SignInService
from hub.outbox import Told, told_of
from hub.sessions import Practitioner
from hub.settings import Settings
from hub.tables import Arrived, Outgoing
from hub.tokens import Token
from tests.integration.hub.line import Cut, Line
from tests.support.running import RunningGateway
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.interact.making import FORM

PRACTICE, RECEIVER = "wensum-valley-practice", "age-well-norfolk"
CALLBACK = "http://127.0.0.1:8870/signed-in"
PATIENCE = aiohttp.ClientTimeout(total=0.5)
"""How long the hub waits for an answer while the line is silent; in earnest longer."""
ROUNDS = 8
STEPS = ("send", "list", "read", "collect", "accept", "close")
ORDER = ("not-sent-yet", "sent", "collected", "accepted", "closed")
ENTRIES = ("referral-collected", "referral-accepted", "referral-closed")
_names = itertools.count(1)
T = TypeVar("T")

TEAM = {
    "receives": {"interact-home-health": [RECEIVER]},
    "members": [{"organisation": RECEIVER, "role": "social-prescriber", "title": "Social prescriber"}],
}


class SkippingClock:
    """The real time, and what was skipped of it: pauses need not be waited for."""

    def __init__(self) -> None:
        self.skipped = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skipped


@dataclass
class Rig:
    """A hub, its line, and the gateway behind it."""

    hub: Hub
    line: Line
    gateway: Gateway
    clock: SkippingClock
    house: RunningGateway
    tokens: dict[str, str] = field(repr=False)

    def browser(self, who: Practitioner) -> Browser:
        """Somebody who signed in just now."""
        doors = self.hub.parts.doors
        token = Token(self.tokens[who.subject], self.clock.now() + timedelta(hours=1))
        return Browser(self.hub.app, {doors.cookies.name("session"): doors.sessions.open(who, token)})

    async def post(self, browser: Browser, address: str, /, **form: str) -> Answer:
        """A form of one of the session's own pages."""
        doors = self.hub.parts.doors
        session = doors.sessions.find(browser.cookies[doors.cookies.name("session")])
        assert session is not None
        return await browser.post(address, {"csrf": session.csrf, **form})

    async def round(self) -> None:
        """What the hub does by itself, after the pause that it made."""
        self.clock.skipped += timedelta(seconds=61)
        await self.hub.background.send()
        await self.hub.background.look()

    async def listed(self, organisation: str, box: str) -> list[dict[str, str]]:
        """What the gateway itself says, asked beside the line."""
        headers = {"Authorization": f"Bearer {self.tokens[organisation]}"}
        url = f"{self.house.url}/v1/referrals?box={box}"
        async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
            assert answer.status == 200
            found: list[dict[str, str]] = (await answer.json())["referrals"]
            return found

    def outcomes(self, since: int) -> Counter[str]:
        """The log's entries about the receiver's referrals from this place on, by outcome."""
        with self.house.log() as reader:
            found = reader.search(Query(RECEIVER))
        return Counter(one.outcome for one in found if one.index >= since)

    def read(self, work: Callable[[Session], T]) -> T:
        """What the hub's database says."""
        return self.hub.parts.database.read_now(work)


CARYS = Practitioner("carys", "Carys Heron", PRACTICE, "care-coordinator")
JOY = Practitioner("joy", "Joy Alder", RECEIVER, "social-prescriber")


@asynccontextmanager
async def rig(house: RunningGateway, folder: Path) -> AsyncIterator[Rig]:
    """A new hub in the folder, at a line of its own."""
    organisations = []
    for name in (PRACTICE, RECEIVER):
        (folder / f"{name}.secret").write_text(secret_of(f"{name}-hub"))
        secret = str(folder / f"{name}.secret")
        organisations.append({"id": name, "title": name, "client": f"{name}-hub", "secret_file": secret})
    partners = folder / "partners.yaml"
    partners.write_text(yaml.safe_dump({"organisations": organisations, "teams": {"interact": TEAM}}))
    identity = house.addresses.identity
    settings = Settings(
        database=folder / "hub.db",
        partners_file=partners,
        public_url="https://hub.test",
        sign_in_issuer=identity,
    )
    client = f"{PRACTICE}-hub"
    carys = await practitioner_tokens(
        identity, "carys.care@wensum.test", client, scope=SCOPE, redirect_uri=CALLBACK
    )
    tokens = {one: await client_token(identity, f"{one}-hub") for one in (PRACTICE, RECEIVER)}
    tokens |= {"carys": carys["access_token"], "joy": "never used"}
    clock = SkippingClock()
    jar = aiohttp.DummyCookieJar()
    async with Line(house.url) as line, aiohttp.ClientSession(cookie_jar=jar) as http:
        gateway = Gateway(line.url, http)
        service = SignInService(identity, "https://hub.test/signed-in", http, clock)
        database = Database(settings.database, durable=False)
        try:
            hub = assemble(settings, clock, database, gateway, service)
            yield Rig(hub, line, gateway, clock, house, tokens)
        finally:
            database.close()


@dataclass
class Journey:
    """One referral from its sender's form to the end of the team's case. known: what its sender was truly told last."""

    rig: Rig
    name: str
    since: int
    carys: Browser
    joy: Browser
    record: str = ""
    known: str = "not-sent-yet"

    @classmethod
    def begun(cls, rig: Rig) -> Journey:
        """Of somebody who is in no other one."""
        rig.clock.skipped = timedelta()
        rig.line.reached.clear()
        name = f"Kilda Line {next(_names)}"
        return cls(rig, name, rig.house.size(), rig.browser(CARYS), rig.browser(JOY))

    async def go(self, step: str, cut: Cut) -> None:
        """All of the way, with the line cut in one step and mended afterwards."""
        self.rig.line.cut_at(step, cut)
        self.rig.gateway.limit = PATIENCE if cut.way == "silent" else TIMEOUT
        for does, known in (
            (self._refer, "sent"),
            (self.rig.round, "collected"),
            (self._take_on, "accepted"),
            (self._close, "closed"),
        ):
            await does()
            await self._until(known)
        assert self.rig.line.reached[step], "the step was never taken"

    async def _refer(self) -> None:
        form = {**FORM, "to": RECEIVER, "name": self.name, "why": "Mould and a bad chest. " * 20}
        answer = await self.rig.post(self.carys, "/interact/refer", **form)
        assert answer.status == 303, answer.words
        self.record = answer.headers["location"].rpartition("/")[2]

    async def _take_on(self) -> None:
        await self.rig.post(self.joy, f"/interact/cases/{self._case().id}/taking-on")

    async def _close(self) -> None:
        await self.rig.post(self.joy, f"/interact/cases/{self._case().id}/closing", outcomes="adapted")

    async def _while_it_is_cut(self) -> None:
        """The hub goes on trying; what it says meanwhile is true, and nothing that nobody can know."""
        await self.says_what_is_true()
        await self.rig.round()
        await self.says_what_is_true()
        await self.rig.line.mend()
        self.rig.gateway.limit = TIMEOUT

    async def _until(self, known: str) -> None:
        for _ in range(ROUNDS):
            if self.rig.line.is_cut:
                await self._while_it_is_cut()
            if self.told().state == known:
                break
            await self.rig.round()
        self.known = known
        await self.says_what_is_true()
        assert known == "sent" or len(self._cases()) == 1, "lost"

    def told(self) -> Told:
        """What the sender is told of the referral."""
        (one,) = self.rig.read(lambda session: told_of(session, "interact", self.record))
        return one

    async def says_what_is_true(self) -> None:
        """The sender's page says what was last known for sure: never more than is so, and never that anything failed."""
        page = await self.carys.get(f"/interact/referrals/{self.record}")
        sent = await self.at_the_gateway()
        assert len(sent) <= 1, "delivered twice"
        truth = sent[0]["status"] if sent else "not-sent-yet"
        state = self.told().state
        assert state in ORDER, f"given up: {state}"
        assert ORDER.index(state) <= ORDER.index(truth), f"not true: {state}, but it is {truth}"
        assert ORDER.index(state) >= ORDER.index(self.known), f"forgotten: {self.known}, and now {state}"
        assert f'<h1 class="govuk-heading-l">{STATUSES[state]}</h1>' in page.text, page.words

    async def at_the_gateway(self) -> list[dict[str, str]]:
        """The referrals that the gateway has from this one form."""
        return [one for one in await self.rig.listed(PRACTICE, "out") if one.get("reference") == self.record]

    def _case(self) -> Case:
        (one,) = self._cases()
        return one

    def _cases(self) -> list[Case]:
        return self.rig.read(lambda session: list(session.exec(select(Case).where(Case.name == self.name))))

    async def came_through(self) -> None:
        """Exactly one everywhere, alike on both sides, and each disclosure with its entry."""
        (there,) = await self.at_the_gateway()
        arrived = [one for one in await self.rig.listed(RECEIVER, "in") if one["id"] == there["id"]]
        assert [one["status"] for one in (there, *arrived)] == ["closed", "closed"]
        case = self._case()
        assert (case.referral, case.state) == (there["id"], "closed")
        await self._settled(there["id"])
        page = await self.carys.get(f"/interact/referrals/{self.record}")
        assert "The team has finished." in page.words
        found = self.rig.outcomes(self.since)
        assert {one: found[one] for one in ENTRIES} == dict.fromkeys(ENTRIES, 1), found
        assert found["referred"] + found["referred-unshared"] == 1, found
        assert found["referral-read"] == self.rig.line.reached["read"] >= 1, "each reading is one entry"

    async def _settled(self, referral: str) -> None:
        await self.rig.round()
        rows = self.rig.read(
            lambda session: list(session.exec(select(Outgoing).where(Outgoing.referral == referral)))
        )
        assert {(one.kind, one.state, one.body) for one in rows} == {
            (kind, "sent", "") for kind in ("send", "accept", "close")
        }
        kept = self.rig.read(lambda session: session.get(Arrived, referral))
        assert kept is not None
        assert (kept.status, kept.collected_at is not None) == ("closed", True)
        assert self.rig.read(lambda session: session.get(Referring, self.record)) is not None
