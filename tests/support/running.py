"""A real gateway over SQLite on a free port, with the sandbox's identity provider and agencies, for tests over HTTP.

Started once a test run. Its secrets are fixed, so that handles are the same every time; its timings are short, so that
empty views come quickly.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.sandbox.charity_drop import write_drop
from adapters.sandbox.identity_provider.tokens import client_token, practitioner_token
from adapters.sandbox.people import CAST, generate
from adapters.sandbox.person import Person
from audit.log import Log
from audit.note import Signer
from audit.reader import LogReader, Query, StoredEntry
from core.clock import SystemClock
from core.keys import KeyStore
from core.storage import Database
from gateway.demo.configuration import write_configuration
from gateway.demo.layout import Addresses, Layout, choose_ports
from gateway.demo.processes import Processes
from gateway.demo.run import readiness, settings_of, start_all
from gateway.demo.seeding import seed
from gateway.migrating import prepare_storage
from gateway.settings import Settings
from tests.support.house import KEK, MASTER, ORIGIN, SEED
from tests.support.later import MovedClock

TIMINGS = {"ONCETOLD_FETCH_DEADLINE": "0.6", "ONCETOLD_EMPTY_RELEASE": "0.7"}
COUNTY, TRIAGER = "norfolk-county-council", "hal.triage@norfolk.test"
PRACTICE, OFFICER = "wensum-valley-practice", "petra.officer@wensum.test"
SOCIAL_WORKER = "ioana.social@norfolk.test"
LANDLORD, LETTING_AGENT = "brightwater-lettings", "mo.letting@brightwater.test"


@dataclass(frozen=True)
class RunningGateway:
    """A gateway that runs, and what its tests know about it."""

    layout: Layout
    addresses: Addresses
    settings: Settings
    processes: Processes

    @property
    def url(self) -> str:
        return self.addresses.gateway

    async def triager(self) -> str:
        """An access token of the county's triager, with the scope `views`."""
        return await practitioner_token(self.addresses.identity, TRIAGER, f"{COUNTY}-app")

    async def source(self, organisation: str = "harbour-charity") -> str:
        """An access token of a source, with the scope `pointers`."""
        return await client_token(self.addresses.identity, f"{organisation}-source")

    async def emergency(self) -> str:
        """An access token of the county's social worker, signed in with a second factor, for an emergency."""
        return await practitioner_token(self.addresses.identity, SOCIAL_WORKER, f"{COUNTY}-app", strong=True)

    async def officer(self) -> str:
        """An access token of the practice's information governance officer, with the scope `audit`."""
        return await practitioner_token(
            self.addresses.identity, OFFICER, f"{PRACTICE}-app", scope="openid audit"
        )

    async def letting_agent(self) -> str:
        """An access token of a landlord's letting agent, for checks."""
        scope = "openid views checks"
        return await practitioner_token(
            self.addresses.identity, LETTING_AGENT, f"{LANDLORD}-app", scope=scope
        )

    async def writing_down(self) -> str:
        """An access token of the county's triager, for what people say and who decides for them."""
        scope = "openid consents representatives"
        return await practitioner_token(self.addresses.identity, TRIAGER, f"{COUNTY}-app", scope=scope)

    async def referring(self) -> str:
        """An access token of the county's triager, for referrals."""
        return await practitioner_token(
            self.addresses.identity, TRIAGER, f"{COUNTY}-app", scope="openid referrals"
        )

    async def token_for(self, path: str) -> str:
        """An access token of somebody who may use an operation at a path of the contract."""
        gives = {
            "/v1/pointers": self.source,
            "/v1/break-glass": self.emergency,
            "/v1/checks": self.letting_agent,
        }
        if path.startswith("/v1/audit/"):
            return await self.officer()
        if path in {"/v1/consents", "/v1/representatives", "/v1/deciding-alone"}:
            return await self.writing_down()
        if path.startswith("/v1/referrals"):
            return await self.referring()
        return await gives.get(path, self.triager)()

    @contextmanager
    def log(self) -> Iterator[LogReader]:
        """The log, read beside the gateway."""
        database, keys = Database(self.settings.database_url), Database(self.settings.keys_url)
        try:
            log = Log(database, Signer(ORIGIN, SEED), SystemClock(), ORIGIN)
            yield LogReader(database, log.store, KeyStore(keys, KEK))
        finally:
            database.close()
            keys.close()

    def entries(self, organisation: str = COUNTY, kind: str | None = None) -> tuple[StoredEntry, ...]:
        """The newest entries that concern an organisation, newest first."""
        with self.log() as reader:
            return reader.search(Query(organisation, kind=kind))

    def size(self) -> int:
        """How many entries the log holds."""
        with self.log() as reader:
            head = reader._store.head()
        assert head is not None
        return head.frontier.size


def somebody(role: str = "everything") -> Person:
    """One of the sandbox's people."""
    return generate()[CAST[role]]


@contextmanager
def running(
    folder: Path, also: tuple[str, ...] = (), clock: MovedClock | None = None
) -> Iterator[RunningGateway]:
    """Start everything in a folder, and stop it. also: further parts of the demonstration, e.g. `hub`. clock: theirs."""
    layout = Layout(folder)
    first = 20_000 + os.getpid() % 1_200 * 10
    names = ("gateway", "identity", "nhs", "council", *also)
    ports = choose_ports(lambda _: None, {name: first + at for at, name in enumerate(names)})
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    addresses = Addresses(**urls, charity_folder=str(folder / "charity"))
    _write_secrets(folder / "secrets.json")
    environment = {**write_configuration(layout, addresses), **TIMINGS, "HUB_POLL_SECONDS": "0.5"}
    settings = settings_of(environment)
    prepare_storage(settings, clock or SystemClock())
    seed(settings, clock or SystemClock())
    write_drop(Path(addresses.charity_folder), generate())
    processes = Processes({**environment, **(clock.environment if clock else {})})
    try:
        start_all(processes, layout, addresses)
        for name, url in readiness(addresses).items():
            processes.wait_until_ready(name, url)
        yield RunningGateway(layout, addresses, settings, processes)
    finally:
        processes.stop()


def _write_secrets(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    value = {
        "master": base64.b64encode(MASTER).decode(),
        "key_encryption_key": base64.b64encode(KEK).decode(),
        "log_key": Signer(ORIGIN, SEED).export(),
    }
    path.write_text(json.dumps(value))
