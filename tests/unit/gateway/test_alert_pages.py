"""Today and alerts behind the sign-in of a whole gateway, in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.test_pages import signed_in


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


async def test_an_officer_finds_what_needs_them_and_a_gateway_notices(house: Composed) -> None:
    assert house.gateway.views.recording.noticing is not None
    browser = await signed_in(house, door="console")
    today = await browser.get("/console/today")
    assert today.status == 200
    assert "Nothing needs you today." in today.text
    alerts = await browser.get("/console/alerts")
    assert alerts.status == 200
    assert "No look stands out." in alerts.text
    assert (await browser.get("/console/alerts/colleague/0")).status == 404


async def test_a_resident_finds_no_officers_page(house: Composed) -> None:
    browser = await signed_in(house)
    assert (await browser.get("/console/today")).status == 403
    assert (await browser.get("/console/alerts")).status == 403
