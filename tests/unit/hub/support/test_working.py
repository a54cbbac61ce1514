"""What the team writes while it works, and that it is its own."""

from __future__ import annotations

import pytest

from hub.gateway import GatewayAwayError, GatewayRefusedError
from hub.support.tables import Case, Contact, Goal, Handover, Move, Plan, PlanStep, Review
from hub.tables import Arrived, Outgoing
from tests.unit.hub.fakes import Desk
from tests.unit.hub.support.making import (
    BEGIN,
    BODY,
    FLOATING,
    HANDOVER,
    NEWLEAF,
    OUTREACH,
    REQUEST,
    TRUST,
    arrives,
    arriving,
    asked,
    begun,
    cases,
    handed,
    looked,
    planned,
    rows,
    worker,
)

REASON = "We would like to help you settle in at home."


async def test_nobody_is_there_at_first_and_then_somebody_is(desk: Desk) -> None:
    browser = worker(desk)
    assert "You support nobody at the moment." in (await browser.get("/support")).words
    assert "Nothing is finished yet." in (await browser.get("/support/finished")).words
    assert (await browser.get("/support/begin")).status == 200
    address = await begun(desk, browser)
    page = await browser.get(address)
    assert "They have not been asked yet." in page.words
    assert "999 000 0018" in page.words
    assert "Tom Sandbox" in (await browser.get("/support")).words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("name", "", "Enter the person's name"),
        ("nhs_number", "9990000019", "Check the NHS number"),
        ("birth_date-day", "31", "must be a real date"),
        ("birth_date-year", "2030", "must not be in the future"),
        ("district", "atlantis", "Select where they live"),
        ("why", "", "Say what the support is for"),
        ("why", "x" * 2001, "Write 2000 characters or fewer"),
        ("safe_contact", "x" * 501, "Write 500 characters or fewer"),
    ],
)
async def test_what_does_not_fit_is_said_beside_its_field(
    desk: Desk, name: str, value: str, words: str
) -> None:
    form = {**BEGIN, name: value}
    answer = await desk.post(worker(desk), "/support/begin", **form)
    assert answer.status == 422
    assert words in answer.words
    assert cases(desk) == []


async def test_a_floating_support_worker_says_which_support_it_is(desk: Desk) -> None:
    zoe = worker(desk, NEWLEAF, FLOATING)
    assert "Select the kind of support" in (await desk.post(zoe, "/support/begin", **BEGIN)).words
    await begun(desk, zoe, purpose="intensive-support", nhs_number="")
    assert (
        "Select the kind of support"
        in (await desk.post(zoe, "/support/begin", **{**BEGIN, "purpose": "assertive-outreach"})).words
    )


