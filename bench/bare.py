"""The bare fan-out: what anybody would have to do to answer from three sources, and nothing else.

    python -m bench.bare <captured.json> <port>        (settings from the environment, as the gateway)

`POST /fan-out` reads the JSON body, asks the three sources at once what the gateway was seen to ask them for this person
(bench/captured.py) by the gateway's own client, parses the answers, puts them side by side and answers. No token, no
policy, no consent, no mapping, no minimising, no log. `POST /adapters` does the same through the adapters, so with
breakers and with the mapping to the published sections: the difference between the two is what the mapping costs.
The same uvicorn, uvloop, FastAPI, aiohttp and orjson with the same settings as the gateway.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import orjson
import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from adapters.contract import FetchRequest
from adapters.fhir.source import FhirSource
from adapters.http import HttpClient
from adapters.registry import Sources, open_sources, system_parts
from adapters.resilience import Resilient
from adapters.rest.source import RestSource
from adapters.tabular.files import Table
from adapters.tabular.source import TabularSource
from bench.captured import Asked, read_captured
from core.clock import SystemClock
from core.sections import load_sections, policies_folder
from gateway.log_lines import configure_logs
from gateway.settings import Settings, read_sources


def create_app(sources: Sources, captured: dict[str, Asked]) -> FastAPI:
    """The two endpoints over the sources of the gateway's configuration."""
    clients, (drop, table, path) = _clients(sources), _drop(sources)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await sources.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/fan-out")
    async def fan_out(request: Request) -> Response:
        asked = captured[orjson.loads(await request.body())["person"]]
        names = [*asked.posts, drop]
        replies = await asyncio.gather(
            *(
                clients[name].post_json(path, body, kind, "req_bench")
                for name, (path, body, kind) in asked.posts.items()
            ),
            asyncio.to_thread(table.row, path, asked.place),
        )
        answers = {name: getattr(reply, "body", reply) for name, reply in zip(names, replies, strict=True)}
        return Response(orjson.dumps(answers), media_type="application/json")

    @app.post("/adapters")
    async def through_adapters(request: Request) -> Response:
        asked = captured[orjson.loads(await request.body())["person"]]
        answers = await asyncio.gather(
            *(
                sources.by_id[name].fetch(
                    FetchRequest(reference, {one: frozenset(of) for one, of in wanted.items()}, "req_bench")
                )
                for name, (reference, wanted) in asked.fetches.items()
            )
        )
        return Response(orjson.dumps({one.source: one.fragments for one in answers}, default=sorted))

    return app


def _inner(sources: Sources) -> dict[str, object]:
    return {name: cast("Resilient", source)._source for name, source in sources.by_id.items()}


def _clients(sources: Sources) -> dict[str, HttpClient]:
    return {
        name: source._client
        for name, source in _inner(sources).items()
        if isinstance(source, FhirSource | RestSource)
    }


def _drop(sources: Sources) -> tuple[str, Table, Path]:
    return next(
        (name, source._table, source._path)
        for name, source in _inner(sources).items()
        if isinstance(source, TabularSource)
    )


async def _serve(captured: Path, port: int) -> None:
    settings = Settings()
    parts = system_parts(load_sections(policies_folder() / "sections"), SystemClock())
    sources = open_sources(read_sources(settings.sources_file), parts)
    config = uvicorn.Config(
        create_app(sources, read_captured(captured)),
        host="127.0.0.1",
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    configure_logs()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
