from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from consent.permissions import ANY, Given
from consent.receipts import terms
from consent.receipts.building import build
from consent.receipts.verifying import verify
from core.vocabulary import JsonObject, Kind
from tests.unit.consent.receipts.made import (
    AT,
    ISSUER,
    NOTICE,
    SIGNER,
    facts,
    permission,
    token,
)

_PREFIXES = {"dpv": terms.DPV, "eu-gdpr": terms.GDPR, "legal-gb": terms.GB}


def published(folder: Path) -> set[str]:
    """Every term of the vocabulary's files: defined in a module, or used in an example of its authors."""
    found: set[str] = set()
    for file in (folder / "csv").glob("*.csv"):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            found |= {value for value in row.values() if value and value.startswith("https://w3id.org/dpv")}
    for file in (folder / "examples").glob("*.ttl"):
        for prefix, name in re.findall(
            r"\b(dpv|eu-gdpr|legal-gb):([\w-]+)", file.read_text(encoding="utf-8")
        ):
            found.add(_PREFIXES[prefix] + name)
    return found


def test_every_term_is_one_of_the_published_vocabulary(real_data: Path) -> None:
    known = published(real_data / "dpv")
    assert len(known) > 100
    assert terms.all_terms() - known == set()


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("given", [True, False])
def test_a_receipt_holds_no_term_beyond_those(kind: Kind, given: bool) -> None:
    text = json.dumps(build(facts(permission(kind), given=given)))
    used = set(re.findall(r"https://w3id\.org/dpv[^\"]*", text))
    assert used
    assert used <= terms.all_terms()


def test_the_content_says_all_that_the_standard_asks_for() -> None:
    found = verify(token(), [SIGNER.public_key], ISSUER)
    record = found.payload["record"]
    assert isinstance(record, dict)
    assert set(record) == {
        "type", "record_id", "pii_principal_id", "language", "privacy_notice", "pii_processing",
        "party_identification", "events",
    }  # fmt: skip
    (processing,) = record["pii_processing"]
    assert {"purpose", "purpose_type", "lawful_basis", "pii_information", "pii_controllers"} <= set(
        processing
    )
    assert {"retention_period", "withdrawal_method", "privacy_rights", "jurisdiction"} <= set(processing)
    assert processing["withdrawal_method"]["at"] == f"{ISSUER}/portal/"
    assert found.since == found.at == AT
    assert (found.given, found.how, found.capacity) == (True, "portal", "self")


def test_no_name_no_internal_id_and_no_service_that_keeps_secret_whom_it_helps_stands_in_a_receipt() -> None:
    text = json.dumps(build(facts()))
    assert "p_internal-id" not in text
    assert "a-secret-service" not in text
    assert "norwich-city-council" in text


def test_a_permission_is_not_dressed_up_as_the_legal_basis() -> None:
    (processing,) = _processing(Kind.CONFIDENTIALITY_CONSENT)
    assert [basis["type"] for basis in processing["lawful_basis"]] == [
        terms.GDPR + "A6-1-f",
        terms.LEGAL_BASIS,
        terms.GDPR + "A9-2-h",
    ]
    (consent,) = _processing(Kind.GDPR_CONSENT)
    assert [basis["type"] for basis in consent["lawful_basis"]] == [terms.EXPLICIT_CONSENT]


@pytest.mark.parametrize(
    ("kind", "given", "state"),
    [
        (Kind.CONFIDENTIALITY_CONSENT, True, "ConsentGiven"),
        (Kind.REFERRAL_AGREEMENT, False, "ConsentWithdrawn"),
        (Kind.OBJECTION, True, "PublicInterestObjected"),
        (Kind.OBJECTION, False, "PublicInterestOngoing"),
        (Kind.DISSENT, True, "ConsentRefused"),
        (Kind.DISSENT, False, "ConsentUnknown"),
    ],
)
def test_each_decision_is_called_what_it_made_of_it(kind: Kind, given: bool, state: str) -> None:
    record = build(facts(permission(kind), given=given))["record"]
    assert isinstance(record, dict)
    assert record["events"][0]["event_state"] == terms.DPV + state


def test_special_category_data_are_marked() -> None:
    (processing,) = _processing(Kind.CONFIDENTIALITY_CONSENT)
    assert {one["pii_type"]: one["dpv"] for one in processing["pii_information"]} == {
        "debts": terms.PERSONAL_DATA,
        "health-summary": terms.SPECIAL_CATEGORY,
    }


def test_without_kept_words_a_receipt_names_codes_and_says_that_no_words_were_kept() -> None:
    found = verify(_signed(facts(notice={})), [SIGNER.public_key])
    assert (found.purposes, found.recipients, found.sources) == (
        ("income-debt-advice",),
        ("harbour-charity",),
        (),
    )
    assert (found.notice, found.words) == ("", ())


def test_an_imported_permission_may_be_for_any_source_and_several_purposes() -> None:
    one = permission(
        sources=ANY,
        purposes=frozenset({"income-debt-advice", "food-fuel-help"}),
        until=None,
        given=Given("imported", "x"),
    )
    found = verify(_signed(facts(one)), [SIGNER.public_key])
    assert found.purposes == ("food-fuel-help", "Help with money and debts")
    assert found.sources == ()
    assert found.until is None


def test_words_that_are_not_words_are_left_out() -> None:
    odd: JsonObject = {
        **NOTICE,
        "agreements": [7, {"id": 1, "article_6": "x"}],
        "sections": [],
        "organisations": {"harbour-charity": 7},
    }
    found = verify(_signed(facts(notice=odd)), [SIGNER.public_key])
    assert found.kinds == ("debts", "health-summary")
    assert found.recipients == ("harbour-charity",)


def test_the_same_decision_gives_the_same_receipt() -> None:
    assert token() == token()


def test_how_it_was_expressed_follows_from_how_it_was_said() -> None:
    assert terms.expressed("portal") == terms.DPV + "ExplicitlyExpressedConsent"
    assert terms.expressed("assisted") == terms.DPV + "ExpressedConsent"
    assert terms.expressed("imported") == terms.expressed("anything") == terms.DPV + "Consent"


def _processing(kind: Kind) -> list[dict[str, list[dict[str, str]]]]:
    record = build(facts(permission(kind)))["record"]
    assert isinstance(record, dict)
    found: list[dict[str, list[dict[str, str]]]] = record["pii_processing"]
    return found


def _signed(known: object) -> str:
    from consent.receipts import jws
    from consent.receipts.building import Facts

    assert isinstance(known, Facts)
    return jws.sign(build(known), SIGNER)
