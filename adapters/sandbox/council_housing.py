"""The council's housing API of the sandbox (norwich-city-council): REST with JSON, in a housing system's own words.

Every call but `GET /health` and `GET /v1/code-lists` needs the header `X-API-Key`. Errors are
`{"error": "resident-not-found"}` and the like: 400, 401, 404, 405, 413, 415. housing_records.py has the code lists.

    POST /v1/residents/query
    {"reference": "P0048213", "include": ["tenancy", "contact"], "fields": {"contact": ["mobileTel", "emailAddr"]}}

answers exactly the included blocks; `fields` is optional and names, for a block, the fields wanted of it (a block that
it leaves out comes whole). tenancy and arrears are null for somebody who lives in another's tenancy:

    {"personReference": "P0048213", "asAt": "30/10/2026 09:15",
     "tenancy": {"tenancyRef": "T104233", "tenancyTypeCode": "SEC", "landlordName": "Norwich City Council",
                 "tenancyStatusCode": "CUR", "commencementDate": "04/03/2019", "uprn": 999900000000},
     "property": {"uprn": 999900000000, "addressLines": ["Flat 3", "12 Marram Loke", "Norwich"],
                  "postCode": "NR99 9AB", "propertyTypeCode": "FLT", "bedroomCount": 2,
                  "heatingTypeCode": "GCH", "dampMouldCode": "INV"},
     "repairs": [{"jobNumber": "J482113", "tradeCode": "DM", "priorityCode": "P2",
                  "reportedDate": "14/10/2026", "jobStatusCode": "SCH"}],
     "arrears": {"arrearsBand": "C", "repaymentPlanInd": "Y"},
     "adaptations": [{"adaptationCode": "LAS", "adaptationText": "Level access shower",
                      "completedDate": "12/05/2022"}],
     "household": [{"relationshipCode": "CHLD", "ageBand": "05-11"}],
     "contact": {"mobileTel": "07700900778", "homeTel": "01632960379", "emailAddr": "maren@example.org",
                 "contactMethodCode": "T", "contactNote": "Not after 7pm",
                 "corrAddressLines": ["Flat 3", "12 Marram Loke", "Norwich"], "corrPostCode": "NR99 9AB",
                 "corrUprn": "999900000010"}}

`asAt` (dd/mm/yyyy hh:mm, UTC) says when the record last changed. A job with jobStatusCode CMP is finished. Plain reads:

    GET /v1/tenancies/{tenancyRef}[?fields=tenancyTypeCode,commencementDate]     a tenancy block
    GET /v1/properties/{uprn}[?fields=...]                                       a property block
    GET /v1/repairs?tenancy={tenancyRef}[&fields=...]                            {"repairs": [...]}

With the fault `excess`, all blocks come with all fields and some more (balancePence, fullName, caseNotes ...).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.sandbox import faults
from adapters.sandbox.housing_records import BLOCKS, CODE_LISTS
from adapters.sandbox.housing_store import HousingStore, QueryError
from adapters.sandbox.person import Person

DEFAULT_KEY: Final = "sandbox-council-key"
JSON: Final = "application/json"
_OPEN: Final = frozenset({"/health", "/v1/code-lists", faults.PATH})


def create_app(people: Iterable[Person], *, key: str = DEFAULT_KEY) -> web.Application:
    """The server as an application. key: what clients must send as X-API-Key."""
    store = HousingStore(people)
    code_lists = orjson.dumps({name: dict(codes) for name, codes in CODE_LISTS.items()})
    health = orjson.dumps({"status": "ok", "blocks": BLOCKS})

    async def is_healthy(_: web.Request) -> web.Response:
        return _answer(health)

    async def lists(_: web.Request) -> web.Response:
        return _answer(code_lists)

    async def query(request: web.Request) -> web.Response:
        if request.content_type != JSON:
            raise web.HTTPUnsupportedMediaType
        return _answer(store.query(await request.read(), excess=fault.excess))

    async def tenancy(request: web.Request) -> web.Response:
        return _answer(store.tenancy(request.match_info["reference"], request.query.get("fields", "")))

    async def property_of(request: web.Request) -> web.Response:
        return _answer(store.property_of(request.match_info["uprn"], request.query.get("fields", "")))

    async def jobs(request: web.Request) -> web.Response:
        return _answer(store.repairs(request.query.get("tenancy", ""), request.query.get("fields", "")))

    app = web.Application()
    fault = faults.install(app, JSON)
    app.middlewares.append(_guard(key))
    app.router.add_get("/health", is_healthy)
    app.router.add_get("/v1/code-lists", lists)
    app.router.add_post("/v1/residents/query", query)
    app.router.add_get("/v1/tenancies/{reference}", tenancy)
    app.router.add_get("/v1/properties/{uprn}", property_of)
    app.router.add_get("/v1/repairs", jobs)
    return app


def _guard(key: str) -> Middleware:
    """The middleware that asks for the key and turns what went wrong into the API's own errors."""
    expected = key.encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-API-Key", "").encode()
        if request.path not in _OPEN and not hmac.compare_digest(given, expected):
            return _answer(_error("api-key"), 401)
        try:
            return await handler(request)
        except QueryError as wrong:
            return _answer(_error(wrong.code), wrong.status)
        except web.HTTPException as error:
            return _answer(_error(error.reason.lower().replace(" ", "-")), error.status)

    return guard


def _error(code: str) -> bytes:
    return orjson.dumps({"error": code})


def _answer(body: bytes, status: int = 200) -> web.Response:
    return web.Response(status=status, body=body, content_type=JSON)
