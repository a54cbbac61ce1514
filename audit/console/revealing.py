"""Whose record was it? Asked with a reason, written into the log, shown once in the answer to the form and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Path, Request, Response

from audit.console.context import Console
from audit.console.ports import Item, NotDecided, Officer
from audit.console.revealing_ports import BECAUSE, REASON_LENGTH, Because, Revealing, RevealServices
from core.pages.forms import Form
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError
from core.pages.words import Words

Index = Annotated[int, Path(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True)
class Written:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    because: str
    words: str
    errors: dict[str, str]


NOTHING = Written("", "", {})


def add_pages(router: APIRouter, console: Console, reveals: RevealServices) -> None:
    """Add `/items/{index}/reveal` to the router."""
    pages = console.pages

    @router.get("/items/{index}/reveal", response_class=Response)
    async def form(request: Request, index: Index) -> Response:
        officer, viewer = await console.officer(request)
        return _page(request, viewer, *await _look(officer, index), NOTHING, 200)

    @router.post("/items/{index}/reveal", response_class=Response)
    async def reveal(request: Request, index: Index) -> Response:
        officer, viewer, sent = await console.posted(request)
        item, found = await _look(officer, index)
        written = read_reason(sent, pages.words)
        if written.errors:
            return _page(request, viewer, item, found, written, 422)
        try:
            shown = await reveals.reveal(officer, index, cast("Because", written.because), written.words)
        except NotDecided as problem:
            kept = Written(written.because, written.words, {"because": problem.words})
            return _page(request, viewer, item, found, kept, 409)
        # No redirect: what is revealed stands in this answer alone, which nobody stores.
        return pages.page(
            request,
            "console/revealed.html",
            viewer=viewer,
            officer=officer,
            shown=shown,
            row=item.row,
            back=f"/console/items/{index}",
        )

    async def _look(officer: Officer, index: int) -> tuple[Item, Revealing]:
        # Whose organisation has no part in it is refused there, and that is written down.
        item = await console.services.item(officer, index)
        found = None if item is None else await reveals.revealing(officer, index)
        if item is None or found is None:
            raise NotHereError("reveal")
        return item, found

    def _page(
        request: Request, viewer: Viewer, item: Item, found: Revealing, written: Written, status: int
    ) -> Response:
        return pages.page(
            request,
            "console/reveal.html",
            viewer=viewer,
            status=status,
            found=found,
            item=item,
            row=item.row,
            written=written,
            errors=[
                {"text": text, "href": "#barred" if found.barred else f"#{field}"}
                for field, text in written.errors.items()
            ],
            back=f"/console/items/{found.index}",
        )


def read_reason(form: Form, words: Words) -> Written:
    """The reason, with its errors. Both parts are needed: the code can be counted, the words can be asked about."""
    _ = words
    because, said = form.one("because"), form.one("words").replace("\r\n", "\n")
    errors = {}
    if because not in BECAUSE:
        errors["because"] = _("Choose why you have to know")
    if not said:
        errors["words"] = _("Write why you have to know")
    elif len(said) > REASON_LENGTH:
        errors["words"] = _("Write %(most)s letters at most") % {"most": f"{REASON_LENGTH:,}"}
    return Written(because, said, errors)
