"""What the commands of alerts use, beside the gateways that run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from audit.log import Log
from audit.reader import LogReader
from audit.store import LogStore
from consent.ledger import Ledger
from core.clock import Clock
from core.keys import KeyStore
from core.storage import Database
from gateway.alerting.hours_file import read_hours
from gateway.alerting.looks import OrganisationLooks
from gateway.alerting.scanning import Scanning
from gateway.alerting.staff import StaffList, StaffListError
from gateway.alerting.ties import Ties, is_source
from gateway.identity.issuers import load_issuers
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.policy.register_values import Registers
from gateway.secrets import load_secrets
from gateway.settings import Settings


@contextmanager
def going_through(
    settings: Settings, clock: Clock, registers: Registers
) -> Iterator[tuple[Sequence[str], Scanning]]:
    """The organisations whose practitioners ask, and what goes through their looks."""
    hours = read_hours(settings.working_hours_file)
    issuers = load_issuers(settings.issuers_file, loopback=settings.on_loopback)
    asking = {name for one in issuers.issuers.values() for name in one.clients.values()}
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys, handles = KeyStore(key_database, secrets.key_encryption_key), Handles(secrets.master)
    try:
        yield (
            sorted(asking),
            Scanning(
                database=database,
                looks=OrganisationLooks(database, LogReader(database, LogStore(database), keys)),
                ties=Ties(
                    keys,
                    Locator(database, keys, handles),
                    Ledger(database),
                    clock,
                    partial(is_source, registers),
                ),
                tags=handles.tags,
                hours=hours,
                keys=keys,
                clock=clock,
            ),
        )
    finally:
        database.close()
        key_database.close()


@contextmanager
def taking_in(settings: Settings, clock: Clock, organisation: str, issuer: str) -> Iterator[StaffList]:
    """What takes a list in. Raises `StaffListError` where the issuer may not speak for the organisation."""
    known = load_issuers(settings.issuers_file, loopback=settings.on_loopback).find(issuer)
    if known is None or organisation not in known.organisations:
        raise StaffListError("the trust register lets no such issuer speak for that organisation")
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys, handles = KeyStore(key_database, secrets.key_encryption_key), Handles(secrets.master)
    try:
        log = Log(database, secrets.signer, clock, settings.log_origin)
        yield StaffList(log, keys, Locator(database, keys, handles), handles, clock)
    finally:
        database.close()
        key_database.close()
