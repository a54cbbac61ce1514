from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.leaf import canonical
from consent.permissions import ANY, Given, Permission
from core.vocabulary import Kind
from gateway.notice import said, saying
from gateway.policy.register_values import Registers
from tests.support.clock import FakeClock
from tests.support.walk import COUNCIL, registers

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
COUNTY, PURPOSE = "norfolk-county-council", "early-help-triage"
REGISTERS = registers()


def permission(**changes: object) -> Permission:
    values: dict[str, object] = {
        "id": "c_1",
        "kind": Kind.CONFIDENTIALITY_CONSENT,
        "purposes": frozenset({PURPOSE}),
        "sections": {"tenancy": frozenset({"landlord"})},
        "sources": frozenset({COUNCIL}),
        "recipients": frozenset({COUNTY}),
        "from_": AT,
        "until": AT + timedelta(days=3),
        "given": Given("portal", "p_1"),
        **changes,
    }
    return Permission(**values)  # type: ignore[arg-type] # a test's changes are of the field's own type


def told(registers: Registers, one: Permission) -> dict[str, Any]:
    """As the log keeps it, which holds it to what the log can commit to."""
    found: dict[str, Any] = json.loads(canonical(said(registers, one, AT)))
    return found


def test_the_words_are_the_registers_own_and_name_agreement_and_bases() -> None:
    found = told(REGISTERS, permission())
    purpose = REGISTERS.purposes[PURPOSE]
    assert found["purposes"] == {
        PURPOSE: {
            "title": purpose.title,
            "plain_words": purpose.plain_words,
            "legal_text": purpose.legal_text,
        }
    }
    assert found["sections"] == {"tenancy": {"title": REGISTERS.sections["tenancy"].title, "special": False}}
    assert set(found["organisations"]) == {COUNTY, COUNCIL}
    (agreement,) = found["agreements"]
    assert agreement["id"] == "early-help-triage"
    assert [one["point"] for one in agreement["article_6"]] == ["6(1)(e)"]
    assert [one["condition"] for one in agreement["article_9"]] == ["9(2)(h)"]


def test_the_log_can_commit_to_them_and_nobody_stands_in_them() -> None:
    assert b"p_1" not in canonical(said(REGISTERS, permission(), AT))


def test_a_source_that_keeps_secret_whom_it_helps_is_not_named_but_a_recipient_is() -> None:
    secret = {name: replace(one, hidden=True) for name, one in REGISTERS.organisations.items()}
    found = told(replace(REGISTERS, organisations=secret), permission())
    assert set(found["organisations"]) == {COUNTY}


def test_special_category_data_are_told_by_the_fields_that_are_among_them() -> None:
    health = REGISTERS.sections["health-summary"]
    assert health.sensitive
    for fields, special in ((ANY, True), (health.sensitive, True), (frozenset({"none-of-it"}), False)):
        found = told(REGISTERS, permission(sections={"health-summary": fields}))
        assert found["sections"] == {"health-summary": {"title": health.title, "special": special}}


def test_what_a_register_does_not_know_is_left_out_and_an_agreement_without_article_9_has_none() -> None:
    odd = permission(purposes=ANY, sections={"nothing": ANY}, sources=ANY, recipients=ANY)
    found = told(REGISTERS, odd)
    assert found == {"purposes": {}, "sections": {}, "organisations": {}, "agreements": []}
    agreements = {name: replace(one, article_9=None) for name, one in REGISTERS.agreements.items()}
    (agreement,) = told(replace(REGISTERS, agreements=agreements), permission())["agreements"]
    assert agreement["article_9"] == []


def test_they_are_said_by_the_registers_and_the_clock_of_the_moment() -> None:
    assert saying(lambda: REGISTERS, FakeClock())(permission()) == told(REGISTERS, permission())
