"""Pictures of pages, for people to look at."""

from __future__ import annotations

from typing import Any, Final

from playwright.sync_api import Error, Page

TRIES: Final = 3
UNABLE: Final = "Unable to capture screenshot"


def pictured(page: Page, **how: Any) -> bytes:
    """What `Page.screenshot` gives, of the whole page where nothing else is said.

    Once in some thousand times Chromium says that it cannot, while its surface takes another size, and can a moment later.
    Nothing is judged by whether it could.
    """
    how = {"full_page": True, **how}
    for _ in range(TRIES - 1):
        try:
            return page.screenshot(**how)
        except Error as error:
            if UNABLE not in error.message:
                raise
            page.wait_for_timeout(200)
    return page.screenshot(**how)
