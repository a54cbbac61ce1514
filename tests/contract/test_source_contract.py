"""One suite that every adapter passes (adapters/contract.py), each against a source that speaks its real protocol."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from openpyxl import Workbook

from adapters.contract import FetchRequest, NotHeldError, Source, SourceAnswer, SourceError
from adapters.registry import Parts, build_sources
from core.vocabulary import Json, JsonObject, Label
from tests.support.adapter_kit import (
    PATIENT_ID,
    SCHEMAS,
    StillClock,
    assert_fits,
    by_field,
    everything,
    patient,
    reasons,
    resource,
    wanting,
)
from tests.support.source_servers import FhirServer, HousingServer, Seen, serving

SECRET = "s3cret-of-this-source"
REFERENCE = PATIENT_ID
CONTENT = "Secretname"


@dataclass
class Bench:
    """A source with what stands behind it. narrow: one field and its value; spare: what stands there and is not asked."""

    source: Source
    narrow: dict[str, frozenset[str]]
    expected: dict[str, Json]
    label: Label | None
    seen: Seen = field(default_factory=Seen)
    asked: Mapping[str, set[str]] = field(default_factory=dict)
    be_excessive: Callable[[], None] = lambda: None
    hold_another: Callable[[], None] = lambda: None

    async def fetch(
        self, wanted: Mapping[str, frozenset[str]] | None = None, reference: str = REFERENCE
    ) -> SourceAnswer:
        """Ask for the narrow part, or what is said."""
        return await self.source.fetch(FetchRequest(reference, wanted or self.narrow, "corr-77"))


def one(entry: JsonObject) -> Source:
    """The source of a configuration entry."""
    parts = Parts(SCHEMAS, StillClock(), {"SECRET": SECRET})
    return next(
        iter(build_sources([{"id": "src", "credentials": {"env": "SECRET"}, **entry}], parts).values())
    )


async def fhir_bench(stack: AsyncExitStack, *, batch: bool) -> Bench:
    server = FhirServer(
        [
            patient(name=[{"family": CONTENT}], birthDate="1984-03-12", gender="female"),
            resource("AllergyIntolerance", code={"text": "Latex"}),
            resource("Flag", status="active", code={"text": "Two workers visit"}),
        ]
    )
    base = await stack.enter_async_context(serving(server.app()))
    entry: JsonObject = {
        "kind": "fhir",
        "base_url": base + "fhir/",
        "sections": ["identity", "contact", "health-summary", "safeguarding-alerts"],
        "limits": {"timeout": 0.5},
        "options": {"batch": batch, "labels": True},
    }

    def another() -> None:
        server.resources = [
            {**item, "id": "q", "patient": {"reference": "Patient/q"}} for item in server.resources
        ]

    return Bench(
        source=one(entry),
        narrow=wanting("identity.birth_date", "health-summary.allergies"),
        expected={"identity.birth_date": "1984-03-12", "health-summary.allergies": {"substance": "Latex"}},
        label=Label.UNRESTRICTED,
        seen=server.seen,
        asked={
            "Patient": {"id", "meta", "identifier", "birthDate"},
            "AllergyIntolerance": {
                "id",
                "meta",
                "patient",
                "clinicalStatus",
                "verificationStatus",
                "code",
                "criticality",
                "reaction",
            },
        },
        be_excessive=lambda: setattr(server, "excess", True),
        hold_another=another,
    )


async def fhir_batch(stack: AsyncExitStack, _: Path) -> Bench:
    return await fhir_bench(stack, batch=True)


async def fhir_search(stack: AsyncExitStack, _: Path) -> Bench:
    return await fhir_bench(stack, batch=False)


async def rest(stack: AsyncExitStack, _: Path) -> Bench:
    record: dict[str, Json] = {
        "personReference": REFERENCE,
        "asAt": "30/10/2026 09:15",
        "tenancy": {"tenancyTypeCode": "SEC", "landlordName": CONTENT, "uprn": 100023336956},
        "arrears": {"arrearsBand": "C", "balancePence": 81234},
        "caseNotes": [{"noteText": CONTENT}],
    }
    server = HousingServer(record)
    base = await stack.enter_async_context(serving(server.app()))
    entry: JsonObject = {
        "kind": "rest",
        "base_url": base,
        "sections": ["tenancy", "debts"],
        "limits": {"timeout": 0.5},
        "options": {"mapping": "council-housing"},
    }
    return Bench(
        source=one(entry),
        narrow=wanting("tenancy.uprn", "debts.arrears_band"),
        expected={"tenancy.uprn": "100023336956", "debts.arrears_band": "500-to-1500"},
        label=None,
        seen=server.seen,
        asked={"tenancy": {"uprn"}, "arrears": {"arrearsBand"}},
        be_excessive=lambda: setattr(server, "excess", True),
        hold_another=lambda: record.update(personReference="q"),
    )


TABLE = (
    ("Case Ref", REFERENCE),
    ("NHS No", None),
    ("Surname", CONTENT),
    ("Main language", "Polish"),
    ("Interpreter?", "Yes"),
    ("Adjustments", "Large print; Quiet room"),
    ("Safe to contact", "Not after 7pm"),
    ("Contact by", "Text"),
    ("Other services", None),
    ("Support type", None),
    ("Support status", None),
    ("Goals", None),
    ("Support start", None),
    ("Next review", None),
    ("Lead worker", None),
    ("Row updated", "01/11/2026"),
)


def tabular(kind: str, path: Path) -> Bench:
    entry: JsonObject = {
        "kind": kind,
        "path": str(path),
        "sections": ["contact", "communication-needs"],
        "options": {"mapping": "charity-cases"},
    }
    return Bench(
        source=one(entry),
        narrow=wanting("contact.preferred_channel", "communication-needs.interpreter_required"),
        expected={"contact.preferred_channel": "text", "communication-needs.interpreter_required": True},
        label=None,
    )


async def csv(_: AsyncExitStack, folder: Path) -> Bench:
    path = folder / "cases.csv"
    path.write_text("\n".join(",".join(str(pair[at] or "") for pair in TABLE) for at in (0, 1)) + "\n")
    return tabular("csv", path)


async def xlsx(_: AsyncExitStack, folder: Path) -> Bench:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for at in (0, 1):
        sheet.append([pair[at] for pair in TABLE])
    book.save(folder / "cases.xlsx")
    return tabular("xlsx", folder / "cases.xlsx")


OVER_HTTP = (fhir_batch, fhir_search, rest)
Maker = Callable[[AsyncExitStack, Path], Awaitable[Bench]]


async def made(make: Maker, folder: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        bench = await make(stack, folder)
        stack.push_async_callback(bench.source.close)
        yield bench


@pytest.fixture(params=(*OVER_HTTP, csv, xlsx), ids=lambda make: make.__name__)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async for found in made(request.param, tmp_path):
        yield found


@pytest.fixture(params=OVER_HTTP, ids=lambda make: make.__name__)
async def http(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async for found in made(request.param, tmp_path):
        yield found


def misbehave(bench: Bench, response: Callable[[], web.StreamResponse]) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return response()

    bench.seen.misbehave = answer


async def failure(bench: Bench, caplog: pytest.LogCaptureFixture | None = None) -> str:
    """The code of the failure, after looking that nothing of the person is in it."""
    with pytest.raises(SourceError) as failed:
        await bench.fetch()
    error = failed.value
    assert error.source == "src"
    while_handling = (error, error.__cause__, error.__context__)
    said = " ".join(f"{link!s} {link!r} {vars(link) if link else ''}" for link in while_handling)
    logged = caplog.text if caplog is not None else ""
    assert not any(word in said + logged for word in (REFERENCE, CONTENT, SECRET))
    return error.code


async def test_the_wanted_fields_come_as_the_schemas_want_them(bench: Bench) -> None:
    answer = await bench.fetch()
    assert by_field(answer.fragments) == bench.expected
    assert_fits(answer)
    assert (answer.source, answer.person_label, answer.quarantined) == ("src", bench.label, ())
    assert all(item.as_of.tzinfo is not None for item in answer.fragments)


async def test_a_source_is_asked_for_no_more_than_is_wanted(http: Bench) -> None:
    await http.fetch()
    assert http.seen.asked == http.asked


async def test_what_comes_in_excess_is_dropped(bench: Bench) -> None:
    bench.be_excessive()
    answer = await bench.fetch()
    assert by_field(answer.fragments) == bench.expected
    assert CONTENT not in repr(answer)


async def test_everything_that_a_source_serves_fits_the_schemas(bench: Bench) -> None:
    answer = await bench.fetch(everything(bench.source.sections))
    assert_fits(answer)
    assert len(answer.fragments) > len(bench.expected)
    assert {item.section for item in answer.fragments} <= bench.source.sections


async def test_a_record_about_another_person_is_never_served(http: Bench) -> None:
    http.hold_another()
    answer = await http.fetch()
    assert answer.fragments == ()
    assert any("about another p" in reason for reason in reasons(answer))


async def test_the_reference_and_the_secret_stand_in_no_url(http: Bench) -> None:
    await http.fetch()
    await http.source.probe()
    assert REFERENCE not in http.seen.urls
    assert SECRET not in http.seen.urls
    assert all(said["Authorization"] == SECRET for said in http.seen.headers)
    assert {said.get("X-Correlation-ID") for said in http.seen.headers} == {"corr-77", None}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "refused"),
        (403, "refused"),
        (404, "not-held"),
        (410, "not-held"),
        (408, "timeout"),
        (429, "busy"),
        (400, "failed"),
        (422, "failed"),
        (500, "failed"),
        (503, "failed"),
    ],
)
async def test_a_refusal_becomes_its_code_and_its_body_is_not_read(
    http: Bench, status: int, code: str
) -> None:
    misbehave(http, lambda: web.json_response({"error": f"no {REFERENCE} {CONTENT}"}, status=status))
    assert await failure(http) == code


async def test_a_record_no_longer_held_is_an_answer_of_its_own_kind(http: Bench) -> None:
    misbehave(http, lambda: web.Response(status=404))
    with pytest.raises(NotHeldError):
        await http.fetch()


async def test_an_unknown_reference_in_a_file_is_not_held(tmp_path: Path) -> None:
    async for found in made(csv, tmp_path):
        with pytest.raises(NotHeldError):
            await found.fetch(reference="nobody")


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType": "Bundle", "name": "Secretname"',
        b"[]",
        b"",
        b'{"a": NaN}',
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b"\xff\xfe",
    ],
)
async def test_an_answer_that_is_not_json_is_malformed(
    http: Bench, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    misbehave(http, lambda: web.Response(body=body, content_type="application/json"))
    assert await failure(http, caplog) == "malformed"


async def test_an_answer_of_another_content_type_is_malformed(http: Bench) -> None:
    misbehave(http, lambda: web.Response(text="{}", content_type="text/html"))
    assert await failure(http) == "malformed"


@pytest.mark.parametrize("told", [True, False])
async def test_an_answer_beyond_measure_is_malformed(http: Bench, told: bool) -> None:
    async def long_answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if told:
            response.content_length = 3 * 1024 * 1024
        await response.prepare(request)
        for _ in range(3 * 16):
            await response.write(b" " * 65536)
        return response

    http.seen.misbehave = long_answer
    assert await failure(http) == "malformed"


async def test_an_answer_cut_off_is_malformed(http: Bench) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b'{"a": ')
        assert request.transport is not None
        request.transport.close()
        return response

    http.seen.misbehave = cut
    assert await failure(http) == "malformed"


async def test_a_redirect_is_not_followed(http: Bench) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": str(request.url.with_path("/elsewhere"))})

    http.seen.misbehave = away
    assert await failure(http) == "failed"
    assert "elsewhere" not in http.seen.urls


async def test_a_source_that_does_not_answer_in_time_is_a_timeout(http: Bench) -> None:
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    http.seen.misbehave = hang
    try:
        assert await failure(http) == "timeout"
    finally:
        released.set()


async def test_a_closed_connection_is_unreachable(http: Bench) -> None:
    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    http.seen.misbehave = drop
    assert await failure(http) == "unreachable"


async def test_a_probe_tells_whether_the_source_is_there_and_says_nothing_of_anybody(bench: Bench) -> None:
    await bench.source.probe()
    assert all(method == "GET" for method, _ in bench.seen.requests)


@pytest.mark.parametrize(("status", "code"), [(404, "failed"), (503, "failed"), (401, "refused")])
async def test_a_probe_of_a_broken_source_fails(http: Bench, status: int, code: str) -> None:
    misbehave(http, lambda: web.Response(status=status))
    with pytest.raises(SourceError) as failed:
        await http.source.probe()
    assert (failed.value.code, type(failed.value)) == (code, SourceError)


async def test_many_fetches_at_once_do_not_mix(bench: Bench) -> None:
    narrower = [{section: fields} for section, fields in bench.narrow.items()]
    asked = [narrower[at % len(narrower)] for at in range(24)]
    answers = await asyncio.gather(*(bench.fetch(wanted) for wanted in asked))
    for wanted, answer in zip(asked, answers, strict=True):
        names = {f"{section}.{name}" for section, fields in wanted.items() for name in fields}
        assert by_field(answer.fragments) == {key: bench.expected[key] for key in names}


async def test_a_source_can_be_closed_twice_and_before_any_fetch(bench: Bench) -> None:
    await bench.source.close()
    await bench.source.close()
