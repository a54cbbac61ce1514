"""Registers what the sandbox's agencies hold, as each of them would by PUT /v1/pointers; people and pointers only."""

from __future__ import annotations

from datetime import date
from functools import partial

from adapters.sandbox.locator import Registration as SandboxRegistration
from adapters.sandbox.locator import registrations
from adapters.sandbox.people import generate
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append, Log
from consent.ledger import Ledger
from core.clock import Clock
from core.keys import KeyStore
from core.storage import Database
from gateway.people import trace
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Registration
from gateway.people.registering import register
from gateway.secrets import load_secrets
from gateway.settings import Settings


def seed(settings: Settings, clock: Clock) -> int:
    """Register every sandbox record that is not registered yet; gives how many were new. Safe to repeat."""
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    try:
        keys, handles = KeyStore(key_database, secrets.key_encryption_key), Handles(secrets.master)
        log = Log(database, secrets.signer, clock, settings.log_origin)
        locator, ledger = Locator(database, keys, handles), Ledger(database)
        new = 0
        for source, found in registrations(generate()).items():
            for one in found:
                registration = _registration(one)
                mac = handles.blind_index(trace.by_record(source, one.reference))
                if locator.find(mac) is None:
                    _register(log, locator, ledger, keys, registration, clock)
                    new += 1
        return new
    finally:
        database.close()
        key_database.close()


def _register(
    log: Log, locator: Locator, ledger: Ledger, keys: KeyStore, registration: Registration, clock: Clock
) -> None:
    draft = Draft(
        Kind.POINTER,
        "registered",
        frozenset({registration.source}),
        {"client": "oncetold seed"},
        recipient=registration.source,
    )
    entry = seal_entry(draft, keys.get_or_create(f"org:{registration.source}"))
    person = locator.prepare(registration)
    log.append(
        Append(partial(register, locator, ledger, person, registration, clock.now(), (entry,)), changes=True)
    )


def _registration(one: SandboxRegistration) -> Registration:
    said = one.demographics
    demographics = None
    if "postcode" in said:
        born = date.fromisoformat(said["birth_date"])
        demographics = trace.Demographics(said["family_name"], said["given_name"], born, said["postcode"])
    return Registration(one.source, one.reference, one.identifiers.get("nhs_number"), demographics, one.label)
