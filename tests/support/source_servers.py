"""Small servers that answer as a FHIR server and a housing system would, and can be told to misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.vocabulary import Json, JsonObject

FHIR_JSON = "application/fhir+json"
Misbehaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    """What reached the server. asked: type -> elements asked for (FHIR), block -> fields (housing)."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: dict[str, set[str]] = field(default_factory=dict)
    misbehave: Misbehaviour | None = None

    @property
    def urls(self) -> str:
        """All URLs, for looking whether anything is in them."""
        return " ".join(url for _, url in self.requests)


class FhirServer:
    """Serves resources by `patient` and `_id`, `identifier`, honouring `_elements` unless `excess`."""

    def __init__(self, resources: Iterable[JsonObject]) -> None:
        self.resources = list(resources)
        self.seen = Seen()
        self.excess = False
        self.page_size = 0
        self.part_status: dict[str, int] = {}
        self.pages: dict[str, JsonObject] = {}
        self.next_links: dict[str, str] = {}
        self.metadata: JsonObject = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}

    def app(self) -> web.Application:
        """The application."""
        made = web.Application(middlewares=[_watching(self.seen)])
        made.router.add_get("/fhir/metadata", self._metadata)
        made.router.add_get("/fhir/page/{number}", self._page)
        made.router.add_post("/fhir/", self._batch)
        made.router.add_post("/fhir/{kind}/_search", self._search)
        return made

    def searchset(self, kind: str, parameters: dict[str, str]) -> JsonObject:
        """The Bundle of a search."""
        elements = set(parameters["_elements"].split(","))
        self.seen.asked.setdefault(kind, set()).update(elements)
        found = [item for item in self.resources if item["resourceType"] == kind]
        if "category" in parameters:
            found = [item for item in found if parameters["category"] in str(item.get("category"))]
        kept = {"resourceType", *elements}
        entries: list[Json] = [
            {"resource": item if self.excess else {key: item[key] for key in item if key in kept}}
            for item in found
        ]
        if self.excess:
            entries += [{"resource": item} for item in self.resources if item["resourceType"] != kind]
        bundle: dict[str, Json] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        if kind in self.next_links:
            bundle["link"] = [
                {"relation": "self", "url": "x"},
                {"relation": "next", "url": self.next_links[kind]},
            ]
        return bundle

    async def _metadata(self, _: web.Request) -> web.Response:
        return fhir_json(self.metadata)

    async def _page(self, request: web.Request) -> web.Response:
        return fhir_json(self.pages[request.match_info["number"]])

    async def _search(self, request: web.Request) -> web.Response:
        kind = request.match_info["kind"]
        status = self.part_status.get(kind, 200)
        if status != 200:
            return fhir_json({"resourceType": "OperationOutcome"}, status)
        form = dict(parse_qsl((await request.read()).decode()))
        return fhir_json(self.searchset(kind, form))

    async def _batch(self, request: web.Request) -> web.Response:
        entries: list[Json] = []
        for entry in orjson.loads(await request.read())["entry"]:
            kind, _, query = entry["request"]["url"].partition("?")
            status = self.part_status.get(kind, 200)
            answer: dict[str, Json] = {"response": {"status": f"{status} Said"}}
            if status == 200:
                answer["resource"] = self.searchset(kind, dict(parse_qsl(query)))
            entries.append(answer)
        return fhir_json({"resourceType": "Bundle", "type": "batch-response", "entry": entries})


class HousingServer:
    """Answers the question of the council-housing mapping from one record."""

    def __init__(self, record: JsonObject) -> None:
        self.record = record
        self.seen = Seen()
        self.excess = False

    def app(self) -> web.Application:
        """The application."""
        made = web.Application(middlewares=[_watching(self.seen)])
        made.router.add_get("/health", self._health)
        made.router.add_post("/v1/residents/query", self._query)
        return made

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _query(self, request: web.Request) -> web.Response:
        question = orjson.loads(await request.read())
        for block in question["include"]:
            self.seen.asked.setdefault(block, set()).update(question["fields"].get(block, ()))
        kept = {"personReference", "asAt", *question["include"]}
        return web.json_response({key: self.record[key] for key in self.record if self.excess or key in kept})


def fhir_json(body: Json, status: int = 200) -> web.Response:
    """A FHIR JSON response."""
    return web.Response(status=status, body=orjson.dumps(body), content_type=FHIR_JSON)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """The base address of the application while it is served on loopback."""
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("/"))
    finally:
        await server.close()


def _watching(seen: Seen) -> Callable[..., Awaitable[web.StreamResponse]]:
    @web.middleware
    async def watch(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        seen.requests.append((request.method, str(request.rel_url)))
        seen.headers.append(dict(request.headers))
        if seen.misbehave is not None:
            return await seen.misbehave(request)
        return await handler(request)

    return watch
