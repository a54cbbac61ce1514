"""The edge of the pages: what a handler raises becomes a page in plain words, never a JSON error or a stack trace."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from core.errors import ClosedError, OnceToldError
from core.pages.forms import FormError
from core.pages.languages import language_of, speaking
from core.pages.rendering import Pages, correlation_of

log = structlog.get_logger("pages")

Handler = Callable[[Request], Coroutine[None, None, Response]]


class SignInNeededError(OnceToldError):
    """Nobody is signed in, and the page is about somebody."""


class NotHereError(OnceToldError):
    """The page, or what it is about, does not exist for whoever asks."""


class NotOursError(OnceToldError):
    """A form was posted without the token that our own page holds, or with an old one."""


class GoInsteadError(OnceToldError):
    """Nothing is done here; the browser goes to another page of ours, which says why. address: a path on our host."""

    def __init__(self, address: str) -> None:
        super().__init__("another page answers")
        self.address = address


_STATUS = {NotHereError: 404, RequestValidationError: 404, NotOursError: 403, FormError: 400}


def page_router(pages: Pages, prefix: str, sign_in_url: Callable[[Request], str]) -> APIRouter:
    """A router whose handlers may raise the errors above, `FormError` and `ClosedError`, and anything by mistake.

    prefix: the room's first path segment, e.g. `/portal`. sign_in_url: where "Sign in" leads from that request.
    """

    class PageRoute(APIRoute):
        """A route that answers in pages, whatever happens."""

        def get_route_handler(self) -> Handler:
            """See `fastapi.routing.APIRoute`."""
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                with speaking(language_of(request)):
                    return await answered(request)

            async def answered(request: Request) -> Response:
                try:
                    return await inner(request)
                except SignInNeededError:
                    return pages.page(
                        request, "pages/sign-in.html", status=403, sign_in_url=sign_in_url(request)
                    )
                except GoInsteadError as error:
                    return pages.go(error.address)
                except (NotHereError, RequestValidationError, NotOursError, FormError) as error:
                    return pages.error(request, _STATUS[type(error)])
                except ClosedError as error:
                    log.warning("page-closed", part=error.part, correlation_id=correlation_of(request))
                    return pages.error(request, 503)
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


def add_missing_page(router: APIRouter, pages: Pages) -> None:
    """Answer every other address below the router's prefix with the 404 page; called after all other routes."""

    async def missing(request: Request) -> Response:
        return pages.error(request, 404)

    router.add_api_route("/{rest:path}", missing, methods=["GET", "POST"], response_class=Response)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
