"""Who could look, and why: from the policy that decides, not from what was asked so far."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.context import HOME, Portal
from consent.portal.ports import CouldSeeServices, WhoCouldLook


def add_pages(router: APIRouter, portal: Portal, policy: CouldSeeServices) -> None:
    """Add `/who-could-see-me` to the router."""
    pages = portal.pages

    @router.get("/who-could-see-me", response_class=Response)
    async def who_could_see_me(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        found = await policy.serving(resident).who_could_look(resident.person)
        return pages.page(
            request,
            "portal/could-see.html",
            viewer=viewer,
            found=found,
            number=organisations(found),
            back=HOME,
        )


def organisations(found: WhoCouldLook) -> int:
    """How many organisations could look when there is no emergency."""
    return len(
        {one.organisation_name for part in (found.allowed, found.unless_no, found.law) for one in part}
    )
