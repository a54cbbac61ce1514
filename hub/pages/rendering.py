"""One way for a page to leave: rendered in the hub's frame, never stored by anybody, under a strict content policy.

Nothing here needs JavaScript, so none may run (Content Security Policy Level 3). `Cache-Control: no-store` stands on every
page: what other organisations let be seen is on some of them, and none may stay in a browser or a proxy.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from jinja2 import BaseLoader, Environment, PackageLoader, PrefixLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from hub.pages import words
from hub.pages.static_files import static_url

NAME: Final = "Team hub"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the frame: its text, and its address on our own host."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is signed in: the name to show, what they are ("Housing specialist, ..."), the form token, their menu."""

    name: str
    what: str
    csrf: str
    menu: tuple[Link, ...] = ()


def nobody(_: Request) -> Viewer | None:
    """Nobody is signed in."""
    return None


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders the hub's pages. form_targets: origins that a form's answer may lead on to (the sign-in service).

    viewer_of: who is signed in, for pages that say what went wrong: whoever meets one must not lose their menu.
    """

    environment: Environment
    form_targets: tuple[str, ...] = field(default=())
    viewer_of: Callable[[Request], Viewer | None] = nobody

    def page(
        self,
        request: Request,
        template: str,
        *,
        viewer: Viewer | None = None,
        status: int = 200,
        more: Mapping[str, object] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """The page of a template. `values` and `more` are its variables; `errors` among them marks the title."""
        given = {"errors": None, "back": None, **values, **(more or {})}
        text = self.environment.get_template(template).render(
            viewer=viewer, here=request.url.path, hub_name=NAME, **given
        )
        return HTMLResponse(text, status, self._headers())

    def error(self, request: Request, status: int) -> HTMLResponse:
        """The page for 400, 403, 404, 500 or 503, with the number by which we find what happened."""
        return self.page(
            request,
            "pages/error.html",
            viewer=self.viewer_of(request),
            status=status,
            number=status,
            reference=correlation_of(request),
        )

    def go(self, address: str) -> RedirectResponse:
        """After a form was posted: on to the page that tells the result (303), so that a reload posts nothing."""
        return RedirectResponse(address, 303, self._headers())

    def _headers(self) -> dict[str, str]:
        targets = " ".join(("'self'", *self.form_targets))
        return {
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
            f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'",
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            # Not "no-referrer": that would blank the Origin header by which a posted form is known to be ours.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }


def build_environment(rooms: Iterable[str]) -> Environment:
    """The Jinja environment: autoescaping always on.

    rooms: names of features; `interact/case.html` is the file `case.html` in the package `hub.interact`'s `templates`.
    """
    loaders: dict[str, BaseLoader] = {
        "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
        "pages": PackageLoader("hub.pages"),
    }
    loaders |= {room: PackageLoader(f"hub.{room}") for room in rooms}
    environment = Environment(
        loader=PrefixLoader(loaders),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "day": words.day,
        "time": words.time,
        "moment": words.moment,
        "listed": words.listed,
    }
    environment.globals["static"] = static_url
    return environment


def correlation_of(request: Request) -> str:
    """The request's number, by which its line is found in our own log."""
    known: str | None = getattr(request.state, "correlation_id", None)
    if known is None:
        known = secrets.token_hex(6)
        request.state.correlation_id = known
    return known
