"""What the practice's FHIR server answers, without any HTTP: reads, searches and batches as status and bytes.

Every answer is a pure function of the people and the question, so it is serialised once and remembered: this server is
a peer in benchmarks, where its own work must not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import orjson

from adapters.sandbox.fhir_resources import COMPARTMENT, NHS_NUMBER, resources
from adapters.sandbox.person import Person
from core.vocabulary import Json, JsonObject

BASE: Final = "http://wensum-valley-practice.test/fhir/R4"
"""The base of `fullUrl`s: an address that leads nowhere (RFC 6761)."""
MOST_ENTRIES: Final = 30
_REMEMBERED: Final = 20_000
_SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}
_CHOICES: Final = {
    "deceasedBoolean": "deceased",
    "deceasedDateTime": "deceased",
    "medicationCodeableConcept": "medication",
    "effectivePeriod": "effective",
}
"""Elements of a choice type and the name by which R4 asks for them."""
_REASONS: Final = {
    200: "200 OK",
    400: "400 Bad Request",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and a FHIR JSON body."""

    status: int
    body: bytes


def outcome(status: int, issue: str, code: str, text: str) -> Answer:
    """An OperationOutcome (FHIR R4). Says nothing about the person asked for."""
    system = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"
    details = {"coding": [{"system": system, "code": code, "display": text}]}
    body = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": issue, "details": details, "diagnostics": text}],
    }
    return Answer(status, orjson.dumps(body))


NOT_FOUND: Final = outcome(404, "not-found", "RESOURCE_NOT_FOUND", "Resource not found")
INVALIDATED: Final = outcome(
    404, "not-found", "INVALIDATED_RESOURCE", "Resource that has been marked as invalid"
)
BAD_SEARCH: Final = outcome(400, "not-supported", "NOT_SUPPORTED_SEARCH", "Search by patient or _id only")
BAD_BATCH: Final = outcome(
    400, "structure", "INVALID_VALUE", f"Send a batch Bundle of at most {MOST_ENTRIES} reads"
)
ONLY_READS: Final = outcome(405, "not-supported", "INVALID_METHOD", "Only GET is served")


