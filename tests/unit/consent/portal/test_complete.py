"""The history says up to which day it is complete, in the same words to everybody."""

from __future__ import annotations

import pytest

from tests.unit.consent.portal.test_pages import Portal


@pytest.mark.parametrize("state", ["many", "one", "full"])
async def test_the_history_says_up_to_which_day_it_is_complete(state: str) -> None:
    text = (await Portal().page("/portal/history", state)).text
    assert "Is this all? Yes, up to 1 September 2026." in text
    assert "It is 214 things." in text
    assert "We write this to everybody" in text


async def test_what_was_deleted_is_said_where_something_was() -> None:
    assert "older than 1 October 2020 was deleted" in (await Portal().page("/portal/history", "full")).text
    assert "deleted" not in (await Portal().page("/portal/history", "many")).text


async def test_whoever_is_not_known_is_promised_nothing() -> None:
    assert "Is this all?" not in (await Portal().page("/portal/history", "none")).text
