"""FHIR Consents in and out of a real ledger: under an agreement, with evidence, and never over the person's later word."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.reader import LogReader
from consent.fhir.concordance import KIND, ODS, POLICY, Concordance
from consent.fhir.errors import UnrepresentableError
from consent.fhir.reading import NHS_NUMBER as NHS_SYSTEM
from consent.fhir.reading import PRIVACY, RECIPIENT, read_consent
from consent.permissions import Given
from core.vocabulary import Kind, PermissionRule
from gateway.consent_documents import (
    DOCUMENT_BYTES,
    ConsentDocuments,
    DocumentError,
    LaterWordError,
    known_to,
    terms_of,
)
from gateway.consenting import Refusal
from gateway.people.trace import TraceError
from gateway.policy.register_values import Status
from tests.support.clock import TODAY, FakeClock
from tests.support.walk import COUNCIL, NHS_NUMBER, PRACTICE, STRANGER_NUMBER, Walk, registers, walk

PURPOSES, SECTIONS, ORGANISATIONS = (
    f"urn:oncetold:{name}" for name in ("purpose", "section", "organisation")
)
COUNTY, PURPOSE = "norfolk-county-council", "early-help-triage"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
WORDS = Concordance(
    purposes={(ACT, "TREAT"): frozenset({PURPOSE})}, policies=frozenset({"https://nhs.test/base"})
)


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def resource(**more: Any) -> dict[str, Any]:
    """A practice's Consent: everybody in care may see what it holds."""
    patient = {"identifier": {"system": NHS_SYSTEM, "value": NHS_NUMBER}}
    return {
        "resourceType": "Consent",
        "id": "c-17",
        "status": "active",
        "scope": coded(*PRIVACY),
        "category": [coded("http://loinc.org", "59284-0")],
        "patient": patient,
        "dateTime": "2026-11-23T09:00:00Z",
        "performer": [patient],
        "organization": [{"identifier": {"system": ODS, "value": "Z9W01"}}],
        "policy": [{"uri": "https://nhs.test/base"}],
        "provision": {"type": "permit", "purpose": [{"system": ACT, "code": "TREAT"}]},
    } | more


def written(**more: Any) -> bytes:
    return json.dumps(resource(**more)).encode()


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Walk]:
    async with walk(tmp_path, clock=FakeClock()) as found:
        yield found


@pytest.fixture
def documents(way: Walk) -> ConsentDocuments:
    home = way.home
    return ConsentDocuments(way.consenting, home.ledger, home.locator, registers(), home.clock)


async def take(documents: ConsentDocuments, document: bytes, number: str = NHS_NUMBER) -> Any:
    return await documents.take_in(document, number, PRACTICE, PURPOSE, WORDS)


async def test_an_import_opens_what_its_holder_has_under_the_agreement_and_says_where_it_comes_from(
    way: Walk, documents: ConsentDocuments
) -> None:
    assert (await way.ask()).sections == ()
    taken = await take(documents, written())
    (permission,) = taken.permissions
    digest = hashlib.sha256(written()).hexdigest()
    assert permission.given == Given("imported", PRACTICE, evidence=f"Consent/c-17 sha256:{digest}")
    assert (permission.kind, permission.sources) == (Kind.CONFIDENTIALITY_CONSENT, {PRACTICE})
    assert (permission.from_, permission.until) == (TODAY, TODAY + timedelta(days=90))
    assert all("*" not in fields for fields in permission.sections.values())
    assert {section.source for section in (await way.ask()).sections} == {PRACTICE}
    reader = LogReader(way.home.database, way.home.log.store, way.home.keys)
    entry = reader.entry(taken.entries[-1])
    assert entry is not None
    assert (entry.kind, entry.outcome) == ("consent", "given")
    assert way.home.ledger.history(way.person.key)[-1].by == permission.given


async def test_a_denial_stops_what_was_allowed_at_that_holder_alone(
    way: Walk, documents: ConsentDocuments
) -> None:
    await way.allow()
    provision = {"type": "deny", "purpose": [{"system": ACT, "code": "TREAT"}]}
    (permission,) = (await take(documents, written(provision=provision))).permissions
    assert (permission.kind, permission.sources) == (Kind.DISSENT, {PRACTICE})
    assert {section.source for section in (await way.ask()).sections} == {
        "norwich-city-council",
        "harbour-charity",
    }


async def test_the_same_document_again_takes_the_place_of_what_came_of_it_before(
    way: Walk, documents: ConsentDocuments
) -> None:
    first = (await take(documents, written())).permissions
    second = await take(documents, written(dateTime="2026-11-23T09:30:00Z"))
    assert len(second.entries) == 2
    standing = way.home.ledger.standing(way.person.key).permissions
    assert standing == second.permissions != first
    await take(documents, written(id="c-18"))
    assert len(way.home.ledger.standing(way.person.key).permissions) == 2


