"""A hub with the front door and the duty to refer, and one person in each part of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.hub.fakes import Desk
from tests.unit.hub.front_door.house import front_door_in


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = front_door_in(tmp_path)
    yield found
    found.hub.parts.database.close()
