"""Codes in words: what a register no longer holds is said to be so, and never shown as a code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.vocabulary import Json, PermissionRule
from gateway.services.entries import mapping, text, texts
from gateway.services.words import UNKNOWN, Wording
from tests.support.walk import registers

WORDS = Wording(registers())


def test_codes_become_the_registers_titles() -> None:
    assert WORDS.organisation("harbour-charity") == "Harbour Help (sandbox)"
    assert WORDS.purpose("early-help-triage") == "Finding the right help early"
    assert WORDS.role("triager") == registers().roles["triager"].title


@pytest.mark.parametrize("code", ["org-of-long-ago", "", None])
def test_a_code_of_long_ago_is_not_shown(code: str | None) -> None:
    assert WORDS.organisation(code) == UNKNOWN
    assert WORDS.purpose(code) == ""
    assert WORDS.role(code) == ""


def test_sections_and_fields_are_sorted_by_title_and_unknown_ones_left_out() -> None:
    titles = WORDS.sections(["tenancy", "contact", "of-long-ago"])
    assert titles == tuple(sorted(registers().sections[name].title for name in ("contact", "tenancy")))
    fields = WORDS.fields("debts", {"repayment_plan", "arrears_band", "of_long_ago"})
    assert fields == tuple(sorted(registers().sections["debts"].titles.values()))


def test_what_allowed_a_look_is_the_person_or_the_law() -> None:
    agreements = registers().agreements
    enquiry = agreements["safeguarding-enquiry"]
    assert WORDS.allowed_by(None) == "you"
    assert WORDS.allowed_by(agreements["early-help-triage"]) == "you"
    assert WORDS.allowed_by(enquiry) == f"the law: {enquiry.title}"
    assert WORDS.allowed_by(replace(enquiry, rule_reason="a court said so")) == "the law: a court said so"
    assert enquiry.permission_rule is PermissionRule.NONE


@pytest.mark.parametrize(
    ("value", "as_mapping", "as_text", "as_texts"),
    [
        ({"a": 1}, {"a": 1}, "", ()),
        ("text", {}, "text", ()),
        (["a", 7, None, "b"], {}, "", ("a", "b")),
        (None, {}, "", ()),
        (7, {}, "", ()),
        (True, {}, "", ()),
    ],
)
def test_a_detail_is_read_as_what_it_is_or_as_nothing(
    value: Json, as_mapping: dict[str, Json], as_text: str, as_texts: tuple[str, ...]
) -> None:
    assert (mapping(value), text(value), texts(value)) == (as_mapping, as_text, as_texts)
