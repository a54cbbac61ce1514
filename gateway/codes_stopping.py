"""Stopping by a paper's code beside the gateways that run: for somebody on the phone."""

from __future__ import annotations

import asyncio
from functools import partial

from audit.committer import Committer
from audit.log import Log
from consent.ledger import Ledger
from core.clock import Clock
from core.keys import KeyStore
from core.storage import Database
from gateway.consenting import Consenting
from gateway.naming import naming
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.secrets import load_secrets
from gateway.services.stop_by_code import StopByCode, Tries
from gateway.settings import Settings


async def stopping(settings: Settings, clock: Clock, typed: str) -> None:
    """Stop what the code stands for, if it is good; nothing tells. Raises `SecretsError`, `ClosedError`."""
    secrets = await asyncio.to_thread(load_secrets, settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys, handles = KeyStore(key_database, secrets.key_encryption_key), Handles(secrets.master)
    committer = Committer(Log(database, secrets.signer, clock, settings.log_origin))
    locator = Locator(database, keys, handles)
    consenting = Consenting(Ledger(database), committer, clock, partial(naming, locator, handles))
    try:
        await StopByCode(database, keys, handles, consenting, clock, Tries(clock)).stop(typed)
    finally:
        committer.close()
        database.close()
        key_database.close()
