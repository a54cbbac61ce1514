from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from sqlmodel import SQLModel

from core.storage import Database
from gateway.signin.attempts import Attempts
from gateway.signin.kinds import Kind
from gateway.signin.oidc import Client, Provider
from gateway.signin.routes import build_router
from gateway.signin.service import SignIn
from gateway.signin.sessions import Sessions
from gateway.signin.store import SignInStore
from gateway.signin.tables import SessionRow, SignInAttempt
from tests.unit.gateway.signin.fake_provider import CALLBACK, CLIENT, ISSUER, ORIGIN, FakeClock, FakeProvider
from tests.unit.gateway.signin.house import Build, Hook, House


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


@pytest.fixture
def build(provider: Provider, store: SignInStore, clock: FakeClock) -> Build:
    def build(doors: tuple[Kind, ...] = ("portal", "console"), origin: str = ORIGIN) -> House:
        hook = Hook()
        signin = SignIn(
            origin=origin,
            providers=dict.fromkeys(doors, provider),
            attempts=Attempts(store, clock),
            sessions=Sessions(store, clock),
            on_signed_in=hook,
        )
        app = FastAPI()
        app.include_router(build_router(signin))

        async def who(request: Request, kind: Kind) -> str:
            session = await signin.current(request, kind)
            return "nobody" if session is None else f"{session.subject} {session.name} {session.csrf}"

        app.add_api_route("/who/{kind}", who)
        return House(app, signin, hook)

    return build


@pytest.fixture
def house(build: Build) -> House:
    return build()