async def test_what_the_person_stopped_here_is_not_brought_back_by_an_older_document(
    way: Walk, documents: ConsentDocuments
) -> None:
    (permission,) = (await take(documents, written())).permissions
    await way.stop(permission.id)
    before = way.home.log.store.head()
    for older in (
        written(),
        written(dateTime="2026-11-22"),
        written(id="c-99", dateTime="2026-11-23T09:59:59Z"),
    ):
        with pytest.raises(LaterWordError):
            await take(documents, older)
    timeless = resource()
    del timeless["dateTime"]
    with pytest.raises(LaterWordError):
        await take(documents, json.dumps(timeless).encode())
    assert way.home.log.store.head() == before
    assert (await way.ask()).sections == ()
    assert (await take(documents, written(dateTime="2026-11-23T10:00:01Z"))).permissions


async def test_a_no_that_the_person_said_here_stays_whatever_an_older_document_says(
    way: Walk, documents: ConsentDocuments
) -> None:
    refusal = Refusal(frozenset({"*"}), frozenset({"*"}), {"*": frozenset({"*"})}, kind=Kind.DISSENT)
    await way.consenting.object(way.person.key, refusal, Given("portal", way.person.id))
    with pytest.raises(LaterWordError):
        await take(documents, written())
    denies = {"type": "deny", "purpose": [{"system": ACT, "code": "TREAT"}]}
    assert (await take(documents, written(provision=denies))).permissions
    assert (await way.ask()).sections == ()


