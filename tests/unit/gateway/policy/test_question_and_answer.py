"""The edges of a question's and an answer's form, where null says something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ClosedError
from core.vocabulary import Label
from gateway.policy.answer import to_decision
from gateway.policy.port import STRANGER, Asker, Question, Refusal
from gateway.policy.question import narrowed, to_input

QUESTION = Question(
    Asker("council", "app", None, frozenset({"views"})),
    "triage",
    None,
    frozenset({"ours", "theirs"}),
    STRANGER,
    suspended=frozenset({"ours", "theirs"}),
)
REFUSED: dict[str, object] = {
    "revision": "r1",
    "refusal": {"code": "scope-missing", "detail": "Ask the issuer.", "clause": None},
    "permits": {},
    "named_sources": [],
    "permitted_labels": [],
    "location_fields": {},
    "reasons": [],
    "obligations": [],
}


def test_no_sections_named_is_another_question_than_none_at_all() -> None:
    assert to_input(QUESTION)["sections"] is None
    assert to_input(replace(QUESTION, sections=frozenset()))["sections"] == []
    assert to_input(replace(QUESTION, sections=frozenset({"b", "a"})))["sections"] == ["a", "b"]


def test_a_stranger_has_the_unknown_label() -> None:
    assert to_input(QUESTION)["subject"] == {
        "label": Label.UNKNOWN.value,
        "pointers": [],
        "permissions": [],
    }


@pytest.mark.parametrize("purpose", ["triage", "another"])
def test_only_agreements_that_name_asker_and_purpose_are_put_to_an_engine(purpose: str) -> None:
    concerned = {("council", "triage"): frozenset({"ours", "not yet in force"})}
    asked = narrowed(replace(QUESTION, purpose=purpose), concerned)
    assert asked.agreements == asked.suspended == ({"ours"} if purpose == "triage" else set())


def test_a_refusal_may_rest_on_no_clause() -> None:
    assert to_decision(REFUSED, "r1").refusal == Refusal("scope-missing", "Ask the issuer.", None)


def test_a_decision_under_another_revision_is_none() -> None:
    with pytest.raises(ClosedError, match="under another revision"):
        to_decision(REFUSED, "r2")
