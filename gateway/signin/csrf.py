"""Whether a posted form is one of our own pages', sent by whoever is signed in. Pure.

Three independent things: a token that only a page of the same session holds, the browser's word on the origin, and the
cookie's `SameSite=Lax`. Source: OWASP ASVS 5.0, 3.5.
"""

from __future__ import annotations

import base64
import hmac

from starlette.datastructures import Headers

from core.sealing import derive, mac
from gateway.signin.kinds import Kind


def token_for(cookie: str, kind: Kind) -> str:
    """The form token of a session: it follows from the session's cookie, and the cookie does not follow from it."""
    tag = mac(derive(cookie.encode(), "signin-form-token"), kind)
    return base64.urlsafe_b64encode(tag).rstrip(b"=").decode()


def token_fits(cookie: str, kind: Kind, token: str) -> bool:
    """Whether the token is this session's. Takes as long for a wrong one as for a right one."""
    return hmac.compare_digest(token_for(cookie, kind).encode(), token.encode("utf-8", "replace"))


def same_origin(headers: Headers, origin: str) -> bool:
    """Whether what the browser says about where a form came from, if anything, names our own `origin`.

    Browsers that send `Sec-Fetch-Site` (all since 2023) say `same-origin` for our forms; `none` is a person's own doing,
    such as a reload. Programs that are no browsers send neither header.
    """
    sites = headers.getlist("sec-fetch-site")
    if any(site not in {"same-origin", "none"} for site in sites):
        return False
    return all(value == origin for value in headers.getlist("origin"))
