"""Referrals over a whole gateway in one process: what a resident finds behind their sign-in, and what goes with time."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from core.times import to_ms
from gateway import referring
from gateway.api.referrals_steps import ReferralParts
from gateway.people import trace
from gateway.referrals.records import HELD_FOR, KEPT_AFTER_END
from gateway.referrals.sending import Sent
from gateway.referrals.states import Outcome, Reason, Status, Step
from gateway.referrals.values import About, Agreed, Content, How, Proposal, Sharing, Theme
from gateway.retaining import retain
from tests.support.walk import caller
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.test_own_pages import posted
from tests.unit.gateway.test_pages import NHS_NUMBER, resident_of, signed_in, token_in

SENDER = caller("harbour-charity", "adviser", scopes=frozenset({"referrals"}))
RECEIVER = caller("norfolk-advice", "adviser", scopes=frozenset({"referrals"}))
LIST = "/portal/referrals"
WHY = "The flat is damp."


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


def parts_of(house: Composed) -> ReferralParts:
    return referring.referrals_of(house.gateway)


async def sent(house: Composed, **changes: object) -> Sent:
    proposal = Proposal(
        to=RECEIVER.organisation,
        purpose="agreed-referral",
        content=Content(
            About("Somebody Made-up", nhs_number=NHS_NUMBER), WHY, themes=frozenset({Theme.DAMP})
        ),
        agreed=Agreed(
            How.SPOKEN, house.clock.now() - timedelta(hours=1), "easy-read-2", contact_details=True
        ),
        person=house.gateway.handles.make(SENDER.organisation, trace.by_nhs_number(NHS_NUMBER)),
        sharing=Sharing(frozenset({"contact"}), 14),
    )
    return await parts_of(house).sending.send(SENDER, replace(proposal, **changes), None, "req_test")  # type: ignore[arg-type]


async def take(house: Composed, referral: str, *steps: Step) -> None:
    for step in steps:
        who = SENDER if step.is_senders else RECEIVER
        await parts_of(house).receiving.step(who, referral, step, "req_test")


async def test_a_resident_finds_where_they_were_sent_reads_what_it_says_and_stops_it(house: Composed) -> None:
    browser = await signed_in(house)
    assert "Nobody has sent you" in (await browser.get(LIST)).text
    one = (await sent(house)).referral.id
    assert "Norfolk Advice" in (await browser.get(LIST)).text
    page = (await browser.get(f"{LIST}/{one}")).text
    assert WHY in page
    assert "They can see" in page
    assert await posted(browser, f"{LIST}/{one}/stop", {}) == f"{LIST}/{one}"
    page = (await browser.get(f"{LIST}/{one}")).text
    assert "It was stopped." in page
    assert WHY not in page
    seen = await parts_of(house).receiving.see(RECEIVER, one, "req_test")
    assert (seen.referral.status, seen.told) == (Status.WITHDRAWN, None)
    history = (await browser.get("/portal/history")).text
    assert "sent you to them at" in history
    assert "You stopped this at" in history


async def test_what_the_other_side_ended_meanwhile_cannot_be_stopped(house: Composed) -> None:
    browser = await signed_in(house)
    one = (await sent(house)).referral.id
    token = token_in((await browser.get(f"{LIST}/{one}/stop")).text)
    await take(house, one, Step(Status.REFUSED, reason=Reason.FULL))
    answer = await browser.post(f"{LIST}/{one}/stop", {"csrf": token})
    assert answer.status == 409
    assert "It is over already." in answer.text


async def test_every_step_stands_in_the_history_in_words(house: Composed) -> None:
    await signed_in(house)
    one, other, third, fourth = [(await sent(house)).referral.id for _ in range(4)]
    await parts_of(house).receiving.see(RECEIVER, one, "req_test")
    await take(house, one, Step(Status.COLLECTED), Step(Status.ACCEPTED))
    await take(house, one, Step(Status.CLOSED, outcomes=frozenset({Outcome.MOVED})))
    await take(house, other, Step(Status.REFUSED, reason=Reason.FULL))
    await take(house, third, Step(Status.WITHDRAWN))
    house.clock.pass_by(minutes=HELD_FOR / timedelta(minutes=1))
    browser = await signed_in(house)
    assert "They did not collect it in time" in (await browser.get(f"{LIST}/{fourth}")).text
    history = (await browser.get("/portal/history")).text
    for words in (
        "sent you to them at",
        "read what Harbour Help (sandbox) wrote about you",
        "They collected what Harbour Help (sandbox) wrote about you",
        "that they will help.",
        "that they cannot help with this.",
        "that it is finished.",
        "Harbour Help (sandbox) took it back at",
        "They did not collect it in time. It was deleted at",
    ):
        assert words in history
    assert "You moved to another home" in (await browser.get(f"{LIST}/{one}")).text
    assert "They have no room now." in (await browser.get(f"{LIST}/{other}")).text


async def test_an_agreement_to_be_referred_has_a_receipt_that_proves_it(house: Composed) -> None:
    browser = await signed_in(house)
    taken = await sent(house)
    reference = f"OT-{taken.receipt.index}"
    assert reference in (await browser.get("/portal/receipts")).text
    assert (await browser.get(f"/portal/receipts/{reference}")).status == 200
    assert (await browser.get(f"/portal/history/{taken.receipt.index}")).status == 200


async def test_somebody_unknown_finds_it_when_they_sign_in_with_the_number_of_the_handle(
    house: Composed,
) -> None:
    assert house.gateway.locator.by_nhs_number(NHS_NUMBER) is None
    one = (await sent(house)).referral.id
    browser = await signed_in(house)
    assert WHY in (await browser.get(f"{LIST}/{one}")).text


async def test_by_a_handle_of_another_number_nobody_is_registered(house: Composed) -> None:
    await sent(house, content=Content(About("Somebody", nhs_number="9990000026"), WHY))
    await sent(house, person=None)
    assert house.gateway.locator.by_nhs_number(NHS_NUMBER) is None
    assert house.gateway.locator.by_nhs_number("9990000026") is None


async def test_another_residents_referral_is_no_page(house: Composed) -> None:
    one = (await sent(house, person=None)).referral.id
    browser = await signed_in(house)
    assert (await browser.get(f"{LIST}/{one}")).status == 404


async def test_it_stands_in_the_download_with_what_it_says_for_whoever_asks_for_that(house: Composed) -> None:
    browser = await signed_in(house)
    one = (await sent(house)).referral.id
    token = token_in((await browser.get("/portal/download")).text)

    async def rows(secret: str) -> str:
        answer = await browser.post("/portal/download", {"csrf": token, "secret": secret})
        assert answer.status == 200, answer.text
        return ZipFile(io.BytesIO(answer.body)).read("referrals.json").decode()

    assert WHY not in await rows("no")
    told = await rows("yes")
    assert WHY in told
    assert [row["id"] for row in json.loads(told)["rows"]] == [one]


async def test_an_erased_persons_referral_says_nothing_any_more(house: Composed) -> None:
    await signed_in(house)
    one = (await sent(house)).referral.id
    house.gateway.keys.erase(resident_of(house), to_ms(house.clock.now()))
    seen = await parts_of(house).receiving.see(RECEIVER, one, "req_test")
    assert (seen.referral.status, seen.told) == (Status.WITHDRAWN, None)


async def test_what_is_due_goes_by_the_command_too(house: Composed) -> None:
    gone = (await sent(house)).referral.id
    await take(house, gone, Step(Status.WITHDRAWN))
    house.clock.pass_by(days=KEPT_AFTER_END.days - 1)
    waits = (await sent(house)).referral.id
    house.clock.pass_by(days=HELD_FOR.days)
    told = list(retain(house.gateway.settings, house.clock))
    assert "ended 1 referrals that nobody collected in time, with what they said" in told
    assert "deleted 1 referrals that were over long ago" in told
    referrals = parts_of(house).receiving.referrals
    found = referrals.find(waits)
    assert found is not None
    assert found.status is Status.EXPIRED
    assert referrals.find(gone) is None


async def test_a_resident_sees_which_team_may_look_and_stops_all_of_it(house: Composed) -> None:
    browser = await signed_in(house)
    sender = caller("wensum-valley-practice", "care-coordinator", scopes=frozenset({"referrals"}))
    proposal = Proposal(
        to="age-well-norfolk",
        purpose="interact-home-health",
        content=Content(About("Somebody Made-up", nhs_number=NHS_NUMBER), WHY),
        agreed=Agreed(How.SPOKEN, house.clock.now() - timedelta(hours=1), "team-2", contact_details=True),
        person=house.gateway.handles.make(sender.organisation, trace.by_nhs_number(NHS_NUMBER)),
        sharing=Sharing(with_=frozenset({"norwich-city-council", "norfolk-volunteering"})),
    )
    one = (await parts_of(house).sending.send(sender, proposal, None, "req_test")).referral.id
    council = caller("norwich-city-council", "housing-officer", scopes=frozenset({"referrals"}))
    await parts_of(house).receiving.see(council, one, "req_test")
    page = ""
    for address in (LIST, f"{LIST}/{one}"):
        page = (await browser.get(address)).text
        assert "because they work in one team" in page
        assert "Norfolk Volunteering" in page
    assert "Norwich City Council (sandbox): " in page
    assert await posted(browser, f"{LIST}/{one}/stop", {}) == f"{LIST}/{one}"
    assert "because they work in one team" not in (await browser.get(f"{LIST}/{one}")).text
    history = (await browser.get("/portal/history")).text
    for words in (
        "They may look too, because they work in one team.",
        "that they may look too, because they work in one team.",
        "They cannot look any more because of this, since",
    ):
        assert words in history, words
    token = token_in((await browser.get("/portal/download")).text)
    answer = await browser.post("/portal/download", {"csrf": token, "secret": "yes"})
    told = ZipFile(io.BytesIO(answer.body)).read("referrals.json").decode()
    (row,) = json.loads(told)["rows"]
    assert row["with"] == ["norfolk-volunteering", "norwich-city-council"]
    assert len(row["permissions_of_team"]) == 2
