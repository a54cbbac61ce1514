"""/healthz, /readyz, /log/checkpoint, /log/tile/..., /.well-known: what operators, probes and strangers ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from audit.merkle import HASH_BYTES
from audit.note import VerifierKey
from audit.store import LogStore
from audit.tiles import TILE_WIDTH, Resource, TileError, encode_bundle, parse_path
from core.clock import Clock
from core.errors import ClosedError
from gateway.problems import BadRequestError, NotFoundError


def build_router(
    store: LogStore,
    log_key: VerifierKey,
    clock: Clock,
    ready: Callable[[], None],
    public_url: str,
    issuers: tuple[str, ...],
) -> APIRouter:
    """The endpoints. `ready` raises `ClosedError` when something that every answer depends on is in doubt."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Is the process alive?", operation_id="healthz")
    async def healthz() -> dict[str, str]:
        """Always yes, if it answers."""
        return {"status": "ok"}

    @router.get("/readyz", summary="May it be sent requests?", operation_id="readyz")
    async def readyz() -> Response:
        """503 while database, key store, log or clock are in doubt."""
        try:
            clock.assert_sound()
            await asyncio.to_thread(ready)
        except ClosedError as closed:
            return JSONResponse({"status": "closed", "part": closed.part}, 503)
        return JSONResponse({"status": "ready"})

    @router.get("/log/checkpoint", summary="The log's last signed checkpoint", operation_id="getCheckpoint")
    async def checkpoint() -> PlainTextResponse:
        """C2SP tlog-checkpoint."""
        head = await asyncio.to_thread(store.head)
        if head is None:
            raise ClosedError("audit log", "not begun")
        return PlainTextResponse(head.checkpoint)

    @router.get("/log/key", summary="The log's public key", operation_id="getLogKey")
    async def key() -> PlainTextResponse:
        """C2SP signed-note verifier key. Compare it with the one that the log's keeper published elsewhere."""
        return PlainTextResponse(f"{log_key}\n")

    @router.get("/log/tile/{path:path}", summary="One tile of the log", operation_id="getTile")
    async def tile(path: str) -> Response:
        """C2SP tlog-tiles: 256 hashes of 32 bytes, or a bundle of 256 leaves; fewer where the name says so."""
        try:
            wanted = parse_path("tile/" + path)
        except TileError as error:
            raise BadRequestError("tile-path", "The path is no tile's: see c2sp.org/tlog-tiles.") from error
        body = await asyncio.to_thread(_tile_bytes, store, wanted)
        if body is None:
            raise NotFoundError
        return Response(body, media_type="application/octet-stream")

    @router.get(
        "/.well-known/oauth-protected-resource",
        summary="How to get a token (RFC 9728)",
        operation_id="getResourceMetadata",
    )
    async def resource_metadata() -> dict[str, object]:
        """Which issuers are believed, and how tokens are sent."""
        return {
            "resource": public_url,
            "authorization_servers": list(issuers),
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["views", "pointers"],
        }

    return router


def _tile_bytes(store: LogStore, wanted: Resource) -> bytes | None:
    if wanted.level is None:
        leaves = store.leaves(wanted.n * TILE_WIDTH, wanted.width)
        return encode_bundle(leaves) if len(leaves) == wanted.width else None
    hashes = store.tile(wanted.level, wanted.n)
    size = wanted.width * HASH_BYTES
    return None if hashes is None or len(hashes) < size else hashes[:size]
