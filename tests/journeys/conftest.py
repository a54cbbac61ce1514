"""The whole house for the journeys: gateway, agencies, identity provider and the team hub; and a real Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import ROOT, Parts
from tests.support.running import RunningGateway, running


@pytest.fixture(scope="session")
def geography() -> Path | None:
    """The folder of boundaries that the hub draws its maps from; None on a machine without it: there are no maps then."""
    named = os.environ.get("ONCETOLD_REAL_DATA")
    folder = (Path(named) if named else ROOT.parent / "shared" / "data") / "norfolk-geography"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, geography: Path | None) -> Iterator[RunningGateway]:
    with pytest.MonkeyPatch.context() as environment:
        if geography is not None:
            environment.setenv("HUB_GEOGRAPHY_FOLDER", str(geography))
        with running(tmp_path_factory.mktemp("journeys"), also=("hub",)) as found:
            yield found


@pytest.fixture
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=parts.chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()
