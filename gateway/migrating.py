"""Brings the storage of a gateway up to date: both databases migrated, the log begun."""

from __future__ import annotations

from audit.log import Log
from core.clock import Clock
from core.storage import Database
from gateway.migrations import migrate
from gateway.secrets import load_secrets
from gateway.settings import Settings


def prepare_storage(settings: Settings, clock: Clock) -> None:
    """Migrate both databases and begin the log, unless that was done before."""
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    try:
        migrate(database, "main")
        migrate(key_database, "keys")
        Log(database, secrets.signer, clock, settings.log_origin).begin()
    finally:
        database.close()
        key_database.close()
