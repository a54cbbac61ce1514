"""What follows a break-glass: officers of both sides look at it, the person is told. Nothing that is sent switches it off.

Each protection has a companion that shows the test fail without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import ConfigDict

from audit.entries import Kind
from gateway.api import break_glass
from gateway.api.models import BreakGlassRequest
from gateway.views import record as recording
from tests.support.api import Told, entries, post, with_callers
from tests.support.clock import FakeClock
from tests.support.emergency import HOSPITAL, PURPOSE, WHY, Task, asking, breaks, fields, held, in_, tasks
from tests.support.walk import CALLERS, STRANGER_NUMBER, Walk

# What follows


async def it_is_reviewed_by_both_sides(way: Walk, clock: FakeClock, told: Told) -> None:
    """The promise: an entry of its own kind, and a task with a clock for the officers of every side."""
    assert told.status == 200
    entry = entries(way, HOSPITAL)[0]
    assert (entry.kind, entry.outcome, entry.role) == (Kind.BREAK_GLASS, "disclosed", "ae-nurse")
    sides = {HOSPITAL, *(source for source, _, _ in fields(told))}
    due = in_(clock, hours=72)
    assert {one for one in tasks(way) if one.kind == "break-glass"} == {
        Task("break-glass", side, due) for side in sides
    }
    review = told.document["review"]
    assert isinstance(review, dict)
    assert review["within_hours"] == 72
    assert "Officers of your organisation" in str(review["notice"])


async def test_officers_of_both_organisations_get_a_task_with_a_clock(way: Walk, clock: FakeClock) -> None:
    told = await breaks(way)
    await it_is_reviewed_by_both_sides(way, clock, told)
    assert held(way) == []
    assert told.document["review"] == {
        "within_hours": 72,
        "person_told": "at-once",
        "notice": (
            "Officers of your organisation and of each that showed something will look at this within 72 hours. "
            "The person is told at once."
        ),
    }


async def it_is_held_back_until_looked_at_again(way: Walk, clock: FakeClock) -> None:
    told = await breaks(way, hold_back="danger-to-person")
    await it_is_reviewed_by_both_sides(way, clock, told)
    again = in_(clock, days=14)
    assert held(way) == [("danger-to-person", again)]
    assert {one for one in tasks(way) if one.kind != "break-glass"} == {
        Task("hold-back", HOSPITAL, in_(clock, hours=24)),
        Task("look-again", HOSPITAL, again),
    }
    review = told.document["review"]
    assert isinstance(review, dict)
    assert review["person_told"] == "not-yet"


async def test_what_is_held_back_has_a_reason_a_countersignature_to_come_and_a_date(
    way: Walk, clock: FakeClock
) -> None:
    await it_is_held_back_until_looked_at_again(way, clock)


async def test_a_break_glass_that_shows_nothing_is_reviewed_too(way: Walk, clock: FakeClock) -> None:
    person = way.handle("nurse", STRANGER_NUMBER)
    told = await breaks(way, person=person)
    assert (told.status, fields(told)) == (200, set())
    assert [(one.kind, one.outcome) for one in entries(way, HOSPITAL)] == [(Kind.BREAK_GLASS, "empty")]
    assert tasks(way) == {Task("break-glass", HOSPITAL, in_(clock, hours=72))}
    # Nor does it tell by its end, its watermark or its notice that nobody is known.
    known = await breaks(way)
    assert told.document.keys() == known.document.keys()
    for member in ("use_until", "watermark", "review", "unavailable", "notice"):
        assert told.document[member] == known.document[member]


async def test_without_the_reviews_beside_the_entry_the_promise_breaks(
    way: Walk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "due", lambda *_: ((), None))
    with pytest.raises(AssertionError):
        await it_is_reviewed_by_both_sides(way, clock, await breaks(way))
    with pytest.raises(AssertionError):
        await it_is_held_back_until_looked_at_again(way, clock)


async def test_without_a_kind_of_its_own_the_promise_breaks(
    way: Walk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_kind", lambda _context, otherwise: otherwise)
    with pytest.raises(AssertionError):
        await it_is_reviewed_by_both_sides(way, clock, await breaks(way))


async def test_a_reason_to_hold_back_that_is_none_is_refused(way: Walk) -> None:
    told = await breaks(way, hold_back="embarrassing")
    assert (told.status, told.code) == (403, "hold-back-not-permitted")
    body = {
        "person": way.handle(),
        "purpose": "early-help-triage",
        "reason": "x",
        "hold_back": "danger-to-person",
    }
    plain = await post(way, "/v1/views", "triager", body)
    assert (plain.status, plain.code) == (403, "hold-back-not-permitted")


# Nothing that is sent switches it off

SWITCHES: Mapping[str, object] = {
    "purpose": "early-help-triage",
    "review": False,
    "notify": False,
    "watermark": None,
    "use_minutes": 600,
    "strong": True,
    "emergency": None,
    "check": "benefit-in-payment",
    "obligations": [],
}


async def no_member_switches_it_off(way: Walk, name: str) -> None:
    told = await post(way, "/v1/break-glass", "nurse", {**asking(way), name: SWITCHES[name]})
    assert (told.status, told.code) == (422, "body-invalid")
    assert tasks(way) == set()


@pytest.mark.parametrize("name", SWITCHES)
async def test_no_member_of_the_request_switches_any_of_it_off(way: Walk, name: str) -> None:
    await no_member_switches_it_off(way, name)


async def test_without_a_closed_body_the_promise_breaks(way: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Open(BreakGlassRequest):
        model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    monkeypatch.setattr(break_glass, "BreakGlassRequest", Open)
    with pytest.raises(AssertionError):
        await no_member_switches_it_off(way, "review")


HEADERS = (
    ("prefer", "respond-async"),
    ("x-review", "off"),
    ("x-notify", "false"),
    ("x-emergency", "none"),
    ("x-purpose", "early-help-triage"),
    ("x-acr", "https://refeds.org/profile/mfa"),
)
QUERY = "?review=off&notify=false&use_minutes=600&purpose=early-help-triage&hold_back=danger-to-person"


async def test_no_header_and_no_parameter_switches_any_of_it_off(way: Walk, clock: FakeClock) -> None:
    told = await post(way, "/v1/break-glass" + QUERY, "nurse", asking(way), headers=HEADERS)
    await it_is_reviewed_by_both_sides(way, clock, told)
    assert held(way) == []
    weak = with_callers(way, nurse=replace(CALLERS["nurse"], strong_until=None))
    refused = await post(way, "/v1/break-glass" + QUERY, "nurse", asking(way), parts=weak, headers=HEADERS)
    assert refused.status == 401


# What it is not


async def test_the_purpose_of_emergencies_cannot_be_asked_as_a_view_or_a_check(way: Walk) -> None:
    body = {"person": way.handle("nurse"), "purpose": PURPOSE, "reason": WHY}
    caller = replace(CALLERS["nurse"], scopes=frozenset({"views", "checks", "break-glass"}))
    parts = with_callers(way, nurse=caller)
    told = await post(way, "/v1/views", "nurse", body, parts=parts)
    assert (told.status, told.code) == (403, "break-glass-only")
    told = await post(way, "/v1/checks", "nurse", {**body, "check": "benefit-in-payment"}, parts=parts)
    assert (told.status, told.code) == (403, "break-glass-only")
    assert all(source.asked == [] for source in way.sources.values())


async def test_planned_safeguarding_is_no_break_glass(way: Walk) -> None:
    """It has a purpose and a standing agreement of its own: no second factor, no emergency, its own way of holding back."""
    body = {"person": way.handle("lead"), "purpose": "safeguarding-enquiry", "reason": "Section 42 enquiry"}
    told = await post(way, "/v1/views", "lead", {**body, "hold_back": "danger-to-person"})
    assert told.status == 200
    assert (told.document["use_until"], bool(told.document["watermark"])) == (None, True)
    entry = entries(way, CALLERS["lead"].organisation)[0]
    assert (entry.kind, entry.outcome) == (Kind.DISCLOSURE, "disclosed")
    assert [reason for reason, _ in held(way)] == ["danger-to-person"]
    assert {one.kind for one in tasks(way)} == {"hold-back", "look-again"}
    # And who does planned work has no key to the glass.
    refused = await post(way, "/v1/break-glass", "lead", asking(way, "lead"))
    assert (refused.status, refused.code) == (403, "role-not-permitted")
