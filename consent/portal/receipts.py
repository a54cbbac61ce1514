"""Receipts: the resident's own, to read, print and keep; and the page where anybody checks one, which keeps nothing."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from consent.portal.context import HOME, Portal
from consent.portal.ports import Resident
from consent.portal.receipts_ports import RECEIPTS_PAGE, Checked, Issued, ReceiptServices
from consent.portal.receipts_words import as_text, how_it_was_said
from consent.receipts.errors import ReceiptError
from consent.receipts.jws import token_in
from core.pages.forms import read_form
from core.pages.routing import NotHereError

RECEIPTS = "/portal/receipts"
JOSE: Final = "application/jose"
"""RFC 7515 section 9.2.1."""

Reference = Annotated[str, Path(max_length=32)]
Before = Annotated[int | None, Query(ge=0, le=2**53)]


def add_pages(router: APIRouter, portal: Portal, receipts: ReceiptServices) -> None:
    """Add `/receipts`, what lies below it, and `/check` to the router."""
    _add_own(router, portal, receipts)
    _add_check(router, portal, receipts)


def _add_own(router: APIRouter, portal: Portal, receipts: ReceiptServices) -> None:
    pages = portal.pages

    @router.get("/receipts", response_class=Response)
    async def listed(request: Request, before: Before = None) -> Response:
        resident, viewer = await portal.resident(request)
        if resident.acting is not None:
            # The list goes beyond a representative's scope; of what they decide they have each receipt.
            raise NotHereError("receipts")
        lines = await receipts.receipts(resident.person, before)
        hidden = await portal.hidden(resident.person)
        return pages.page(
            request,
            "portal/receipts.html",
            viewer=viewer,
            lines=tuple(line for line in lines if line.index not in hidden),
            older=lines[-1].index if len(lines) >= RECEIPTS_PAGE else None,
            first=before is None,
            back=HOME,
        )

    @router.get("/receipts/{reference}", response_class=Response)
    async def paper(request: Request, reference: Reference) -> Response:
        resident, viewer = await portal.resident(request)
        issued = await _issued(resident, reference)
        return pages.page(
            request,
            "portal/receipts-paper.html",
            viewer=viewer,
            issued=issued,
            paper=issued.paper,
            how=how_it_was_said(pages.words, issued.paper),
            back=RECEIPTS,
        )

    @router.get("/receipts/{reference}/receipt.jws", response_class=Response)
    async def signed(request: Request, reference: Reference) -> Response:
        resident, _viewer = await portal.resident(request)
        issued = await _issued(resident, reference)
        return pages.text(issued.token, f"oncetold-receipt-{issued.paper.reference}.jws", JOSE)

    @router.get("/receipts/{reference}/receipt.txt", response_class=Response)
    async def text(request: Request, reference: Reference) -> Response:
        resident, _viewer = await portal.resident(request)
        issued = await _issued(resident, reference)
        return pages.text(as_text(pages.words, issued), f"oncetold-receipt-{issued.paper.reference}.txt")

    async def _issued(resident: Resident, reference: str) -> Issued:
        found = await receipts.receipt(resident.person, reference)
        if found is None:
            raise NotHereError("receipt")
        if resident.acting is not None:
            # Whoever acts for somebody sees what lies within their scope alone.
            within = await portal.serving(resident).done(resident.person, reference)
            if within is None:
                raise NotHereError("receipt")
        return found


def _add_check(router: APIRouter, portal: Portal, receipts: ReceiptServices) -> None:
    """The form changes nothing and needs no session, hence no token and no redirect."""
    pages = portal.pages

    @router.get("/check", response_class=Response)
    async def empty(request: Request) -> Response:
        return _page(request, "", "", {}, None)

    @router.post("/check", response_class=Response)
    async def check(request: Request) -> Response:
        form = await read_form(request)
        receipt, leaf = form.one("receipt"), form.one("leaf")
        _ = pages.words
        problems = {}
        if not receipt:
            problems["receipt"] = _("Paste the receipt")
        if not leaf and not _is_whole(receipt):
            problems["leaf"] = _("Paste the line that belongs to the receipt")
        if problems:
            return _page(request, receipt, leaf, problems, None)
        return _page(request, receipt, leaf, {}, await receipts.check(receipt, leaf))

    def _page(
        request: Request, receipt: str, leaf: str, problems: dict[str, str], result: Checked | None
    ) -> Response:
        paper = None if result is None else result.paper
        return pages.page(
            request,
            "portal/check.html",
            status=422 if problems else 200,
            receipt=receipt,
            leaf=leaf,
            problems=problems,
            errors=[{"text": text, "href": f"#{field}"} for field, text in problems.items()],
            result=result,
            paper=paper,
            how="" if paper is None else how_it_was_said(pages.words, paper),
        )


def _is_whole(text: str) -> bool:
    """Whether it needs no line beside it: a consent receipt has its own."""
    try:
        return token_in(text) is not None
    except ReceiptError:
        return True
