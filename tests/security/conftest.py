"""An attacker's view of one gateway's parts: real storage and cryptography, and one way of a request."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.house import House, house, sqlite_urls
from tests.support.walk import Walk, walk


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(*sqlite_urls(tmp_path)) as opened:
        yield opened


@pytest.fixture
async def way(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Walk]:
    async with walk(tmp_path, clock=clock) as opened:
        yield opened
