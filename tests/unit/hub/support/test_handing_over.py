"""A handover takes along exactly what the person agreed to, and the receiver begins with it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.support.handover_form import Handing, about_of
from hub.support.plan_text import WHO, Planned, joined, split
from hub.support.tables import Case, Goal, Plan, PlanStep
from hub.tables import Outgoing
from tests.unit.hub.fakes import Desk
from tests.unit.hub.support.making import (
    BEGIN,
    BODY,
    FLOATING,
    HANDOVER,
    NEWLEAF,
    NUMBER,
    OUTREACH,
    REFERRAL,
    STEADFAST,
    TRUST,
    WARD,
    arrives,
    arriving,
    begun,
    cases,
    handed,
    planned,
    rows,
    worker,
)

GOAL, OTHER = "Sleep through the night", "See my daughter"


def hidden(text: str) -> list[tuple[str, str]]:
    """The hidden fields of a page."""
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text)


async def handed_on(desk: Desk, **form: str) -> dict[str, object]:
    """Begin, plan, hand over; gives what was sent."""
    browser = worker(desk)
    address = await begun(desk, browser)
    await planned(desk, browser, address, GOAL, OTHER)
    await desk.post(browser, f"{address}/contacts", how="visit", result="met", note="Planted-note-8812")
    answer = await desk.post(browser, f"{address}/handover/check", **{**HANDOVER, **form})
    assert answer.status == 303, answer.words
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.token == "token-of-ana"
    body: dict[str, object] = call.body
    return body


async def test_plan_only_is_the_plan_only(desk: Desk) -> None:
    body = await handed_on(desk)
    assert body["sharing"] == {"sections": [], "days": None}
    assert body["why"] == (
        "He goes home and wants somebody to look in\n\nThe plan so far:\n"
        "Goal: Sleep through the night\n- Ring the housing team (Together)\nGoal: See my daughter"
    )
    assert (body["to"], body["purpose"]) == (NEWLEAF, "low-level-support")
    assert "Planted-note-8812" not in str(body)


async def test_more_is_what_was_ticked_and_no_more(desk: Desk) -> None:
    body = await handed_on(desk, sections="tenancy")
    assert body["sharing"] == {"sections": ["tenancy"], "days": None}
    page = await worker(desk).get(f"/support/cases/{cases(desk)[0].id}")
    assert "Along went the plan (2 goals). They may look at their home and tenancy." in page.words


async def only_what_was_agreed_to_goes(desk: Desk) -> None:
    """The promise: what the person did not agree to is not in the referral."""
    body = str(await handed_on(desk, along="nothing", contact="no"))
    for left in (GOAL, OTHER, BEGIN["telephone"], BEGIN["safe_contact"], BEGIN["address"], "norwich"):
        assert left not in body


async def test_what_was_not_agreed_to_is_not_in_the_referral(desk: Desk) -> None:
    await only_what_was_agreed_to_goes(desk)


async def test_were_the_persons_choice_not_looked_at_it_would_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heedless(case: Case, handing: Handing) -> dict[str, str]:
        return about_of(case, replace(handing, contact=True))

    monkeypatch.setattr("hub.support.handover_form.about_of", heedless)
    with pytest.raises(AssertionError):
        await only_what_was_agreed_to_goes(desk)


async def test_without_the_plan_none_goes_and_without_contact_nobody_is_reached(desk: Desk) -> None:
    body = await handed_on(desk, along="nothing", contact="no")
    assert body["why"] == "He goes home and wants somebody to look in"
    assert body["about"] == {"name": "Tom Sandbox", "birth_date": "1980-04-03", "nhs_number": NUMBER}


async def test_before_it_goes_the_page_says_exactly_what_is_passed_on_and_what_not(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    await planned(desk, browser, address, GOAL)
    chosen = {**HANDOVER, "along": "nothing", "contact": "no", "sections": "tenancy"}
    page = await desk.post(browser, f"{address}/handover", **chosen)
    assert page.status == 200
    assert desk.gateway.called("POST", "/v1/referrals") == []
    on, _, rest = page.words.partition("Not passed on")
    not_on, _, _ = rest.partition("Read this out")
    for words in (
        "To Newleaf Support: A little support at home.",
        "Their name Tom Sandbox",
        "Date of birth 3 April 1980",
        "NHS number 999 000 0018",
        "Why they need help He goes home and wants somebody to look in",
        "They may look at, until they close it: their home and tenancy.",
    ):
        assert words in on
    for words in ("Telephone", "Address", "How to reach them safely", "The plan", "(Norwich)", "reviews"):
        assert words in not_on
    assert "01632 960002" not in page.words
    assert GOAL not in page.words
    back = await desk.post(browser, f"{address}/handover/check", **chosen, change="yes")
    assert "Who goes on with the support?" in back.words
    assert HANDOVER["why"] in back.words
    fields = {name: value for name, value in hidden(page.text) if name != "csrf"}
    sent = {**fields, "agreed": "yes", "how": "spoken"}
    assert (await desk.post(browser, f"{address}/handover/check", **sent)).status == 303
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert set(call.body["about"]) == {"name", "birth_date", "nhs_number"}
    assert call.body["why"] == HANDOVER["why"]


async def test_whatever_the_referral_holds_the_page_says(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    await planned(desk, browser, address, GOAL)
    page = await desk.post(browser, f"{address}/handover", **HANDOVER)
    await desk.post(browser, f"{address}/handover/check", **HANDOVER)
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    on = page.words.partition("Not passed on")[0]
    about = {**call.body["about"], "birth_date": "3 April 1980", "nhs_number": "999 000 0018"}
    for value in (*about.values(), GOAL, "Ring the housing team", "look at, until they close it: nothing."):
        assert value in on, value
    # Nothing but these members of the API says anything of the person.
    assert set(call.body) == {
        *("to", "purpose", "person", "about", "why", "themes", "urgency", "agreed", "sharing", "reference")
    }


@pytest.mark.parametrize("missing", ["target", "agreed", "how", "along", "contact", "why"])
async def test_nothing_goes_while_something_is_not_said(desk: Desk, missing: str) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    form = {name: value for name, value in HANDOVER.items() if name != missing}
    answer = await desk.post(browser, f"{address}/handover/check", **form)
    assert answer.status == 422
    assert f'href="#{missing}"' in answer.text
    assert desk.gateway.called("POST", "/v1/referrals") == []
    assert rows(desk, Outgoing) == []


async def test_an_agreement_of_long_ago_or_of_tomorrow_is_none(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    for year, day, month, words in (
        ("2026", "1", "9", "too long ago"),
        ("2027", "1", "9", "must not be in the future"),
        ("2026", "31", "2", "must be a real date"),
    ):
        when = {"said_on-day": day, "said_on-month": month, "said_on-year": year}
        answer = await desk.post(browser, f"{address}/handover/check", **HANDOVER, **when)
        assert words in answer.words
    yesterday = {"said_on-day": "22", "said_on-month": "11", "said_on-year": "2026"}
    await desk.post(browser, f"{address}/handover/check", **HANDOVER, **yesterday)
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.body["agreed"]["said_at"] == "2026-11-22T12:00:00+00:00"


async def test_a_plan_that_is_too_long_does_not_go_in_part(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    for number in range(3):
        await desk.post(browser, f"{address}/goals", what=f"{number} " + "x" * 480)
    answer = await desk.post(browser, f"{address}/handover", **{**HANDOVER, "why": "y" * 900})
    assert "With the plan there is room for" in answer.words
    for _ in range(2):
        await desk.post(browser, f"{address}/goals", what="x" * 500)
    answer = await desk.post(browser, f"{address}/handover", **HANDOVER)
    assert "The plan is too long to go along: shorten it first" in answer.words
    assert desk.gateway.called("POST", "/v1/referrals") == []


async def test_the_receiver_begins_with_the_plan_and_nobody_tells_it_again(desk: Desk) -> None:
    body = await handed_on(desk)
    await arrives(desk, arriving(body))
    mine, theirs = sorted(cases(desk), key=lambda one: one.organisation != TRUST)
    assert (theirs.organisation, theirs.state, theirs.sender) == (NEWLEAF, "new", TRUST)
    assert theirs.why == "He goes home and wants somebody to look in"
    desk.gateway.calls.clear()
    page = await worker(desk, NEWLEAF, FLOATING).get(f"/support/cases/{theirs.id}")
    assert "Handed over by Norfolk Mental Health Trust: they need not tell it again." in page.words
    assert GOAL in page.words
    assert "Ring the housing team" in page.words
    assert "Planted-note-8812" not in page.words
    assert desk.gateway.called("POST", "/v1/views") == [], "nothing is looked at before it is taken on"
    assert mine.person is None


async def test_whoever_handed_over_reads_what_came_of_it_there(desk: Desk) -> None:
    body = await handed_on(desk)
    closed = arriving(body, status="closed") | {"outcomes": ["connected", "not-known-here-yet"]}
    del closed["content"], closed["person"]
    desk.gateway.answers["GET /v1/referrals"] = lambda call: {
        "referrals": [closed] if call.query["box"] == "out" else [],
        "next": None,
    }
    await desk.hub.background.look()
    page = await worker(desk).get(f"/support/cases/{cases(desk)[0].id}")
    assert "Newleaf Support: finished there" in page.words
    assert "What came of it there: Connected to people and groups, not-known-here-yet." in page.words


async def test_when_taken_on_the_sender_reads_so_and_closing_ends_the_sharing(desk: Desk) -> None:
    body = await handed_on(desk)
    first = f"/support/cases/{cases(desk)[0].id}"
    listed = {name: one for name, one in arriving(body, status="accepted").items() if name != "content"}
    desk.gateway.answers["GET /v1/referrals"] = lambda call: {
        "referrals": [listed]
        if call.query["box"] == "out" and call.token == f"application-of-{TRUST}-hub"
        else [],
        "next": None,
    }
    await desk.hub.background.look()
    page = await worker(desk).get(first)
    assert "Newleaf Support: taken on" in page.words
    assert "Close yours, so that your looking ends." in page.words
    desk.gateway.calls.clear()
    await desk.post(worker(desk), f"{first}/closing", outcomes="handed-on")
    page = await worker(desk).get(first)
    assert "Closed 23 November 2026: Handed on to somebody else. Nothing is looked at any more." in page.words
    assert desk.gateway.called("POST", "/v1/views") == []


async def test_closing_what_was_handed_over_is_told_to_the_gateway_which_ends_the_sharing(desk: Desk) -> None:
    address = await handed(desk)
    zoe = worker(desk, NEWLEAF, FLOATING)
    assert (await desk.post(zoe, f"{address}/closing")).status == 422
    await desk.post(zoe, f"{address}/closing", outcomes="connected", note="Goes to the allotment")
    (closing,) = desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/closing")
    assert closing.body == {"outcomes": ["connected"]}
    assert rows(desk, Plan)[0].status == "completed"
    assert "Goes to the allotment" in (await zoe.get(address)).words
    assert "Connected to people and groups" in (await zoe.get("/support/finished")).words
    # Closed is closed: no second time, and no form of it any more.
    await desk.post(zoe, f"{address}/closing", outcomes="other")
    assert len(desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/closing")) == 1
    assert (await zoe.get(f"{address}/handover")).status == 404


async def test_it_can_be_closed_or_refused_before_it_is_taken_on(desk: Desk) -> None:
    await arrives(desk, arriving(BODY))
    address = f"/support/cases/{cases(desk)[0].id}"
    zoe = worker(desk, NEWLEAF, FLOATING)
    assert (await zoe.get(f"{address}/handover")).status == 404
    assert "Take it on first" in (await desk.post(zoe, f"{address}/asking", reason="May we look?")).words
    assert (await desk.post(zoe, f"{address}/refusal")).status == 422
    assert (await zoe.get(f"{address}/refusal")).status == 200
    await desk.post(zoe, f"{address}/refusal", reason="full")
    (refused,) = desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/refusal")
    assert refused.body == {"reason": "full"}
    assert "Not taken on, 23 November 2026: There is no room at the moment." in (await zoe.get(address)).words
    await desk.post(zoe, f"{address}/refusal", reason="other")
    await desk.post(zoe, f"{address}/taking-on")
    assert len(desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/refusal")) == 1
    assert "Not taken on: There is no room" in (await zoe.get("/support/finished")).words


async def test_closed_before_it_was_taken_on_the_gateway_is_told_both(desk: Desk) -> None:
    await arrives(desk, arriving(BODY))
    address = f"/support/cases/{cases(desk)[0].id}"
    await desk.post(worker(desk, NEWLEAF, FLOATING), f"{address}/closing", outcomes="lost-contact")
    steps = [call.path.rpartition("/")[2] for call in desk.gateway.calls if call.method == "POST"]
    assert steps[-2:] == ["acceptance", "closing"]


async def test_a_handover_is_taken_back_once(desk: Desk) -> None:
    await handed_on(desk)
    case = cases(desk)[0]
    browser = worker(desk)
    page = await browser.get(f"/support/cases/{case.id}")
    name = page.text.partition("/handovers/")[2].partition("/")[0]
    back = f"/support/cases/{case.id}/handovers/{name}/taking-back"
    desk.gateway.answers[f"POST /v1/referrals/{REFERRAL}/withdrawal"] = arriving(BODY, status="withdrawn")
    await desk.post(browser, back)
    await desk.post(browser, back)
    assert len(desk.gateway.called("POST", f"/v1/referrals/{REFERRAL}/withdrawal")) == 1
    assert "taken back, or stopped by the person" in (await browser.get(f"/support/cases/{case.id}")).words
    other = back.replace(name, "nobody")
    assert (await desk.post(browser, other)).status == 404


async def test_whoever_came_by_a_handle_is_handed_on_by_it(desk: Desk) -> None:
    address = await handed(desk)
    zoe = worker(desk, NEWLEAF, FLOATING)
    form = {**HANDOVER, "target": f"{NEWLEAF} intensive-support"}
    assert (await desk.post(zoe, f"{address}/handover/check", **form)).status == 303
    (call,) = desk.gateway.called("POST", "/v1/referrals")
    assert call.body["person"] == "handle-at-the-receiver"
    assert desk.gateway.called("POST", "/v1/people/trace") == []


async def test_nothing_of_a_case_is_another_organisations_or_another_roles(desk: Desk) -> None:
    """A provider that takes a contract over inherits nothing: for it there is no such case, whatever it tries."""
    steadfast = worker(desk, STEADFAST, FLOATING, "yan")
    address = await begun(desk, steadfast, purpose="low-level-support")
    await planned(desk, steadfast, address, GOAL)
    for other in (
        worker(desk, NEWLEAF, FLOATING, "zoe"),
        worker(desk, TRUST, WARD),
        worker(desk, TRUST, OUTREACH, "ben"),
    ):
        assert (await other.get(address)).status == 404
        assert "You support nobody" in (await other.get("/support")).words
        for form in (
            "goals",
            "handover",
            "handover/check",
            "said",
            "closing",
            "reviews",
            "contacts",
            "moves",
            "asking",
            "refusal",
        ):
            assert (await other.get(f"{address}/{form}")).status in {404, 405}
            assert (await desk.post(other, f"{address}/{form}", what="x")).status in {404, 422}
        assert (await desk.post(other, f"{address}/taking-on")).status == 404
        assert (await desk.post(other, f"{address}/answer")).status == 404
    assert len(cases(desk)) == 1
    assert len(rows(desk, Goal)) == 1
    assert len(rows(desk, PlanStep)) == 1


async def test_whoever_is_in_no_team_finds_nothing(desk: Desk) -> None:
    stranger = desk.sign_in(NEWLEAF, "volunteer-coordinator")
    assert (await stranger.get("/support")).status == 404


LINE = some.text(some.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40).filter(
    lambda text: text.splitlines() == [text]
)
PLAN = some.builds(
    Planned, LINE, some.lists(some.tuples(LINE, some.sampled_from(WHO)), max_size=3).map(tuple)
)


@given(LINE, some.lists(PLAN, max_size=4))
def test_a_plan_that_goes_as_words_is_read_back_as_it_was(why: str, plan: list[Planned]) -> None:
    assert split(joined(why, plan)) == (why, tuple(plan))


@pytest.mark.parametrize(
    "text",
    [
        "Only words",
        "The plan so far:\nwe talked of it",
        "x\n\nThe plan so far:\n- Ring (The person)",
        "x The plan so far:\nGoal: y",
    ],
)
def test_words_that_are_no_plan_stay_words(text: str) -> None:
    assert split(text) == (text, ())
