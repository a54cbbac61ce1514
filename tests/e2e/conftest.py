"""What is looked for in a page may take a while to be there on a machine that does other things too."""

from __future__ import annotations

from playwright.sync_api import expect

expect.set_options(timeout=15_000)
