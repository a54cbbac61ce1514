"""The one composition root: settings in, a gateway of connected parts out. Nothing else builds parts.

`Gateway` holds what was composed and closes it; gateway/app.py puts the web around it. Tests compose the same way, with
other sources or another clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import aiohttp

from adapters.registry import Sources, open_sources, system_parts
from audit.committer import Committer
from audit.export.packing import PackSigning, pack_signing
from audit.log import Log
from audit.note import VerifierKey
from consent.assisted.store import purge as purge_spoken
from consent.catalogues import translating
from consent.ledger import Ledger
from consent.representing.store import purge as purge_representations
from consent.requests.store import Requests
from consent.requests.values import Cap
from consent.story.store import Stories
from core.clock import Clock, SystemClock
from core.errors import OnceToldError
from core.keys import KeyStore
from core.sections import SectionSchema, load_sections, policies_folder
from core.storage import Database
from gateway.alerting.hours_file import read_hours
from gateway.alerting.noticing import Noticing
from gateway.asking import Asking
from gateway.authority import Authority
from gateway.channels.configuration import read_channels
from gateway.channels.outbox import Outbox
from gateway.channels.worker import Messenger
from gateway.consenting import Consenting
from gateway.directory.listing import Directory, open_directory
from gateway.edge import Edge
from gateway.erasing import finish
from gateway.idempotency.store import Idempotency
from gateway.identity.fetch import HttpFetch
from gateway.identity.issuers import TrustRegister, load_issuers
from gateway.identity.pace import Pace
from gateway.identity.verifier import TokenVerifier
from gateway.in_force import putting_in_force
from gateway.messaging import Endings, StillWanted
from gateway.metrics import Meters
from gateway.naming import naming
from gateway.notice import saying
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.policy.bundle import open_registers, read_bundle
from gateway.policy.live import LivePolicy, Policy
from gateway.policy.opening import (
    Central,
    TrustedKeys,
    open_bundle,
    open_folder,
    open_sections,
    read_packed,
    read_trusted,
)
from gateway.policy.register_values import Registers
from gateway.policy.registers import load_registers
from gateway.reach.choosing import Choosing
from gateway.reach.reaching import Reaching
from gateway.reach.wishes import WishStore
from gateway.receipt_keys import ReceiptKeys, receipt_keys
from gateway.referrals.store import Referrals
from gateway.request_ids import RequestIds
from gateway.reviews.inputs import purge_inputs
from gateway.secrets import load_secrets
from gateway.settings import Settings, read_opa_token, read_sources
from gateway.story.source import StorySource
from gateway.story.telling import Telling
from gateway.suspending import Suspending
from gateway.views.pipeline import Parts, Timing
from gateway.views.record import Recording
from gateway.watching import PolicyWatcher, Watched
from gateway.witness_client import HttpSubmit
from gateway.witnesses_file import read_witnesses
from gateway.witnessing import Witnessing


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
    other_log_keys: tuple[VerifierKey, ...]
    committer: Committer
    ledger: Ledger
    locator: Locator
    handles: Handles
    authority: Authority
    policy: LivePolicy
    watcher: PolicyWatcher | None
    sections: Mapping[str, SectionSchema]
    trust: TrustRegister
    issuers: tuple[str, ...]
    verifier: TokenVerifier
    sources: Sources
    views: Parts
    consenting: Consenting
    pack_signing: PackSigning
    asking: Asking
    messenger: Messenger
    stories: Stories
    directory: Directory
    wishes: WishStore
    choosing: Choosing
    telling: Telling
    edge: Edge
    witnessing: Witnessing
    http: aiohttp.ClientSession
    receipt_keys: ReceiptKeys
    meters: Meters

    @property
    def registers(self) -> Registers:
        """The registers of the policy that decides now."""
        return self.policy.registers

    async def close(self) -> None:
        """Finish what waits for the log, then release everything."""
        await self.sources.close()
        await self.verifier.close()
        await self.http.close()
        self.committer.close()
        if self.watcher is not None:
            await self.watcher.close()
        await self.policy.current.release()
        self.database.close()
        self.key_database.close()


async def compose(settings: Settings, clock: Clock | None = None) -> Gateway:
    """Build a gateway. Raises a subclass of `OnceToldError` that says what is wrong with the configuration."""
    clock = clock or SystemClock()
    # All that is only read comes first: whatever is wrong there leaves nothing open behind it.
    secrets = load_secrets(settings.secrets_file)
    issuers = load_issuers(settings.issuers_file, loopback=settings.on_loopback)
    witnesses = () if settings.witnesses_file is None else read_witnesses(settings.witnesses_file)
    channels = read_channels(settings.channels_file)
    hours, directory = read_hours(settings.working_hours_file), open_directory(settings.directory_file)
    policy = open_policy(settings)
    try:
        configured = read_sources(settings.sources_file)
        database, key_database = Database(settings.database_url), Database(settings.keys_url)
    except OnceToldError:
        await policy.release()
        raise

    keys = KeyStore(key_database, secrets.key_encryption_key)
    stories, wishes = Stories(database), WishStore(database)
    story = StorySource(stories, keys, policy.sections)
    try:
        sources = open_sources(configured, system_parts(policy.sections, clock), beside=(story,))
    except OnceToldError:
        await policy.release()
        database.close()
        key_database.close()
        raise
    handles = Handles(secrets.master)
    ledger = Ledger(database)
    locator = Locator(database, keys, handles)
    authority = Authority(database)
    requests, idempotency = Requests(database), Idempotency(database, secrets.master)
    outbox = Outbox(database)
    meters = Meters()
    log = Log(database, secrets.signer, clock, settings.log_origin, meters)
    try:
        put_in_force(log, authority, keys, policy)
        for purge in (purge_inputs, purge_spoken, purge_representations):
            purge(database, clock.now())
        for over in (requests.purge, idempotency.purge, Referrals(database, keys).purge):
            over(clock.now())
        finish(database, keys)
    except OnceToldError:
        await policy.release()
        database.close()
        key_database.close()
        raise

    live = LivePolicy(policy)
    committer = Committer(log)
    http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
    pace = Pace(clock, settings.calls_per_second, settings.calls_at_once)
    verifier = TokenVerifier(issuers, HttpFetch(http), clock, pace=pace)
    noticing = Noticing(handles.tags, hours, database)
    recording = Recording(committer, ledger, authority, locator, keys, clock, noticing)
    views = Parts(
        verifier=verifier,
        authority=authority,
        handles=handles,
        locator=locator,
        ledger=ledger,
        policy=live,
        sources=sources.by_id,
        outages=sources.health,
        sections=policy.sections,
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
        other_log_keys=secrets.other_log_keys,
        committer=committer,
        ledger=ledger,
        locator=locator,
        handles=handles,
        authority=authority,
        policy=live,
        watcher=watcher_of(settings, live, committer, authority, keys),
        sections=policy.sections,
        trust=issuers,
        issuers=tuple(issuers.issuers),
        verifier=verifier,
        sources=sources,
        views=views,
        consenting=Consenting(
            ledger,
            committer,
            clock,
            partial(naming, locator, handles),
            saying(lambda: live.registers, clock),
            Endings(outbox),
        ),
        asking=Asking(views, requests, outbox, idempotency, RequestIds(secrets.master), cap_of(settings)),
        messenger=Messenger(
            outbox,
            Reaching(wishes, locator, clock),
            tuple(channel(http, clock) for channel in channels),
            StillWanted(requests, ledger, keys, clock),
            clock,
            f"{settings.public_url.rstrip('/')}/portal/",
            translating,
        ),
        stories=stories,
        directory=directory,
        wishes=wishes,
        choosing=Choosing(wishes, locator, committer, outbox, clock),
        telling=Telling(stories, locator, committer, clock),
        edge=Edge(verifier, committer, keys),
        witnessing=Witnessing(witnesses, database, log.store, HttpSubmit(http)),
        http=http,
        pack_signing=pack_signing(secrets.signer),
        receipt_keys=receipt_keys(secrets),
        meters=meters,
    )


def cap_of(settings: Settings) -> Cap:
    """How often residents may be asked."""
    return Cap(
        open_for=timedelta(days=settings.requests_open_days),
        at_most=settings.requests_at_most,
        within=timedelta(days=settings.requests_within_days),
    )


def open_policy(settings: Settings) -> Policy:
    """The policy that the settings name. Raises a subclass of `OnceToldError` that says what is wrong with it."""
    if settings.policy_bundle is None:
        return open_folder(settings.policies_folder or policies_folder(), central_of(settings))
    return open_packed(settings, read_packed(settings.policy_bundle))


def open_packed(settings: Settings, packed: bytes) -> Policy:
    """The policy of a bundle. The trusted keys are read each time: a key that was taken out signs no later bundle."""
    return open_bundle(packed, trusted_keys(settings), policies_folder() / "schemas", central_of(settings))


def trusted_keys(settings: Settings) -> TrustedKeys:
    """The keys whose bundles count, as they stand now. Raises PolicyFileError."""
    return {} if settings.policy_keys is None else read_trusted(settings.policy_keys)


def central_of(settings: Settings) -> Central | None:
    """The central OPA server, if one decides."""
    return None if settings.opa_url is None else Central(settings.opa_url, read_opa_token(settings))


def put_in_force(log: Log, authority: Authority, keys: KeyStore, policy: Policy) -> None:
    """Make this policy the one that decides, on every replica, and say so in the log; nothing if it already is."""
    state = authority.state()
    if state is None or (state.bundle, state.number) != (policy.revision, policy.number):
        log.append(putting_in_force(authority, keys, policy))


def watcher_of(
    settings: Settings, live: LivePolicy, committer: Committer, authority: Authority, keys: KeyStore
) -> PolicyWatcher | None:
    """What keeps the policy up with its bundle; None where it comes from a folder."""
    if settings.policy_bundle is None:
        return None

    async def put(policy: Policy) -> None:
        await committer.append(await asyncio.to_thread(putting_in_force, authority, keys, policy))

    watched = Watched(settings.policy_bundle, partial(open_packed, settings), put, settings.policy_poll)
    return PolicyWatcher(live, watched)


def registers_of(settings: Settings) -> Registers:
    """The registers of the policy that the settings name, without an engine over them. Raises as `open_policy` does."""
    if settings.policy_bundle is None:
        return load_registers(settings.policies_folder or policies_folder())
    bundle = read_bundle(read_packed(settings.policy_bundle), trusted_keys(settings))
    return open_registers(bundle, policies_folder() / "schemas")


def sections_of(settings: Settings) -> Mapping[str, SectionSchema]:
    """The section schemas of the policy that the settings name. Raises as `open_policy` does."""
    if settings.policy_bundle is None:
        return load_sections((settings.policies_folder or policies_folder()) / "sections")
    return open_sections(read_bundle(read_packed(settings.policy_bundle), trusted_keys(settings)))


@contextmanager
def suspending(settings: Settings, clock: Clock) -> Iterator[Suspending]:
    """What suspends and resumes agreements beside the gateways that run. Raises as `compose` does."""
    secrets, registers = load_secrets(settings.secrets_file), registers_of(settings)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    try:
        yield Suspending(
            log=Log(database, secrets.signer, clock, settings.log_origin),
            authority=Authority(database),
            keys=KeyStore(key_database, secrets.key_encryption_key),
            clock=clock,
            registers=registers,
        )
    finally:
        database.close()
        key_database.close()
