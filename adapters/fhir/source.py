"""The FHIR R4 source: asks as `plan` says, and hands what came to `mapping`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nhs_number.validate import is_valid

from adapters.contract import FetchRequest, NotHeldError, Quarantine, SourceAnswer, SourceError
from adapters.fhir import mapping, plan
from adapters.fhir.plan import ALL_FLAGS, Flags, ReferenceKind, Search
from adapters.http import HttpClient, Reply, failure_of
from adapters.reading import child, children, string
from core.clock import Clock
from core.sections import SectionSchema
from core.vocabulary import JsonObject, Label

FHIR_JSON: Final = "application/fhir+json"
JSON_TYPES: Final = frozenset({FHIR_JSON, "application/json", "application/json+fhir"})
PAGES_MAXIMUM: Final = 5
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class FhirOptions:
    """How one server is asked.

    batch: one Bundle for all searches, where the server takes batches at its base. labels: it labels its patients, so
    that a patient without a label is unknown. reference: what the pointers' references are. flags: how Flags are
    searched. probe: a path under the base that answers when the server is well.
    """

    batch: bool = False
    labels: bool = True
    reference: ReferenceKind = "id"
    flags: Flags = ALL_FLAGS
    probe: str = "metadata"


class FhirSource:
    """A `Source` over FHIR R4 REST (https://hl7.org/fhir/R4/http.html)."""

    def __init__(
        self,
        source_id: str,
        sections: frozenset[str],
        client: HttpClient,
        base: str,
        options: FhirOptions,
        schemas: Mapping[str, SectionSchema],
        clock: Clock,
    ) -> None:
        self._id = source_id
        self._sections = sections
        self._client = client
        self._base = base
        self._options = options
        self._schemas = schemas
        self._clock = clock

    @property
    def id(self) -> str:
        """See `Source.id`."""
        return self._id

    @property
    def sections(self) -> frozenset[str]:
        """See `Source.sections`."""
        return self._sections

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        """See `Source.fetch`."""
        options = self._options
        if not _is_reference(request.reference, options.reference):
            label = Label.UNKNOWN if options.labels else None
            return SourceAnswer(
                self._id, (), label, (Quarantine("reference", "not a reference of this source"),)
            )
        searches = plan.searches(request.wanted, options.reference, options.flags, labels=options.labels)
        found = _Collected(self._id, len(searches))
        if options.batch:
            await self._batch(searches, request, found)
        else:
            await self._searches(searches, request, found)
        question = mapping.Question(
            reference=request.reference,
            kind=options.reference,
            wanted=request.wanted,
            labels=options.labels,
            patient_asked=any(search.resource_type == "Patient" for search in searches),
            base=self._base,
            now=self._clock.now(),
        )
        answer = mapping.answer(self._id, question, found.resources, self._schemas)
        if not found.quarantined:
            return answer
        return SourceAnswer(
            answer.source, answer.fragments, answer.person_label, (*answer.quarantined, *found.quarantined)
        )

    async def probe(self) -> None:
        """See `Source.probe`. A CapabilityStatement must be one of R4."""
        try:
            reply = await self._client.get(self._options.probe)
        except NotHeldError:
            raise SourceError(self._id, "failed") from None
        version = string(reply.body, "fhirVersion")
        if reply.body.get("resourceType") == "CapabilityStatement" and not (version or "").startswith("4."):
            raise SourceError(self._id, "malformed")

    async def close(self) -> None:
        """See `Source.close`."""
        await self._client.close()

    async def _batch(self, searches: tuple[Search, ...], request: FetchRequest, found: _Collected) -> None:
        bundle = plan.batch(searches, request.reference, self._options.reference)
        reply = await self._client.post_json("", bundle, FHIR_JSON, request.correlation_id)
        entries = list(children(reply.body, "entry"))
        if reply.body.get("type") != "batch-response" or len(entries) != len(searches):
            raise SourceError(self._id, "malformed")
        for search, entry in zip(searches, entries, strict=True):
            # The entries answer in the order in which they were asked (https://hl7.org/fhir/R4/http.html#trules).
            status = string(child(entry, "response"), "status") or ""
            if status.startswith("2"):
                await self._pages(search, child(entry, "resource"), request.correlation_id, found)
            else:
                found.failed(search, failure_of(self._id, status[:3]))

    async def _searches(self, searches: tuple[Search, ...], request: FetchRequest, found: _Collected) -> None:
        replies = await asyncio.gather(
            *(self._search(search, request) for search in searches), return_exceptions=True
        )
        for search, reply in zip(searches, replies, strict=True):
            if isinstance(reply, SourceError):
                found.failed(search, reply)
            elif isinstance(reply, BaseException):
                raise reply
            else:
                await self._pages(search, reply.body, request.correlation_id, found)

    async def _search(self, search: Search, request: FetchRequest) -> Reply:
        # By POST, so that whom we ask for stands in no server's or proxy's access log.
        form = search.query(request.reference, self._options.reference)
        return await self._client.post_form(f"{search.resource_type}/_search", form, request.correlation_id)

    async def _pages(
        self, search: Search, bundle: JsonObject, correlation_id: str, found: _Collected
    ) -> None:
        for _ in range(PAGES_MAXIMUM):
            following = found.take(search, bundle)
            if following is None:
                return
            page = await self._client.get_page(following, correlation_id)
            if page is None:
                break
            bundle = page.body
        found.quarantined.append(
            Quarantine(search.resource_type, "the list goes on where it cannot be followed")
        )


class _Collected:
    """What the searches brought together: resources of the types asked for, and what went wrong."""

    def __init__(self, source: str, asked: int) -> None:
        self._source = source
        self._failures = 0
        self._seen: set[tuple[str, str]] = set()
        self._asked = asked
        self.resources: list[JsonObject] = []
        self.quarantined: list[Quarantine] = []

    def take(self, search: Search, bundle: JsonObject) -> str | None:
        """Take a search's result; the address of its next page, if there is one."""
        if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "searchset":
            raise SourceError(self._source, "malformed")
        for entry in children(bundle, "entry"):
            resource = child(entry, "resource")
            key = (search.resource_type, string(resource, "id") or str(len(self.resources)))
            if resource.get("resourceType") == search.resource_type and key not in self._seen:
                # Two searches may find the same one: a Flag of two categories.
                self._seen.add(key)
                self.resources.append(resource)
        links = children(bundle, "link")
        return next((string(link, "url") for link in links if link.get("relation") == "next"), None)

    def failed(self, search: Search, failure: SourceError) -> None:
        """A search failed. For the Patient, or for all, that is the answer; one type is missing by itself."""
        self._failures += 1
        if search.resource_type == "Patient" or self._failures == self._asked:
            raise failure
        self.quarantined.append(Quarantine(search.resource_type, "the source failed on this part"))


def _is_reference(reference: str, kind: ReferenceKind) -> bool:
    return is_valid(reference) if kind == "nhs-number" else _ID.fullmatch(reference) is not None
