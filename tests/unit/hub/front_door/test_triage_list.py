"""One list for several bodies: claim, next step, clock, close; and referrals that arrive on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.front_door import items
from hub.front_door.due import due
from hub.front_door.tables import Done, Handle, Person, Saying
from hub.gateway_answers import AboutPerson, Content, Referral
from hub.outbox import Told
from hub.received import Received
from tests.unit.hub.fakes import NOW, Desk
from tests.unit.hub.front_door.house import (
    CONCERN,
    HUB,
    all_items,
    an_item,
    connector,
    county,
    nurse,
    people,
    rows,
    triager,
    with_person,
)


async def test_the_list_shows_all_bodies_what_is_due_first_and_nothing_of_whom(desk: Desk) -> None:
    assert "Nobody waits." in (await triager(desk).get("/front-door")).words
    await an_item(desk, soon="routine", themes="money")
    await an_item(desk, soon="urgent", themes="food")
    for browser in (triager(desk), connector(desk), county(desk)):
        page = await browser.get("/front-door")
        assert "2 wait. 2 have nobody yet." in page.words
        assert page.words.index("Food or heating") < page.words.index("Money or debts")
        for secret in ("01632", "Ana", "black"):
            assert secret not in page.text


async def test_a_concern_that_waits_too_long_is_late(desk: Desk) -> None:
    await an_item(desk, soon="urgent")
    page = await triager(desk).get("/front-door")
    assert "By 24 November 2026 at 9:30am" in page.words
    desk.clock.go_on(days=1, seconds=1)
    page = await triager(desk).get("/front-door")
    assert "1 is late." in page.words
    assert "Late since 24 November 2026 at 9:30am" in page.words


def test_the_clock_tells_late_near_and_open() -> None:
    at = [NOW - timedelta(minutes=1), NOW + timedelta(hours=1), NOW + timedelta(days=2)]
    assert [due(one, NOW).state for one in at] == ["late", "near", "open"]


async def test_whoever_takes_it_has_it_and_another_body_sees_who(desk: Desk) -> None:
    wes, hal = triager(desk), county(desk)
    address = await an_item(desk)
    taken = await desk.post(wes, f"{address}/claim", seen="")
    assert "It is yours now." in (await wes.get(taken.headers["location"])).words
    late = await desk.post(hal, f"{address}/claim", seen="")
    page = await hal.get(late.headers["location"])
    assert "Somebody else was quicker." in page.words
    assert "Wes Cutter, Norwich Help Hub has it." in page.words
    assert "What comes next?" not in page.words
    await desk.post(hal, f"{address}/claim", seen="wes")
    assert "You have it." in (await hal.get(address)).words
    assert "Hal Broad, Norfolk County Council has it." in (await wes.get("/front-door")).words


async def test_taking_it_twice_is_taking_it_once(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    again = await desk.post(wes, f"{address}/claim", seen="")
    assert again.headers["location"].endswith("told=taken")
    assert [one.what for one in rows(desk, Done)] == ["claimed"]


async def test_the_next_step_sets_the_clock(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    day = {"next_on-day": "27", "next_on-month": "11", "next_on-year": "2026"}
    answer = await desk.post(wes, f"{address}/next", next_step="Ring on Friday", **day)
    assert answer.status == 303
    page = await wes.get(address)
    assert "Next: Ring on Friday, by 27 November 2026." in page.words
    assert "By 27 November 2026 at 5:00pm" in page.words
    assert "Next: Ring on Friday." in (await county(desk).get("/front-door")).words


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"next_step": ""}, "Write what happens next"),
        ({"next_on-day": "31"}, "Write a day of the calendar"),
        ({"next_on-day": "22"}, "Write a day from today on, in the next 3 months"),
        ({"next_on-day": "", "next_on-month": "", "next_on-year": ""}, "Write by which day"),
    ],
)
async def test_a_next_step_that_does_not_fit_is_told_and_kept_on_the_page(
    desk: Desk, typed: dict[str, str], fault: str
) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    form = {
        "next_step": "Ring them",
        "next_on-day": "27",
        "next_on-month": "11",
        "next_on-year": "2026",
        **typed,
    }
    answer = await desk.post(wes, f"{address}/next", **form)
    assert answer.status == 400
    assert fault in answer.words
    assert typed.get("next_step", "Ring them") in answer.text


async def test_only_who_has_it_changes_it(desk: Desk) -> None:
    address = await an_item(desk, triager(desk))
    hal = county(desk)
    day = {"next_on-day": "27", "next_on-month": "11", "next_on-year": "2026"}
    await desk.post(hal, f"{address}/next", next_step="Mine now", **day)
    await desk.post(hal, f"{address}/close", outcome="other")
    await desk.post(hal, f"{address}/release")
    (item,) = all_items(desk)
    assert (item.state, item.owner_subject, item.next_step) == ("taken", "wes", None)


async def test_it_can_go_back_to_the_list(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    await desk.post(wes, f"{address}/release")
    assert "1 has nobody yet." in (await wes.get("/front-door")).words


async def test_closing_needs_an_outcome_and_takes_it_off_the_list(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    assert "Choose what came of it" in (await desk.post(wes, f"{address}/close")).words
    await desk.post(wes, f"{address}/close", outcome="advice-given")
    page = await wes.get(address)
    assert "Closed on 23 November 2026: Advice was enough." in page.words
    assert "Nobody waits." in (await wes.get("/front-door")).words
    late = await desk.post(county(desk), f"{address}/claim", seen="wes")
    assert late.headers["location"].endswith("told=other")


async def test_a_concern_about_somebody_who_did_not_agree_says_so_first(desk: Desk) -> None:
    address = await an_item(desk, about="other", agreed="no", whose="mine")
    page = await triager(desk).get(address)
    assert "They do not know." in page.words
    assert "Refer nobody and look at nothing before the person says yes." in page.words
    assert "Ana (who told us)" in page.words


async def test_nobody_is_sought_behind_their_back_until_they_say_yes(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes, about="other", agreed="no", whose="mine")
    assert (await wes.get(f"{address}/people/new")).status == 404
    answer = await desk.post(wes, f"{address}/people/new", called="Mum", nhs_number="9990000018")
    assert answer.status == 404
    assert desk.gateway.called("POST", "/v1/people/trace") == []
    await desk.post(county(desk), f"{address}/agrees")
    assert "Add a person" not in (await wes.get(address)).words
    for _ in range(2):
        await desk.post(wes, f"{address}/agrees")
    assert [one.what for one in rows(desk, Done)] == ["claimed", "agreed"]
    await with_person(desk, wes, address, "9990000018", "Mum")


@pytest.mark.parametrize("address", ["/front-door/items/none", "/front-door/items/none/services"])
async def test_what_is_not_there_is_not_found(desk: Desk, address: str) -> None:
    assert (await triager(desk).get(address)).status == 404


async def test_who_is_in_no_team_finds_no_item(desk: Desk) -> None:
    assert (await nurse(desk).get(await an_item(desk))).status == 404


async def test_what_was_said_goes_30_days_after_closing_and_the_rest_after_a_year(desk: Desk) -> None:
    wes = triager(desk)
    address = await an_item(desk, wes)
    person = await with_person(desk, wes, address, "9990000018", "Mum")
    await desk.post(wes, f"{person}/said")
    await desk.post(wes, f"{address}/close", outcome="connected")
    sweep = desk.hub.parts.database.write_now
    assert sweep(lambda session: items.sweep(session, NOW + timedelta(days=13))) == 0
    assert sweep(lambda session: items.sweep(session, NOW + timedelta(days=31))) == 3
    (item,) = all_items(desk)
    assert (item.words, item.name, item.reach, item.safe) == ("", "", "", "")
    assert people(desk) == rows(desk, Handle) == rows(desk, Saying) == []
    assert {one.note for one in rows(desk, Done)} == {""}
    assert "What was said is deleted." in (await wes.get(address)).words
    assert sweep(lambda session: items.sweep(session, NOW + timedelta(days=366))) == 1
    assert all_items(desk) == rows(desk, Done) == []


def arrived(desk: Desk) -> None:
    """A referral for triage arrives at the help hub."""
    about = AboutPerson(
        "Ben Marram", telephone="01632 960777", safe_contact="Evenings", needs="An interpreter"
    )
    referral = Referral(
        id="ref_" + "b" * 24,
        sender="norwich-city-council",
        to=HUB,
        purpose="early-help-triage",
        status="sent",
        urgency="urgent",
        themes=("money", "food"),
        sent_at=NOW,
        changed_at=NOW,
    )
    received = Received(referral, Content(about, "No money for heating."), "handle-of-ben")
    receive: Any = next(one for one in desk.hub.background.features if one.name == "front-door").receive
    desk.hub.parts.database.write_now(lambda session: receive(session, received, NOW))


async def test_a_referral_that_arrives_is_on_the_list_and_its_sender_hears_what_becomes_of_it(
    desk: Desk,
) -> None:
    arrived(desk)
    reference = "ref_" + "b" * 24
    for step in ("acceptance", "closing"):
        desk.gateway.answers[f"POST /v1/referrals/{reference}/{step}"] = {}
    (item,), (person,) = all_items(desk), rows(desk, Person)
    assert (item.channel, item.soon, person.called) == ("referral", "urgent", "Ben Marram")
    wes, address = triager(desk), f"/front-door/items/{item.id}"
    page = await wes.get(address)
    assert "No money for heating." in page.words
    assert "See who helps already" in page.words
    await desk.post(wes, f"{address}/claim", seen="")
    assert len(desk.gateway.called("POST", f"/v1/referrals/{reference}/acceptance")) == 1
    await desk.post(wes, f"{address}/release")
    await desk.post(wes, f"{address}/claim", seen="")
    assert len(desk.gateway.called("POST", f"/v1/referrals/{reference}/acceptance")) == 1
    await desk.post(wes, f"{address}/close", outcome="safeguarding")
    (closing,) = desk.gateway.called("POST", f"/v1/referrals/{reference}/closing")
    assert closing.body == {"outcomes": ["handed-on"]}


def test_what_became_of_a_referral_is_told_in_words() -> None:
    from hub.front_door.item_pages import told_line

    def line(state: str, reason: str | None) -> tuple[object, object]:
        told = told_line(Told("k", "send", state, reason, NOW, None))
        return told["state"], told["why"]

    assert line("refused", "full") == ("They did not take it on", "They are full at the moment")
    assert line("failed", "no-agreement")[0] == "Not sent"
    assert "No agreement lets your organisation" in str(line("failed", "no-agreement")[1])
    assert "Ask your team's co-ordinator" in str(line("failed", "unheard-of")[1])
    assert line("collected", None) == ("They have it", "")
    closed = told_line(Told("k", "send", "closed", None, NOW, None, ("advice-given", "moved")))
    assert closed["why"] == "What came of it: Advice was given, Moved to a better home."


async def test_the_concern_itself_was_written_by_nobody_else(desk: Desk) -> None:
    address = await an_item(desk, words=CONCERN["words"] + "\r\nAnd cold.")
    assert "The bedroom wall is black.\nAnd cold." in (await triager(desk).get(address)).text
