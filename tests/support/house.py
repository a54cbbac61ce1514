"""A house with real storage and real cryptography, for the tests of everything that writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audit.committer import Committer
from audit.log import Append, Log
from audit.note import Signer, VerifierKey
from consent.ledger import Ledger
from core.clock import Clock, SystemClock
from core.keys import KeyStore, SubjectKey
from core.storage import Database
from gateway.authority import Authority
from gateway.migrations import migrate
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Person, Registration
from gateway.people.registering import register

ORIGIN = "oncetold.test/log"
MASTER = bytes(range(32))
KEK = bytes(range(32, 64))
SEED = bytes(range(64, 96))
BUNDLE = "sha256:" + "00" * 32


@dataclass(frozen=True)
class House:
    database: Database
    key_database: Database
    keys: KeyStore
    log: Log
    committer: Committer
    ledger: Ledger
    authority: Authority
    handles: Handles
    locator: Locator
    clock: Clock
    signer: Signer
    verifier_key: VerifierKey

    def person(self, nhs_number: str, **pointers: str) -> Person:
        """Register a person at the sources named, and give their row."""
        for source, reference in (pointers or {"norwich-city-council": "ref-" + nhs_number}).items():
            registration = Registration(source, reference, nhs_number=nhs_number)
            person = self.locator.prepare(registration)
            work = partial(register, self.locator, self.ledger, person, registration, self.clock.now(), ())
            self.log.append(Append(work, changes=True))
        found = self.locator.by_nhs_number(nhs_number)
        assert found is not None
        return found

    def organisation_key(self, organisation: str = "norfolk-county-council") -> SubjectKey:
        return self.keys.get_or_create(f"org:{organisation}")


@contextmanager
def house(database_url: str, keys_url: str, clock: Clock | None = None) -> Iterator[House]:
    """Open (and migrate) a house on two databases."""
    clock = clock or SystemClock()
    database, key_database = Database(database_url), Database(keys_url)
    migrate(database, "main")
    migrate(key_database, "keys")
    keys = KeyStore(key_database, KEK)
    signer = Signer(ORIGIN, SEED)
    log = Log(database, signer, clock, ORIGIN)
    log.begin()
    authority = Authority(database)
    with database.write() as tx:
        authority.put(tx, BUNDLE)
    handles = Handles(MASTER)
    committer = Committer(log)
    try:
        yield House(
            database=database,
            key_database=key_database,
            keys=keys,
            log=log,
            committer=committer,
            ledger=Ledger(database),
            authority=authority,
            handles=handles,
            locator=Locator(database, keys, handles),
            clock=clock,
            signer=signer,
            verifier_key=signer.verifier_key,
        )
    finally:
        committer.close()
        database.close()
        key_database.close()


def sqlite_urls(folder: Path) -> tuple[str, str]:
    """Addresses of two SQLite databases in a folder."""
    name = os.urandom(4).hex()
    return f"sqlite:///{folder / f'main-{name}.db'}", f"sqlite:///{folder / f'keys-{name}.db'}"
