"""CarePlan and Flag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.assembly import UnusableError
from adapters.fhir.clinical import ERROR, named, required_status
from adapters.fhir.datatypes import codes, contained, date_part, full_date, words
from adapters.reading import child, children, string, without_nothing
from core.vocabulary import Json, JsonObject

ADJUSTMENT: Final = "NRAF"
"""National Reasonable Adjustments Flag (NHS England PatientFlagCategory)."""

_OTHER_FLAGS: Final = frozenset(
    {"diet", "clinical", "lab", "drug", "admin", "research", "advance-directive", ADJUSTMENT}
)
"""Categories (HL7 flag-category) that warn of something else than a danger to someone."""

_FLAG: Final = frozenset({"active", "inactive", ERROR})
_PLAN_ORDER: Final = ("active", "on-hold", "draft", "completed", "unknown", "revoked")
_PLAN: Final = frozenset(_PLAN_ORDER) | {ERROR}
_INTENTS: Final = frozenset({"proposal", "plan", "order", "option"})
_MADE: Final = frozenset({"plan", "order"})
_PERSONS: Final = ("Practitioner", "Patient", "RelatedPerson")


def alert(flag: JsonObject) -> Json:
    """An item of safeguarding-alerts.flags, None for a flag of another kind or in error. Raises `UnusableError`."""
    status = required_status(flag, _FLAG)
    if status == ERROR or categories(flag) & _OTHER_FLAGS:
        return None
    return without_nothing(
        description=named(child(flag, "code"), "code"),
        status=status,
        since=date_part(string(child(flag, "period"), "start")),
    )


def adjustment(flag: JsonObject) -> Json:
    """An item of communication-needs.adjustments, None for another flag or one no longer active."""
    if ADJUSTMENT not in categories(flag) or required_status(flag, _FLAG) != "active":
        return None
    return named(child(flag, "code"), "code")


def categories(flag: JsonObject) -> frozenset[str]:
    """The codes of a flag's categories."""
    return frozenset(code for category in children(flag, "category") for code in codes(category))


def checked(plan: JsonObject) -> JsonObject | None:
    """A plan that was made and stands, None for one in error or only proposed. Raises `UnusableError`."""
    status = required_status(plan, _PLAN)
    intent = string(plan, "intent")
    if intent not in _INTENTS:
        raise UnusableError("intent is missing or not understood")
    return None if status == ERROR or intent not in _MADE else plan


def the_plan(plans: Sequence[JsonObject]) -> JsonObject | None:
    """The one plan to show: fields of two plans must not mix. The most active, and of those the latest begun."""
    latest_first = sorted(plans, key=_begun, reverse=True)
    return min(latest_first, key=lambda plan: _PLAN_ORDER.index(string(plan, "status") or ""), default=None)


def plan_values(plan: JsonObject) -> Iterator[tuple[str, Json]]:
    """Field and value of support-plan; each goal comes as one item, None for one without words."""
    yield "category", next((text for item in children(plan, "category") if (text := words(item))), None)
    yield "status", string(plan, "status")
    yield "start_date", full_date(string(child(plan, "period"), "start"))
    yield "review_date", _review(plan)
    yield "lead_role", _lead(plan)
    for reference in children(plan, "goal"):
        goal = contained(plan, reference, "Goal")
        yield "goals", words(child(goal, "description")) or string(reference, "display")


def _begun(plan: JsonObject) -> tuple[str, str]:
    updated = string(child(plan, "meta"), "lastUpdated") or ""
    return (string(child(plan, "period"), "start") or "", updated)


def _review(plan: JsonObject) -> str | None:
    """CarePlan has no element for it: the next activity that is a review."""
    for activity in children(plan, "activity"):
        detail = child(activity, "detail")
        if "review" in (words(child(detail, "code")) or "").lower():
            return full_date(string(child(detail, "scheduledPeriod"), "start"))
    return None


def _lead(plan: JsonObject) -> str | None:
    """The display of the team or of the author, unless it is a person and so their name."""
    for reference in (*children(plan, "careTeam"), child(plan, "author")):
        who = string(reference, "type") or (string(reference, "reference") or "").rpartition("/")[0]
        if not who.endswith(_PERSONS) and (display := string(reference, "display")):
            return display
    return None
