"""The adapters against the sandbox's agencies: everybody in it, fault by fault, and health that speaks of no person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from adapters.contract import FetchRequest, NotHeldError, Source, SourceAnswer, SourceError
from adapters.converters import pence_band
from adapters.registry import Parts, Sources, open_sources
from adapters.sandbox import council_housing, nhs_fhir
from adapters.sandbox.charity_drop import DIRTY, write_drop
from adapters.sandbox.people import DEFAULT_COUNT, DEFAULT_SEED, generate
from adapters.sandbox.person import CHARITY, COUNCIL, PRACTICE, Person
from core.vocabulary import JsonObject, Label
from tests.support.adapter_kit import (
    SCHEMAS,
    StillClock,
    asking,
    assert_fits,
    by_field,
    reasons,
    values,
    wanting,
)
from tests.support.source_servers import serving

PEOPLE = generate(DEFAULT_SEED, DEFAULT_COUNT)
BOOKS = "harbour-charity-books"
SEARCHED = "wensum-valley-practice-searched"
NUMBERED = "wensum-valley-practice-numbered"
SOURCES = {PRACTICE: PRACTICE, SEARCHED: PRACTICE, COUNCIL: COUNCIL, CHARITY: CHARITY, BOOKS: CHARITY}
"""Source of the tests -> the organisation of the sandbox behind it."""


@dataclass
class Sandbox:
    """The agencies, and the sources that ask them."""

    sources: Sources
    addresses: Mapping[str, str]

    async def fetch(self, source: str, person: Person) -> SourceAnswer:
        """Everything that a source serves about a person."""
        reference = person.reference(SOURCES[source])
        assert reference is not None
        return await self.of(source).fetch(asking(reference, self.of(source)))

    def of(self, source: str) -> Source:
        """One source."""
        return self.sources.by_id[source]

    async def fault(self, organisation: str, mode: str) -> None:
        """Make an agency fail."""
        async with aiohttp.ClientSession() as session:
            body = {"mode": mode, "delay_seconds": 60}
            async with session.post(self.addresses[organisation] + "_sandbox/fault", json=body) as reply:
                assert reply.status == 200


def configuration(addresses: Mapping[str, str], drop: tuple[Path, Path]) -> list[JsonObject]:
    clinical = [
        "identity",
        "contact",
        "communication-needs",
        "health-summary",
        "support-plan",
        "safeguarding-alerts",
    ]
    practice: JsonObject = {
        "id": PRACTICE,
        "kind": "fhir",
        "base_url": addresses[PRACTICE],
        "sections": [*clinical],
        "credentials": {"scheme": "Bearer", "env": "PRACTICE"},
        "limits": {"timeout": 2.0, "probe_timeout": 0.5},
        "options": {"batch": True, "alert_categories": ["safety"], "adjustment_categories": ["NRAF"]},
    }
    options = practice["options"]
    assert isinstance(options, dict)
    charity: JsonObject = {
        "id": CHARITY,
        "kind": "csv",
        "path": str(drop[0]),
        "sections": ["contact", "communication-needs", "involved-services", "support-plan"],
        "options": {"mapping": "charity-cases"},
    }
    return [
        practice,
        {**practice, "id": SEARCHED, "options": {**options, "batch": False}},
        {**practice, "id": NUMBERED, "sections": ["identity"], "options": {"reference": "nhs-number"}},
        {
            "id": COUNCIL,
            "kind": "rest",
            "base_url": addresses[COUNCIL],
            "sections": ["contact", "household", "tenancy", "home-condition", "debts"],
            "credentials": {"header": "X-API-Key", "env": "COUNCIL"},
            "limits": {"timeout": 2.0, "probe_timeout": 0.5},
            "options": {"mapping": "council-housing"},
        },
        charity,
        {**charity, "id": BOOKS, "kind": "xlsx", "path": str(drop[1])},
    ]


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with AsyncExitStack() as stack:
        addresses = {
            PRACTICE: await stack.enter_async_context(serving(nhs_fhir.create_app(PEOPLE))),
            COUNCIL: await stack.enter_async_context(serving(council_housing.create_app(PEOPLE))),
        }
        secrets = {"PRACTICE": nhs_fhir.DEFAULT_TOKEN, "COUNCIL": council_housing.DEFAULT_KEY}
        entries = configuration(addresses, write_drop(tmp_path, PEOPLE))
        sources = open_sources(entries, Parts(SCHEMAS, StillClock(), secrets))
        stack.push_async_callback(sources.close)
        yield Sandbox(sources, addresses)


def known_to(organisation: str) -> list[Person]:
    """The people with a record at an organisation that was not withdrawn."""
    return [
        person
        for person in PEOPLE
        if person.reference(organisation) is not None
        and not (organisation == PRACTICE and person.practice is not None and person.practice.invalidated)
    ]


@pytest.mark.parametrize("source", SOURCES)
async def test_everybodys_record_is_read_without_anything_set_aside(sandbox: Sandbox, source: str) -> None:
    people = known_to(SOURCES[source])
    assert len(people) >= 20
    for person in people:
        answer = await sandbox.fetch(source, person)
        assert_fits(answer)
        assert answer.fragments
        assert answer.quarantined == ()


async def test_the_practice_tells_label_identity_and_health_of_each(sandbox: Sandbox) -> None:
    for person in known_to(PRACTICE):
        answer = await sandbox.fetch(PRACTICE, person)
        told = by_field(answer.fragments)
        record = person.practice
        assert record is not None
        assert answer.person_label is person.label
        assert told["identity.name"] == person.full_name
        assert told["identity.deceased"] is (person.deceased_on is not None)
        assert ("contact.address" in told) is (person.label is Label.UNRESTRICTED)
        assert len(values(answer, "health-summary", "allergies")) == len(record.allergies)
        assert len(values(answer, "health-summary", "conditions")) == len(record.conditions)
        assert len(values(answer, "health-summary", "medications")) == len(record.medications)
        assert len(values(answer, "safeguarding-alerts", "flags")) == len(record.alerts)
        formats = [record.written_format.display] if record.written_format else []
        assert values(answer, "communication-needs", "adjustments") == [*formats, *record.adjustments]
        assert {item.as_of for item in answer.fragments} == {record.updated}
        labelled = {label for item in answer.fragments if item.section != "identity" for label in item.labels}
        assert labelled - {"R", "V"} <= {"PSY", "SDV"}


async def test_a_batch_and_single_searches_give_the_same(sandbox: Sandbox) -> None:
    for person in known_to(PRACTICE)[:10]:
        answers = [await sandbox.fetch(source, person) for source in (PRACTICE, SEARCHED)]
        assert answers[0].fragments == answers[1].fragments


async def test_a_csv_and_a_workbook_give_the_same(sandbox: Sandbox) -> None:
    for person in known_to(CHARITY):
        answers = [await sandbox.fetch(source, person) for source in (CHARITY, BOOKS)]
        assert answers[0].fragments == answers[1].fragments


async def test_a_person_is_found_by_number_alone(sandbox: Sandbox) -> None:
    person = known_to(PRACTICE)[0]
    request = FetchRequest(person.nhs_number, wanting("identity.name"), "corr")
    answer = await sandbox.of(NUMBERED).fetch(request)
    assert by_field(answer.fragments) == {"identity.name": person.full_name}


async def test_the_council_tells_open_repairs_and_a_band_and_never_the_sum(sandbox: Sandbox) -> None:
    bands = set()
    for person in known_to(COUNCIL):
        answer = await sandbox.fetch(COUNCIL, person)
        told = by_field(answer.fragments)
        assert person.council is not None
        letting = person.council.tenancy
        assert ("tenancy.tenancy_type" in told) is (letting is not None)
        assert told["contact.uprn"] == person.address.uprn
        if letting is not None:
            bands.add(str(told["debts.arrears_band"]))
            open_jobs = [job for job in letting.repairs if job.status != "CMP"]
            assert len(values(answer, "home-condition", "open_repairs")) == len(open_jobs)
            assert told["debts.arrears_band"] == pence_band([letting.arrears_pence], {})
    assert len(bands) >= 3


async def test_a_withdrawn_record_is_not_held(sandbox: Sandbox) -> None:
    withdrawn = [person for person in PEOPLE if person.practice is not None and person.practice.invalidated]
    assert withdrawn
    for source in (PRACTICE, SEARCHED):
        with pytest.raises(NotHeldError):
            await sandbox.fetch(source, withdrawn[0])


@pytest.mark.parametrize("source", [CHARITY, BOOKS])
@pytest.mark.parametrize("case", [case for case in DIRTY if case])
async def test_a_dirty_case_is_never_served(sandbox: Sandbox, source: str, case: str) -> None:
    charity = sandbox.of(source)
    answer = await charity.fetch(asking(case, charity))
    assert answer.fragments == ()
    (reason,) = reasons(answer)
    assert reason.startswith("row ")
    assert "Nobody" not in reason


@pytest.mark.parametrize("organisation", [PRACTICE, COUNCIL])
async def test_what_an_agency_sends_in_excess_is_dropped(sandbox: Sandbox, organisation: str) -> None:
    person = known_to(organisation)[0]
    reference = person.reference(organisation)
    assert reference is not None
    narrow = (
        wanting("health-summary.allergies") if organisation == PRACTICE else wanting("debts.arrears_band")
    )
    request = FetchRequest(reference, narrow, "corr")
    before = await sandbox.of(organisation).fetch(request)
    await sandbox.fault(organisation, "excess")
    after = await sandbox.of(organisation).fetch(request)
    assert after.fragments == before.fragments


@pytest.mark.parametrize(
    ("mode", "code"),
    [("down", "unreachable"), ("slow", "timeout"), ("error", "failed"), ("malformed", "malformed")],
)
async def test_a_broken_agency_is_known_down_for_all_and_the_others_answer(
    sandbox: Sandbox, mode: str, code: str
) -> None:
    health = sandbox.sources.health
    people = known_to(COUNCIL)
    await sandbox.fault(COUNCIL, mode)
    with pytest.raises(SourceError) as failed:
        await sandbox.fetch(COUNCIL, people[0])
    assert failed.value.code == code
    await health.settle(COUNCIL)
    assert [source for source in sandbox.sources.by_id if health.known_down(source)] == [COUNCIL]
    with pytest.raises(SourceError) as refused:
        await sandbox.fetch(COUNCIL, people[1])
    assert refused.value.code == "open"
    both = [person for person in people if person in known_to(PRACTICE)]
    assert (await sandbox.fetch(PRACTICE, both[0])).fragments
    await sandbox.fault(COUNCIL, "none")
    await health.suspect(COUNCIL)
    assert not health.known_down(COUNCIL)
    assert (await sandbox.fetch(COUNCIL, people[1])).fragments


async def test_a_record_that_is_missing_says_nothing_of_the_sources_health(sandbox: Sandbox) -> None:
    council = sandbox.of(COUNCIL)
    for number in range(20):
        with pytest.raises(NotHeldError):
            await council.fetch(asking(f"P000000{number}", council))
    await sandbox.sources.health.settle(COUNCIL)
    assert not sandbox.sources.health.known_down(COUNCIL)
    assert (await sandbox.fetch(COUNCIL, known_to(COUNCIL)[0])).fragments


async def test_many_people_at_once_get_their_own_records(sandbox: Sandbox) -> None:
    people = known_to(PRACTICE)[:24]
    answers = await asyncio.gather(*(sandbox.fetch(PRACTICE, person) for person in people))
    names = [by_field(answer.fragments)["identity.name"] for answer in answers]
    assert names == [person.full_name for person in people]


async def test_probing_unasked_finds_every_agency_well(sandbox: Sandbox) -> None:
    health = sandbox.sources.health
    health.start()
    for source in sandbox.sources.by_id:
        await health.suspect(source)
    assert not any(health.known_down(source) for source in sandbox.sources.by_id)
