"""A worker writes down what the person says to them: a yes or a no to this team, for this purpose, and the words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.support.said_form import SAID_TO_READ
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import Call, Desk
from tests.unit.hub.support.making import (
    BODY,
    FLOATING,
    NEWLEAF,
    NUMBER,
    OUTREACH,
    TRUST,
    arrives,
    arriving,
    begun,
    cases,
    handed,
    looked,
    worker,
)

ENTRY = "0" * 24
YES = {"entry": ENTRY, "decision": "yes", "sections": "contact", "how": "in-person"}
NO = {"entry": ENTRY, "decision": "no", "how": "by-phone"}
CODE, NOTICE = "TAKE-ME-HOME-7", "Written down. What was said last counts."
PLANTED = "planted-paper-5521"


def told(call: Call) -> dict[str, Any]:
    paper = {"code": CODE, "text": f"You said yes. {PLANTED}", "html": "<p>You said yes.</p>"}
    yes = call.body["decision"] == "yes"
    until = "2027-02-22T09:30:00Z" if yes else None
    return {"notice": NOTICE, "until": until, "paper": paper if yes else None, "receipt": {}}


def opened(call: Call) -> dict[str, Any]:
    shown = [{"section": "contact", "source": "a", "fields": ["telephone"], "basis": {}}]
    return {"refused": None, "would_show": shown, "obligations": [], "changes": []}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.gateway.answers |= {"POST /v1/consents": told, "POST /v1/policy/explain": opened}
    return desk


def sent(desk: Desk) -> list[Call]:
    return desk.gateway.called("POST", "/v1/consents")


async def case(desk: Desk) -> tuple[Browser, str]:
    ana = worker(desk)
    return ana, await begun(desk, ana)


async def test_the_page_has_the_words_read_out_and_names_what_a_yes_opens(desk: Desk) -> None:
    ana, address = await case(desk)
    assert f'href="{address}/said"' in (await ana.get(address)).text
    page = await ana.get(f"{address}/said")
    assert SAID_TO_READ in page.words
    assert re.search(r'value="contact"[^>]*>\s*<label[^>]*>\s*How to reach them', page.text)
    assert re.search(r'name="entry" value="[0-9a-f]{24}"', page.text)
    (call,) = desk.gateway.called("POST", "/v1/policy/explain")
    assert call.body == {"purpose": "hospital-link", "person": {"allowed": "everything"}}, "about nobody"


async def test_a_yes_is_sent_with_its_words_and_the_person_gets_the_paper(desk: Desk) -> None:
    ana, address = await case(desk)
    page = await desk.post(ana, f"{address}/said", **YES, helped_by="witness")
    assert "Tom Sandbox allowed you to look until 22 February 2027." in page.words
    assert CODE in page.words
    assert PLANTED in page.words
    (call,) = sent(desk)
    assert call.token == "token-of-ana"
    assert call.body == {
        "person": "handle-of-nobody",
        "purpose": "hospital-link",
        "decision": "yes",
        "sections": ["contact"],
        "days": 92,
        "how": "in-person",
        "helped_by": ["witness"],
        "words": "support-consent-2026-1",
        "reference": ENTRY,
    }
    page = await ana.get(address)
    assert "They said yes to you , 23 November 2026." in page.words
    assert CODE not in page.words
    desk.hub.parts.database.settle()
    for file in desk.folder.iterdir():
        for value in (PLANTED, CODE):
            assert value.encode() not in file.read_bytes(), file.name


async def test_sent_twice_it_is_one(desk: Desk) -> None:
    ana, address = await case(desk)
    for _ in range(2):
        assert CODE in (await desk.post(ana, f"{address}/said", **YES)).words
    assert {one.body["reference"] for one in sent(desk)} == {ENTRY}


async def test_a_no_is_about_all_of_it_and_needs_no_list(desk: Desk) -> None:
    desk.gateway.answers["POST /v1/policy/explain"] = GatewayAwayError("cut")
    ana, address = await case(desk)
    assert "You can write down a no." in (await ana.get(f"{address}/said")).words
    page = await desk.post(ana, f"{address}/said", **NO, sections="contact")
    assert "Tom Sandbox said no." in page.words
    (call,) = sent(desk)
    assert {"sections", "days"} & set(call.body) == set()
    assert "They said no to you , 23 November 2026." in (await ana.get(address)).words


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"decision": ""}, "Select what they said"),
        ({"entry": "../x"}, "Select what they said"),
        ({"sections": ""}, "Tick what they said yes to"),
        ({"how": ""}, "Select how they said it"),
        ({"said_on-day": "1", "said_on-month": "11", "said_on-year": "2026"}, "too long ago"),
        ({"said_on-day": "24", "said_on-month": "11", "said_on-year": "2026"}, "in the future"),
        ({"said_on-day": "31", "said_on-month": "2", "said_on-year": "2026"}, "a real date"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_goes(
    desk: Desk, wrong: dict[str, str], words: str
) -> None:
    ana, address = await case(desk)
    page = await desk.post(ana, f"{address}/said", **{**YES, **wrong})
    assert page.status == 422
    assert words in page.words
    assert sent(desk) == []
    assert cases(desk)[0].answer is None


async def test_on_an_earlier_day_a_no_counts_as_said_after_a_yes(desk: Desk) -> None:
    ana, address = await case(desk)
    earlier = {"said_on-day": "20", "said_on-month": "11", "said_on-year": "2026"}
    await desk.post(ana, f"{address}/said", **YES, **earlier)
    await desk.post(ana, f"{address}/said", **{**NO, "entry": "1" * 24}, **earlier)
    yes, no = sent(desk)
    assert yes.body["said_at"] == "2026-11-20T00:00:00+00:00"
    assert no.body["said_at"] == "2026-11-20T23:59:59+00:00"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (GatewayAwayError("cut"), "Nothing stands yet. What you wrote is on this page"),
        (TokenNotGoodError("old"), "Sign in again in another window"),
        (GatewayRefusedError(403, "role", "Your role may not."), "did not take it. Your role may not."),
    ],
)
async def test_where_it_does_not_arrive_the_page_keeps_what_was_typed(
    desk: Desk, answer: Exception, words: str
) -> None:
    desk.gateway.answers["POST /v1/consents"] = answer
    ana, address = await case(desk)
    page = await desk.post(ana, f"{address}/said", **YES)
    assert words in page.words
    assert f'name="entry" value="{ENTRY}"' in page.text, "sent again, it is the same"
    assert cases(desk)[0].answer is None
    desk.gateway.answers["POST /v1/consents"] = told
    assert CODE in (await desk.post(ana, f"{address}/said", **YES)).words


async def test_whoever_cannot_be_found_is_not_guessed(desk: Desk) -> None:
    ana = worker(desk)
    address = await begun(desk, ana, nhs_number="", address="")
    assert "There is too little to find them by" in (await desk.post(ana, f"{address}/said", **YES)).words
    assert sent(desk) == []


async def test_whoever_was_handed_over_is_named_by_their_handle_and_a_yes_ends_with_the_support(
    desk: Desk,
) -> None:
    address = await handed(desk)
    desk.clock.go_on(days=630)
    await desk.post(worker(desk, NEWLEAF, FLOATING), f"{address}/said", **YES)
    (call,) = sent(desk)
    assert call.body["person"] == "handle-at-the-receiver"
    assert call.body["days"] == 99, "the support has 100 days left, but for half an hour"


async def test_a_yes_near_the_end_makes_the_support_go_on_and_at_its_last_end_none_does(desk: Desk) -> None:
    _, address = await case(desk)
    desk.clock.go_on(days=92)
    await desk.post(worker(desk), f"{address}/said", **YES)
    (call,) = sent(desk)
    assert call.body["days"] == 92
    assert cases(desk)[0].ends_at == desk.clock.now() + timedelta(days=92)
    assert "92 days left" in (await worker(desk).get(address)).words
    low = await begun(desk, worker(desk, NEWLEAF, FLOATING, "zoe"), purpose="low-level-support")
    desk.clock.go_on(days=730)
    zoe = worker(desk, NEWLEAF, FLOATING, "zoe")
    page = await desk.post(zoe, f"{low}/said", **YES)
    assert "It has lasted as long as this support ever may." in page.words
    assert "said no." in (await desk.post(zoe, f"{low}/said", **NO)).words, "a no is always taken"


async def test_outreach_has_no_end_and_so_has_its_yes(desk: Desk) -> None:
    ben = worker(desk, TRUST, OUTREACH, "ben")
    await desk.post(ben, f"{await begun(desk, ben)}/said", **YES)
    assert "days" not in sent(desk)[0].body


async def test_what_they_allowed_follows_whoever_moves_and_can_be_found_by_their_address_no_more(
    desk: Desk,
) -> None:
    """Known by name, birth date and postcode alone: the new address would find somebody else, or nobody."""
    ana = worker(desk)
    address = await begun(desk, ana, nhs_number="")
    await desk.post(ana, f"{address}/said", **YES)
    moved = {"district": "breckland", "address": "9 New Road, Watton, IP25 6AA", "goes_on": "yes"}
    await desk.post(ana, f"{address}/moves", **moved)
    desk.gateway.answers["POST /v1/people/trace"] = {"person": "somebody-else"}
    await looked(desk, ana, address)
    (view,) = desk.gateway.called("POST", "/v1/views")
    assert view.body["person"] == sent(desk)[0].body["person"] == "handle-of-nobody"


async def test_before_it_is_taken_on_no_yes_is_written_down(desk: Desk) -> None:
    await arrives(desk, arriving(BODY))
    address = f"/support/cases/{cases(desk)[0].id}"
    zoe = worker(desk, NEWLEAF, FLOATING)
    assert "Take it on first" in (await desk.post(zoe, f"{address}/said", **YES)).words
    assert NUMBER not in str(sent(desk))
