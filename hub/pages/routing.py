"""The edge of the pages: what a handler raises becomes a page in plain words, never a JSON error or a stack trace."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request, Response
from starlette.routing import Route

from hub.errors import FormError, NotHereError, NotOursError, SignInNeededError
from hub.gateway import GatewayAwayError, TokenNotGoodError
from hub.pages.rendering import Pages, correlation_of

log = structlog.get_logger("hub.pages")

Handler = Callable[..., Coroutine[None, None, Response]]
"""Takes the request, and what stands in braces in its address by name."""
Before = Callable[[Request], Awaitable[None]]
_STATUS: Final = {
    NotHereError: 404,
    NotOursError: 403,
    FormError: 400,
    GatewayAwayError: 503,
}


class PageRouter(APIRouter):
    """Pages below a prefix. Their handlers may raise the hub's errors, and anything by mistake: all is answered by a page.

    before: done first at each of them, and may raise the same; dependencies of FastAPI's do not reach a page. Pages are
    plain routes: what is typed is read by `hub.pages.forms`, and building FastAPI's reader for each of them took most of
    the time in which a hub starts.
    """

    def __init__(self, pages: Pages, prefix: str = "", before: Before | None = None) -> None:
        super().__init__(prefix=prefix, include_in_schema=False)
        self._pages = pages
        self._before = before

    def page(self, address: str) -> Callable[[Handler], Handler]:
        """Decorates the handler of what is shown there."""
        return self._decorator("GET", address)

    def posted(self, address: str) -> Callable[[Handler], Handler]:
        """Decorates the handler of what is posted there."""
        return self._decorator("POST", address)

    def add(self, method: str, address: str, handler: Handler) -> None:
        """Have the handler answer there."""
        if not inspect.iscoroutinefunction(handler):
            raise TypeError(address)

        async def answer(request: Request) -> Response:
            try:
                if self._before is not None:
                    await self._before(request)
                return await handler(request, **request.path_params)
            except (SignInNeededError, TokenNotGoodError):
                return _sign_in(self._pages, request)
            except (NotHereError, NotOursError, FormError, GatewayAwayError) as error:
                return self._pages.error(request, _STATUS[type(error)])
            except Exception as error:  # noqa: BLE001 - the last edge before the browser
                # The kind of error and its place only: an error's text may quote what was being read.
                log.error(
                    "page-failed",
                    error=type(error).__name__,
                    place=_place(error),
                    correlation_id=correlation_of(request),
                )
                return self._pages.error(request, 500)

        route = Route(self.prefix + address, answer, methods=[method], include_in_schema=False)
        # Some pages do something when they are opened, such as ending a sign-in at another house: HEAD asks for none of it.
        (route.methods or set()).discard("HEAD")
        self.routes.append(route)

    def add_api_route(self, *of_an_api: Any, **_: Any) -> None:
        """Not for pages: by a slip of habit, `router.get` would answer an error in JSON and do nothing `before`."""
        raise TypeError(f"a page is added by page, posted or add: {of_an_api[0]}")

    def _decorator(self, method: str, address: str) -> Callable[[Handler], Handler]:
        def decorate(handler: Handler) -> Handler:
            self.add(method, address, handler)
            return handler

        return decorate


def _sign_in(pages: Pages, request: Request) -> Response:
    back = request.url.path if request.method == "GET" else "/"
    address = f"/sign-in?back={quote(back, safe='/')}"
    return pages.page(request, "pages/sign-in-needed.html", status=403, sign_in_url=address)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
