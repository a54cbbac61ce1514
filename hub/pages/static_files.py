"""The pages' own files under /static: the name holds the content's digest, so a browser may keep a file for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from fastapi import Request, Response

from hub.errors import NotHereError

STATIC_PATH: Final = "/static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, its media type, and its name with the digest in it, e.g. `hub.3f2a9c81d0b47e65.css`."""

    content: bytes
    media_type: str
    hashed_name: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """The files of `hub/pages/static` by their own names, read once."""
    found = {}
    for entry in resources.files("hub.pages").joinpath("static").iterdir():
        stem, _, suffix = entry.name.rpartition(".")
        if f".{suffix}" in _TYPES:
            content = entry.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:16]
            found[entry.name] = StaticFile(content, _TYPES[f".{suffix}"], f"{stem}.{digest}.{suffix}")
    return found


def static_url(name: str) -> str:
    """The address of a file, with its digest; `KeyError` for a file that is not there."""
    return f"{STATIC_PATH}/{static_files()[name].hashed_name}"


async def static(request: Request, name: str) -> Response:
    """GET /static/{name}. Raises `NotHereError`."""
    for file in static_files().values():
        if file.hashed_name == name:
            headers = {
                "Cache-Control": "public, max-age=31536000, immutable",
                "X-Content-Type-Options": "nosniff",
            }
            return Response(file.content, 200, headers, media_type=file.media_type)
    raise NotHereError(name)
