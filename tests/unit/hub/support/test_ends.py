"""Each kind of support has its end built in; from then on nothing is asked of the gateway."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from hub.pages.words import london_day
from hub.support.codes import KINDS
from hub.support.ends import begun, days_left, gone_on, may_go_on, standing
from hub.support.tables import Case
from tests.unit.hub.fakes import NOW, Desk
from tests.unit.hub.support.making import (
    BODY,
    FLOATING,
    NEWLEAF,
    OUTREACH,
    REQUEST,
    TRUST,
    arrives,
    arriving,
    asked,
    cases,
    handed,
    looked,
    worker,
)
from tests.unit.hub.support.making import (
    begun as begin,
)

SECOND = timedelta(seconds=1)


def case(purpose: str) -> Case:
    made = Case(
        id="1",
        organisation="o",
        sender="o",
        purpose=purpose,
        state="open",
        name="n",
        why="w",
        began_at=NOW,
    )
    begun(made, NOW, london_day(NOW))
    return made


def test_the_days_are_those_of_the_purpose_register() -> None:
    register = yaml.safe_load(Path("policies/registers/purposes.yaml").read_text())
    known = {one["id"]: one for one in register["purposes"]}
    for purpose, kind in KINDS.items():
        lasts = None if kind.lasts is None else kind.lasts.days
        review = None if kind.review is None else kind.review.days
        assert (lasts, review) == (known[purpose]["maximum_days"], known[purpose]["review_days"])


@pytest.mark.parametrize("purpose", ["hospital-link", "low-level-support", "intensive-support"])
def test_it_is_open_to_the_last_second_and_over_at_the_end(purpose: str) -> None:
    one = case(purpose)
    assert one.ends_at is not None
    assert standing(one, one.ends_at - SECOND, stopped=False) == "open"
    assert standing(one, one.ends_at, stopped=False) == "ended"
    assert (days_left(one, one.ends_at - SECOND), days_left(one, one.ends_at)) == (1, 0)


def test_outreach_has_no_end_and_pauses_while_its_review_is_overdue() -> None:
    one = case("assertive-outreach")
    assert one.review_on is not None
    assert days_left(one, NOW) is None
    later = NOW + timedelta(days=181)
    assert standing(one, later, stopped=False) == "open"
    assert standing(one, later + timedelta(days=1), stopped=False) == "review-overdue"
    assert not may_go_on(one, later)
    gone_on(one, later, london_day(later))
    assert one.ends_at is None


def test_the_link_worker_may_ask_anew_near_the_end_and_low_level_support_never_lasts_longer() -> None:
    link, low = case("hospital-link"), case("low-level-support")
    assert link.ends_at is not None
    assert low.ends_at is not None
    assert not may_go_on(link, NOW)
    assert may_go_on(link, link.ends_at - timedelta(days=28))
    assert may_go_on(link, link.ends_at + timedelta(days=90))
    assert not may_go_on(low, low.ends_at)
    end = link.ends_at
    gone_on(link, end, london_day(end))
    assert link.ends_at == end + timedelta(days=92)


def test_what_the_person_stopped_is_stopped_whatever_its_days_say() -> None:
    assert standing(case("hospital-link"), NOW, stopped=True) == "stopped"


async def test_the_page_says_the_days_left_and_one_second_after_the_end_nothing_is_asked(desk: Desk) -> None:
    browser = worker(desk)
    address = await begin(desk, browser)
    page = await browser.get(address)
    assert "92 days left : it ends 23 February 2027." in page.words
    await looked(desk, browser, address)
    assert len(desk.gateway.called("POST", "/v1/views")) == 1
    end = cases(desk)[0].ends_at
    assert end is not None
    desk.clock.at = end + SECOND
    asked_before = len(desk.gateway.calls)
    page = await looked(desk, worker(desk), address)
    assert "The time of this support is over" in page.words
    assert "Nothing is asked about the person any more." in page.words
    assert len(desk.gateway.calls) == asked_before
    assert "At the end" in (await worker(desk).get("/support")).words


async def test_were_the_end_not_looked_at_the_gateway_would_be_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = await begin(desk, worker(desk))
    monkeypatch.setattr("hub.support.cases.standing", lambda *_, **__: "open")
    desk.clock.go_on(days=93)
    await looked(desk, worker(desk), address)
    assert len(desk.gateway.called("POST", "/v1/views")) == 1


async def test_it_goes_on_only_when_the_person_says_yes_anew(desk: Desk) -> None:
    address = await begin(desk, worker(desk))
    desk.clock.go_on(days=92)
    browser = worker(desk)
    assert "Ask them in their portal whether it goes on" in (await browser.get(address)).words
    reason = "Shall I go on helping you until your new home is ready?"
    assert (await desk.post(browser, f"{address}/asking", reason=reason)).status == 303
    (call,) = desk.gateway.called("POST", "/v1/consent-requests")
    assert call.token == "token-of-ana"
    assert call.body == {"person": "handle-of-nobody", "purpose": "hospital-link", "reason": reason}
    await desk.post(browser, f"{address}/answer")
    page = await looked(desk, browser, address)
    assert "There is no answer yet." in page.words
    assert "The time of this support is over" in page.words
    assert desk.gateway.called("POST", "/v1/views") == []
    desk.gateway.answers[f"GET /v1/consent-requests/{REQUEST}"] = asked("allowed")
    await desk.post(browser, f"{address}/answer")
    page = await looked(desk, browser, address)
    assert "92 days left" in page.words
    assert "They said yes." in page.words
    assert len(desk.gateway.called("POST", "/v1/views")) == 1
    # Looked up again, the same yes does not add more time.
    end = cases(desk)[0].ends_at
    desk.clock.go_on(days=2)
    await desk.post(worker(desk), f"{address}/answer")
    assert cases(desk)[0].ends_at == end


async def test_low_level_support_is_at_most_two_years(desk: Desk) -> None:
    address = await begin(desk, worker(desk, NEWLEAF, FLOATING), purpose="low-level-support")
    desk.clock.go_on(days=730)
    browser = worker(desk, NEWLEAF, FLOATING)
    assert "This support never lasts longer. Hand over, or close." in (await browser.get(address)).words
    answer = await desk.post(browser, f"{address}/asking", reason="Shall we go on?")
    assert answer.status == 422
    assert "It has lasted as long as this support ever may." in answer.words
    assert desk.gateway.called("POST", "/v1/consent-requests") == []


async def test_a_review_of_outreach_lets_it_go_on(desk: Desk) -> None:
    address = await begin(desk, worker(desk, TRUST, OUTREACH))
    desk.clock.go_on(days=182)
    browser = worker(desk, TRUST, OUTREACH)
    page = await looked(desk, browser, address)
    assert "The review was due 24 May 2027." in page.words
    assert desk.gateway.called("POST", "/v1/views") == []
    assert "Look again first" in (await browser.get("/support")).words
    assert (await desk.post(browser, f"{address}/reviews", note="")).status == 422
    await desk.post(browser, f"{address}/reviews", note="He talks to me at the door now")
    page = await looked(desk, browser, address)
    assert "It has no end. It is looked at again 22 November 2027." in page.words
    assert "He talks to me at the door now" in page.words
    assert len(desk.gateway.called("POST", "/v1/views")) == 1


async def test_the_end_of_what_was_handed_over_runs_from_when_it_was_sent(desk: Desk) -> None:
    address = await handed(desk)
    page = await worker(desk, NEWLEAF, FLOATING).get(address)
    assert "730 days left" in page.words
    end = cases(desk)[0].ends_at
    assert end is not None
    assert end < NOW + timedelta(days=730)


async def test_what_was_stopped_is_looked_at_no_more_and_nobody_is_asked_about_it(desk: Desk) -> None:
    address = await handed(desk)
    await arrives(desk, arriving(BODY, status="withdrawn"))
    desk.gateway.calls.clear()
    browser = worker(desk, NEWLEAF, FLOATING)
    assert "stopped this." in (await looked(desk, browser, address)).words
    answer = await desk.post(browser, f"{address}/asking", reason="May we look once more?")
    assert "This was stopped." in answer.words
    assert (await browser.get(f"{address}/handover")).status == 404
    assert desk.gateway.calls == []
    assert "Talk with them, then close it." in (await browser.get("/support")).words
