"""The gateway with a watch on each step of a view; for a profile run only.

    python -m bench.steps <result.json> [--cprofile]

The steps are the functions that gateway/views/pipeline.py names; they are wrapped here, so that production code knows
nothing of it. When the server is told to end, it writes step -> nanoseconds of each request. With `--cprofile` the event
loop's thread runs under cProfile instead, and the result is a file for `python -m pstats`.
"""

from __future__ import annotations

import cProfile
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from gateway import serving
from gateway.api import views as endpoint
from gateway.identity.verifier import TokenVerifier
from gateway.settings import Settings
from gateway.views import pipeline

Taken = dict[str, list[int]]


def watch_steps(taken: Taken) -> None:
    """Wrap the steps; each call adds its nanoseconds, waiting included."""
    _wrap_awaited(TokenVerifier, "verify", "1 authenticate", taken)
    for number, name in (
        (2, "resolve"),
        (3, "consent"),
        (4, "decide"),
        (5, "fetch"),
        (7, "record"),
        (8, "answer"),
    ):
        _wrap_awaited(pipeline, name, f"{number} {name}", taken)
    _wrap_plain(pipeline, "minimise", "6 minimise", taken)
    _wrap_awaited(endpoint, "view", "whole view", taken)


def _wrap_awaited(owner: object, name: str, called: str, taken: Taken) -> None:
    inner: Callable[..., Awaitable[Any]] = getattr(owner, name)
    times = taken.setdefault(called, [])

    async def watched(*args: Any) -> Any:
        started = time.perf_counter_ns()
        try:
            return await inner(*args)
        finally:
            times.append(time.perf_counter_ns() - started)

    setattr(owner, name, watched)


def _wrap_plain(owner: object, name: str, called: str, taken: Taken) -> None:
    inner: Callable[..., Any] = getattr(owner, name)
    times = taken.setdefault(called, [])

    def watched(*args: Any) -> Any:
        started = time.perf_counter_ns()
        try:
            return inner(*args)
        finally:
            times.append(time.perf_counter_ns() - started)

    setattr(owner, name, watched)


def main(result: Path, *, functions: bool) -> None:
    """Serve until SIGTERM, then write."""
    if functions:
        profile = cProfile.Profile()
        profile.runcall(_serve)
        profile.dump_stats(result)
        return
    taken: Taken = {}
    watch_steps(taken)
    _serve()
    result.write_text(json.dumps(taken))


def _serve() -> None:
    # uvicorn raises the signal that ended it once more, which must not end the writing of the result.
    signal.signal(signal.SIGTERM, lambda *_: None)
    serving.serve(Settings())


if __name__ == "__main__":
    main(Path(sys.argv[1]), functions="--cprofile" in sys.argv[2:])
