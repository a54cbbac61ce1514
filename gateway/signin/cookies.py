"""Our two cookies: the session's, and the one that ties a sign-in under way to the browser that began it.

`__Host-` (RFC 6265bis section 4.1.3.2) means: set by this host itself, over a secure connection, for this host and the
path `/` only; no neighbour on another subdomain can plant one. Chromium and Firefox take Secure cookies from
http://127.0.0.1 and http://localhost too, as does nobody else over plain http.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final, Literal

from starlette.datastructures import Headers
from starlette.responses import Response

from core.errors import OnceToldError

SECRET_BYTES: Final = 32
ATTEMPT_SECONDS: Final = 600

Name = Literal["session", "attempt"]

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_BASE: Final[dict[Name, str]] = {"session": "oncetold", "attempt": "oncetold-signin"}
_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class InsecureCookiesError(OnceToldError):
    """Cookies without `Secure` were asked for where others could read them."""

    def __init__(self) -> None:
        super().__init__(
            "insecure cookies are for a sandbox that listens on loopback only; serve https instead"
        )


@dataclass(frozen=True, slots=True)
class Cookies:
    """How our cookies are named and written.

    insecure: without `Secure` and without the prefix, for browsers that do not count loopback as secure. Made by
    `loopback_cookies` only.
    """

    insecure: bool = False

    def name(self, name: Name) -> str:
        """The cookie's name as the browser knows it."""
        return _BASE[name] if self.insecure else f"__Host-{_BASE[name]}"

    def read(self, headers: Headers, name: Name) -> str | None:
        """The cookie's value, or None where it is absent, malformed, or stands there more than once.

        Two of one name mean that somebody else set one of them, and nothing says which.
        """
        prefix = self.name(name) + "="
        found = [
            pair.strip().removeprefix(prefix)
            for header in headers.getlist("cookie")
            for pair in header.split(";")
            if pair.strip().startswith(prefix)
        ]
        return found[0] if len(found) == 1 and _VALUE.fullmatch(found[0]) else None

    def set(self, response: Response, name: Name, value: str) -> None:
        """Have the browser keep the cookie: a session's until it closes, an attempt's for `ATTEMPT_SECONDS`."""
        response.set_cookie(
            self.name(name),
            value,
            max_age=ATTEMPT_SECONDS if name == "attempt" else None,
            path="/",
            secure=not self.insecure,
            httponly=True,
            # Lax, not Strict: the answer of the identity provider is a navigation that comes from another site.
            samesite="lax",
        )

    def delete(self, response: Response, name: Name) -> None:
        """Have the browser forget the cookie."""
        response.delete_cookie(
            self.name(name), path="/", secure=not self.insecure, httponly=True, samesite="lax"
        )


def loopback_cookies(host: str) -> Cookies:
    """Cookies without `Secure`, for a gateway bound to this host; `InsecureCookiesError` unless it is loopback."""
    if host not in LOOPBACK:
        raise InsecureCookiesError
    return Cookies(insecure=True)


def new_secret() -> str:
    """A new cookie value: 256 random bits, 43 characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(*values: str) -> bytes:
    """What the database knows of secrets: SHA-256 over them, 32 bytes. They are random, so no salt is needed."""
    return hashlib.sha256(".".join(values).encode()).digest()
