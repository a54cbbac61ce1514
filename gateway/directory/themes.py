"""The themes of referrals in the words that directories use for them, since few publish themes of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

THEME_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "housing": frozenset({"accommodation", "homeless", "homelessness", "housing", "tenancy"}),
    "damp": frozenset({"damp", "mould"}),
    "repairs": frozenset({"adaptations", "handyperson", "improvements", "repair", "repairs"}),
    "money": frozenset({"benefits", "budgeting", "debt", "debts", "financial", "money"}),
    "food": frozenset({"food", "foodbank", "meals"}),
    "mental-health": frozenset({"anxiety", "counselling", "depression", "mental", "wellbeing"}),
    "loneliness": frozenset({"befriending", "companionship", "isolation", "loneliness", "social"}),
    "caring": frozenset({"carer", "carers", "caring", "respite"}),
    "family": frozenset({"children", "families", "family", "parenting", "parents"}),
    "work": frozenset({"employment", "job", "jobs", "training", "volunteering", "work"}),
    "safety": frozenset({"abuse", "domestic", "safeguarding", "safety"}),
    "health": frozenset({"care", "clinic", "health", "healthcare", "nursing"}),
    "other": frozenset(),
}
"""Theme -> words of a term's name that mean it."""
