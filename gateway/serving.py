"""Serves a composed gateway with uvicorn: one process, uvloop and httptools."""

from __future__ import annotations

import asyncio
import gc
import resource
from typing import Final

import uvicorn
import uvloop

from core.errors import OnceToldError
from gateway.app import create_app
from gateway.compose import compose
from gateway.log_lines import configure_logs
from gateway.settings import Settings
from gateway.web.protocol import BoundedHead

YOUNG_OBJECTS: Final = 20_000
"""Containers made and kept before the collector looks for cycles: some hundred requests' worth, a few megabytes."""


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    configure_logs()
    # A core dump would lay unwrapped keys and records on the disk (promise 6).
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    gateway = await compose(settings)
    try:
        app = create_app(gateway)
    except OnceToldError:
        await gateway.close()
        raise
    calm_collector()
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        # Access lines would hold paths; our own log says what happened, without them.
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        # Whoever stands in front is not believed about who asks; no X-Forwarded header is read.
        proxy_headers=False,
        timeout_keep_alive=30,
        http=BoundedHead,
    )
    await uvicorn.Server(config).serve()


def calm_collector() -> None:
    """Take all that was made at the start out of the garbage collector's rounds; call it when everything is made.

    What lives as long as the process is never garbage, and walking through it again and again took a third of the
    processor (docs/performance.md). What requests leave behind is collected as before, only less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
