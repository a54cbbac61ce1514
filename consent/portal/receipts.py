"""Check a receipt: for anybody, without signing in; nothing about a person is shown, and nothing pasted is kept."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.context import Portal
from consent.portal.ports import ReceiptCheck
from core.pages.forms import read_form


def add_pages(router: APIRouter, portal: Portal) -> None:
    """Add `/check` to the router. Its form changes nothing and needs no session, hence no token and no redirect."""
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
        if not leaf:
            problems["leaf"] = _("Paste the line that belongs to the receipt")
        if problems:
            return _page(request, receipt, leaf, problems, None)
        return _page(request, receipt, leaf, {}, await portal.services.check_receipt(receipt, leaf))

    def _page(
        request: Request, receipt: str, leaf: str, problems: dict[str, str], result: ReceiptCheck | None
    ) -> Response:
        return pages.page(
            request,
            "portal/check.html",
            status=422 if problems else 200,
            receipt=receipt,
            leaf=leaf,
            problems=problems,
            errors=[{"text": text, "href": f"#{field}"} for field, text in problems.items()],
            result=result,
        )
