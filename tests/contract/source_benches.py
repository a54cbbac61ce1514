"""One suite that every adapter passes (adapters/contract.py), each against a source that speaks its real protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from openpyxl import Workbook

from adapters.contract import FetchRequest, Source, SourceAnswer, SourceError
from adapters.registry import Parts, build_sources
from consent.story.store import Stories
from consent.story.words import NO_STORY
from core.vocabulary import Json, JsonObject, Label
from gateway.story.source import StorySource
from tests.support.adapter_kit import (
    PATIENT_ID,
    SCHEMAS,
    StillClock,
    patient,
    resource,
    wanting,
)
from tests.support.house import house, sqlite_urls
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
        "limits": {"timeout": 2.0},
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
        "limits": {"timeout": 2.0},
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


async def own_words(stack: AsyncExitStack, folder: Path) -> Bench:
    """What residents told of themselves: a source without a wire, which answers from the gateway's own database."""
    home = stack.enter_context(house(*sqlite_urls(folder)))
    stories, key = Stories(home.database), home.keys.get_or_create(REFERENCE)
    told = NO_STORY.with_answer("what_matters", "My dog", home.clock.now())
    with home.database.write() as tx:
        stories.put(tx, key, told.with_answer("told_already", CONTENT, home.clock.now()))
    return Bench(
        source=StorySource(stories, home.keys, SCHEMAS),
        narrow=wanting("my-story.what_matters"),
        expected={"my-story.what_matters": "My dog"},
        label=None,
    )


OVER_HTTP = (fhir_batch, fhir_search, rest)
Maker = Callable[[AsyncExitStack, Path], Awaitable[Bench]]


async def made(make: Maker, folder: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        bench = await make(stack, folder)
        stack.push_async_callback(bench.source.close)
        yield bench


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
