"""Security headers on every answer, as a pure ASGI middleware: bytes made once, appended while the answer starts.

Two sets: pages (portal, console, sign-in) and everything else, which a browser must never render. What a page sets for
itself stands (the interactive docs need a content policy of their own); only caching is not left to it. Sources: OWASP
ASVS 5.0 chapter 3, Content Security Policy Level 3, Fetch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeaders: TypeAlias = tuple[tuple[bytes, bytes], ...]

PAGES: Final = ("/portal", "/console", "/signin")
CACHEABLE: Final = ("/static", "/log")
"""Where a route may say how long its answers keep: files named by their digest, and the public log's tiles."""

_NO_STORE: Final = (b"cache-control", b"no-store")
_NO_POWERS: Final = ", ".join(
    f"{power}=()"
    for power in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
        "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
        "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """What the sets depend on.

    form_targets: origins besides our own to which a posted form may be redirected: the identity providers', for signing
    out. https: the gateway is reached over https only, so browsers are told to stay there (RFC 6797).
    pages, cacheable: path prefixes, each a whole first segment.
    """

    form_targets: tuple[str, ...] = ()
    https: bool = False
    pages: tuple[str, ...] = PAGES
    cacheable: tuple[str, ...] = CACHEABLE


class SecurityHeaders:
    """Adds the headers to every HTTP answer of `app`; what the answer already carries is not sent twice."""

    def __init__(self, app: ASGIApp, rules: HeaderRules | None = None) -> None:
        rules = rules or HeaderRules()
        self._app = app
        self._page_paths, self._page_prefixes = _prefixes(rules.pages)
        self._cache_prefixes = _prefixes(rules.cacheable)[1]
        self._for_pages = page_headers(rules)
        self._for_others = api_headers(rules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        page = path.startswith(self._page_prefixes) or path in self._page_paths
        added = self._for_pages if page else self._for_others
        cacheable = path.startswith(self._cache_prefixes)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = dress(message.get("headers", ()), added, cacheable)
            await send(message)

        await self._app(scope, receive, dressed)


def dress(
    own: Iterable[tuple[bytes, bytes]], added: RawHeaders, cacheable: bool
) -> list[tuple[bytes, bytes]]:
    """An answer's own headers (names in lower case, as ASGI has them) with the added ones. Pure.

    Own ones win, except that an answer that is not `cacheable` is never stored, whatever it says.
    """
    kept = [header for header in own if cacheable or header[0] != b"cache-control"]
    names = {name for name, _ in kept}
    kept += [header for header in added if header[0] not in names]
    if b"cache-control" not in names:
        kept.append(_NO_STORE)
    return kept


def page_headers(rules: HeaderRules) -> RawHeaders:
    """For pages: no script from anywhere, no framing, forms to ourselves and the identity providers only."""
    targets = " ".join(("'self'", *rules.form_targets))
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
    )
    return (
        (b"content-security-policy", policy.encode("latin-1")),
        # "no-referrer" would make browsers send `Origin: null` with our own forms (Fetch, "append a request Origin
        # header"), and the check of the origin would be worth nothing. Nothing goes to other origins with this either.
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", _NO_POWERS.encode()),
        (b"x-frame-options", b"DENY"),
        *_common(rules),
    )


def api_headers(rules: HeaderRules) -> RawHeaders:
    """For everything that is not a page: a browser may do nothing with it at all."""
    return (
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"referrer-policy", b"no-referrer"),
        *_common(rules),
    )


def _common(rules: HeaderRules) -> RawHeaders:
    headers = (
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    )
    if rules.https:
        return (*headers, (b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return headers


def _prefixes(paths: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    return frozenset(paths), tuple(path + "/" for path in paths)
