"""A picture that Chromium cannot take just now is tried again; any other mistake is told at once."""

from __future__ import annotations

from typing import Any, cast

import pytest
from playwright.sync_api import Error, Page

from tests.support.picturing import TRIES, pictured

BUSY = "Page.screenshot: Protocol error (Page.captureScreenshot): Unable to capture screenshot"


class Failing:
    """A page whose picture cannot be taken the first few times."""

    def __init__(self, times: int, message: str = BUSY) -> None:
        self.times, self.message, self.asked = times, message, 0

    def screenshot(self, **how: Any) -> bytes:
        assert how == {"full_page": True, "path": "a.png"}
        self.asked += 1
        if self.asked <= self.times:
            raise Error(self.message)
        return b"picture"

    def wait_for_timeout(self, _: float) -> None:
        """At once."""


@pytest.mark.parametrize("times", range(TRIES))
def test_what_could_not_be_taken_is_tried_again(times: int) -> None:
    page = Failing(times)
    assert pictured(cast("Page", page), path="a.png") == b"picture"
    assert page.asked == times + 1


@pytest.mark.parametrize(("times", "message", "asked"), [(TRIES, BUSY, TRIES), (1, "Target closed", 1)])
def test_what_cannot_be_taken_at_all_is_a_failure(times: int, message: str, asked: int) -> None:
    page = Failing(times, message)
    with pytest.raises(Error):
        pictured(cast("Page", page), path="a.png")
    assert page.asked == asked
