"""Who may open a page: reads the session's cookie, checks the form's token and the team. The one guard of all handlers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import HubError, NotHereError, NotOursError, SignInNeededError
from hub.pages.forms import CSRF_FIELD, Form, read_form
from hub.pages.rendering import Link, Viewer
from hub.partners import Partners
from hub.sessions import Practitioner, Session, Sessions

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
ATTEMPT_SECONDS: Final = 600


class InsecureCookiesError(HubError):
    """Cookies without `Secure` were asked for where others could read them."""


@dataclass(frozen=True, slots=True)
class Cookies:
    """How cookies are named and written: `__Host-` (RFC 6265bis), Secure, HttpOnly, SameSite=Lax.

    insecure: without `Secure` and the prefix, for browsers that do not count loopback as secure.
    """

    insecure: bool = False

    def name(self, what: str) -> str:
        """The name that the browser knows."""
        return f"hub-{what}" if self.insecure else f"__Host-hub-{what}"

    def read(self, request: Request, what: str) -> str | None:
        """The cookie's value."""
        return request.cookies.get(self.name(what))

    def set(self, response: Response, what: str, value: str, seconds: int | None = None) -> None:
        """Have the browser keep the cookie; until it closes where no time is given."""
        response.set_cookie(
            self.name(what),
            value,
            max_age=seconds,
            path="/",
            secure=not self.insecure,
            httponly=True,
            # Lax, not Strict: the sign-in's answer is a navigation that comes from another site.
            samesite="lax",
        )

    def delete(self, response: Response, what: str) -> None:
        """Have the browser forget the cookie."""
        response.delete_cookie(
            self.name(what), path="/", secure=not self.insecure, httponly=True, samesite="lax"
        )


def cookies_for(host: str, *, insecure: bool) -> Cookies:
    """The cookies of a hub bound to this host. Raises `InsecureCookiesError`."""
    if insecure and host not in LOOPBACK:
        raise InsecureCookiesError("insecure cookies are for a sandbox on loopback only; serve https instead")
    return Cookies(insecure)


@dataclass(frozen=True, slots=True)
class Entered:
    """Whoever opened a page: their session, and how pages show them. title: what their team calls them."""

    session: Session
    viewer: Viewer
    title: str

    @property
    def who(self) -> Practitioner:
        """The practitioner."""
        return self.session.practitioner


@dataclass(frozen=True, slots=True)
class Doors:
    """The guard. menus: the links that the frame shows to a practitioner."""

    sessions: Sessions
    cookies: Cookies
    partners: Partners
    origin: str
    menus: Callable[[Practitioner], Sequence[Link]]

    def enter(self, request: Request, team: str | None = None) -> Entered:
        """Whoever is signed in. Raises `SignInNeededError`, and `NotHereError` for one who is not in the team."""
        session = self.sessions.find(self.cookies.read(request, "session"))
        if session is None:
            raise SignInNeededError("nobody")
        who = session.practitioner
        title = None if team is None else self.partners.team(team).title_of(who.organisation, who.role)
        if team is not None and title is None:
            raise NotHereError(team)
        return Entered(session, self._viewer(session, title), title or "")

    def viewer(self, request: Request) -> Viewer | None:
        """How the frame shows whoever is signed in, on a page that is for everybody; None where nobody is."""
        session = self.sessions.find(self.cookies.read(request, "session"))
        return None if session is None else self._viewer(session, None)

    def _viewer(self, session: Session, title: str | None) -> Viewer:
        who = session.practitioner
        called = title or self.partners.called(who.organisation, who.role)
        employer = self.partners.title(who.organisation)
        what = f"{called}, {employer}" if called else employer
        return Viewer(who.name, what, session.csrf, tuple(self.menus(who)))

    async def posted(self, request: Request, team: str | None = None) -> tuple[Entered, Form]:
        """As `enter`, and the form. Raises `NotOursError` unless it is a form of one of this session's own pages."""
        self.same_origin(request)
        entered = self.enter(request, team)
        form = await read_form(request)
        if not entered.session.fits(form.one(CSRF_FIELD)):
            raise NotOursError("form token")
        return entered, form

    def same_origin(self, request: Request) -> None:
        """Raise `NotOursError` when the browser says that a form came from elsewhere."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site not in {None, "same-origin"} or origin not in {None, self.origin}:
            raise NotOursError("origin")
