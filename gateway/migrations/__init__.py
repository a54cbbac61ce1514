"""Schema migrations (Alembic) of the two databases: `main` (people, consent, log, sessions) and `keys` (the key store).

Forward only: a log is never migrated back. Both databases are brought to the newest revision by `migrate`, which may be run
by any number of processes at once: PostgreSQL orders them by an advisory lock, SQLite by its write lock.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData
from sqlmodel import SQLModel

import audit.tables
import consent.assisted.tables
import consent.representing.tables
import consent.requests.tables
import consent.story.tables
import consent.tables
import core.keys
import gateway.alerting.tables
import gateway.authority
import gateway.channels.tables
import gateway.erasing_table
import gateway.idempotency.tables
import gateway.people.tables
import gateway.questions.tables
import gateway.reach.tables
import gateway.referrals.tables
import gateway.reviews.tables
import gateway.signin.tables
from core.storage import Database

Which = Literal["main", "keys"]

# Importing a room's tables registers them with SQLModel.
ROOMS = (
    audit.tables,
    consent.assisted.tables,
    consent.representing.tables,
    consent.requests.tables,
    consent.story.tables,
    consent.tables,
    core.keys,
    gateway.alerting.tables,
    gateway.authority,
    gateway.channels.tables,
    gateway.erasing_table,
    gateway.idempotency.tables,
    gateway.people.tables,
    gateway.questions.tables,
    gateway.reach.tables,
    gateway.reviews.tables,
    gateway.signin.tables,
)
KEY_TABLES = frozenset({"person_key"})
_ADVISORY_LOCK = 0x4F4E4345


def _tables(*, keys: bool) -> MetaData:
    chosen = MetaData()
    for table in SQLModel.metadata.sorted_tables:
        if (table.name in KEY_TABLES) is keys:
            table.to_metadata(chosen)
    return chosen


METADATA: dict[Which, MetaData] = {"main": _tables(keys=False), "keys": _tables(keys=True)}


def migrate(database: Database, which: Which) -> None:
    """Bring one database to the newest revision."""
    config = configuration(which)
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def configuration(which: Which) -> Config:
    """Alembic's configuration for one of the two."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / which))
    config.attributes["which"] = which
    return config
