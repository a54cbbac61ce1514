from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from core.storage import Database
from gateway.signin.oidc import Client, Provider
from gateway.signin.store import SignInStore
from gateway.signin.tables import SessionRow, SignInAttempt
from tests.unit.gateway.signin.fake_provider import CALLBACK, CLIENT, ISSUER, FakeClock, FakeProvider


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def idp(clock: FakeClock) -> FakeProvider:
    return FakeProvider(clock)


@pytest.fixture
def provider(idp: FakeProvider, clock: FakeClock) -> Provider:
    return Provider(Client(ISSUER, CLIENT, CALLBACK), idp, clock)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'main.db'}")
    tables = [SQLModel.metadata.tables[row.__tablename__] for row in (SessionRow, SignInAttempt)]
    SQLModel.metadata.create_all(database.writer, tables)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Iterator[SignInStore]:
    store = SignInStore(database)
    yield store
    store.close()
