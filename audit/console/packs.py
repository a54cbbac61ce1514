"""Taking evidence out: a signed pack for an incident or an inspection, and what a search found as a file.

Both are posted, since each is written into the log: no page of anybody else's can have it done by a link.
"""

from __future__ import annotations

from typing import Final, cast, get_args

from fastapi import APIRouter, Request, Response

from audit.console.context import HOME, Console
from audit.console.filters import Asked, read_filters, to_query
from audit.console.packs_ports import PACK_MOST, NotPacked, PackServices, RowsAs
from audit.console.ports import FilterOptions, Officer
from core.pages.forms import Form
from core.pages.rendering import Viewer
from core.pages.words import Words

PACKS: Final = "/console/packs"
NAMES: Final = ("text", "kind", "outcome", "purpose", "from", "to")
_TYPES: dict[str, str] = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


def add_pages(router: APIRouter, console: Console, packs: PackServices) -> None:
    """Add `/packs` and `/search` to the router."""
    _add_packs(router, console, packs)
    _add_rows(router, console, packs)


def _add_packs(router: APIRouter, console: Console, packs: PackServices) -> None:
    pages = console.pages

    @router.get("/packs", response_class=Response)
    async def form(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        options = await console.services.options(officer)
        query = request.query_params
        asked = read_filters(query, options, pages.words)
        return _page(request, officer, viewer, options, asked, query.get("entry", ""), 200)

    @router.post("/packs", response_class=Response)
    async def pack(request: Request) -> Response:
        officer, viewer, sent = await console.posted(request)
        options = await console.services.options(officer)
        asked, entry = _sent(sent, options, pages.words), sent.one("entry")
        errors = dict(asked.errors)
        index = read_entry(entry)
        if entry and index is None:
            errors["entry"] = pages.words("Write the number of the entry, as it stands on its page")
        if not errors:
            try:
                made = await packs.pack(officer, asked.filters, index)
            except NotPacked as problem:
                errors[problem.field] = problem.words
            else:
                name = f"oncetold-evidence-{officer.organisation}.zip"
                return pages.text(made, name, "application/zip")
        wrong = Asked(asked.filters, asked.from_text, asked.to_text, errors)
        return _page(request, officer, viewer, options, wrong, entry, 422)

    def _page(
        request: Request,
        officer: Officer,
        viewer: Viewer,
        options: FilterOptions,
        asked: Asked,
        entry: str,
        status: int,
    ) -> Response:
        return pages.page(
            request,
            "console/packs.html",
            viewer=viewer,
            status=status,
            officer=officer,
            options=options,
            asked=asked,
            filters=asked.filters,
            entry=entry,
            most=PACK_MOST,
            errors=[{"text": text, "href": f"#{field}"} for field, text in asked.errors.items()],
            back=HOME,
        )


def _add_rows(router: APIRouter, console: Console, packs: PackServices) -> None:
    pages = console.pages

    @router.post("/search", response_class=Response)
    async def rows(request: Request) -> Response:
        officer, viewer, sent = await console.posted(request)
        options = await console.services.options(officer)
        asked, form = _sent(sent, options, pages.words), sent.one("as")
        back = f"{HOME}?{to_query(asked.filters)}"
        if asked.errors or form not in get_args(RowsAs):
            return pages.go(back)
        try:
            made = await packs.rows(officer, asked.filters, cast("RowsAs", form))
        except NotPacked as problem:
            return pages.page(
                request,
                "console/too-much.html",
                viewer=viewer,
                status=422,
                words=problem.words,
                query=to_query(asked.filters),
                back=back,
            )
        return pages.text(made, f"oncetold-search.{form}", _TYPES[form])


def read_entry(text: str) -> int | None:
    """The number of an entry; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _sent(form: Form, options: FilterOptions, words: Words) -> Asked:
    return read_filters({name: form.one(name) for name in NAMES}, options, words)
