"""The one composition root: settings in, a gateway of connected parts out. Nothing else builds parts.

`Gateway` holds what was composed and closes it; gateway/app.py puts the web around it. Tests compose the same way, with
other sources or another clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from sqlalchemy import Connection

from adapters.registry import Sources, open_sources, system_parts
from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Log
from audit.note import VerifierKey
from consent.ledger import Ledger
from core.clock import Clock, SystemClock
from core.keys import KeyStore
from core.sections import SectionSchema, load_sections, policies_folder
from core.storage import Database
from core.unit_of_work import Written
from gateway.authority import Authority
from gateway.consenting import Consenting
from gateway.edge import Edge
from gateway.identity.fetch import HttpFetch
from gateway.identity.issuers import TrustRegister, load_issuers
from gateway.identity.verifier import TokenVerifier
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.policy.register_values import Check, Registers, agreements_in_force, next_change
from gateway.policy.registers import load_registers
from gateway.policy.remembered import Remembered
from gateway.policy.wasm import WasmEngine, open_engine
from gateway.secrets import load_secrets
from gateway.settings import Settings, read_sources
from gateway.views.pipeline import Parts, Timing
from gateway.views.record import Recording


class AgreementCalendar:
    """The agreements by time, with what is in force remembered until the next change; and the registers' checks."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self._winding_down = [one for one in registers.agreements.values() if one.winding_down is not None]
        self._from: datetime | None = None
        self._until: datetime | None = None
        self._in_force: frozenset[str] = frozenset()

    def in_force(self, at: datetime) -> frozenset[str]:
        """Ids of the agreements in force."""
        self._turn_to(at)
        return self._in_force

    def next_change(self, at: datetime) -> datetime | None:
        """When an agreement next begins or ends."""
        self._turn_to(at)
        return self._until

    def wound_down_after(self, given: datetime) -> frozenset[str]:
        """Ids of the agreements that began to wind down after this moment."""
        return frozenset(one.id for one in self._winding_down if one.precedes_winding_down(given))

    def check(self, name: str) -> Check | None:
        """The check with this id."""
        return self._registers.checks.get(name)

    def _turn_to(self, at: datetime) -> None:
        if self._from is None or at < self._from or (self._until is not None and at >= self._until):
            self._from, self._until = at, next_change(self._registers, at)
            self._in_force = agreements_in_force(self._registers, at)


@dataclass(frozen=True)
class Gateway:
    """Everything a running gateway is made of."""

    settings: Settings
    clock: Clock
    database: Database
    key_database: Database
    keys: KeyStore
    log: Log
    log_key: VerifierKey
    committer: Committer
    ledger: Ledger
    locator: Locator
    handles: Handles
    authority: Authority
    registers: Registers
    sections: Mapping[str, SectionSchema]
    engine: WasmEngine
    trust: TrustRegister
    issuers: tuple[str, ...]
    verifier: TokenVerifier
    sources: Sources
    views: Parts
    consenting: Consenting
    edge: Edge
    http: aiohttp.ClientSession

    async def close(self) -> None:
        """Finish what waits for the log, then release everything."""
        await self.sources.close()
        await self.verifier.close()
        await self.http.close()
        self.committer.close()
        self.engine.close()
        self.database.close()
        self.key_database.close()


async def compose(settings: Settings, clock: Clock | None = None) -> Gateway:
    """Build a gateway. Raises a subclass of `OnceToldError` that says what is wrong with the configuration."""
    clock = clock or SystemClock()
    # All that is only read comes first: whatever is wrong there leaves nothing open behind it.
    secrets = load_secrets(settings.secrets_file)
    issuers = load_issuers(settings.issuers_file, loopback=settings.on_loopback)
    folder = settings.policies_folder or policies_folder()
    registers = load_registers(folder)
    sections = load_sections(folder / "sections")
    sources = open_sources(read_sources(settings.sources_file), system_parts(sections, clock))

    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys = KeyStore(key_database, secrets.key_encryption_key)
    handles = Handles(secrets.master)
    ledger = Ledger(database)
    locator = Locator(database, keys, handles)
    authority = Authority(database)
    log = Log(database, secrets.signer, clock, settings.log_origin)
    wasm = open_engine(folder, registers)
    put_in_force(log, authority, keys, wasm.revision)

    committer = Committer(log)
    http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
    verifier = TokenVerifier(issuers, HttpFetch(http), clock)
    recording = Recording(committer, ledger, authority, locator, keys, clock)
    views = Parts(
        verifier=verifier,
        authority=authority,
        handles=handles,
        locator=locator,
        ledger=ledger,
        engine=Remembered(wasm),
        agreements=AgreementCalendar(registers),
        sources=sources.by_id,
        outages=sources.health,
        sections=sections,
        recording=recording,
        database=database,
        clock=clock,
        timing=Timing(settings.fetch_deadline, settings.empty_release),
    )
    return Gateway(
        settings=settings,
        clock=clock,
        database=database,
        key_database=key_database,
        keys=keys,
        log=log,
        log_key=secrets.signer.verifier_key,
        committer=committer,
        ledger=ledger,
        locator=locator,
        handles=handles,
        authority=authority,
        registers=registers,
        sections=sections,
        engine=wasm,
        trust=issuers,
        issuers=tuple(issuers.issuers),
        verifier=verifier,
        sources=sources,
        views=views,
        consenting=Consenting(ledger, committer, clock),
        edge=Edge(verifier, committer, keys),
        http=http,
    )


def put_in_force(log: Log, authority: Authority, keys: KeyStore, revision: str) -> None:
    """Make this policy the one that decides, on every replica, and say so in the log; nothing if it already is."""
    if authority.bundle() == revision:
        return
    draft = Draft(Kind.ADMINISTRATION, "policy-in-force", frozenset(), {"policy": revision})
    entry = seal_entry(draft, keys.get_or_create("org:operator"))

    def work(tx: Connection) -> Written[None, SealedEntry]:
        return Written(None, (entry,) if authority.put(tx, revision) else ())

    log.append(Append(work, changes=True))
