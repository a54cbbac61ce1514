"""Which purpose an emergency has, and what is said to follow it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.log import Receipt
from gateway.api.break_glass import break_glass_document, emergency_purpose
from gateway.policy.register_values import Emergency
from gateway.views.values import View
from tests.support.walk import registers

PURPOSES = registers().purposes
KNOWN = PURPOSES["break-glass-emergency"]
VIEW = View(KNOWN.id, (), (), Receipt(1, b"leaf", "proof"))


def test_the_purpose_is_the_registers_own() -> None:
    assert emergency_purpose(PURPOSES, "life-at-risk") is KNOWN
    assert emergency_purpose(PURPOSES, "curiosity") is KNOWN
    assert emergency_purpose({"other": PURPOSES["early-help-triage"]}, "life-at-risk") is None


def test_of_several_it_is_the_one_that_has_the_reason() -> None:
    flood = replace(KNOWN, id="flood", emergency=Emergency({"flood": "Water came"}, 60))
    several = {"flood": flood, **PURPOSES}
    assert emergency_purpose(several, "flood") is flood
    assert emergency_purpose(several, "life-at-risk") is KNOWN


@pytest.mark.parametrize(
    ("notify", "hours", "held_back", "told", "words"),
    [
        (True, 72, False, "at-once", "within 72 hours. The person is told at once."),
        (False, 72, False, "in-history", "within 72 hours. The person can see it in their history."),
        (True, None, True, "not-yet", "will look at this. The person is not told yet:"),
    ],
)
def test_what_follows_is_said(
    notify: bool, hours: int | None, held_back: bool, told: str, words: str
) -> None:
    purpose = replace(KNOWN, notify=notify, review_hours=hours)
    review = break_glass_document(VIEW, purpose, held_back=held_back)["review"]
    assert (review["within_hours"], review["person_told"]) == (hours, told)
    assert words in review["notice"]


def test_without_a_purpose_nothing_is_promised() -> None:
    review = break_glass_document(VIEW, None, held_back=False)["review"]
    assert (review["within_hours"], review["person_told"]) == (None, "in-history")
