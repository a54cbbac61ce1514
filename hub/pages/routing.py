"""The edge of the pages: what a handler raises becomes a page in plain words, never a JSON error or a stack trace."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Final
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from hub.errors import FormError, NotHereError, NotOursError, SignInNeededError
from hub.gateway import GatewayAwayError, TokenNotGoodError
from hub.pages.rendering import Pages, correlation_of

log = structlog.get_logger("hub.pages")

Handler = Callable[[Request], Coroutine[None, None, Response]]
_STATUS: Final = {
    NotHereError: 404,
    RequestValidationError: 404,
    NotOursError: 403,
    FormError: 400,
    GatewayAwayError: 503,
}


def page_router(pages: Pages, prefix: str = "") -> APIRouter:
    """A router whose handlers may raise the hub's errors, and anything by mistake: all of it is answered by a page."""

    class PageRoute(APIRoute):
        """A route that answers in pages, whatever happens."""

        def get_route_handler(self) -> Handler:
            """See `fastapi.routing.APIRoute`."""
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await inner(request)
                except (SignInNeededError, TokenNotGoodError):
                    return _sign_in(pages, request)
                except (
                    NotHereError,
                    RequestValidationError,
                    NotOursError,
                    FormError,
                    GatewayAwayError,
                ) as error:
                    return pages.error(request, _STATUS[type(error)])
                except Exception as error:  # noqa: BLE001 - the last edge before the browser
                    # The kind of error and its place only: an error's text may quote what was being read.
                    log.error(
                        "page-failed",
                        error=type(error).__name__,
                        place=_place(error),
                        correlation_id=correlation_of(request),
                    )
                    return pages.error(request, 500)

            return handle

    return APIRouter(prefix=prefix, route_class=PageRoute, include_in_schema=False)


def _sign_in(pages: Pages, request: Request) -> Response:
    back = request.url.path if request.method == "GET" else "/"
    address = f"/sign-in?back={quote(back, safe='/')}"
    return pages.page(request, "pages/sign-in-needed.html", status=403, sign_in_url=address)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
