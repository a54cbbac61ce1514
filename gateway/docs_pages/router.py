"""The routes under `/docs`: the first call with its operations, and one section a problem type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from markupsafe import Markup, escape
from starlette.responses import RedirectResponse

from core.pages.environment import build_environment
from core.pages.rendering import Frame, Link, Pages
from core.pages.routing import add_missing_page, page_router
from gateway.api.publishing import contract
from gateway.problem_types import PROBLEM_TYPES

SANDBOX_NUMBER = "9991288163"


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the list of operations."""

    method: str
    path: str
    summary: str
    needs_token: bool


def build_router(prefix: str, public_url: str, *, with_portal: bool = True) -> APIRouter:
    """The pages below `prefix`; `public_url` stands in the calls that they show. with_portal: whether that is served too."""
    environment, words = build_environment({"docs": "gateway.docs_pages"})
    environment.filters["ticks"] = ticks
    _ = words
    frame = Frame(
        home=prefix,
        part=_("for developers"),
        menu=(),
        footer=(
            Link(_("The contract (OpenAPI 3.1)"), "/openapi.json"),
            Link(_("Problems"), f"{prefix}/problems"),
            *((Link(_("Check a receipt"), "/portal/check"),) if with_portal else ()),
        ),
    )
    pages = Pages(environment, words, frame)
    router = page_router(pages, prefix, lambda _request: prefix)
    listed = tuple(operations())

    @router.get("", response_class=Response)
    async def first_call(request: Request) -> Response:
        return pages.page(
            request,
            "docs/first-call.html",
            gateway=public_url,
            nhs_number=SANDBOX_NUMBER,
            with_portal=with_portal,
            operations=listed,
        )

    @router.get("/problems", response_class=Response)
    async def problems(request: Request) -> Response:
        return pages.page(request, "docs/problems.html", problems=PROBLEM_TYPES.values(), back=prefix)

    add_missing_page(router, pages)
    return router


def build_shortcuts(shortcuts: Mapping[str, str]) -> APIRouter:
    """Redirects of addresses that people type to those that we have. Relative, so that no Host header is believed."""
    router = APIRouter(include_in_schema=False)
    for typed, meant in shortcuts.items():
        router.add_api_route(typed, _going(meant), response_class=Response)
    return router


def _going(target: str) -> Callable[[], Awaitable[Response]]:
    async def go() -> Response:
        return RedirectResponse(target, 307)

    return go


def operations() -> Iterable[Operation]:
    """The operations in the contract's order."""
    for path, methods in contract()["paths"].items():
        for method, operation in methods.items():
            yield Operation(method.upper(), path, operation["summary"], bool(operation["security"]))


def ticks(text: str) -> Markup:
    """The text with what stands between backticks as code; everything else escaped."""
    parts = text.split("`")
    shown = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    ]
    return Markup("").join(shown)
