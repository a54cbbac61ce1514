"""The portal's routes, put together: every page under `/portal`, in the order in which a resident meets them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import structlog
from fastapi import APIRouter, Request, Response

from consent.portal import allowing, done, history, home
from consent.portal.context import Portal, PortalSettings, build_portal
from consent.portal.ports import PortalServices
from core.errors import ClosedError
from core.pages.routing import add_missing_page, page_router

PREFIX = "/portal"
LEAVING_SECONDS: Final = 1.0
"""How long "Leave this page" may take at most."""

log = structlog.get_logger("portal")

AddPages: TypeAlias = Callable[[APIRouter, Portal], None]
"""A group of pages with a port of its own, e.g. `partial(could_see.add_pages, policy=...)`."""


def build_router(
    services: PortalServices, groups: Sequence[AddPages] = (), settings: PortalSettings | None = None
) -> APIRouter:
    """The routes under `/portal`, with these groups of pages. Nothing of them is in the API's published contract."""
    portal = build_portal(services, settings or PortalSettings())
    router = page_router(portal.pages, PREFIX, services.sign_in_url)
    home.add_pages(router, portal)
    allowing.add_pages(router, portal)
    done.add_pages(router, portal)
    history.add_pages(router, portal)
    for add_pages in groups:
        add_pages(router, portal)
    _add_ways_out(router, portal)
    add_missing_page(router, portal.pages)
    return router


def _add_ways_out(router: APIRouter, portal: Portal) -> None:
    async def _end(request: Request) -> None:
        for end in portal.leaving:
            try:
                async with asyncio.timeout(LEAVING_SECONDS):
                    await end(request)
            except (ClosedError, TimeoutError) as error:
                # Whoever leaves in a hurry leaves: the cookie goes anyway, and the session ends by itself when it was idle.
                log.warning("leave-session-stays", error=type(error).__name__)

    @router.get("/leave", response_class=Response)
    async def leave(request: Request) -> Response:
        """Away at once to a neutral page; the session ends here and its cookie goes, so that "back" shows nothing."""
        await _end(request)
        answer = portal.pages.go(portal.settings.leave_to)
        answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @router.get("/signed-out", response_class=Response)
    async def signed_out(request: Request) -> Response:
        return portal.pages.page(
            request, "pages/signed-out.html", sign_in_url=portal.services.sign_in_url(request)
        )
