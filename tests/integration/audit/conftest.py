"""Each test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.house import House, house, sqlite_urls


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Addresses of two new databases: the house's own and the keys'."""
    if request.param == "sqlite":
        return sqlite_urls(tmp_path)
    fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
    return fresh(), fresh()


@pytest.fixture
def home(urls: tuple[str, str]) -> Iterator[House]:
    with house(*urls) as opened:
        yield opened
