"""Break-glass is whole: who, why, how little and for how long. What follows it: test_break_glass_follows.py.

Each protection has a companion that shows the test fail without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.contract import Fragment
from audit.entries import Kind
from core.sections import SectionSchema
from core.vocabulary import JsonObject, Label
from gateway.api import break_glass
from gateway.api.models import BreakGlassRequest
from gateway.identity.caller import Caller
from gateway.policy.port import Asker, Decision
from gateway.views import pipeline
from gateway.views.values import Fetched, Minimal, ViewSection
from tests.support.api import detail, entries, post, with_callers
from tests.support.clock import FakeClock
from tests.support.emergency import HOSPITAL, PURPOSE, WHY, asking, breaks, fields, tasks
from tests.support.walk import CALLERS, COUNCIL, PRACTICE, SINCE, Walk, registers


def strong_for(seconds: float, clock: FakeClock) -> Caller:
    return replace(CALLERS["nurse"], strong_until=int(clock.now().timestamp() + seconds))


# Who


async def without_a_step_up_nothing_is_told(way: Walk, caller: Caller) -> None:
    """The promise: 401 in the words of RFC 9470, no source asked, and a refusal in the log instead of a break-glass."""
    parts = with_callers(way, nurse=caller)
    told = await post(way, "/v1/break-glass", "nurse", asking(way), parts=parts)
    assert (told.status, told.code) == (401, "step-up-needed")
    challenge = told.reply.header("www-authenticate")
    assert challenge.startswith('Bearer error="insufficient_user_authentication", error_description="')
    assert all(source.asked == [] for source in way.sources.values())
    (entry,) = entries(way, HOSPITAL)
    assert (entry.kind, entry.outcome, entry.purpose) == (Kind.REFUSAL, "step-up-needed", PURPOSE)
    assert tasks(way) == set()


async def test_break_glass_needs_a_step_up_sign_in(way: Walk) -> None:
    await without_a_step_up_nothing_is_told(way, replace(CALLERS["nurse"], strong_until=None))


async def test_break_glass_needs_a_step_up_that_is_not_stale(way: Walk, clock: FakeClock) -> None:
    caller = strong_for(300, clock)
    clock.advance(300)
    await without_a_step_up_nothing_is_told(way, caller)


async def test_break_glass_takes_a_step_up_until_its_last_second(way: Walk, clock: FakeClock) -> None:
    caller = strong_for(300, clock)
    clock.advance(299)
    parts = with_callers(way, nurse=caller)
    assert (await post(way, "/v1/break-glass", "nurse", asking(way), parts=parts)).status == 200


async def test_without_looking_at_the_sign_in_the_promise_breaks(
    way: Walk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believes(caller: Caller, _now: datetime) -> Asker:
        return Asker(caller.organisation, caller.client, caller.role, caller.scopes, strong=True)

    monkeypatch.setattr(pipeline, "asker_of", believes)
    stale = strong_for(-1, clock)
    with pytest.raises(AssertionError):
        await without_a_step_up_nothing_is_told(way, stale)


async def without_the_scope_nothing_is_told(way: Walk) -> None:
    caller = replace(CALLERS["nurse"], scopes=frozenset({"views"}))
    told = await post(way, "/v1/break-glass", "nurse", asking(way), parts=with_callers(way, nurse=caller))
    assert (told.status, told.code) == (403, "insufficient-scope")
    assert [one.outcome for one in entries(way, HOSPITAL)] == ["insufficient-scope"]


async def test_break_glass_needs_its_own_scope(way: Walk) -> None:
    await without_the_scope_nothing_is_told(way)


async def test_without_asking_for_the_scope_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(break_glass, "require_scope", lambda _caller, _scope: None)
    with pytest.raises(AssertionError):
        await without_the_scope_nothing_is_told(way)


# Why


@pytest.mark.parametrize("code", ["curiosity", "danger-to-person", "strong"])
async def test_break_glass_needs_a_coded_reason_of_the_register(way: Walk, code: str) -> None:
    told = await breaks(way, reason_code=code)
    assert (told.status, told.code) == (403, "emergency-reason-unknown")
    assert "life-at-risk" in str(told.document["detail"])
    assert all(source.asked == [] for source in way.sources.values())
    assert [one.kind for one in entries(way, HOSPITAL)] == [Kind.REFUSAL]


NO_REASON: Mapping[str, str | None] = {
    "missing": None,
    "empty": "",
    "short": "emergency",
    "blank": " " * 40,
    "padded": "urgent" + " " * 40,
}


async def words_are_needed(way: Walk, reason: str | None) -> None:
    told = await breaks(way, reason=reason)
    assert (told.status, told.code) == (422, "body-invalid")
    assert all(source.asked == [] for source in way.sources.values())


@pytest.mark.parametrize("how", NO_REASON)
async def test_break_glass_needs_words_of_ones_own(way: Walk, how: str) -> None:
    await words_are_needed(way, NO_REASON[how])


async def test_without_asking_for_words_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wordless(BreakGlassRequest):
        # Laxer than the contract, on purpose.
        reason: str = ""

    monkeypatch.setattr(break_glass, "BreakGlassRequest", Wordless)
    for reason in NO_REASON.values():
        with pytest.raises(AssertionError):
            await words_are_needed(way, reason)


async def test_the_reasons_stand_in_the_entry(way: Walk) -> None:
    await breaks(way)
    found = detail(way, entries(way, HOSPITAL)[0])
    assert (found["emergency"], found["reason"], found["hold_back"]) == ("found-unconscious", WHY, None)


# How little


async def only_the_minimum_is_told(way: Walk) -> None:
    """The promise: no more than the emergency agreement names, and never where somebody lives."""
    agreed = registers().agreements[PURPOSE].sections
    way.sources[COUNCIL].excess = (Fragment("contact", "address", "1 Made-up Row", SINCE),)
    told = await breaks(way)
    assert told.status == 200
    assert {source for source, _, _ in fields(told)} == {COUNCIL, PRACTICE}
    for _, section, name in fields(told):
        assert name in agreed[section]
        assert name not in {"address", "postcode", "uprn"}


async def test_break_glass_shows_the_agreed_minimum_without_any_permission(way: Walk) -> None:
    await only_the_minimum_is_told(way)
    assert way.sources[COUNCIL].asked[0].wanted == {"contact": {"telephone", "safe_contact"}}


async def test_without_dropping_what_is_beyond_it_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believes(
        decision: Decision, fetched: Fetched, schemas: Mapping[str, SectionSchema], _: Label
    ) -> Minimal:
        basis: JsonObject = {}
        return Minimal(
            tuple(
                ViewSection(one.section, answer.source, one.as_of, basis, {one.field: one.value})
                for answer in fetched.answers
                for one in answer.fragments
            )
        )

    monkeypatch.setattr(pipeline, "minimise", believes)
    with pytest.raises(AssertionError):
        await only_the_minimum_is_told(way)


async def test_sections_that_no_emergency_needs_are_refused(way: Walk) -> None:
    told = await breaks(way, sections=["debts"])
    assert (told.status, told.code) == (403, "section-not-agreed")


# How long, and for whom


async def its_end_is_told(way: Walk, clock: FakeClock) -> None:
    told = await breaks(way)
    assert datetime.fromisoformat(str(told.document["use_until"])) == clock.now() + timedelta(minutes=15)
    assert str(told.document["watermark"]).startswith(
        f"{HOSPITAL}, ae-nurse: {PURPOSE}, 2026-11-23 10:00 UTC"
    )


async def test_a_break_glass_says_for_whom_it_is_and_until_when(way: Walk, clock: FakeClock) -> None:
    await its_end_is_told(way, clock)


@pytest.mark.parametrize("part", ["use_until", "watermark"])
async def test_without_its_end_or_its_watermark_the_promise_breaks(
    way: Walk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(pipeline, part, lambda *_: None)
    with pytest.raises((AssertionError, ValueError)):
        await its_end_is_told(way, clock)
