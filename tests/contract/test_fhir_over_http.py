"""What is particular to asking a FHIR server: pages, parts that fail, batches and versions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web

from adapters.contract import FetchRequest, NotHeldError, SourceAnswer, SourceError
from adapters.fhir import FhirOptions, FhirSource
from adapters.fhir.plan import ReferenceKind
from adapters.http import Endpoint, HttpClient, Reply, base_address
from adapters.registry import Parts, build_sources
from core.vocabulary import Json, JsonObject, Label
from tests.support.adapter_kit import (
    NUMBER,
    PATIENT_ID,
    SCHEMAS,
    WRONG_NUMBER,
    StillClock,
    by_field,
    coded,
    patient,
    reasons,
    resource,
    values,
    wanting,
)
from tests.support.source_servers import FhirServer, fhir_json, serving

LATEX: JsonObject = {"substance": "Latex"}
WANTED = wanting("identity.birth_date", "health-summary.allergies", "health-summary.conditions")


@dataclass
class Bench:
    """A server and how to ask it."""

    server: FhirServer
    base: str
    stack: AsyncExitStack

    async def fetch(
        self,
        reference: str = PATIENT_ID,
        kind: ReferenceKind = "id",
        wanted: dict[str, frozenset[str]] = WANTED,
        session: aiohttp.ClientSession | None = None,
        **options: Json,
    ) -> SourceAnswer:
        entry: JsonObject = {
            "id": "src",
            "kind": "fhir",
            "base_url": self.base,
            "sections": ["identity"],
            "options": {"reference": kind, **options},
        }
        source = build_sources([entry], Parts(SCHEMAS, StillClock(), {}, session))["src"]
        self.stack.push_async_callback(source.close)
        await source.probe()
        return await source.fetch(FetchRequest(reference, wanted, "corr"))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    server = FhirServer(
        [
            patient(
                birthDate="1984-03-12",
                identifier=[{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": NUMBER}],
            ),
            resource("AllergyIntolerance", code={"text": "Latex"}),
            resource("Condition", code={"text": "Asthma"}),
        ]
    )
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(serving(server.app()))
        yield Bench(server, base + "fhir/", stack)


def page(*resources: JsonObject, **more: Json) -> JsonObject:
    entries: list[Json] = [{"resource": item} for item in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


def another_allergy(name: str) -> JsonObject:
    return {**resource("AllergyIntolerance", code={"text": name}), "id": name}


@pytest.mark.parametrize("batch", [True, False])
async def test_all_pages_of_a_list_are_read(bench: Bench, batch: bool) -> None:
    bench.server.next_links["AllergyIntolerance"] = bench.base + "page/2"
    following: list[Json] = [{"relation": "next", "url": bench.base + "page/3"}]
    bench.server.pages["2"] = page(another_allergy("Egg"), link=following)
    bench.server.pages["3"] = page(another_allergy("Nuts"), another_allergy("Egg"))
    answer = await bench.fetch(batch=batch)
    assert values(answer, "health-summary", "allergies") == [
        LATEX,
        {"substance": "Egg"},
        {"substance": "Nuts"},
    ]
    assert answer.quarantined == ()


@pytest.mark.parametrize(
    "link", ["http://169.254.169.254/latest", "{base}../admin", "//elsewhere.test/fhir/page/2", "page/2"]
)
async def test_a_page_outside_the_configured_address_is_not_fetched_and_the_gap_is_told(
    bench: Bench, link: str
) -> None:
    bench.server.next_links["AllergyIntolerance"] = link.format(base=bench.base)
    answer = await bench.fetch()
    assert values(answer, "health-summary", "allergies") == [LATEX]
    assert reasons(answer) == ["AllergyIntolerance: the list goes on where it cannot be followed"]
    assert all(url.startswith("/fhir/") and "admin" not in url for _, url in bench.server.seen.requests)


async def test_a_list_without_end_is_given_up(bench: Bench) -> None:
    bench.server.next_links["AllergyIntolerance"] = bench.base + "page/1"
    endless: list[Json] = [{"relation": "next", "url": bench.base + "page/1"}]
    bench.server.pages["1"] = page(link=endless)
    answer = await bench.fetch()
    assert reasons(answer) == ["AllergyIntolerance: the list goes on where it cannot be followed"]


@pytest.mark.parametrize("batch", [True, False])
async def test_a_part_that_fails_is_told_and_the_rest_is_served(bench: Bench, batch: bool) -> None:
    bench.server.part_status["Condition"] = 500
    answer = await bench.fetch(batch=batch)
    assert set(by_field(answer.fragments)) == {"identity.birth_date", "health-summary.allergies"}
    assert reasons(answer) == ["Condition: the source failed on this part"]


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize(
    ("status", "code"), [(404, "not-held"), (410, "not-held"), (403, "refused"), (500, "failed")]
)
async def test_when_the_patient_fails_nothing_is_served(
    bench: Bench, batch: bool, status: int, code: str
) -> None:
    bench.server.part_status["Patient"] = status
    with pytest.raises(SourceError) as failed:
        await bench.fetch(batch=batch)
    assert failed.value.code == code


@pytest.mark.parametrize("batch", [True, False])
async def test_when_every_part_fails_the_source_has_failed(bench: Bench, batch: bool) -> None:
    bench.server.part_status.update(AllergyIntolerance=500, Condition=500)
    wanted = wanting("health-summary.allergies", "health-summary.conditions")
    with pytest.raises(SourceError, match="failed"):
        await bench.fetch(batch=batch, labels=False, wanted=wanted)


@pytest.mark.parametrize("batch", [True, False])
async def test_a_patient_that_is_not_there_is_not_held(bench: Bench, batch: bool) -> None:
    bench.server.resources.clear()
    with pytest.raises(NotHeldError):
        await bench.fetch(batch=batch)


async def test_a_batch_goes_out_as_one_request(bench: Bench) -> None:
    await bench.fetch(batch=True)
    assert bench.server.seen.requests == [("GET", "/fhir/metadata"), ("POST", "/fhir/")]


@pytest.mark.parametrize("answered", ["transaction-response", "too few"])
async def test_a_batch_that_does_not_answer_entry_by_entry_is_malformed(bench: Bench, answered: str) -> None:
    kind = "batch-response" if answered == "too few" else answered

    async def misbehave(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return fhir_json(bench.server.metadata)
        return fhir_json({"resourceType": "Bundle", "type": kind, "entry": [{"response": {"status": "200"}}]})

    bench.server.seen.misbehave = misbehave
    with pytest.raises(SourceError, match="malformed"):
        await bench.fetch(batch=True)


async def test_an_operation_outcome_in_the_place_of_a_list_is_malformed(bench: Bench) -> None:
    bench.server.next_links["AllergyIntolerance"] = bench.base + "page/2"
    bench.server.pages["2"] = {"resourceType": "OperationOutcome"}
    with pytest.raises(SourceError, match="malformed"):
        await bench.fetch()


@pytest.mark.parametrize("version", ["3.0.2", None])
async def test_a_server_of_another_fhir_version_fails_its_probe(bench: Bench, version: str | None) -> None:
    bench.server.metadata = {"resourceType": "CapabilityStatement", "fhirVersion": version}
    with pytest.raises(SourceError, match="malformed"):
        await bench.fetch()


async def test_a_probe_that_is_no_capability_statement_only_has_to_answer(bench: Bench) -> None:
    bench.server.metadata = {"status": "pass"}
    assert (await bench.fetch()).person_label is Label.UNRESTRICTED


async def test_a_person_is_found_by_number_and_the_number_stands_in_no_url(bench: Bench) -> None:
    answer = await bench.fetch(NUMBER, "nhs-number")
    assert len(answer.fragments) == 3
    assert NUMBER not in bench.server.seen.urls


@pytest.mark.parametrize(
    ("reference", "kind"), [("../admin", "id"), ("a b", "id"), ("x" * 65, "id"), (WRONG_NUMBER, "nhs-number")]
)
async def test_what_cannot_be_a_reference_is_never_asked_for(
    bench: Bench, reference: str, kind: ReferenceKind
) -> None:
    answer = await bench.fetch(reference, kind)
    assert (answer.fragments, answer.person_label) == ((), Label.UNKNOWN)
    assert reasons(answer) == ["reference: not a reference of this source"]
    assert bench.server.seen.requests == [("GET", "/fhir/metadata")]


async def test_flags_are_searched_by_category_where_configured(bench: Bench) -> None:
    for number, category in enumerate(["safety", "NRAF", "diet"]):
        flag = resource("Flag", status="active", code={"text": category}, category=[coded(category)])
        bench.server.resources.append({**flag, "id": str(number)})
    answer = await bench.fetch(
        wanted=wanting("safeguarding-alerts.flags", "communication-needs.adjustments"),
        alert_categories=["safety"],
        adjustment_categories=["NRAF"],
    )
    assert values(answer, "safeguarding-alerts", "flags") == [{"description": "safety", "status": "active"}]
    assert values(answer, "communication-needs", "adjustments") == ["NRAF"]


async def test_a_session_that_was_handed_in_is_not_closed(bench: Bench) -> None:
    async with aiohttp.ClientSession() as session:
        await bench.fetch(session=session)
        await bench.stack.pop_all().aclose()
        assert not session.closed


async def test_a_fault_of_ours_is_not_taken_for_one_of_the_source() -> None:
    class BrokenClient(HttpClient):
        async def post_form(self, path: str, form: str, correlation_id: str) -> Reply:
            raise ZeroDivisionError

    client = BrokenClient(Endpoint("src", base_address("http://127.0.0.1:1/")))
    source = FhirSource("src", frozenset({"identity"}), client, "", FhirOptions(), SCHEMAS, StillClock())
    with pytest.raises(ZeroDivisionError):
        await source.fetch(FetchRequest(PATIENT_ID, WANTED, "corr"))
