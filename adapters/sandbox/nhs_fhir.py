"""The practice's FHIR R4 server of the sandbox (wensum-valley-practice, ODS Z9W01).

Every call but `GET /metadata` needs `Authorization: Bearer <token>`; bodies are `application/fhir+json`, errors are
OperationOutcomes. fhir_resources.py says which element holds what.

    GET  /metadata                                     CapabilityStatement (no token; nothing about a person)
    GET  /Patient/{id}[?_elements=name,birthDate]      404 RESOURCE_NOT_FOUND, 404 INVALIDATED_RESOURCE (withdrawn)
    GET  /{type}?patient={id}[&_elements=...][&category=safety]   searchset; category for Flag only
    POST /{type}/_search   patient=...&_elements=...   the same, with the id in a form instead of the URL
    POST /Patient/_search  _id=... or identifier=https://fhir.nhs.uk/Id/nhs-number|...
    POST /                                             a batch of GETs, one round trip for everything

type is AllergyIntolerance, Condition, MedicationStatement, CarePlan or Flag. An unknown patient has an empty searchset.

A batch and its answer (entries in the same order; `outcome` instead of `resource` where the status is not 200):

    {"resourceType": "Bundle", "type": "batch", "entry": [
      {"request": {"method": "GET", "url": "Patient/1839a769-...?_elements=name,gender,birthDate"}},
      {"request": {"method": "GET", "url": "AllergyIntolerance?patient=1839a769-...&_elements=code,clinicalStatus"}}]}

    {"resourceType": "Bundle", "type": "batch-response", "entry": [
      {"resource": {"resourceType": "Patient", "id": "1839a769-...",
        "meta": {"versionId": "1", "lastUpdated": "2026-10-30T09:15:00+00:00",
          "profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"],
          "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "U", ...}],
          "tag": [{"code": "SUBSETTED", ...}]},
        "name": [{"use": "official", "family": "Sampleworth", "given": ["Maren", "Ada"]}],
        "gender": "female", "birthDate": "1984-03-12"},
       "response": {"status": "200 OK"}},
      {"resource": {"resourceType": "Bundle", "type": "searchset", "total": 2, "entry": [
         {"fullUrl": "...", "search": {"mode": "match"}, "resource": {"resourceType": "AllergyIntolerance",
           "code": {"coding": [...], "text": "Latex"}, "clinicalStatus": {"coding": [{"code": "active", ...}]}, ...}}]},
       "response": {"status": "200 OK"}}]}

With the fault `excess`, `_elements` and `category` are ignored and searchsets carry the Patient as an included entry.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.sandbox import faults
from adapters.sandbox.fhir_resources import COMPARTMENT, PROFILE
from adapters.sandbox.fhir_store import Answer, FhirStore, outcome
from adapters.sandbox.person import Person
from core.vocabulary import JsonObject

CONTENT_TYPE: Final = "application/fhir+json"
DEFAULT_TOKEN: Final = "sandbox-practice-token"  # noqa: S105 - the sandbox's own, guards made-up records only
_UNAUTHORISED: Final = outcome(401, "login", "ACCESS_DENIED", "A valid bearer token is needed")
_MEDIA: Final = frozenset({CONTENT_TYPE, "application/json"})


def capability_statement() -> JsonObject:
    """What the server can do (FHIR R4 CapabilityStatement)."""

    def resource(kind: str) -> JsonObject:
        parameters = ["_id", "identifier"] if kind == "Patient" else ["patient", "subject"]
        if kind == "Flag":
            parameters.append("category")
        reads = ("read", "search-type") if kind == "Patient" else ("search-type",)
        return {
            "type": kind,
            "supportedProfile": [PROFILE + kind],
            "interaction": [{"code": code} for code in reads],
            "searchParam": [
                {"name": name, "type": "reference" if name in {"patient", "subject"} else "token"}
                for name in parameters
            ],
        }

    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-23",
        "kind": "instance",
        "software": {"name": "OnceTold sandbox practice"},
        "implementation": {"description": "Made-up people only"},
        "fhirVersion": "4.0.1",
        "format": [CONTENT_TYPE],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "A bearer token of the client"},
                "resource": [resource(kind) for kind in ("Patient", *COMPARTMENT)],
                "interaction": [{"code": "batch"}],
            }
        ],
    }


def create_app(people: Iterable[Person], *, token: str = DEFAULT_TOKEN) -> web.Application:
    """The server as an application. token: what clients must bear."""
    store = FhirStore(people)
    metadata = Answer(200, orjson.dumps(capability_statement()))
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode()
        open_to_all = request.path in {"/metadata", faults.PATH}
        if not open_to_all and not hmac.compare_digest(given, expected):
            refusal = respond(_UNAUTHORISED)
            refusal.headers["WWW-Authenticate"] = "Bearer"
            return refusal
        try:
            return await handler(request)
        except web.HTTPException as error:
            return respond(outcome(error.status, "processing", "UNSUPPORTED_SERVICE", error.reason))

    async def capabilities(_: web.Request) -> web.Response:
        return respond(metadata)

    async def read(request: web.Request) -> web.Response:
        return respond(store.get(request.path_qs, excess=fault.excess))

    async def search(request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            raise web.HTTPUnsupportedMediaType
        form = (await request.read()).decode(errors="replace")
        kind = request.match_info["kind"]
        return respond(store.search(kind, request.query_string, form, excess=fault.excess))

    async def batch(request: web.Request) -> web.Response:
        if request.content_type not in _MEDIA:
            raise web.HTTPUnsupportedMediaType
        return respond(store.batch(await request.read(), excess=fault.excess))

    app = web.Application()
    fault = faults.install(app, CONTENT_TYPE)
    app.middlewares.append(guard)
    app.router.add_get("/metadata", capabilities)
    app.router.add_post("/", batch)
    app.router.add_post("/{kind}/_search", search)
    app.router.add_get("/{kind}", read)
    app.router.add_get("/{kind}/{id}", read)
    return app


def respond(answer: Answer) -> web.Response:
    """An answer of the store as an HTTP response."""
    return web.Response(status=answer.status, body=answer.body, content_type=CONTENT_TYPE)
