"""What the Rego reads: the small registers, compiled, term by term."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import orjson

from gateway.policy.compile import concerned, document, policy_data, revision_of, with_revision
from gateway.policy.registers import Emergency, HoldBack, Registers
from tests.unit.gateway.policy.small import small_registers


def data(registers: Registers | None = None) -> dict[str, Any]:
    """As JSON reads it back."""
    compiled = orjson.loads(document(policy_data(registers or small_registers())))
    return cast("dict[str, Any]", compiled["registers"])


def agreement(recipient: str, id_: str) -> dict[str, Any]:
    by_purpose = data()["parties"][recipient]
    return next(cast("dict[str, Any]", ids[id_]) for ids in by_purpose.values() if id_ in ids)


def flags(*names: str) -> dict[str, bool]:
    return dict.fromkeys(names, True)


def test_who_is_what_by_law_stands_by_name() -> None:
    assert data()["specified"] == flags("norwich-city-council")
    assert data()["only_for"] == {"jobcentre": flags("income-debt-advice")}
    assert data()["confidential"] == flags("age-well-norfolk", "harbour-charity", "wensum-valley-practice")
    assert data()["hidden"] == {}
    known = small_registers()
    refuge = replace(known.organisations["harbour-charity"], id="refuge", hidden=True)
    with_refuge = replace(known, organisations={**known.organisations, "refuge": refuge})
    assert data(with_refuge)["hidden"] == flags("refuge")


def test_fields_stand_by_what_they_tell_and_sections_without_any_are_left_out() -> None:
    found = data()
    assert found["locations"]["contact"] == flags("address", "postcode", "uprn")
    assert found["sensitive"]["health-summary"] == flags("allergies", "conditions", "medications")
    assert "risk" in found["offences"]["offence-risk"]
    assert "debts" in found["sections"]
    assert "debts" not in found["locations"]
    assert "contact" not in found["offences"]
    assert found["checks"] == {"council-tenant": {"section": "tenancy", "field": "landlord"}}


def test_a_purpose_says_only_what_applies_to_it() -> None:
    purposes = data()["purposes"]
    assert purposes["duty-to-refer"]["specified_only"] is True
    assert purposes["food-fuel-help"].keys() == {
        "sections",
        "labels",
        "specified_only",
        "notify",
        "watermark",
    }
    assert purposes["safeguarding-enquiry"]["labels"] == flags("R", "SDV")


def test_an_emergency_says_its_reasons_and_its_clocks() -> None:
    known = small_registers()
    emergency = replace(
        known.purposes["food-fuel-help"],
        emergency=Emergency({"life-at-risk": "Someone may die"}, 60),
        hold_back=HoldBack({"danger": "It would put them in danger"}, 14),
        review_hours=48,
    )
    found = data(replace(known, purposes={"food-fuel-help": emergency}))["purposes"]["food-fuel-help"]
    assert found["emergency"] == {"reasons": flags("life-at-risk"), "minutes": 60}
    assert found["hold_back"] == {"reasons": flags("danger"), "look_again_days": 14}
    assert found["review_hours"] == 48


def test_an_agreement_says_its_legal_gates_or_that_it_has_none() -> None:
    duty = agreement("norfolk-county-council", "duty-to-refer")
    assert (duty["article_9"], duty["article_10"], duty["confidentiality"]) == (None, None, None)
    assert duty["article_6"]["norwich-city-council"] == {"point": "6(1)(c)", "law": "Housing Act 1996 s.213B"}
    enquiry = agreement("norfolk-county-council", "safeguarding-enquiry")
    assert enquiry["article_9"]["condition"] == "9(2)(g)"
    assert enquiry["article_10"] == {"condition": "DPA 2018 Sch 1 para 10", "law": "DPA 2018 s.10(5)"}
    assert enquiry["confidentiality"]["gate"] == "statute"
    assert (enquiry["rule"], enquiry["rules"]) == ("none", {"household": "permission"})


def test_an_agreement_says_when_it_holds_and_what_renews_it() -> None:
    enquiry = agreement("norfolk-county-council", "safeguarding-enquiry")
    assert (enquiry["valid_from"], enquiry["valid_until"]) == ("2025-11-01", None)
    ended = agreement("harbour-charity", "low-level-support-2024")
    assert (ended["valid_until"], ended["renewed_by"]) == ("2026-04-30", "low-level-support-2026")
    assert agreement("harbour-charity", "income-debt-advice")["status"] == "winding-down"


def test_a_role_sees_what_its_agreement_lets_it() -> None:
    home = small_registers().agreements["interact-home-health"]
    everything = {section: flags(*fields) for section, fields in home.sections.items()}
    assert agreement("norfolk-county-council", home.id)["roles"]["triager"]["sees"] == everything
    volunteer = agreement("age-well-norfolk", home.id)["roles"]["volunteer"]
    assert volunteer["sees"] == {"identity": flags("name"), "contact": flags("safe_contact")}
    officer = agreement("norwich-city-council", home.id)["roles"]["housing-officer"]
    assert officer == {"sees": {}, "labels": {}, "checks": flags("council-tenant")}


def test_drafts_are_nowhere_and_everything_else_is_under_its_recipients_and_purposes() -> None:
    assert b'"low-level-support-2026":' not in document(policy_data(small_registers()))
    found = concerned(small_registers())
    assert found["norfolk-county-council", "low-level-support"] == {"low-level-support-2024"}
    assert found["harbour-charity", "food-fuel-help"] == {"food-fuel-help"}
    assert {key[0] for key in found} == data()["parties"].keys()
    assert ("norwich-city-council", "duty-to-refer") not in found


def test_the_revision_changes_with_data_and_with_rego_and_with_nothing_else() -> None:
    compiled = policy_data(small_registers())
    known = small_registers()
    fewer = policy_data(replace(known, agreements={}))
    revisions = [
        revision_of(with_revision(one, digest * 32))
        for one, digest in ((compiled, "00"), (compiled, "01"), (fewer, "00"), (compiled, "00"))
    ]
    assert revisions[0] == revisions[3]
    assert len(set(revisions)) == 3
    assert all(len(revision) == 64 for revision in revisions)
    assert with_revision(compiled, "00" * 32)["registers"] == {
        **cast("dict[str, Any]", compiled["registers"]),
        "revision": revisions[0],
    }
