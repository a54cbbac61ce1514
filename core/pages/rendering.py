"""One way for a page to leave: rendered in its room's frame, never stored by anybody, under a strict content policy.

Nothing here needs JavaScript, so none may run: `default-src 'none'` (Content Security Policy Level 3). Forms may post
to ourselves, and be redirected from there to the sign-in service, whose origins the room's settings name.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.pages.words import Words


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the frame: its text, and its address on our own host."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stays the same on every page of a room.

    home: address of the name in the header. part: what follows the name there, e.g. "for officers"; may be empty.
    menu: shown to the signed-in. footer: shown to all. leave: address of "Leave this page", None where there is none.
    about: one sentence on what the room is for, shown to those who are not signed in yet; may be empty.
    """

    home: str
    part: str
    menu: tuple[Link, ...]
    footer: tuple[Link, ...]
    leave: str | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is signed in: the name to show, the form token, and where signing out posts it.

    acting: what they call whom they act for, None while they act for themselves. menu, footer: in place of the frame's.
    """

    name: str
    csrf: str
    sign_out_url: str
    acting: str | None = None
    menu: tuple[Link, ...] | None = None
    footer: tuple[Link, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders the pages of one room.

    form_targets: origins, besides our own, that a form's answer may lead on to (the sign-in service).
    """

    environment: Environment
    words: Words
    frame: Frame
    form_targets: tuple[str, ...] = ()

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
        text = self.environment.get_template(template).render(
            frame=self.frame, viewer=viewer, here=request.url.path, **values, **(more or {})
        )
        return HTMLResponse(text, status, self._headers())

    def error(self, request: Request, status: int, viewer: Viewer | None = None) -> HTMLResponse:
        """The page for 400, 403, 404, 500 or 503, with the number by which we find what happened."""
        return self.page(
            request,
            "pages/error.html",
            viewer=viewer,
            status=status,
            number=status,
            reference=correlation_of(request),
        )

    def text(self, content: str | bytes, filename: str, media_type: str = "text/plain") -> Response:
        """A text or file to keep, offered under a file name of ours (letters, digits, hyphens, a dot)."""
        headers = self._headers() | {"Content-Disposition": f'attachment; filename="{filename}"'}
        return Response(content, 200, headers, media_type=media_type)

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


def correlation_of(request: Request) -> str:
    """The request's correlation id, as the gateway's middleware set it in `request.state`; else a new one."""
    known: str | None = getattr(request.state, "correlation_id", None)
    if known is None:
        known = secrets.token_hex(6)
        request.state.correlation_id = known
    return known