async def test_goals_and_steps_are_written_done_and_reached(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    assert "There is no plan yet." in (await browser.get(address)).words
    await planned(desk, browser, address, "Sleep", "See my daughter")
    goals = [one.id for one in rows(desk, Goal)]
    assert (await browser.get(f"{address}/goals")).status == 200
    assert "Sleep" in (await browser.get(f"{address}/goals/{goals[0]}/steps")).words
    wrong = await desk.post(
        browser, f"{address}/goals/{goals[0]}/steps", what="", **{"due-day": "x", "due-month": "1"}
    )
    for words in ("Write what is to be done", "Select who does it", "must be a real date"):
        assert words in wrong.words
    due = {"due-day": "1", "due-month": "12", "due-year": "2026"}
    await desk.post(browser, f"{address}/goals/{goals[0]}/steps", what="Curtains", who="The team", **due)
    assert "The team, by 1 December 2026" in (await browser.get(address)).words
    steps = rows(desk, PlanStep)
    await desk.post(browser, f"{address}/steps/{steps[0].id}/done")
    await desk.post(browser, f"{address}/goals/{goals[1]}/reached")
    page = await browser.get(address)
    assert "Together, done 23 November 2026" in page.words
    assert "(reached 23 November 2026)" in page.words
    assert (await desk.post(browser, f"{address}/goals", what="  ")).status == 422


async def test_a_goal_or_step_of_another_case_is_not_there(desk: Desk) -> None:
    browser = worker(desk)
    mine, other = await begun(desk, browser), await begun(desk, browser, name="Una Sandbox")
    await planned(desk, browser, other, "Hers")
    goal, step = rows(desk, Goal)[0].id, rows(desk, PlanStep)[0].id
    assert (await desk.post(browser, f"{mine}/goals/{goal}/reached")).status == 404
    assert (await desk.post(browser, f"{mine}/steps/{step}/done")).status == 404
    assert (await browser.get(f"{mine}/goals/{goal}/steps")).status == 404


async def test_what_was_taken_on_is_looked_at_by_its_handle_and_nothing_of_it_is_kept(desk: Desk) -> None:
    planted = "Grobulated Spindrift 8841"

    def shows(_: object) -> dict[str, object]:
        section = {
            "section": "contact",
            "source": TRUST,
            "as_of": "2026-11-20T10:00:00Z",
            "basis": {},
            "data": {"safe_contact": planted},
        }
        return {
            "purpose": "low-level-support",
            "sections": [section],
            "unavailable": ["steadfast-support"],
            "notice": "Not shown is not none.",
        }

    desk.gateway.answers["POST /v1/views"] = shows
    address = await handed(desk)
    page = await looked(desk, worker(desk, NEWLEAF, FLOATING), address)
    assert f"Safe way to reach them {planted}" in page.words
    assert "Steadfast Support does not answer right now." in page.words
    assert page.headers["cache-control"] == "no-store"
    (call,) = desk.gateway.called("POST", "/v1/views")
    assert call.body["person"] == "handle-at-the-receiver"
    desk.hub.parts.database.settle()
    for file in desk.folder.iterdir():
        assert planted.encode() not in file.read_bytes(), file.name


async def test_nothing_is_looked_at_before_somebody_presses_nor_after_a_small_write(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    page = await browser.get(address)
    assert "Look at what others hold Each look is shown to the person." in page.words
    assert desk.gateway.called("POST", "/v1/views") == []
    assert "Look again" in (await looked(desk, browser, address)).words
    assert len(desk.gateway.called("POST", "/v1/views")) == 1
    await planned(desk, browser, address, "Sleep")
    step = rows(desk, PlanStep)[0].id
    for written in (f"steps/{step}/done", "contacts"):
        answer = await desk.post(browser, f"{address}/{written}", how="visit", result="met")
        assert (await browser.get(answer.headers["location"].partition("#")[0])).status == 200
    assert len(desk.gateway.called("POST", "/v1/views")) == 1, "the page was opened again, and nothing else"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (GatewayAwayError("cut"), "does not answer right now. What the team wrote is here as ever."),
        (GatewayRefusedError(403, "role", "Your role may not."), "You may not look: Your role may not."),
    ],
)
async def test_where_nothing_comes_the_page_says_so(desk: Desk, answer: Exception, words: str) -> None:
    desk.gateway.answers["POST /v1/views"] = answer
    browser = worker(desk)
    assert words in (await looked(desk, browser, await begun(desk, browser))).words


async def test_a_sign_in_that_is_over_shows_the_rest(desk: Desk) -> None:
    address = await begun(desk, worker(desk))
    old = desk.sign_in(TRUST, "ward-link-worker", subject="ana", seconds=-1)
    assert "Sign in again to look" in (await looked(desk, old, address)).words


