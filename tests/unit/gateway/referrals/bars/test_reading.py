"""What of a message is taken, and what is refused: by element, and with no word of what stood there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sections import policies_folder
from core.times import from_ms
from core.vocabulary import Json
from gateway.api.referrals_models import ReferralBody
from gateway.policy.registers import load_registers
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.parties import Party, parties_of
from gateway.referrals.bars.reading import element_of, read_message
from gateway.referrals.bars.writing import Letter, write_message
from gateway.referrals.values import About, Agreed, Content, How, Sharing, Theme, Urgency
from tests.unit.gateway.referrals.bars.letters import (
    LETTER,
    NUMBER,
    ODS,
    PARTIES,
    SECRET,
    Change,
    body_of,
    message,
    read,
    resource,
)

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
_LONG = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
_CODE = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
_TOKEN = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
LETTERS = st.builds(
    Letter,
    referral=st.just("ref_WvtmKLYAl5m3wudyta79QcEC"),
    sender=st.just(PARTIES["practice"]),
    receiver=st.sampled_from(sorted(PARTIES.values(), key=lambda one: one.id)),
    sent_at=st.datetimes(timezones=st.just(UTC)),
    purpose=_CODE,
    content=st.builds(
        Content,
        about=st.builds(
            About,
            name=_TEXT,
            birth_date=st.none() | st.dates(),
            nhs_number=st.sampled_from([None, NUMBER]),
            telephone=st.none() | _TEXT,
            email=st.none() | _TEXT,
            address=st.none() | _LONG,
            safe_contact=st.none() | _LONG,
            preferred_language=st.none() | _TEXT,
            needs=st.none() | _LONG,
        ),
        why=_LONG,
        what_matters=st.none() | _LONG,
        themes=st.frozensets(st.sampled_from(Theme)),
        urgency=st.sampled_from(Urgency),
    ),
    service=st.none() | _TOKEN,
    person=st.none() | _TOKEN,
    agreed=st.builds(
        Agreed,
        how=st.sampled_from(How),
        said_at=st.integers(1_577_836_800_000, 3_471_292_800_000).map(from_ms),
        words=_TOKEN,
        contact_details=st.booleans(),
    ),
    sharing=st.builds(
        Sharing, sections=st.none() | st.frozensets(_CODE, max_size=4), days=st.none() | st.integers(1, 3660)
    ),
    reference=st.none() | _TOKEN,
)


@given(LETTERS)
def test_a_message_that_we_write_is_read_back_to_the_same_referral(letter: Letter) -> None:
    assert read_message(write_message(letter), PARTIES, "practice") == body_of(letter)


def test_a_message_is_what_the_api_takes() -> None:
    body = ReferralBody.model_validate(read(message()))
    assert (body.to, body.about.name, body.urgency) == ("advice", "Somebody Made-up", "soon")
    assert body.agreed.contact_details


def patient(**more: Any) -> Change:
    return lambda bundle: resource(bundle, "Patient").update(more)


def request(**more: Any) -> Change:
    return lambda bundle: resource(bundle, "ServiceRequest").update(more)


def consent(**more: Any) -> Change:
    return lambda bundle: resource(bundle, "Consent").update(more)


def rule(**more: Any) -> Change:
    return lambda bundle: resource(bundle, "Consent")["provision"].update(more)


def header(**more: Any) -> Change:
    return lambda bundle: resource(bundle, "MessageHeader").update(more)


def without(kind: str) -> Change:
    def change(bundle: dict[str, Any]) -> None:
        bundle["entry"] = [one for one in bundle["entry"] if one["resource"]["resourceType"] != kind]

    return change


def more(**resource: Any) -> Change:
    return lambda bundle: bundle["entry"].append({"fullUrl": "urn:uuid:new", "resource": resource})


def again(kind: str) -> Change:
    return lambda bundle: bundle["entry"].append({"resource": {**resource(bundle, kind), "id": "again"}})


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def also_of_category(system: str, code: str) -> Change:
    return lambda bundle: resource(bundle, "ServiceRequest")["category"].append(coded(system, code))


def organisation(number: int, **more: Any) -> Change:
    def change(bundle: dict[str, Any]) -> None:
        found = [
            one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Organization"
        ]
        found[number].update(more)

    return change


DOS = "http://fhir.nhs.uk/Id/dos-service-id"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
CATEGORY = "https://fhir.nhs.uk/CodeSystem/message-category-servicerequest"
ELEMENT_LINES: tuple[tuple[Change, str], ...] = (
    (lambda bundle: bundle.update(resourceType=SECRET), "resourceType"),
    (lambda bundle: bundle.update(type="collection"), "Bundle.type"),
    (lambda bundle: bundle.update(type=7), "Bundle.type"),
    (lambda bundle: bundle.update(entry=[]), "Bundle.entry"),
    (lambda bundle: bundle.update(entry=bundle["entry"] * 10), "Bundle.entry"),
    (lambda bundle: bundle.update(entry=[{}]), "Bundle.entry[0].resource"),
    (lambda bundle: bundle["entry"].reverse(), "Bundle.entry[0].resource"),
    (again("MessageHeader"), "Bundle.entry[8].resource"),
    (lambda bundle: bundle["entry"].append(bundle["entry"][1]), "Bundle.entry[8].fullUrl"),
    (more(resourceType="Observation", note=SECRET), "Bundle.entry[8].resource"),
    (more(resourceType=SECRET), "Bundle.entry[8].resource"),
    (more(resourceType="Task"), "Task"),
    (header(eventCoding={"system": SECRET, "code": "servicerequest-request"}), "MessageHeader.eventCoding"),
    (header(eventCoding=None), "MessageHeader.eventCoding"),
    (header(response={"identifier": SECRET, "code": "ok"}), "MessageHeader.response"),
    (header(**{SECRET: 1}), "MessageHeader"),
    (header(reason=None), "MessageHeader.reason"),
    (header(reason={"coding": [{"code": "new"}]}), "MessageHeader.reason"),
    (
        header(reason=coded("https://fhir.nhs.uk/CodeSystem/message-reason-bars", "update")),
        "MessageHeader.reason",
    ),
    (header(destination=[]), "MessageHeader.destination"),
    (header(destination=None), "MessageHeader.destination"),
    (header(destination=[{}, {}]), "MessageHeader.destination"),
    (header(destination=[{"endpoint": SECRET}]), "MessageHeader.destination[0].receiver"),
    (header(sender={"reference": SECRET}), "MessageHeader.sender"),
    (header(sender={"reference": "urn:uuid:none"}), "MessageHeader.sender"),
    (organisation(0, identifier=[{"system": ODS, "value": SECRET}]), "Organization.identifier"),
    (organisation(1, identifier=[{"use": "old", "system": ODS, "value": "Z9W01"}]), "Organization.identifier"),
    (organisation(0, identifier=[{"system": "urn:oncetold:organisation", "value": "advice"}]), "MessageHeader.sender"),
    (without("ServiceRequest"), "ServiceRequest"),
    (again("ServiceRequest"), "ServiceRequest"),
    (without("Patient"), "Patient"),
    (again("Patient"), "Patient"),
    (without("Consent"), "Consent"),
    (again("CarePlan"), "CarePlan"),
    (request(status="draft"), "ServiceRequest.status"),
    (request(intent="option"), "ServiceRequest.intent"),
    (request(doNotPerform=True), "ServiceRequest.doNotPerform"),
    (request(supportingInfo=[{"display": SECRET}]), "ServiceRequest.supportingInfo"),
    (request(modifierExtension=[{"url": SECRET}]), "ServiceRequest.modifierExtension"),
    (request(category=[]), "ServiceRequest.category"),
    (also_of_category(CATEGORY, "validation"), "ServiceRequest.category"),
    (request(category=[coded(CATEGORY, "validation")]), "ServiceRequest.category"),
    (
        request(category=[coded(CATEGORY, "referral")]),
        "ServiceRequest.category",
    ),
    (also_of_category(SECRET, "x"), "ServiceRequest.category[4]"),
    (
        also_of_category("urn:oncetold:theme", SECRET),
        "ServiceRequest.category[4]",
    ),
    (request(priority="stat"), "ServiceRequest.priority"),
    (request(reasonCode=[coded("http://snomed.info/sct", "1")]), "ServiceRequest.reasonCode[0]"),
    (lambda bundle: resource(bundle, "ServiceRequest").pop("reasonCode"), "ServiceRequest.reasonCode"),
    (request(note=[{"time": "2026"}]), "ServiceRequest.note[0].text"),
    (
        lambda bundle: resource(bundle, "ServiceRequest")["note"].append(resource(bundle, "ServiceRequest")["note"][0]),
        "ServiceRequest.note[2]",
    ),
    (request(identifier=[{"system": "a", "value": "1"}, {"system": "b", "value": "2"}]), "ServiceRequest.identifier"),
    (request(subject={"reference": f"urn:uuid:{SECRET}"}), "ServiceRequest.subject"),
    (lambda bundle: request(subject=resource(bundle, "ServiceRequest")["requester"])(bundle), "ServiceRequest.subject"),
    (request(performer=[{"display": SECRET}]), "ServiceRequest.performer[0]"),
    (
        lambda bundle: resource(bundle, "HealthcareService").update(identifier=[{"system": DOS, "value": SECRET}]),
        "HealthcareService.identifier",
    ),
    (lambda bundle: resource(bundle, "CarePlan").update(activity=[{}]), "CarePlan.activity"),
    (patient(name=[]), "Patient.name"),
    (patient(name=[{"use": "old", "text": SECRET}]), "Patient.name"),
    (patient(name=[{"given": SECRET}]), "Patient.name[0].given"),
    (patient(name=[{"use": "official"}]), "Patient.name"),
    (patient(birthDate="1960"), "Patient.birthDate"),
    (patient(identifier=[{"system": NHS, "value": "9990000019"}]), "Patient.identifier[0].value"),
    (
        patient(
            identifier=[
                {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": one} for one in (NUMBER, "9476719931")
            ]
        ),
        "Patient.identifier",
    ),
    (patient(active=False), "Patient.active"),
    (patient(deceasedBoolean=True), "Patient.deceased"),
    (patient(deceasedDateTime="2026-01-01"), "Patient.deceased"),
    (patient(link=[{}]), "Patient.link"),
    (consent(status="rejected"), "Consent.status"),
    (consent(scope=coded(SECRET, "research")), "Consent.scope"),
    (consent(patient={"reference": "urn:uuid:x"}), "Consent.patient"),
    (lambda bundle: consent(patient=resource(bundle, "ServiceRequest")["requester"])(bundle), "Consent.patient"),
    (lambda bundle: resource(bundle, "Consent").pop("dateTime"), "Consent.dateTime"),
    (consent(dateTime=SECRET), "Consent.dateTime"),
    (consent(category=[]), "Consent.category"),
    (consent(category=[coded("urn:oncetold:agreed-how", SECRET)]), "Consent.category"),
    (
        consent(policyRule=coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMPLIED")),
        "Consent.policyRule",
    ),
    (consent(verification=[{}]), "Consent.verification"),
    (lambda bundle: resource(bundle, "Consent").pop("provision"), "Consent.provision"),
    (rule(actor=[{}]), "Consent.provision.actor"),
    (rule(type="maybe"), "Consent.provision.type"),
    (rule(type="deny"), "Consent.provision.class"),
    (rule(**{"class": [{"system": SECRET, "code": "x"}]}), "Consent.provision.class[0]"),
    (rule(period={"end": "2026-11-23T09:00:00Z"}), "Consent.provision.period"),
    (rule(provision=[{"type": "permit", "code": [coded(SECRET, "x")]}]), "Consent.provision.provision[0].code"),
    (lambda bundle: resource(bundle, "Consent")["provision"].pop("provision"), "Consent.provision.provision"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "element"), ELEMENT_LINES, ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_does_not_fit_is_refused_by_its_element(change: Change, element: str) -> None:
    with pytest.raises(NotTakenError) as refused:
        read(message(change))
    assert refused.value.element == element
    for planted in (SECRET, "Somebody", NUMBER, "grandchildren"):
        assert planted not in str(refused.value)


def test_a_sender_that_is_another_is_refused() -> None:
    with pytest.raises(NotTakenError) as refused:
        read(message(), sender="advice")
    assert refused.value.element == "MessageHeader.sender"


def about(change: Change) -> dict[str, Json]:
    return cast("dict[str, Json]", read(message(change))["about"])


def test_of_several_the_one_in_use_and_first_in_rank_is_taken() -> None:
    found = about(
        patient(
            name=[
                {"use": "usual", "text": "Kim"},
                {"use": "official", "prefix": ["Ms"], "given": ["Kim", "Jo"], "family": "Made-up"},
            ],
            telecom=[
                {"system": "phone", "value": "01632 960001", "use": "old", "rank": 1},
                {"system": "phone", "value": "01632 960002"},
                {"system": "phone", "value": "01632 960003", "rank": 2},
                {"system": "fax", "value": "01632 960004", "rank": 1},
            ],
            address=[
                {"use": "old", "text": "before"},
                {"line": []},
                {"line": ["2 Made-up Row"], "city": "Norwich", "postalCode": "NR1 0AA"},
            ],
            communication=[
                {"language": coded("urn:ietf:bcp:47", "en")},
                {"language": {"text": "Polish"}, "preferred": True},
            ],
        )
    )
    assert (found["name"], found["telephone"], found["address"], found["preferred_language"]) == (
        "Ms Kim Jo Made-up",
        "01632 960003",
        "2 Made-up Row, Norwich, NR1 0AA",
        "Polish",
    )
    assert "email" not in found


def test_what_else_a_patient_record_says_goes_no_further() -> None:
    excess = patient(
        gender="female",
        maritalStatus={"text": SECRET},
        contact=[{"name": {"text": SECRET}, "telecom": [{"system": "phone", "value": SECRET}]}],
        extension=[{"url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"}],
        communication=[{"preferred": True}],
        address=[{"use": "billing", "text": SECRET}],
    )
    assert SECRET not in str(read(message(excess)))


def test_reasons_and_notes_of_others_say_why() -> None:
    said = request(
        reasonCode=[{"coding": [{"display": "Rent arrears"}]}, {"text": "Damp"}],
        note=[{"text": "Ask for Kim."}],
    )
    found = read(message(said))
    assert found["why"] == "Rent arrears\nDamp\nAsk for Kim."
    assert "safe_contact" not in cast("dict[str, Json]", found["about"])


def test_what_says_nothing_of_the_person_is_passed_over() -> None:
    def change(bundle: dict[str, Any]) -> None:
        for kind in ("Encounter", "Practitioner", "PractitionerRole"):
            bundle["entry"].append({"resource": {"resourceType": kind}})
        resource(bundle, "ServiceRequest").pop("priority")
        resource(bundle, "CarePlan").pop("description")

    found = read(message(change))
    assert found["urgency"] == "routine"
    assert "what_matters" not in found


def test_references_may_be_relative_and_ods_codes_are_read_as_they_are_written() -> None:
    def change(bundle: dict[str, Any]) -> None:
        patient = resource(bundle, "Patient")
        resource(bundle, "ServiceRequest")["subject"] = {"reference": f"Patient/{patient['id']}"}
        organisation(0, identifier=[{"system": ODS.replace("/Id/", "/id/"), "value": " Z9W01"}])(bundle)

    assert read(message(change))["to"] == "advice"


def test_a_day_counts_from_its_first_moment_and_an_end_to_its_last_whole_day() -> None:
    def change(bundle: dict[str, Any]) -> None:
        consent(dateTime="2026-11-23")(bundle)
        rule(period={"start": "2026-11-23", "end": "2026-11-24"})(bundle)

    found = read(message(change))
    assert cast("dict[str, Json]", found["agreed"])["said_at"] == "2026-11-23T00:00:00+00:00"
    assert cast("dict[str, Json]", found["sharing"])["days"] == 2


def test_an_open_period_sets_no_days() -> None:
    found = read(message(rule(period={"start": "2026-11-23"})))
    assert cast("dict[str, Json]", found["sharing"])["days"] is None


def test_every_member_of_the_body_has_its_element() -> None:
    members = {
        *(name for name in ReferralBody.model_fields if name not in {"about", "agreed", "sharing"}),
        *(f"about.{name}" for name in ReferralBody.model_fields["about"].annotation.model_fields),  # type: ignore[union-attr]
    }
    assert {one for one in members if element_of(one) == "Bundle"} <= {"to", "themes", "urgency"}
    assert element_of("anything") == "Bundle"


def test_the_parties_are_those_of_the_register() -> None:
    parties = parties_of(load_registers(policies_folder()))
    assert parties["wensum-valley-practice"].identifier == (ODS, "Z9W01")
    assert parties["norfolk-advice"] == Party(
        "norfolk-advice", ("urn:oncetold:organisation", "norfolk-advice"), "Norfolk Advice (sandbox)"
    )


def test_a_receiver_is_not_told_how_the_person_agreed() -> None:
    bundle = write_message(replace(LETTER, agreed=None))
    with pytest.raises(NotTakenError) as refused:
        read_message(bundle, PARTIES, "practice")
    assert refused.value.element == "Consent"


def test_the_letter_of_these_tests_says_all_that_a_letter_can() -> None:
    assert all(getattr(LETTER, name) is not None for name in Letter.__slots__)
