"""A gateway as `oncetold serve` composes it, over SQLite, configured as the demonstration is; no network is touched."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI

from audit.reader import LogReader, Query, StoredEntry
from gateway.app import create_app
from gateway.compose import Gateway, compose
from gateway.demo.configuration import write_configuration
from gateway.demo.layout import Addresses, Layout
from gateway.demo.run import settings_of
from gateway.migrating import prepare_storage
from gateway.settings import Settings
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import ISSUER, ORIGIN, FakeClock, FakeProvider

ADDRESSES = Addresses(
    gateway="http://127.0.0.1:8800",
    identity="http://127.0.0.1:8810",
    nhs="http://127.0.0.1:8820",
    council="http://127.0.0.1:8830",
    charity_folder="charity",
)


def configured(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    """The settings of a gateway whose configuration lies in a folder; `changes` go over the demonstration's."""
    for name in [name for name in os.environ if name.startswith("ONCETOLD_")]:
        monkeypatch.delenv(name)
    environment = write_configuration(Layout(folder), ADDRESSES)
    environment |= {f"ONCETOLD_{name.upper()}": value for name, value in changes.items()}
    for name, value in environment.items():
        if name.startswith("ONCETOLD_"):
            monkeypatch.setenv(name, value)
    return settings_of(environment)


@dataclass
class Composed:
    """A gateway and the web around it, the identity provider of its pages, and their clock."""

    gateway: Gateway
    app: FastAPI
    idp: FakeProvider
    clock: FakeClock

    def browser(self) -> Browser:
        return Browser(self.app)

    def entries(self, organisation: str, kind: str | None = None) -> tuple[StoredEntry, ...]:
        return self.reader.search(Query(organisation, kind=kind))

    @property
    def reader(self) -> LogReader:
        return LogReader(self.gateway.database, self.gateway.log.store, self.gateway.keys)

    @property
    def size(self) -> int:
        head = self.gateway.log.store.head()
        assert head is not None
        return head.frontier.size


@asynccontextmanager
async def composed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, pages: bool = True, **changes: str
) -> AsyncIterator[Composed]:
    """Compose a gateway whose pages know the fake identity provider, and whose clock stands still."""
    async with composed_by(FakeClock(), folder, monkeypatch, pages=pages, **changes) as found:
        yield found


@asynccontextmanager
async def composed_by(
    clock: FakeClock, folder: Path, monkeypatch: pytest.MonkeyPatch, *, pages: bool = True, **changes: str
) -> AsyncIterator[Composed]:
    """As `composed`, by this clock."""
    settings = configured(folder, monkeypatch, **{"public_url": ORIGIN, "sign_in_issuer": ISSUER, **changes})
    if not pages:
        settings = settings.model_copy(update={"sign_in_issuer": None})
    idp = FakeProvider(clock, secret=(folder / "sign-in.secret").read_text())
    monkeypatch.setattr("gateway.pages.AiohttpCalls", lambda _session: idp)
    prepare_storage(settings, clock)
    gateway = await compose(settings, clock)
    try:
        yield Composed(gateway, create_app(gateway), idp, clock)
    finally:
        await gateway.close()
