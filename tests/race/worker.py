"""One gateway process of the race: real consent, guard, committer and log; only the sources are left out.

Clients ask without pause about people picked at random; one more client, in each process or in some, grants and withdraws
at random.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from audit.committer import Committer
from audit.log import Log
from audit.note import Signer
from consent import permissions
from consent.ledger import Ledger
from consent.permissions import Given
from core.clock import SystemClock
from core.errors import ClosedError
from core.keys import KeyStore
from core.storage import Database, off_loop
from core.vocabulary import JsonObject, Label
from gateway.authority import Authority
from gateway.consenting import Consenting, Grant
from gateway.identity.caller import Caller
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Person
from gateway.policy.port import STRANGER, Asker, Decision, Question, SourcePermit
from gateway.views.record import Recording, record
from gateway.views.values import Allowed, Ask, Context, Fetched, InCharge, Minimal, Ruling, ViewSection
from tests.race.journal import Event, Journal, answered
from tests.support.house import BUNDLE, KEK, MASTER, ORIGIN, SEED
from tests.support.policies import undecided

PURPOSE, RECIPIENT, COUNCIL = "early-help-triage", "norfolk-county-council", "norwich-city-council"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CALLER = Caller(
    issuer="https://issuer.test",
    organisation=RECIPIENT,
    client="race",
    practitioner="a.practitioner",
    role="triager",
    scopes=frozenset({"views"}),
    token_id="token",
    acr=None,
    expires_at=2_000_000_000,
)
ASK = Ask("h1.race", PURPOSE, None, "a race")
QUESTION = Question(Asker(RECIPIENT, "race", "triager", CALLER.scopes), PURPOSE, None, frozenset(), STRANGER)
SECTION = ViewSection("tenancy", COUNCIL, SINCE, {}, {"status": "active"})
FETCH_TAKES = (0.004, 0.5)
"""Seconds at most between decision and record, on a quick and on a slow machine: the gap in which a withdrawal is answered.

It follows how long a commit takes, so that a slow disk does not narrow the gap that the guard has to close.
"""


@dataclass(frozen=True)
class Orders:
    """What a process is to do.

    guard: False takes the re-reading of the revision out. log: another kind of log, for what it would be without a
    protection. obligations: of every decision, so that reviews and holds are written beside the entries. changing: in how
    many of the processes somebody grants and withdraws; None for all of them.
    """

    urls: tuple[str, str]
    people: tuple[str, ...]
    slot: int
    slots: int
    journal: Path
    seed: int
    clients: int
    guard: bool
    log: type[Log] = Log
    obligations: tuple[JsonObject, ...] = ()
    changing: int | None = None


class Unguarded(Ledger):
    """A ledger whose revision is never looked at again."""

    def revision_stands(self, tx: Connection, person: str, revision: int) -> bool:
        """Believes that nothing has changed."""
        return True


class Worker:
    """The parts of one process, and its clients."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._chance = random.Random(orders.seed)
        self._database, self._key_database = (Database(url) for url in orders.urls)
        clock = SystemClock()
        keys = KeyStore(self._key_database, KEK)
        locator = Locator(self._database, keys, Handles(MASTER))
        self._ledger = Ledger(self._database) if orders.guard else Unguarded(self._database)
        self._committer = Committer(orders.log(self._database, Signer(ORIGIN, SEED), clock, ORIGIN))
        self._consenting = Consenting(self._ledger, self._committer, clock)
        self._authority = Authority(self._database)
        self._recording = Recording(self._committer, self._ledger, self._authority, locator, keys, clock)
        self._clock = clock
        self._people = [self._known(locator, number) for number in orders.people]
        self._journal = Journal(orders.journal)
        self._stopping = asyncio.Event()
        self._fetch_takes = FETCH_TAKES[0]

    async def run(self) -> None:
        """Work until SIGTERM, then finish what was begun."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._stopping.set)
        asking = [self._ask_on() for _ in range(self._orders.clients)]
        await asyncio.gather(self._change_on(), *asking)
        self._committer.close()
        self._journal.close()
        self._database.close()
        self._key_database.close()

    async def _ask_on(self) -> None:
        while not self._stopping.is_set():
            await self._ask(self._chance.randrange(len(self._people)))

    async def _ask(self, number: int) -> None:
        person = self._people[number]
        standing = await off_loop(self._database, self._ledger.standing, person.key)
        in_force = permissions.in_force(standing.permissions, self._clock.now())
        relied_on = in_force[0].id if in_force else None
        permit = SourcePermit(COUNCIL, {"tenancy": frozenset({"status"})}, {}, frozenset({relied_on or "-"}))
        permits = (permit,) if in_force else ()
        decision = Decision(BUNDLE, None, permits, obligations=self._orders.obligations)
        await asyncio.sleep(self._chance.random() * self._fetch_takes)
        authority = await off_loop(self._database, self._authority.state)
        if authority is None:
            raise LookupError("a policy is put in force before the race begins")
        in_charge = InCharge(authority, undecided(BUNDLE))
        context = Context(in_charge, CALLER, ASK, person, Allowed(standing, None), 0.0, "req_race")
        minimal = Minimal((SECTION,) if in_force else (), Label.UNRESTRICTED)
        begun = time.monotonic()
        try:
            recorded = await record(
                self._recording, context, Ruling(decision, None, QUESTION), Fetched(), minimal
            )
        except ClosedError:
            self._journal.write(Event("closed", number, relied_on, begun, time.monotonic()))
            return
        what = "disclosed" if recorded.sections else "empty"
        self._journal.write(answered(what, number, relied_on, begun, time.monotonic(), recorded.receipt))

    async def _change_on(self) -> None:
        changing = self._orders.changing or self._orders.slots
        own = [n for n in range(len(self._people)) if n % changing == self._orders.slot]
        while own and not self._stopping.is_set():
            await self._change(self._chance.choice(own))
            await asyncio.sleep(self._chance.random() * self._fetch_takes)

    async def _change(self, number: int) -> None:
        person = self._people[number]
        by = Given("portal", person.id)
        standing = await off_loop(self._database, self._ledger.standing, person.key)
        begun = time.monotonic()
        try:
            if standing.permissions:
                what = "withdrawn"
                done = await self._consenting.withdraw(person.key, standing.permissions[0].id, by)
            else:
                what = "granted"
                grant = Grant(
                    PURPOSE,
                    RECIPIENT,
                    {"tenancy": frozenset({"status"})},
                    frozenset({COUNCIL}),
                    None,
                )
                done = await self._consenting.give(person.key, grant, by)
        except ClosedError:
            self._journal.write(Event("closed", number, None, begun, time.monotonic()))
            return
        event = answered(what, number, done.value.id, begun, time.monotonic(), done.receipts[0])
        self._journal.write(event)
        self._fetch_takes = min(max(2 * (event.answered - begun), FETCH_TAKES[0]), FETCH_TAKES[1])

    @staticmethod
    def _known(locator: Locator, number: str) -> Person:
        person = locator.by_nhs_number(number)
        if person is None:
            raise LookupError("the race's people are registered before it begins")
        return person


def work(orders: Orders) -> None:
    """The whole life of a process, unless it is killed."""

    async def live() -> None:
        await Worker(orders).run()

    asyncio.run(live())
