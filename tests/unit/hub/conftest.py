"""A hub of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.hub.fakes import Desk, hub_in


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = hub_in(tmp_path)
    yield found
    found.hub.parts.database.close()
