"""Runs one agency's application on loopback until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Final

import uvloop
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

LOOPBACK: Final = "127.0.0.1"
_GRACE_SECONDS: Final = 1.0


class RouteLogger(AbstractAccessLogger):
    """Writes method, route pattern, status and time in milliseconds: no path, no query, nothing that names anybody."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """One line a request."""
        pattern = "-"
        if isinstance(request, web.Request) and request.match_info.route.resource is not None:
            pattern = request.match_info.route.resource.canonical
        self.logger.info("%s %s %d %.1fms", request.method, pattern, response.status, time * 1000)


def run(app: web.Application, name: str, port: int, *, access_log: bool = False) -> None:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one; the ready line on stdout says which.

    Raises OSError where the port is taken.
    """
    if access_log:
        logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, name, port, access_log=access_log))


async def _serve(app: web.Application, name: str, port: int, *, access_log: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        app,
        access_log_class=RouteLogger,
        access_log=logging.getLogger("sandbox.access") if access_log else None,
        shutdown_timeout=_GRACE_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        # web.AppRunner.addresses tells the port that the system chose.
        bound = runner.addresses[0][1]
        say(f"ready: {name} on http://{LOOPBACK}:{bound}")
        await stop.wait()
    finally:
        await runner.cleanup()


def say(line: str) -> None:
    """One line on stdout, at once, for whoever waits for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
