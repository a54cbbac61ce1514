"""The pages' own files under /static: the name holds the content's digest, so a browser may keep a file for good.

A plain name works too, for whoever has no page to read the address from, but is asked for again each time (ETag).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

STATIC_PATH = "/static"
"""Where the gateway mounts `static_app()`; the pages' links begin with it."""

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its name in the folder, its bytes, its media type and the digest that stands in its address."""

    name: str
    content: bytes
    media_type: str
    digest: str

    @property
    def hashed_name(self) -> str:
        """E.g. `oncetold.3f2a9c81d0b47e65.css`."""
        stem, _, suffix = self.name.rpartition(".")
        return f"{stem}.{self.digest}.{suffix}"


@cache
def static_files() -> Mapping[str, StaticFile]:
    """The files of `core/pages/static` by name, read once."""
    found = {}
    for entry in resources.files("core.pages").joinpath("static").iterdir():
        media_type = _TYPES.get(entry.name[entry.name.rfind(".") :])
        if media_type is not None:
            content = entry.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:16]
            found[entry.name] = StaticFile(entry.name, content, media_type, digest)
    return found


def static_url(name: str) -> str:
    """The address of a file, with its digest; `KeyError` for a file that is not there."""
    return f"{STATIC_PATH}/{static_files()[name].hashed_name}"


def static_app() -> ASGIApp:
    """An ASGI application that serves the files; the gateway mounts it at `STATIC_PATH`."""
    by_address = {file.hashed_name: (file, FOREVER) for file in static_files().values()}
    by_address |= {file.name: (file, ASK_AGAIN) for file in static_files().values()}

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        root: str = scope.get("root_path", "")
        found = by_address.get(scope["path"].removeprefix(root).lstrip("/"))
        await _answer(scope, found)(scope, receive, send)

    return serve


def _answer(scope: Scope, found: tuple[StaticFile, str] | None) -> Response:
    if found is None:
        return Response("Not found", 404, media_type="text/plain")
    if scope["method"] not in {"GET", "HEAD"}:
        return Response("Only GET", 405, {"Allow": "GET, HEAD"}, media_type="text/plain")
    file, cache_control = found
    etag = f'"{file.digest}"'
    headers = {"Cache-Control": cache_control, "ETag": etag, "X-Content-Type-Options": "nosniff"}
    asked = {name: value for name, value in scope["headers"] if name == b"if-none-match"}
    if etag.encode() in asked.get(b"if-none-match", b""):
        return Response(status_code=304, headers=headers)
    return Response(file.content, 200, headers, media_type=file.media_type)
