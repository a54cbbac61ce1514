from __future__ import annotations

import pytest

from core.vocabulary import Json, JsonObject
from tests.support.adapter_kit import UK, answer, assert_fits, by_field, coded, patient, reasons, values


def told(**elements: Json) -> dict[str, Json]:
    found = answer(patient(**elements))
    assert_fits(found)
    return by_field(found.fragments)


def preference(part: str, **value: Json) -> list[Json]:
    return [{"url": UK + "ContactPreference", "extension": [{"url": part, **value}]}]


def test_the_name_in_usual_use_is_told_as_one_line() -> None:
    names: list[Json] = [
        {"use": "official", "family": "Sample", "given": ["Ann", "B"]},
        {"use": "usual", "prefix": ["Dr"], "given": ["Annie"], "family": "Sample", "suffix": ["MBE"]},
        {"use": "maiden", "family": "Other"},
    ]
    assert told(name=names)["identity.name"] == "Dr Annie Sample MBE"


def test_a_name_in_one_text_is_told_when_it_has_no_parts() -> None:
    assert told(name=[{"text": "Ann Sample"}])["identity.name"] == "Ann Sample"


def test_a_name_that_has_ended_gives_way_but_is_told_when_there_is_no_other() -> None:
    ended: JsonObject = {"use": "usual", "family": "Before", "period": {"end": "2020-01-01"}}
    assert told(name=[ended, {"use": "official", "family": "Now"}])["identity.name"] == "Now"
    assert told(name=[ended])["identity.name"] == "Before"
    assert "identity.name" not in told(name=[{"use": "no-such-use", "family": "X"}])


@pytest.mark.parametrize(
    ("period", "current"),
    [
        ({}, True),
        ({"start": "2020", "end": "2026"}, True),
        ({"end": "2026-11-23"}, True),
        ({"end": "2026-11-22"}, False),
        ({"end": "2025"}, False),
        ({"start": "2026-12"}, False),
        ({"start": "2026-11-23T08:00:00Z"}, True),
    ],
)
def test_an_address_is_told_only_while_it_is_in_force(period: JsonObject, current: bool) -> None:
    assert ("contact.address" in told(address=[{"line": ["1 Loke"], "period": period}])) is current


@pytest.mark.parametrize("use", ["old", "billing"])
def test_an_old_or_billing_address_is_never_told(use: str) -> None:
    assert "contact.address" not in told(address=[{"use": use, "line": ["1 Loke"]}])


def test_the_home_address_goes_before_a_temporary_one() -> None:
    addresses: list[Json] = [
        {"use": "temp", "line": ["Hostel"]},
        {
            "use": "home",
            "line": ["1 Loke"],
            "city": "Norwich",
            "district": "Norfolk",
            "postalCode": "nr1 3dd",
        },
    ]
    found = told(address=addresses)
    assert found["contact.address"] == "1 Loke, Norwich, Norfolk"
    assert found["contact.postcode"] == "NR1 3DD"
    assert told(address=addresses[:1])["contact.address"] == "Hostel"
    assert told(address=[{"text": "The old mill"}])["contact.address"] == "The old mill"


def test_a_postcode_that_is_none_is_set_aside_and_the_address_still_told() -> None:
    found = answer(patient(address=[{"line": ["1 Loke"], "postalCode": "SOMEWHERE"}]))
    assert by_field(found.fragments) == {"contact.address": "1 Loke"}
    assert reasons(found) == ["Patient.address: postcode is not a UK postcode"]


@pytest.mark.parametrize("kind", [{"valueCoding": {"code": "UPRN"}}, {"valueCodeableConcept": coded("UPRN")}])
def test_the_uprn_is_found_among_the_address_keys(kind: JsonObject) -> None:
    def key(said: JsonObject, value: str) -> JsonObject:
        parts: list[Json] = [{"url": "type", **said}, {"url": "value", "valueString": value}]
        return {"url": UK + "AddressKey", "extension": parts}

    keys: list[Json] = [key({"valueCoding": {"code": "PAF"}}, "12345678"), key(kind, "100023336956")]
    assert told(address=[{"line": ["1"], "extension": keys}])["contact.uprn"] == "100023336956"
    assert "contact.uprn" not in told(address=[{"line": ["1"], "extension": keys[:1]}])


