"""One storage suite for both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support.house import House, house, sqlite_urls


@pytest.fixture(scope="module")
def postgresql_pair(fresh_database: Callable[[], str]) -> tuple[str, str]:
    """Two PostgreSQL databases that a module's tests take over from one another, emptied: making new ones takes longer."""
    return fresh_database(), fresh_database()


def empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as tx:
        tx.execute(text("DROP SCHEMA public CASCADE"))
        tx.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "sqlite":
        return sqlite_urls(tmp_path)
    pair: tuple[str, str] = request.getfixturevalue("postgresql_pair")
    for url in pair:
        empty(url)
    return pair


@pytest.fixture
def home(urls: tuple[str, str]) -> Iterator[House]:
    with house(*urls) as opened:
        yield opened