async def test_support_follows_whoever_moves(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    await planned(desk, browser, address, "Sleep")
    before = cases(desk)[0]
    assert (await browser.get(f"{address}/moves")).status == 200
    wrong = await desk.post(browser, f"{address}/moves", address="x" * 501)
    for words in ("Select where they live now", "Select who goes on", "Write 500 characters or fewer"):
        assert words in wrong.words
    moved = await desk.post(
        browser, f"{address}/moves", district="breckland", address="9 New Road", goes_on="yes"
    )
    assert moved.headers["location"] == address
    after = cases(desk)[0]
    assert (after.district, after.address) == ("breckland", "9 New Road")
    assert (after.ends_at, after.began_at, after.person) == (before.ends_at, before.began_at, before.person)
    page = await browser.get(address)
    assert "Breckland (since 23 November 2026, before in Norwich)" in page.words
    assert "Sleep" in page.words
    desk.hub.parts.database.settle()
    assert b"2 Test Street" not in (desk.folder / "hub.db").read_bytes()


async def test_where_another_team_works_there_the_person_is_asked_for_a_handover(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    moved = await desk.post(browser, f"{address}/moves", district="breckland", goes_on="no")
    assert moved.headers["location"] == f"{address}/handover"
    assert "Who goes on with the support?" in (await browser.get(f"{address}/handover")).words
    assert desk.gateway.called("POST", "/v1/referrals") == []
    assert cases(desk)[0].state == "open"


async def test_every_attempt_to_get_in_touch_is_written_down(desk: Desk) -> None:
    ben = worker(desk, TRUST, OUTREACH, "ben")
    address = await begun(desk, ben, nhs_number="", name="The man at the bridge")
    assert (await ben.get(f"{address}/contacts")).status == 200
    future = {"on-day": "1", "on-month": "1", "on-year": "2027"}
    wrong = await desk.post(ben, f"{address}/contacts", note="x" * 501, **future)
    for words in ("Select how you tried", "Select what came of it", "must not be in the future", "500"):
        assert words in wrong.words
    await desk.post(ben, f"{address}/contacts", how="street", result="not-found", note="Not by the bridge")
    page = await ben.get(address)
    assert "23 November 2026 : Looked for them outside. Not found. Not by the bridge (Ben Loke)" in page.words


PURPOSES = [
    {
        "purpose": "assertive-outreach",
        "title": "Support that comes to you",
        "plain_words": "To keep in touch.",
        "legal_text": "They do this as a public task (Mental Health Act 1983 section 117).",
        "permission_rule": "permission",
        "maximum_days": None,
        "sections": {"contact": ["telephone"], "substance-use": ["status"]},
    }
]
EXPLAINED = {
    "refused": None,
    "would_show": [
        {"section": "contact", "source": "a", "fields": ["telephone"], "basis": {}},
        {"section": "contact", "source": "b", "fields": ["telephone", "safe_contact"], "basis": {}},
    ],
    "obligations": [],
    "changes": [],
}


async def test_outreach_says_what_is_allowed_without_a_yes_and_what_only_with_one(desk: Desk) -> None:
    desk.gateway.answers |= {"GET /v1/purposes": PURPOSES, "POST /v1/policy/explain": EXPLAINED}
    ben = worker(desk, TRUST, OUTREACH)
    page = await ben.get(await begun(desk, ben))
    assert "It has no end. It is looked at again 24 May 2027." in page.words
    assert "How to reach them Telephone and Safe way to reach them" in page.words
    assert "public task (Mental Health Act 1983 section 117)." in page.words
    assert "Only with their yes Drink and drugs." in page.words
    (call,) = desk.gateway.called("POST", "/v1/policy/explain")
    assert call.body == {"purpose": "assertive-outreach", "person": {"allowed": "nothing"}}, "about nobody"


@pytest.mark.parametrize("purposes", [[], GatewayAwayError("cut")])
async def test_where_the_rule_is_not_told_none_is_made_up(desk: Desk, purposes: object) -> None:
    desk.gateway.answers["GET /v1/purposes"] = purposes
    ben = worker(desk, TRUST, OUTREACH)
    assert "allowed without their yes" not in (await ben.get(await begun(desk, ben))).words


async def test_where_nothing_is_allowed_without_a_yes_it_says_so(desk: Desk) -> None:
    nothing = {**EXPLAINED, "would_show": []}
    desk.gateway.answers |= {"GET /v1/purposes": PURPOSES, "POST /v1/policy/explain": nothing}
    ben = worker(desk, TRUST, OUTREACH)
    page = await ben.get(await begun(desk, ben))
    assert "Nothing. They do this as a public task" in page.words
    assert "Only with their yes How to reach them and Drink and drugs." in page.words


async def test_whoever_was_handed_over_is_asked_for_more_by_their_handle(desk: Desk) -> None:
    address = await handed(desk)
    zoe = worker(desk, NEWLEAF, FLOATING)
    assert "What they agreed to with the handover. For more, ask them." in (await zoe.get(address)).words
    assert (await zoe.get(f"{address}/asking")).status == 200
    assert (await desk.post(zoe, f"{address}/answer")).status == 404
    assert "why you ask" in (await desk.post(zoe, f"{address}/asking", reason="Well")).words
    assert (await desk.post(zoe, f"{address}/asking", reason="x" * 201)).status == 422
    await desk.post(zoe, f"{address}/asking", reason=REASON)
    (call,) = desk.gateway.called("POST", "/v1/consent-requests")
    assert call.body["person"] == "handle-at-the-receiver"
    end = cases(desk)[0].ends_at
    desk.gateway.answers[f"GET /v1/consent-requests/{REQUEST}"] = asked("allowed")
    await desk.post(zoe, f"{address}/answer")
    assert "They said yes." in (await zoe.get(address)).words
    assert cases(desk)[0].ends_at == end, "a yes in the middle makes nothing longer"


async def test_a_request_that_the_gateway_forgot_had_no_answer(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    await desk.post(browser, f"{address}/asking", reason=REASON)
    desk.gateway.answers[f"GET /v1/consent-requests/{REQUEST}"] = GatewayRefusedError(404, "gone", "")
    await desk.post(browser, f"{address}/answer")
    assert "There was no answer in time." in (await browser.get(address)).words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (GatewayAwayError("cut"), "Nobody was asked: try again later"),
        (GatewayRefusedError(403, "role", "No agreement opens this."), "No agreement opens this."),
    ],
)
async def test_a_request_that_was_not_taken_is_told_and_what_was_typed_stays(
    desk: Desk, answer: Exception, words: str
) -> None:
    desk.gateway.answers["POST /v1/consent-requests"] = answer
    browser = worker(desk)
    address = await begun(desk, browser)
    shown = await desk.post(browser, f"{address}/asking", reason=REASON)
    assert words in shown.words
    assert REASON in shown.words
    assert cases(desk)[0].asked is None


async def test_whoever_cannot_be_found_is_not_guessed(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser, nhs_number="", address="")
    assert (
        "There is too little to find them by"
        in (await desk.post(browser, f"{address}/asking", reason=REASON)).words
    )
    assert "Nobody is guessed." in (await looked(desk, browser, address)).words


async def test_all_of_it_ends(desk: Desk) -> None:
    browser = worker(desk)
    address = await begun(desk, browser)
    await planned(desk, browser, address, "Sleep")
    await desk.post(browser, f"{address}/contacts", how="visit", result="met")
    await desk.post(browser, f"{address}/moves", district="breckland", goes_on="yes")
    await desk.post(browser, f"{address}/handover/check", **HANDOVER)
    await desk.post(browser, f"{address}/closing", outcomes="handed-on")
    desk.clock.go_on(days=366)
    await desk.hub.background.sweep()
    assert rows(desk, Contact) == []
    assert len(rows(desk, Case)) == 1
    desk.clock.go_on(days=5 * 365 + 10)
    await desk.hub.background.sweep()
    for table in (Case, Plan, Goal, PlanStep, Review, Move, Handover, Outgoing, Arrived):
        assert rows(desk, table) == [], table


async def test_what_was_not_taken_on_ends_after_90_days(desk: Desk) -> None:
    await arrives(desk, arriving(BODY))
    address = f"/support/cases/{cases(desk)[0].id}"
    await desk.post(worker(desk, NEWLEAF, FLOATING), f"{address}/refusal", reason="full")
    desk.clock.go_on(days=89)
    await desk.hub.background.sweep()
    assert len(rows(desk, Case)) == 1
    desk.clock.go_on(days=2)
    await desk.hub.background.sweep()
    for table in (Case, Plan, Goal, PlanStep, Outgoing, Arrived):
        assert rows(desk, table) == [], table


async def test_each_page_of_what_is_kept_names_support(desk: Desk) -> None:
    page = await desk.browser().get("/what-is-kept")
    assert "Support: attempts to get in touch" in page.words
