"""/healthz, /readyz, /log/checkpoint, /log/tile/..., /.well-known: what operators, probes and strangers ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse, PlainTextResponse, Response

from audit.merkle import HASH_BYTES
from audit.note import VerifierKey
from audit.store import LogStore
from audit.text import MAX_INTEGER
from audit.tiles import TILE_WIDTH, Resource, TileError, encode_bundle, parse_path
from audit.witness.kept import Cosigned
from core.clock import Clock
from core.errors import ClosedError
from gateway.api.documents import PUBLIC_PROBLEMS, STORE_PROBLEMS, header_references, problems
from gateway.api.models import HealthView, ReadinessView, ResourceMetadata
from gateway.problems import NotFoundError

_BYTES: Final = "application/octet-stream"
_READINESS: Final = {
    "description": "Closed: `part` names what is in doubt.",
    "model": ReadinessView,
    "headers": header_references(),
}

Level = Annotated[
    str,
    Path(
        pattern=r"^(entries|[0-9]|[1-5][0-9]|6[0-3])$",
        description="Level of the tile, or `entries` for a bundle of leaves.",
    ),
]
Number = Annotated[str, Path(pattern=r"^[0-9]{3}$", description="Number of the tile within its level.")]
Width = Annotated[
    str,
    Path(
        pattern=r"^([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])$",
        description="How many hashes or leaves of a tile that is not full yet.",
    ),
]


@dataclass(frozen=True, slots=True)
class OperationParts:
    """What these endpoints use.

    ready: raises `ClosedError` while something that every answer depends on is in doubt. policy_alert: why the newest policy
    bundle was refused, as a code. cosigned: the newest checkpoint that witnesses have seen, if any. witnesses: how many of
    them are in which state.
    """

    store: LogStore
    log_key: VerifierKey
    clock: Clock
    ready: Callable[[], None]
    public_url: str
    issuers: tuple[str, ...]
    other_log_keys: tuple[VerifierKey, ...] = ()
    policy_alert: Callable[[], str | None] = lambda: None
    cosigned: Callable[[], Cosigned | None] = lambda: None
    witnesses: Callable[[], Mapping[str, int]] = dict


def build_routers(parts: Callable[[], OperationParts]) -> tuple[APIRouter, ...]:
    """The endpoints over their parts, which are first asked for by a request."""
    return _probes(parts), _log(parts), _metadata(parts)


def _probes(parts: Callable[[], OperationParts]) -> APIRouter:
    router = APIRouter(tags=["operations"], responses=problems(*PUBLIC_PROBLEMS))

    @router.get(
        "/healthz",
        summary="Is the process alive?",
        response_description="It is.",
        operation_id="healthz",
    )
    async def healthz() -> HealthView:
        """Always yes, if it answers."""
        return HealthView(status="ok")

    @router.get(
        "/readyz",
        summary="May it be sent requests?",
        response_model=ReadinessView,
        response_model_exclude_none=True,
        response_description="Ready.",
        responses={503: _READINESS},
        operation_id="readyz",
    )
    async def readyz() -> Response:
        """503 while database, key store, log, policy or clock are in doubt.

        `policy_alert` says that the newest policy bundle was refused, and why, while the one before it still decides.
        `witnesses` tells how many witnesses have seen the log as it is; no answer waits for them.
        """
        try:
            parts().clock.assert_sound()
            await asyncio.to_thread(parts().ready)
        except ClosedError as closed:
            return JSONResponse({"status": "closed", "part": closed.part, **_beside(parts())}, 503)
        return JSONResponse({"status": "ready", **_beside(parts())})

    return router


def _beside(parts: OperationParts) -> dict[str, str | Mapping[str, int]]:
    """What is told beside readiness, where there is something to tell."""
    code, witnesses = parts.policy_alert(), parts.witnesses()
    told: dict[str, str | Mapping[str, int]] = {} if code is None else {"policy_alert": code}
    if any(witnesses.values()):
        told["witnesses"] = witnesses
    return told


def _log(parts: Callable[[], OperationParts]) -> APIRouter:
    router = APIRouter(prefix="/log", tags=["log"], responses=problems(*STORE_PROBLEMS))

    @router.get(
        "/checkpoint",
        summary="The log's last signed checkpoint",
        response_class=PlainTextResponse,
        response_description="C2SP tlog-checkpoint.",
        operation_id="getCheckpoint",
    )
    async def checkpoint() -> PlainTextResponse:
        """Size and root of the log, signed. Anyone holding two can prove that the log only grew.

        The newest one that a witness has cosigned, with every witness's line; without witnesses, the newest.
        """
        cosigned = await asyncio.to_thread(parts().cosigned)
        if cosigned is not None:
            return PlainTextResponse(cosigned.checkpoint)
        head = await asyncio.to_thread(parts().store.head)
        if head is None:
            raise ClosedError("audit log", "not begun")
        return PlainTextResponse(head.checkpoint)

    @router.get(
        "/key",
        summary="The log's public key",
        response_class=PlainTextResponse,
        response_description="C2SP signed-note verifier key.",
        operation_id="getLogKey",
    )
    async def key() -> PlainTextResponse:
        """Compare it with the one that the log's keeper published elsewhere.

        One line; more where the key changed: first the one that counts, then those that sign beside it or signed before.
        """
        return PlainTextResponse("".join(f"{one}\n" for one in (parts().log_key, *parts().other_log_keys)))

    _tiles(router, parts)
    return router


def _tiles(router: APIRouter, parts: Callable[[], OperationParts]) -> None:
    documented: dict[str, Any] = {
        "response_class": Response,
        "responses": {
            200: {
                "description": "Hashes of 32 bytes, or leaves each after its length as two bytes.",
                "content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}},
            },
            **problems(404),
        },
    }

    async def tile(path: str) -> Response:
        try:
            wanted = parse_path("tile/" + path)
        except TileError as error:
            raise NotFoundError from error
        body = await asyncio.to_thread(_tile_bytes, parts().store, wanted)
        if body is None:
            raise NotFoundError
        return Response(body, media_type=_BYTES)

    @router.get("/tile/{level}/{n}", summary="A full tile of the log", operation_id="getTile", **documented)
    async def full(level: Level, n: Number) -> Response:
        """C2SP tlog-tiles: 256 hashes, or a bundle of 256 leaves. Beyond tile 999 the path grows: `x001/234`."""
        return await tile(f"{level}/{n}")

    @router.get(
        "/tile/{level}/{n}.p/{width}",
        summary="The tile at the log's end",
        operation_id="getPartialTile",
        **documented,
    )
    async def partial(level: Level, n: Number, width: Width) -> Response:
        """C2SP tlog-tiles: as many hashes or leaves as the path says."""
        return await tile(f"{level}/{n}.p/{width}")

    # Paths of large tile numbers hold slashes, which OpenAPI cannot say.
    router.add_api_route("/tile/{path:path}", tile, include_in_schema=False, response_class=Response)


def _metadata(parts: Callable[[], OperationParts]) -> APIRouter:
    router = APIRouter(tags=["operations"], responses=problems(*PUBLIC_PROBLEMS))

    @router.get(
        "/.well-known/oauth-protected-resource",
        summary="How to get a token (RFC 9728)",
        response_description="Protected resource metadata.",
        operation_id="getResourceMetadata",
    )
    async def resource_metadata() -> ResourceMetadata:
        """Which issuers are believed, and how tokens are sent."""
        return ResourceMetadata(
            resource=parts().public_url,
            authorization_servers=list(parts().issuers),
            bearer_methods_supported=["header"],
            scopes_supported=[
                "views",
                "checks",
                "break-glass",
                "consents",
                "representatives",
                "pointers",
                "audit",
            ],
        )

    return router


def _tile_bytes(store: LogStore, wanted: Resource) -> bytes | None:
    if wanted.n * TILE_WIDTH > MAX_INTEGER:
        # No log gets there, and no database can count so far.
        return None
    if wanted.level is None:
        leaves = store.leaves(wanted.n * TILE_WIDTH, wanted.width)
        return encode_bundle(leaves) if len(leaves) == wanted.width else None
    hashes = store.tile(wanted.level, wanted.n)
    size = wanted.width * HASH_BYTES
    return None if hashes is None or len(hashes) < size else hashes[:size]
