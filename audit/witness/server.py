"""The witness over HTTP (c2sp.org/tlog-witness): POST /add-checkpoint, GET /key. Only logs that it watches get in."""

from __future__ import annotations

import asyncio

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from audit.witness import judging
from audit.witness.cosignature import Cosigner
from audit.witness.judging import LogKeys, RefusedError, Status
from audit.witness.request import BODY_MAXIMUM
from audit.witness.store import WitnessStore
from core.clock import Clock
from core.errors import ClosedError
from core.times import to_ms

logger = structlog.get_logger(__name__)

BODY_SECONDS = 10.0
"""Within which a body has to be there: nobody holds a connection for the price of a byte now and then."""
SIZE_TYPE = "text/x.tlog.size"


class Witness:
    """Judges, remembers, cosigns: in this order."""

    def __init__(self, cosigner: Cosigner, logs: LogKeys, store: WitnessStore, clock: Clock) -> None:
        self.cosigner = cosigner
        self._logs = logs
        self._store = store
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> str:
        """The cosignature's line for a request's body. Raises `RefusedError`, and `ClosedError` while in doubt itself."""
        submitted = judging.read(body, self._logs)
        self._clock.assert_sound()
        now = to_ms(self._clock.now())
        self._store.take(submitted, judging.judge, now)
        return self.cosigner.line(submitted.text, now // 1000)


def create_witness_app(witness: Witness) -> Starlette:
    """The ASGI application of a witness."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _body(request)
        except TimeoutError:
            return PlainTextResponse("the body took too long\n", 408)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return PlainTextResponse("the body is too large\n", 413, {"connection": "close"})
        try:
            return PlainTextResponse(await asyncio.to_thread(witness.add_checkpoint, body))
        except RefusedError as refused:
            return _refusal(refused)
        except ClosedError as closed:
            logger.error("witness.closed", part=closed.part, reason=closed.reason)
            return PlainTextResponse(f"closed: {closed.part}\n", 503)

    async def key(_: Request) -> Response:
        return PlainTextResponse(f"{witness.cosigner.key}\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/key", key, methods=["GET"]),
        ]
    )


def _refusal(refused: RefusedError) -> Response:
    if refused.fork:
        logger.error("witness.fork-seen", size=refused.known_size)
    else:
        logger.warning("witness.refused", status=refused.status.value, reason=str(refused))
    if refused.status is Status.CONFLICT:
        # As a header: as a media type it would be given a charset, which the specification does not have.
        return Response(f"{refused.known_size}\n", refused.status, {"content-type": SIZE_TYPE})
    return PlainTextResponse(f"{refused}\n", refused.status)


async def _body(request: Request) -> bytes | None:
    """The whole body, or None once it is longer than any request of a log; `TimeoutError` for one that dawdles."""
    read = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        async for chunk in request.stream():
            read += chunk
            if len(read) > BODY_MAXIMUM:
                return None
    return bytes(read)
