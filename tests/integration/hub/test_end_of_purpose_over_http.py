"""Support that ends, over HTTP: at the end of a link worker's three months and of support's two years, all parts real.

The programs run with their wall clock set. One look after the other is asked until the end has come: whatever was answered
before it discloses, and whatever is asked from one second after it discloses nothing, and looks like the silence about
somebody who was never asked. Then the gateway is started anew without the protection, and discloses.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from adapters.sandbox.identity_provider.tokens import practitioner_token
from gateway.demo.run import readiness, start_all
from tests.integration.test_silence_over_http import Told
from tests.support.later import MovedClock, moved_clock
from tests.support.running import RunningGateway, running, somebody

pytestmark = pytest.mark.timeout(600)

BEGAN = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
"""The first day of the agreement of floating support, which holds for two years to the day."""
SECOND = timedelta(seconds=1)
BEFORE = timedelta(seconds=20)
UNPROTECTED = """
import runpy
from consent.permissions import Permission
Permission.in_force = lambda self, now: self.from_ <= now
runpy.run_module("gateway", run_name="__main__")
"""


@dataclass(frozen=True)
class Support:
    """A kind of support: who looks, and for how many days the gateway lets them. sections: what the person allowed."""

    purpose: str
    days: int
    organisation: str
    worker: str
    sections: frozenset[str]


KINDS = (
    Support("hospital-link", 92, "norfolk-mental-health-trust", "ana.ward@mind.test", frozenset({"debts"})),
    Support("low-level-support", 730, "newleaf-support", "zoe.support@newleaf.test", frozenset({"debts"})),
)


@dataclass
class House:
    """A gateway whose clock is set; moved only forward, and only by a start of all programs."""

    running: RunningGateway
    clock: MovedClock

    def move_to(self, moment: datetime) -> None:
        """Stop everything, and start it at this moment."""
        processes, addresses = self.running.processes, self.running.addresses
        processes.stop()
        self.clock = self.clock.at(moment)
        processes.environment = {**processes.environment, **self.clock.environment}
        start_all(processes, self.running.layout, addresses)
        for name, url in readiness(addresses).items():
            processes.wait_until_ready(name, url)

    def unprotect(self) -> None:
        """Start the gateway anew, at the time that it is, with the end of a permission not looked at."""
        processes, process = self.running.processes, self.running.processes.running["gateway"]
        process.terminate()
        process.wait(30)
        processes.start("gateway", ["-c", UNPROTECTED, "serve"], self.running.layout.logs("unprotected"))
        processes.wait_until_ready("gateway", self.running.url + "/readyz")

    @contextlib.asynccontextmanager
    async def worker(self, kind: Support) -> AsyncIterator[aiohttp.ClientSession]:
        """The support worker, signed in."""
        token = await practitioner_token(
            self.running.addresses.identity,
            kind.worker,
            f"{kind.organisation}-app",
            scope="openid views consents",
        )
        async with aiohttp.ClientSession(
            self.running.url, headers={"Authorization": f"Bearer {token}"}
        ) as session:
            yield session


@pytest.fixture(params=KINDS, ids=lambda kind: kind.purpose)
def kind(request: pytest.FixtureRequest) -> Support:
    found: Support = request.param
    return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = moved_clock(tmp_path / "clock").at(BEGAN)
    with running(tmp_path / "house", clock=clock) as found:
        yield House(found, clock)


async def handle(session: aiohttp.ClientSession, role: str) -> str:
    body = {"nhs_number": somebody(role).nhs_number}
    async with session.post("/v1/people/trace", json=body) as answer:
        return str((await answer.json())["person"])


async def look(session: aiohttp.ClientSession, kind: Support, person: str) -> Told:
    body = {"person": person, "purpose": kind.purpose, "reason": "To see whether support ends"}
    async with session.post("/v1/views", json=body) as answer:
        headers = tuple((str(name), str(value)) for name, value in answer.headers.items())
        return Told(answer.status, headers, await answer.read())


def sections(told: Told) -> set[str]:
    assert told.status == 200, told.body
    return {one["section"] for one in told.view["sections"]}


async def says_yes(house: House, kind: Support) -> datetime:
    """The person tells the worker yes; gives when that ends."""
    async with house.worker(kind) as session:
        body = {
            "person": await handle(session, "everything"),
            "purpose": kind.purpose,
            "decision": "yes",
            "sections": sorted(kind.sections),
            "how": "in-person",
            "words": "support-consent-2026-1",
            "reference": f"end-of-{kind.purpose}",
        }
        async with session.post("/v1/consents", json=body) as answer:
            assert answer.status == 202, await answer.text()
            until = datetime.fromisoformat((await answer.json())["until"])
    assert timedelta(0) <= until - (BEGAN + timedelta(days=kind.days)) < timedelta(minutes=10)
    return until


async def test_one_second_after_the_end_nothing_is_disclosed_and_it_looks_like_silence(
    house: House, kind: Support
) -> None:
    end = await says_yes(house, kind)
    house.move_to(end - BEFORE)
    async with house.worker(kind) as session:
        person, other = await handle(session, "everything"), await handle(session, "charity-only")
        disclosed = 0
        while house.clock.now() < end - SECOND:
            told = await look(session, kind, person)
            if house.clock.now() < end - SECOND:
                assert sections(told) == kind.sections, "before its end a yes is a yes"
                disclosed += 1
            await asyncio.sleep(0.5)
        assert disclosed, "no look was answered before the end: nothing is shown by this test"
        await asyncio.sleep(max(0.0, (end + SECOND - house.clock.now()).total_seconds()))
        after, silent = await look(session, kind, person), await look(session, kind, other)
        assert sections(after) == set()
        assert after.status == silent.status
        assert after.lasting() == silent.lasting()
        assert after.without_the_logs_place() == silent.without_the_logs_place()
    house.unprotect()
    async with house.worker(kind) as session:
        told = await look(session, kind, person)
        assert sections(told) == kind.sections, "without the protection it would have been disclosed"
