"""What decides beside the gateways that run: the parts of a command that changes what stands for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from audit.committer import Committer
from audit.log import Log
from consent.ledger import Ledger
from core.clock import Clock
from core.keys import KeyStore
from core.storage import Database
from gateway.channels.outbox import Outbox
from gateway.consent_documents import ConsentDocuments
from gateway.consenting import Consenting
from gateway.messaging import Endings
from gateway.naming import naming
from gateway.notice import saying
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.policy.register_values import Registers
from gateway.secrets import load_secrets
from gateway.settings import Settings


@contextmanager
def documents(settings: Settings, registers: Registers, clock: Clock) -> Iterator[ConsentDocuments]:
    """What takes documents in and gives them out, under these registers. Raises `SecretsError`."""
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys, handles = KeyStore(key_database, secrets.key_encryption_key), Handles(secrets.master)
    locator, ledger = Locator(database, keys, handles), Ledger(database)
    committer = Committer(Log(database, secrets.signer, clock, settings.log_origin))
    try:
        consenting = Consenting(
            ledger,
            committer,
            clock,
            partial(naming, locator, handles),
            saying(lambda: registers, clock),
            Endings(Outbox(database)),
        )
        yield ConsentDocuments(consenting, ledger, locator, registers, clock)
    finally:
        committer.close()
        database.close()
        key_database.close()
