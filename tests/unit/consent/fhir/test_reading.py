"""What is read of a Consent, element by element: what is not understood is refused by name, and no word of it repeated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consent.fhir.concordance import FIELD, KIND, ODS, Concordance, ConcordanceError, read_concordance
from consent.fhir.elements import moments, span
from consent.fhir.errors import UnrepresentableError
from consent.fhir.reading import CUSTODIAN, RECIPIENT, read_consent
from core.vocabulary import Json, JsonObject, Kind
from tests.unit.consent.fhir.test_sound import consent, reference, rule

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ACTIONS = "http://terminology.hl7.org/CodeSystem/consentaction"
CATEGORIES = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
PLAIN = rule("permit", ["p1"], ["o1"], ["s1"], None, [])


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


STRANGE = {"role": coded("urn:test", "x"), "reference": reference("o1")}


def related(code: str, **more: Any) -> dict[str, Any]:
    """Somebody who decided for the patient."""
    inner = {"resourceType": "RelatedPerson", "id": "them", "relationship": [coded(ROLES, code)]}
    return {"contained": [inner], "performer": [{"reference": "#them"}]} | more


TWO = related("PRN") | {"performer": [{"reference": "Patient/1"}, {"reference": "#them"}]}


@pytest.mark.parametrize(
    ("more", "element"),
    [
        ({"resourceType": "Patient"}, "resourceType"),
        ({"status": "draft"}, "Consent.status"),
        ({"status": ""}, "Consent.status"),
        ({"scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "research")}, "Consent.scope"),
        ({"scope": {"text": "privacy"}}, "Consent.scope"),
        ({"scope": {"coding": [{"code": "patient-privacy"}]}}, "Consent.scope.coding[0]"),
        ({"category": [coded(CATEGORIES, "dnr")]}, "Consent.category[0]"),
        ({"category": [coded("urn:oncetold:consent-kind", "whatever")]}, "Consent.category"),
        ({"category": [coded("urn:oncetold:consent-kind", "objection")]}, "Consent.category"),
        ({"category": []}, "Consent.category"),
        ({"policy": []}, "Consent.policy"),
        ({"policy": [{"uri": "https://elsewhere.test"}]}, "Consent.policy[0].uri"),
        ({"policyRule": coded("urn:test", "any")}, "Consent.policyRule"),
        ({"modifierExtension": [{"url": "urn:test"}]}, "Consent.modifierExtension"),
        ({"implicitRules": "urn:test"}, "Consent.implicitRules"),
        ({"Jan Kowalski": 1}, "Consent"),
        ({"provision": None}, "Consent.provision"),
        ({"provision": "all"}, "Consent.provision"),
        ({"provision": {}}, "Consent.provision.type"),
        ({"provision": PLAIN | {"actor": []}}, "Consent.provision.actor"),
        ({"provision": PLAIN | {"actor": ["o1"]}}, "Consent.provision.actor[0]"),
        ({"provision": PLAIN | {"actor": [STRANGE]}}, "Consent.provision.actor[0].role"),
        ({"provision": PLAIN | {"action": [coded(ACTIONS, "correct")]}}, "Consent.provision.action[0]"),
        ({"provision": PLAIN | {"class": [{"system": "urn:test", "code": "any"}]}}, "Consent.provision.class[0]"),
        ({"provision": PLAIN | {"class": [{"system": FIELD, "code": "tenancy"}]}}, "Consent.provision.class[0]"),
        ({"provision": PLAIN | {"purpose": [{"system": ACT, "code": "TREAT"}]}}, "Consent.provision.purpose[0]"),
        ({"provision": PLAIN | {"period": {}}}, "Consent.provision.period"),
        ({"provision": PLAIN | {"period": {"start": "soon"}}}, "Consent.provision.period.start"),
        ({"provision": PLAIN | {"period": {"start": "2027", "end": "2026"}}}, "Consent.provision"),
        ({"provision": PLAIN | {"code": [coded("urn:test", "x")]}}, "Consent.provision.code"),
        ({"provision": PLAIN | {"provision": [PLAIN | {"provision": [PLAIN]}]}}, "Consent.provision.provision[0].provision"),
        ({"organization": [{"reference": "Organization/7"}]}, "Consent.organization[0]"),
        ({"organization": [{"reference": "Practitioner/7"}]}, "Consent.organization[0]"),
        ({"organization": [{"identifier": {"system": ODS}}]}, "Consent.organization[0].identifier"),
        ({"organization": [{"identifier": {"system": ODS, "value": "Z9ZZZ"}}]}, "Consent.organization[0]"),
        ({"patient": None}, "Consent.patient"),
        ({"performer": [{"reference": "Practitioner/1"}]}, "Consent.performer[0]"),
        ({"performer": [{"display": "Jan Kowalski"}]}, "Consent.performer[0]"),
        (related("NBOR"), "Consent.performer[0]"),
        (TWO, "Consent.performer"),
        ({"verification": [{"verified": False}]}, "Consent.verification[0].verified"),
        ({"dateTime": "yesterday"}, "Consent.dateTime"),
        ({"id": None}, "Consent.identifier"),
        ({"id": None, "identifier": [{}]}, "Consent.identifier"),
        ({"category": [coded(KIND, "objection"), coded(KIND, "dissent")]}, "Consent.category"),
    ],
)  # fmt: skip
def test_what_cannot_be_held_is_refused_by_name_with_nothing_of_what_stood_there(
    more: dict[str, Any], element: str
) -> None:
    with pytest.raises(UnrepresentableError) as refused:
        read_consent(consent(PLAIN) | more, Concordance())
    assert refused.value.element == element
    assert "Kowalski" not in str(refused.value)


def test_without_its_base_policy_a_consent_is_refused() -> None:
    resource = consent(PLAIN)
    del resource["policy"]
    with pytest.raises(UnrepresentableError) as refused:
        read_consent(resource, Concordance())
    assert refused.value.element == "Consent.policy"


@pytest.mark.parametrize(
    ("code", "capacity"),
    [
        ("POWATT", "attorney"),
        ("HPOWATT", "attorney"),
        ("GUARD", "deputy"),
        ("MTH", "parental-responsibility"),
    ],
)
def test_who_decides_for_somebody_says_by_what_authority(code: str, capacity: str) -> None:
    assert read_consent(consent(PLAIN, **related(code)), Concordance()).capacity == capacity


def test_a_confirmed_consent_says_so_and_its_own_kind_counts() -> None:
    kind = [coded("urn:oncetold:consent-kind", "referral_agreement")]
    imported = read_consent(
        consent(PLAIN, category=kind, verification=[{"verified": True}], dateTime="2026-11-23"), Concordance()
    )
    (one,) = imported.decisions
    assert (imported.verified, one.kind) == (True, Kind.REFERRAL_AGREEMENT)
    assert imported.said == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_rule_may_name_who_holds_and_allow_access_alone() -> None:
    actors = [
        {"role": coded(*role), "reference": reference(name)}
        for role, name in ((RECIPIENT, "o2"), (CUSTODIAN, "o3"))
    ]
    action = [coded(ACTIONS, "access")]
    (one,) = read_consent(consent(PLAIN | {"actor": actors, "action": action}), Concordance()).decisions
    assert (one.recipients, one.sources) == (frozenset({"o2"}), frozenset({"o3"}))


@pytest.mark.parametrize(
    ("written", "first", "following"),
    [
        ("2026", "2026-01-01T00:00", "2027-01-01T00:00"),
        ("2026-12", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2026-07", "2026-06-30T23:00", "2026-07-31T23:00"),
        ("2026-03-29", "2026-03-29T00:00", "2026-03-29T23:00"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00", "2026-01-01T10:00:01"),
        ("2026-01-01T10:00:00.123+01:00", "2026-01-01T09:00:00.123", "2026-01-01T09:00:00.124"),
    ],
)
def test_a_time_holds_for_all_that_it_names_and_a_day_is_one_in_the_united_kingdom(
    written: str, first: str, following: str
) -> None:
    begins, ends = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (first, following))
    assert moments(written, "x") == (begins, ends)
    assert span({"start": written, "end": written}, "x") == (begins, ends)


@pytest.mark.parametrize(
    "written",
    ["2026-13", "0000", "2026-02-30", "9999-12-31", "2026-01-01T10:00", "2026-01-01T25:00:00Z", "٢٠٢٦"],
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(UnrepresentableError):
        moments(written, "x")


AGREED: JsonObject = {
    "purposes": [{"system": ACT, "code": "TREAT", "means": ["p1"]}],
    "policies": [{"uri": "https://nhs.test/base"}],
    "sections": [{"system": "urn:test", "code": "home", "means": ["tenancy", "contact.telephone"]}],
    "organisations": [{"system": "urn:test", "value": "7", "is": "o1"}],
    "references": [{"reference": "Organization/7", "is": "o1"}],
}


def test_agreed_words_are_read_from_a_file() -> None:
    agreed = read_concordance(AGREED)
    assert agreed.purpose((ACT, "TREAT"), "x") == {"p1"}
    assert agreed.section(("urn:test", "home"), "x") == {("tenancy", "*"), ("contact", "telephone")}
    assert agreed.organisation(("urn:test", "7"), None, "x") == agreed.organisation(
        None, "Organization/7", "x"
    )
    assert agreed.policies == {"https://nhs.test/base"}


@pytest.mark.parametrize(
    "agreed",
    [
        [],
        {"other": []},
        {"purposes": {}},
        {"purposes": "all"},
        {"purposes": ["TREAT"]},
        {"purposes": [{"system": ACT, "code": "TREAT"}]},
        {"purposes": [{"system": ACT, "code": "TREAT", "means": "p1"}]},
        {"purposes": [{"system": ACT, "code": "TREAT", "means": [1]}]},
        {"policies": [{"uri": 7}]},
    ],
)
def test_agreed_words_that_cannot_be_read_say_where(agreed: Json) -> None:
    with pytest.raises(ConcordanceError, match="expected"):
        read_concordance(agreed)
