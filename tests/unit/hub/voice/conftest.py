"""A hub in which Age Well Norfolk listens, for each test."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.voice.feature import FEATURE
from tests.unit.hub.fakes import PARTNERS, Desk, hub_in

VOICE_PARTNERS = copy.deepcopy(PARTNERS)
VOICE_PARTNERS["teams"]["voice"] = {
    "members": [{"organisation": "age-well-norfolk", "role": "social-prescriber", "title": "Listener"}]
}

VOICE_PARTNERS["organisations"].append(
    {
        "id": "the-longest",
        "title": "The Norfolk and Waveney Partnership of Homes, Health and Hope",
        "client": "the-longest-hub",
    }
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = hub_in(tmp_path, (FEATURE,), VOICE_PARTNERS)
    yield found
    found.hub.parts.database.close()