class FhirStore:
    """The practice's records."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._resources: dict[str, Mapping[str, tuple[JsonObject, ...]]] = {}
        self._by_number: dict[str, str] = {}
        self._invalidated: set[str] = set()
        self._remembered: dict[tuple[str, bool], Answer] = {}
        for person in people:
            record = person.practice
            if record is None:
                continue
            if record.invalidated:
                self._invalidated.add(record.id)
                continue
            self._resources[record.id] = resources(person)
            self._by_number[person.nhs_number] = record.id

    def get(self, url: str, *, excess: bool = False) -> Answer:
        """Answer a relative URL: `Patient/{id}`, `Flag?patient={id}&_elements=code,status`, ..."""
        key = (url, excess)
        known = self._remembered.get(key)
        if known is not None:
            return known
        path, _, query = url.partition("?")
        answer = self._interact(path.strip("/").split("/"), query, excess=excess)
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = answer
        return answer

    def search(self, kind: str, url_query: str, form: str, *, excess: bool = False) -> Answer:
        """Answer `POST {kind}/_search`: parameters of the URL and of the form count alike (FHIR R4, http.html#search)."""
        return self.get(f"{kind}?{'&'.join(part for part in (url_query, form) if part)}", excess=excess)

    def batch(self, body: bytes, *, excess: bool = False) -> Answer:
        """Answer a batch Bundle of GETs (FHIR R4, http.html#transaction), entry by entry in the same order."""
        urls = _batch_urls(body)
        if urls is None:
            return BAD_BATCH
        entries = [_batch_entry(ONLY_READS if url is None else self.get(url, excess=excess)) for url in urls]
        return Answer(
            200, b'{"resourceType":"Bundle","type":"batch-response","entry":[' + b",".join(entries) + b"]}"
        )

    def _interact(self, path: list[str], query: str, *, excess: bool) -> Answer:
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        elements = None if excess else _elements(parameters.pop("_elements", ""))
        parameters.pop("_elements", None)
        parameters.pop("_format", None)
        match path:
            case ["Patient", record] if not parameters:
                return self._read(record, elements)
            case ["Patient"]:
                return self._search_patient(parameters, elements)
            case [kind] if kind in COMPARTMENT:
                return self._search_compartment(kind, parameters, elements, excess=excess)
            case _:
                return NOT_FOUND

    def _read(self, record: str, elements: frozenset[str] | None) -> Answer:
        if record in self._invalidated:
            return INVALIDATED
        found = self._resources.get(record)
        return Answer(200, orjson.dumps(_subset(found["Patient"][0], elements))) if found else NOT_FOUND

    def _search_patient(self, parameters: dict[str, str], elements: frozenset[str] | None) -> Answer:
        match parameters:
            case {"_id": record, **others} if not others:
                found = self._resources.get(record)
            case {"identifier": token, **others} if not others:
                system, _, value = token.rpartition("|")
                number = value if system in {"", NHS_NUMBER} else ""
                found = self._resources.get(self._by_number.get(number, ""))
            case _:
                return BAD_SEARCH
        return _searchset(found["Patient"] if found else (), elements)

    def _search_compartment(
        self, kind: str, parameters: dict[str, str], elements: frozenset[str] | None, *, excess: bool
    ) -> Answer:
        patient = parameters.pop("patient", None) or parameters.pop("subject", None)
        category = parameters.pop("category", None) if kind == "Flag" else None
        if patient is None or parameters:
            return BAD_SEARCH
        found = self._resources.get(patient.removeprefix("Patient/"))
        if found is None:
            return _searchset((), elements)
        matches = found[kind]
        if excess:
            # A server may include what was not asked for (search.mode include): here, the whole Patient.
            return _searchset(matches, None, included=found["Patient"])
        if category is not None:
            wanted = {token.rpartition("|")[2] for token in category.split(",")}
            matches = tuple(item for item in matches if wanted & _categories(item))
        return _searchset(matches, elements)


def _batch_urls(body: bytes) -> list[str | None] | None:
    """The URLs of a batch's GETs, None in the place of any other method; None where the body is no such batch."""
    try:
        bundle = orjson.loads(body)
        if bundle["resourceType"] != "Bundle" or bundle["type"] != "batch":
            return None
        requests = [entry["request"] for entry in bundle["entry"]]
        urls = [str(request["url"]) if request["method"] == "GET" else None for request in requests]
    except (ValueError, KeyError, TypeError):
        return None
    return urls if len(urls) <= MOST_ENTRIES else None


def _batch_entry(answer: Answer) -> bytes:
    status = _REASONS[answer.status].encode()
    if answer.status == 200:
        return b'{"resource":' + answer.body + b',"response":{"status":"' + status + b'"}}'
    return b'{"response":{"status":"' + status + b'","outcome":' + answer.body + b"}}"


def _elements(parameter: str) -> frozenset[str] | None:
    return frozenset(name.strip() for name in parameter.split(",") if name.strip()) or None


def _subset(resource: JsonObject, elements: frozenset[str] | None) -> JsonObject:
    """The wanted elements with id and meta, tagged SUBSETTED (FHIR R4, search.html#elements)."""
    if elements is None:
        return resource
    # References to contained resources would lead nowhere without them.
    always = {"resourceType", "id", "contained"} if "goal" in elements else {"resourceType", "id"}
    kept: dict[str, Json] = {
        name: value
        for name, value in resource.items()
        if name in always or name in elements or _CHOICES.get(name) in elements
    }
    meta = resource["meta"]
    kept["meta"] = {**meta, "tag": [_SUBSETTED]} if isinstance(meta, Mapping) else meta
    return kept


def _categories(resource: JsonObject) -> frozenset[str]:
    """The category codes of a Flag built by fhir_resources.py."""
    concepts = resource.get("category", ())
    return frozenset(
        str(coding["code"])
        for concept in (concepts if isinstance(concepts, list) else ())
        for coding in concept["coding"]
    )


def _searchset(
    matches: tuple[JsonObject, ...], elements: frozenset[str] | None, included: tuple[JsonObject, ...] = ()
) -> Answer:
    entries = [_search_entry(_subset(item, elements), "match") for item in matches]
    entries += [_search_entry(item, "include") for item in included]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(matches), "entry": entries}
    if not entries:
        # FHIR forbids empty arrays.
        del bundle["entry"]
    return Answer(200, orjson.dumps(bundle))


def _search_entry(resource: JsonObject, mode: str) -> JsonObject:
    url = f"{BASE}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}
