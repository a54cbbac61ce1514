"""The pages with fake services, for looking at: `python -m tests.e2e.pages_preview` serves them on port 8099.

The cookie `state` chooses what is shown: many, one, none, law, hostile, full, impossible, closed, broken, out.
"""

from __future__ import annotations

from functools import partial

import uvicorn
from fastapi import FastAPI

from audit.console import build_router as build_console
from consent.portal import PortalSettings, could_see, downloading, receipts
from consent.portal import build_router as build_portal
from core.pages.static_files import STATIC_PATH, static_app
from tests.unit.audit.console.fakes import FakeConsole
from tests.unit.consent.portal.fake_downloads import FakeDownloads
from tests.unit.consent.portal.fake_receipts import FakeReceipts
from tests.unit.consent.portal.fakes import NOW, FakePortal


def preview_app() -> FastAPI:
    """Both rooms' pages and the styles."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(STATIC_PATH, static_app())
    portal = FakePortal()
    groups = (
        partial(could_see.add_pages, policy=portal),
        partial(receipts.add_pages, receipts=FakeReceipts()),
        partial(downloading.add_pages, downloads=FakeDownloads()),
    )
    app.include_router(build_portal(portal, groups, PortalSettings(now=lambda: NOW)))
    app.include_router(build_console(FakeConsole()))
    return app


if __name__ == "__main__":
    uvicorn.run(preview_app(), host="127.0.0.1", port=8099, log_level="warning")
