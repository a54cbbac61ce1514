"""The console's routes, put together. Every page is about the officer's own organisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Request, Response

from audit.console import overseeing, reviewing, sampling
from audit.console.context import HOME, Console, ConsoleSettings, build_console
from audit.console.filters import older_than, read_filters, to_query
from audit.console.ports import SEARCH_PAGE, ConsoleServices, Item, Officer, Verified
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError, add_missing_page, page_router

PREFIX = "/console"
Index = Annotated[int, Path(ge=0, le=2**53)]
"""Of an entry. No log gets beyond that, and no database counts much further."""

AddPages: TypeAlias = Callable[[APIRouter, Console], None]
"""A group of pages with a port of its own, e.g. `partial(questions.add_pages, questions=...)`."""


def build_router(
    services: ConsoleServices, groups: Sequence[AddPages] = (), settings: ConsoleSettings | None = None
) -> APIRouter:
    """The routes under `/console`, with these groups of pages. Nothing of them is in the API's published contract."""
    console = build_console(services, settings or ConsoleSettings())
    router = page_router(console.pages, PREFIX, services.sign_in_url)
    _add_search(router, console)
    _add_item(router, console)
    reviewing.add_pages(router, console)
    sampling.add_pages(router, console)
    overseeing.add_pages(router, console)
    for add_pages in groups:
        add_pages(router, console)
    _add_rest(router, console)
    add_missing_page(router, console.pages)
    return router


def _add_search(router: APIRouter, console: Console) -> None:
    services = console.services

    @router.get("/", response_class=Response)
    async def search(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        options = await services.options(officer)
        asked = read_filters(request.query_params, options, console.pages.words)
        rows = () if asked.errors else await services.search(officer, asked.filters)
        more = len(rows) >= SEARCH_PAGE
        return console.pages.page(
            request,
            "console/search.html",
            viewer=viewer,
            officer=officer,
            options=options,
            titles=options.titles,
            asked=asked,
            filters=asked.filters,
            rows=rows,
            waiting=await services.waiting(officer),
            query=to_query(replace(asked.filters, before=None)),
            older=older_than(asked.filters, rows[-1].index) if more else None,
            errors=[{"text": text, "href": f"#{field}"} for field, text in asked.errors.items()],
        )


def _add_item(router: APIRouter, console: Console) -> None:
    services = console.services

    @router.get("/items/{index}", response_class=Response)
    async def item(request: Request, index: Index) -> Response:
        officer, viewer = await console.officer(request)
        return await _page(request, officer, viewer, await _item(officer, index), None)

    @router.post("/items/{index}", response_class=Response)
    async def verify(request: Request, index: Index) -> Response:
        """Verify now. The answer is shown at once: nothing was changed, so a reload only verifies again."""
        officer, viewer, _form = await console.posted(request)
        found = await _item(officer, index)
        return await _page(request, officer, viewer, found, await services.verify(officer, index))

    @router.get("/items/{index}/receipt.txt", response_class=Response)
    async def receipt(request: Request, index: Index) -> Response:
        officer, _viewer = await console.officer(request)
        found = await _item(officer, index)
        if not found.receipt:
            raise NotHereError("receipt")
        return console.pages.text(found.receipt, f"oncetold-receipt-{index}.txt")

    async def _item(officer: Officer, index: int) -> Item:
        found = await services.item(officer, index)
        if found is None:
            raise NotHereError("item")
        return found

    async def _page(
        request: Request, officer: Officer, viewer: Viewer, found: Item, verified: Verified | None
    ) -> Response:
        return console.pages.page(
            request,
            "console/item.html",
            viewer=viewer,
            item=found,
            row=found.row,
            titles=(await services.options(officer)).titles,
            verified=verified,
            back=HOME,
        )


def _add_rest(router: APIRouter, console: Console) -> None:
    @router.get("/log", response_class=Response)
    async def log(request: Request) -> Response:
        _officer, viewer = await console.officer(request)
        return console.pages.page(
            request, "console/log.html", viewer=viewer, log=await console.services.log_state()
        )

    @router.get("/signed-out", response_class=Response)
    async def signed_out(request: Request) -> Response:
        return console.pages.page(
            request, "pages/signed-out.html", sign_in_url=console.services.sign_in_url(request)
        )