def test_a_ranked_or_mobile_number_is_told_first_and_an_old_one_never() -> None:
    points: list[Json] = [
        {"system": "phone", "use": "old", "value": "0"},
        {"system": "phone", "use": "home", "value": "1"},
        {"system": "phone", "use": "mobile", "value": "2"},
        {"system": "phone", "use": "mobile", "value": "3", "period": {"end": "2025"}},
        {"system": "phone", "use": "mobile"},
        {"system": "email", "use": "home", "value": "a@example.org"},
        {"system": "fax", "value": "9"},
    ]
    found = told(telecom=points)
    assert (found["contact.telephone"], found["contact.email"]) == ("2", "a@example.org")
    ranked: list[Json] = [*points, {"system": "phone", "use": "work", "rank": 1, "value": "4"}]
    assert told(telecom=ranked)["contact.telephone"] == "4"


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"deceasedDateTime": "2026-01-01"}, True),
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": False}, False),
        ({}, None),
    ],
)
def test_death_is_told_as_recorded_and_not_guessed_where_nothing_is_said(
    elements: JsonObject, expected: bool | None
) -> None:
    assert told(**elements).get("identity.deceased") is expected


@pytest.mark.parametrize(("code", "channel"), [("1", "letter"), ("8", "no-telephone"), ("77", "other")])
def test_the_preferred_way_of_contact_is_read_from_the_code(code: str, channel: str) -> None:
    found = told(extension=preference("PreferredContactMethod", valueCodeableConcept=coded(code)))
    assert found["contact.preferred_channel"] == channel


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueString": "Not after 7pm"}, "Not after 7pm"),
        (
            {"valueTiming": {"repeat": {"dayOfWeek": ["mon", "fri", "xyz"], "when": ["MORN", "EVE"]}}},
            "Mondays, Fridays in the morning or in the evening",
        ),
        ({"valueTiming": {"repeat": {"when": "AFT"}}}, "in the afternoon"),
        ({"valueTiming": {"repeat": {"frequency": 1}}}, None),
    ],
)
def test_times_of_contact_are_told_in_words(value: JsonObject, expected: str | None) -> None:
    assert (
        told(extension=preference("PreferredContactTimes", **value)).get("contact.safe_contact") == expected
    )


def test_a_written_format_is_a_reasonable_adjustment() -> None:
    extension = preference("PreferredWrittenCommunicationFormat", valueCodeableConcept=coded("12", "Braille"))
    assert values(answer(patient(extension=extension)), "communication-needs", "adjustments") == ["Braille"]


def test_the_language_marked_as_preferred_is_told() -> None:
    french: JsonObject = {"language": coded("fr", "French"), "preferred": True}
    english: JsonObject = {"language": coded("en", "English")}
    assert told(communication=[english, french])["communication-needs.preferred_language"] == "French"
    assert told(communication=[english])["communication-needs.preferred_language"] == "English"
    assert "communication-needs.preferred_language" not in told(communication=[english, english])
    assert told(communication=[{"language": coded("pl")}])["communication-needs.preferred_language"] == "pl"


def test_language_and_interpreter_are_also_read_as_pds_writes_them() -> None:
    parts: list[Json] = [
        {"url": "language", "valueCodeableConcept": coded("fr", "French")},
        {"url": "interpreterRequired", "valueBoolean": True},
    ]
    found = told(extension=[{"url": UK + "NHSCommunication", "extension": parts}])
    assert found["communication-needs.preferred_language"] == "French"
    assert found["communication-needs.interpreter_required"] is True


def test_the_core_extension_says_whether_an_interpreter_is_needed() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
    found = told(extension=[{"url": url, "valueBoolean": False}])
    assert found["communication-needs.interpreter_required"] is False


def test_a_gender_that_fhir_does_not_know_is_set_aside() -> None:
    found = answer(patient(gender="F", birthDate="1984"))
    assert by_field(found.fragments) == {"identity.birth_date": "1984"}
    assert reasons(found) == ["Patient: identity.gender does not fit the section's schema"]
