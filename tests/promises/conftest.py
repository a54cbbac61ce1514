"""One way of a request over fresh SQLite databases, at a time that the test turns."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.walk import Walk, walk


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def way(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Walk]:
    async with walk(tmp_path, clock=clock) as opened:
        yield opened
