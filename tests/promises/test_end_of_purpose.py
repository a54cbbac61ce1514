"""Support that ends, ends: one second after it nothing is shown; and a handover opens exactly what was agreed to.

A hospital link worker helps for about three months, floating support for two years at most. The end is built into what
the person's yes opens, so that nobody has to remember it; closing the referral ends it before.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from consent.permissions import Permission
from core.vocabulary import Label
from gateway.referrals.stepping import Stepping
from gateway.referrals.terms import Terms, terms_of
from gateway.views.values import View
from tests.support.clock import FakeClock
from tests.support.referring import SCOPES, Refers, content_of, refers
from tests.support.walk import CALLERS, COUNCIL, NHS_NUMBER, FakeSource, Walk, caller

TRUST, NEWLEAF = "norfolk-mental-health-trust", "newleaf-support"
STEADFAST = "steadfast-support"
LINK, LOW = "hospital-link", "low-level-support"
PLAN = {"category": "Going home", "status": "active", "goals": ["Sleep at night"], "lead_role": "link worker"}
WHY = "He goes home.\n\nThe plan so far:\nGoal: Sleep at night\n- Buy curtains (The person)"
SECOND = timedelta(seconds=1)
STAFF = {
    "ward": caller(TRUST, "ward-link-worker", scopes=SCOPES),
    "newleaf": caller(NEWLEAF, "floating-support-worker", scopes=SCOPES),
}


@pytest.fixture
def desk(way: Walk, monkeypatch: pytest.MonkeyPatch) -> Refers:
    for name, one in STAFF.items():
        monkeypatch.setitem(CALLERS, name, one)
    way.home.person(NHS_NUMBER, **{STEADFAST: "record-at-steadfast"})
    way.sources[STEADFAST] = FakeSource(
        STEADFAST, {"support-plan": PLAN, "contact": {"safe_contact": "ring twice"}}
    )
    # Said with every answer: nothing below is hidden because a label became stale.
    way.sources[COUNCIL].label = Label.UNRESTRICTED
    desk = refers(way)
    verifier = desk.parts.verifier
    verifier.callers = {**verifier.callers, **STAFF}  # type: ignore[attr-defined] # the fake one
    return desk


async def handed_over(
    desk: Refers, sections: list[str] | None, to: str = NEWLEAF, days: int | None = 92
) -> str:
    """The ward hands over to Newleaf, or Newleaf to the ward; gives the referral."""
    sender, organisation, purpose = ("ward", TRUST, LOW) if to == NEWLEAF else ("newleaf", NEWLEAF, LINK)
    body = desk.body(
        to=to,
        purpose=purpose,
        person=desk.handle(organisation, NHS_NUMBER),
        why=WHY,
        themes=[],
        sharing={"sections": sections, "days": days},
    )
    told = await desk.call("POST", "/v1/referrals", sender, body)
    assert told.status == 201, told.document
    return str(told.document["id"])


async def look(desk: Refers, to: str = NEWLEAF) -> View:
    """The receiver asks under the purpose."""
    who, purpose = ("newleaf", LOW) if to == NEWLEAF else ("ward", LINK)
    return await desk.way.ask(who, purpose, parts=desk.parts)


def until(desk: Refers) -> datetime:
    (permission,) = desk.standing()
    assert permission.until is not None
    return permission.until


def go_to(desk: Refers, moment: datetime) -> None:
    clock = desk.way.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance((moment - clock.now()).total_seconds())


# The end of the purpose ----------------------------------------------------------------------------------------------


async def nothing_is_shown_one_second_after_the_end(desk: Refers, to: str) -> None:
    """The promise: shown until the last second, and from the end on nothing, nor is a source asked."""
    await handed_over(desk, ["contact", "support-plan"], to)
    end = until(desk)
    go_to(desk, end - SECOND)
    assert {one.section for one in (await look(desk, to)).sections} == {"contact", "support-plan"}
    asked = {name: len(one.asked) for name, one in desk.way.sources.items()}
    go_to(desk, end + SECOND)
    assert (await look(desk, to)).sections == ()
    assert {name: len(one.asked) for name, one in desk.way.sources.items()} == asked


@pytest.mark.parametrize("to", [NEWLEAF, TRUST])
async def test_a_view_one_second_after_the_end_discloses_nothing(desk: Refers, to: str) -> None:
    await nothing_is_shown_one_second_after_the_end(desk, to)


async def test_were_the_end_not_looked_at_a_view_would_disclose(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Permission, "in_force", lambda self, now: self.from_ <= now)
    with pytest.raises(AssertionError):
        await nothing_is_shown_one_second_after_the_end(desk, NEWLEAF)


async def the_end_is_the_purposes_at_the_latest(desk: Refers) -> None:
    """The promise: three months are three months, whatever the sender asks for."""
    await handed_over(desk, ["contact"], TRUST, days=3660)
    (permission,) = desk.standing()
    assert permission.until == permission.from_ + timedelta(days=92)


async def test_the_end_is_built_in_whatever_the_sender_asks_for(desk: Refers) -> None:
    await the_end_is_the_purposes_at_the_latest(desk)


async def test_without_the_cap_three_months_would_be_ten_years(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def uncapped(*given: object) -> object:
        found = await terms_of(*given)  # type: ignore[arg-type] # as it was called
        assert isinstance(found, Terms)
        return Terms(found.sections, found.sources, 3660)

    monkeypatch.setattr("gateway.referrals.sending.terms_of", uncapped)
    with pytest.raises(AssertionError):
        await the_end_is_the_purposes_at_the_latest(desk)


async def test_low_level_support_is_two_years_at_most(desk: Refers) -> None:
    await handed_over(desk, ["contact"], NEWLEAF, days=None)
    (permission,) = desk.standing()
    assert permission.until == permission.from_ + timedelta(days=730)


# The end of the case -------------------------------------------------------------------------------------------------


async def closing_ends_the_sharing(desk: Refers) -> None:
    """The promise: closed is over, though its days are not."""
    one = await handed_over(desk, ["contact", "support-plan"])
    await desk.step(one, "collection", "newleaf")
    await desk.step(one, "acceptance", "newleaf")
    assert (await look(desk)).sections
    told = await desk.step(one, "closing", "newleaf", {"outcomes": ["handed-on"]})
    assert told.status == 200
    go_to(desk, desk.way.home.clock.now() + SECOND)
    assert (await look(desk)).sections == ()


async def test_one_second_after_closing_nothing_is_disclosed(desk: Refers) -> None:
    await closing_ends_the_sharing(desk)


async def test_were_the_permission_left_standing_a_closed_case_would_disclose(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stepping, "_end", lambda *_: None)
    with pytest.raises(AssertionError):
        await closing_ends_the_sharing(desk)


# The handover --------------------------------------------------------------------------------------------------------


async def test_plan_only_is_the_plan_in_words_and_opens_no_record(desk: Refers) -> None:
    one = await handed_over(desk, [])
    read = await desk.read(one, "newleaf")
    assert content_of(read.document)["why"] == WHY
    assert desk.standing() == ()
    assert (await look(desk)).sections == ()


async def the_plan_is_all_that_is_shown(desk: Refers) -> None:
    """The promise: where the person let them look at the plan, they look at the plan."""
    await handed_over(desk, ["support-plan"])
    view = await look(desk)
    assert [(one.section, one.source) for one in view.sections] == [("support-plan", STEADFAST)]
    asked = {
        section for source in desk.way.sources.values() for one in source.asked for section in one.wanted
    }
    assert asked == {"support-plan"}


async def test_a_handover_of_the_plan_shows_the_plan_and_nothing_else(desk: Refers) -> None:
    await the_plan_is_all_that_is_shown(desk)


async def test_were_what_was_agreed_not_looked_at_more_would_be_shown(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.referrals.terms._only", lambda sections, _: sections)
    with pytest.raises(AssertionError):
        await the_plan_is_all_that_is_shown(desk)


async def test_the_first_team_looks_no_more_once_it_has_closed_and_the_second_goes_on(desk: Refers) -> None:
    first = await handed_over(desk, ["contact"], TRUST)
    await desk.step(first, "collection", "ward")
    await desk.step(first, "acceptance", "ward")
    await handed_over(desk, ["contact"], NEWLEAF)
    await desk.step(first, "closing", "ward", {"outcomes": ["handed-on"]})
    assert (await look(desk, TRUST)).sections == ()
    assert (await look(desk, NEWLEAF)).sections


async def test_what_one_provider_was_allowed_another_is_not(desk: Refers) -> None:
    """A provider that takes a contract over asks anew: the yes to Steadfast is none to Newleaf."""
    await desk.way.allow("steadfast", LOW)
    assert (await look(desk, NEWLEAF)).sections == ()
    await desk.way.allow("newleaf", LOW)
    assert (await look(desk, NEWLEAF)).sections