async def test_without_the_later_word_an_old_document_would_bring_it_back(
    way: Walk, documents: ConsentDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The companion: what is stopped would be open again."""
    (permission,) = (await take(documents, written())).permissions
    await way.stop(permission.id)
    monkeypatch.setattr("gateway.consent_documents._overrules", lambda *_: False)
    await take(documents, written())
    assert (await way.ask()).sections


@pytest.mark.parametrize(
    ("more", "element"),
    [
        ({"organization": [{"identifier": {"system": ODS, "value": "Z9ZZ9"}}]}, "Consent.organization[0]"),
        ({"organization": [{"identifier": {"system": ORGANISATIONS, "value": COUNCIL}}]}, "Consent.organization"),
        ({"patient": {"identifier": {"system": NHS_SYSTEM, "value": STRANGER_NUMBER}}}, "Consent.performer[0]"),
        ({"provision": {"type": "deny", "purpose": [{"system": PURPOSES, "code": "any"}]}}, "Consent.provision.purpose"),
        ({"provision": {"type": "deny", "class": [{"system": SECTIONS, "code": "anything"}]}}, "Consent.provision.class"),
        ({"provision": {"type": "permit", "purpose": [{"system": PURPOSES, "code": "hospital-link"}]}}, "Consent.provision"),
        ({"provision": {"type": "permit", "period": {"end": "2026-11-22"}}}, "Consent.provision.period"),
        ({"id": "x" * 201}, "Consent.identifier"),
    ],
)  # fmt: skip
async def test_what_is_not_the_holders_not_the_persons_or_not_agreed_is_refused_and_nothing_is_written(
    way: Walk, documents: ConsentDocuments, more: dict[str, Any], element: str
) -> None:
    before = way.home.log.store.head()
    with pytest.raises(UnrepresentableError) as refused:
        await take(documents, written(**more))
    assert refused.value.element == element
    assert way.home.log.store.head() == before


@pytest.mark.parametrize("number", [STRANGER_NUMBER, "9990000019"])
async def test_a_document_about_somebody_else_is_refused(
    way: Walk, documents: ConsentDocuments, number: str
) -> None:
    other = {"identifier": {"system": NHS_SYSTEM, "value": number}}
    with pytest.raises(UnrepresentableError) as refused:
        await take(documents, written(patient=other, performer=[other]))
    assert refused.value.element == "Consent.patient"
    assert number not in str(refused.value)


@pytest.mark.parametrize(
    ("agreement", "organisation"),
    [("nothing", PRACTICE), ("low-level-support-steadfast", PRACTICE), (PURPOSE, "age-well-norfolk")],
)
async def test_only_a_party_to_an_agreement_in_force_hands_anything_over(
    documents: ConsentDocuments, agreement: str, organisation: str
) -> None:
    with pytest.raises(DocumentError):
        await documents.take_in(written(), NHS_NUMBER, organisation, agreement, WORDS)


async def test_an_agreement_that_is_for_nobody_new_takes_nothing_in(
    way: Walk, documents: ConsentDocuments
) -> None:
    known = registers()
    winding = replace(known.agreements[PURPOSE], status=Status.WINDING_DOWN)
    there = replace(documents, registers=replace(known, agreements={**known.agreements, PURPOSE: winding}))
    with pytest.raises(DocumentError, match="nobody new"):
        await take(there, written())


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"\xff", b'{"a": 1, "a": 2}', b"[" * 100_000, b" " * (DOCUMENT_BYTES + 1)],
)
async def test_what_is_no_resource_is_refused(documents: ConsentDocuments, document: bytes) -> None:
    with pytest.raises(DocumentError):
        await take(documents, document)


async def test_of_nobody_nothing_is_taken_in_or_given_out(documents: ConsentDocuments) -> None:
    with pytest.raises(DocumentError, match="nobody"):
        await take(documents, written(), STRANGER_NUMBER)
    with pytest.raises(TraceError):
        await take(documents, written(), "1234567890")
    with pytest.raises(DocumentError, match="nobody"):
        await documents.give_out(STRANGER_NUMBER, "asked")


async def test_without_agreed_words_our_own_codes_alone_are_understood(
    documents: ConsentDocuments,
) -> None:
    ours = {"type": "permit", "purpose": [{"system": PURPOSES, "code": PURPOSE}]}
    with pytest.raises(UnrepresentableError):
        await documents.take_in(written(), NHS_NUMBER, PRACTICE, PURPOSE)
    document = written(provision=ours, policy=[{"uri": POLICY}])
    assert (await documents.take_in(document, NHS_NUMBER, PRACTICE, PURPOSE)).permissions


async def test_a_document_that_names_more_than_the_agreement_is_narrowed_and_that_is_told(
    documents: ConsentDocuments,
) -> None:
    ward = {
        "type": "Organization",
        "identifier": {"system": ORGANISATIONS, "value": "norwich-acute-hospital"},
    }
    county = {"type": "Organization", "identifier": {"system": ORGANISATIONS, "value": COUNTY}}
    actors = [{"role": coded(*RECIPIENT), "reference": one} for one in (ward, county)]
    taken = await take(documents, written(provision={"type": "permit", "actor": actors}))
    assert taken.narrowed
    assert [one.recipients for one in taken.permissions] == [{COUNTY}]
    assert not (await take(documents, written())).narrowed


async def test_of_somebody_who_decided_nothing_an_empty_bundle_is_given(documents: ConsentDocuments) -> None:
    given = await documents.give_out(NHS_NUMBER, "asked for by the person")
    assert given == {"resourceType": "Bundle", "type": "collection"}


async def test_an_export_is_told_of_in_the_log_and_reads_back_as_it_stands(
    way: Walk, documents: ConsentDocuments
) -> None:
    await way.allow()
    refusal = Refusal(frozenset({"homelessness-prevention"}), frozenset({COUNCIL}), {"*": frozenset({"*"})})
    await way.consenting.object(way.person.key, refusal, Given("portal", way.person.id))
    bundle: Any = await documents.give_out("999 000 0018", "asked for by the person")
    reader = LogReader(way.home.database, way.home.log.store, way.home.keys)
    (entry,) = reader.of_tag(way.person.key.tag, ["audit-read"], None, 5)
    assert entry.outcome == "exported"
    read = [read_consent(one["resource"], known_to(registers(), Concordance())) for one in bundle["entry"]]
    standing = way.home.ledger.standing(way.person.key).permissions
    assert [one.decisions[0].kind for one in read] == [one.kind for one in standing]
    assert [one.decisions[0].sections for one in read] == [one.sections for one in standing]
    assert all(one.patient_numbers == {NHS_NUMBER} for one in read)


def test_a_permission_is_asked_for_only_where_the_agreement_needs_one() -> None:
    known = registers()
    assert all(
        not term.sections for term in terms_of(known, known.agreements["homelessness-prevention"], TODAY)
    )
    (term,) = terms_of(known, known.agreements[PURPOSE], TODAY)
    rules = {known.agreements[PURPOSE].rule(name) for name in term.sections}
    assert rules == {PermissionRule.PERMISSION}


async def test_consent_to_processing_comes_in_as_such_and_opens_nothing(
    way: Walk, documents: ConsentDocuments
) -> None:
    category = [coded(KIND, Kind.GDPR_CONSENT.value)]
    (permission,) = (await take(documents, written(category=category))).permissions
    assert permission.kind is Kind.GDPR_CONSENT
    assert (await way.ask()).sections == ()
