"""Both services over real storage, real policy and a real log; sources, callers and the clock are the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import text
from starlette.requests import Request

from audit.console.ports import Officer
from audit.reader import LogReader
from consent.portal.ports import Choice
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Registers
from gateway.reviews.store import Reviews
from gateway.services.console import OfficerServices
from gateway.services.portal import ResidentServices
from gateway.signin.attempts import Attempts
from gateway.signin.claims import SignedIn
from gateway.signin.kinds import Kind
from gateway.signin.service import SignIn
from gateway.signin.sessions import Sessions
from gateway.signin.store import SignInStore
from tests.support.clock import FakeClock
from tests.support.walk import Walk, policy_over, walk

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
PURPOSE = "early-help-triage"
ORIGIN = "https://gateway.test"


@dataclass
class Served:
    """One gateway's services, the way of a request beside them, and the clock of both."""

    way: Walk
    residents: ResidentServices
    officers: OfficerServices
    sessions: Sessions
    clock: FakeClock

    @property
    def person(self) -> str:
        return self.way.person.id

    def under(self, registers: Registers) -> ResidentServices:
        """The portal's services under other registers."""
        return replace(self.residents, policy=LivePolicy(policy_over(registers, self.way.engine)))

    def erase(self) -> None:
        """Erase the person's key, as an erasure does."""
        self.way.home.keys.erase(self.person, 1)

    def tamper(self, statement: str, **values: object) -> None:
        """What somebody who can write to the database does behind the gateway's back."""
        with self.way.home.database.write() as tx:
            tx.execute(text(statement), values)


def officer(organisation: str = COUNTY) -> Officer:
    return Officer("officer-1", "Oli Officer", organisation, "their organisation", "token")


def choice(*sections: str, days: int = 30, organisation: str = COUNTY, purpose: str = PURPOSE) -> Choice:
    return Choice(organisation, purpose, frozenset(sections or ("tenancy",)), days)


def request(cookie: str | None = None, path: str = "/portal/") -> Request:
    """A browser's request with the session's cookie."""
    headers = [(b"host", b"gateway.test"), (b"origin", ORIGIN.encode())]
    if cookie is not None:
        headers.append((b"cookie", f"__Host-oncetold={cookie}".encode()))
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "server": ("gateway.test", 443),
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": headers,
    }
    return Request(scope)


async def nobody_signs_in(_kind: Kind, _who: SignedIn) -> str:
    raise AssertionError("nobody signs in here")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Served]:
    clock = FakeClock()
    async with walk(folder, clock=clock) as way:
        home = way.home
        store = SignInStore(home.database)
        sessions = Sessions(store, clock)
        signin = SignIn(
            origin=ORIGIN,
            providers={},
            attempts=Attempts(store, clock),
            sessions=sessions,
            on_signed_in=nobody_signs_in,
        )
        reader = LogReader(home.database, home.log.store, home.keys)
        reviews = Reviews(home.database)
        residents = ResidentServices(
            signin,
            home.ledger,
            home.keys,
            reader,
            way.consenting,
            way.parts.policy,
            clock,
            home.verifier_key,
            reviews,
        )
        officers = OfficerServices(
            signin,
            reader,
            home.log.store,
            home.keys,
            home.committer,
            way.parts.policy,
            clock,
            home.verifier_key,
            reviews,
        )
        yield Served(way, residents, officers, sessions, clock)
        store.close()
