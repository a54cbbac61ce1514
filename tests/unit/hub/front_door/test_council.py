"""What comes to a council under the duty to refer: who told it, how the person wants to be reached, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from hub.front_door.council import KEPT, SAID, sweep
from hub.front_door.tables import Came
from hub.front_door.vocabulary import CAME_OF_IT, NOT_OURS
from hub.gateway import GatewayRefusedError
from hub.tables import Arrived, Outgoing
from tests.unit.hub.fakes import NOW, Desk
from tests.unit.hub.front_door.house import COUNTY, nurse, officer, rows, told_of_ida, triager

SENT = "ref_" + "d" * 24


def swept(desk: Desk, after: timedelta) -> int:
    return desk.hub.parts.database.write_now(lambda session: sweep(session, NOW + after))


def taken_back(desk: Desk) -> None:
    def work(session: Session) -> None:
        session.exec(select(Arrived)).one().status = "withdrawn"

    desk.hub.parts.database.write_now(work)


async def test_the_list_says_who_told_it_and_by_when_and_names_nobody(desk: Desk) -> None:
    told_of_ida(desk, "e", urgency="soon")
    told_of_ida(desk)
    page = await officer(desk).get("/duty-received")
    assert "2 are open. With 2 of them nobody has got in touch yet." in page.words
    assert page.words.count("Norwich Acute Hospital") == 2
    assert page.words.index("By 24 November 2026") < page.words.index("By 26 November 2026")
    for said in ("Ida", "01632", "nowhere to live"):
        assert said not in page.words


async def test_the_page_shows_the_ways_that_were_agreed_who_told_it_when_and_why(desk: Desk) -> None:
    address = told_of_ida(
        desk, safe_contact="Mornings only", email="ida@mail.test", preferred_language="Polish", needs="Slowly"
    )
    page = await officer(desk).get(address)
    for said in (
        "Norwich Acute Hospital, 23 November 2026 at 9:30am",
        "Ida Made-up",
        "01632 960555",
        "ida@mail.test",
        "Mornings only",
        "Polish",
        "Slowly",
        "They have nowhere to live now.",
        "Kept here until 18 January 2027.",
    ):
        assert said in page.words
    assert "Post" not in page.words


async def test_a_number_or_a_day_of_birth_that_is_sent_along_is_not_kept(desk: Desk) -> None:
    told_of_ida(desk, nhs_number="9990000018", address="1 Made-up Row")
    (row,) = rows(desk, Came)
    assert "9990000018" not in str(row.model_dump())
    assert "1 Made-up Row" in (await officer(desk).get(f"/duty-received/{row.id}")).words


async def test_only_housing_staff_of_that_council_find_it(desk: Desk) -> None:
    address = told_of_ida(desk)
    for browser in (nurse(desk), triager(desk)):
        assert (await browser.get(address)).status == (await browser.get("/duty-received")).status == 404
    elsewhere = officer(desk, COUNTY)
    assert "Nobody waits." in (await elsewhere.get("/duty-received")).words
    assert (await elsewhere.get(address)).status == 404
    assert (await desk.post(elsewhere, f"{address}/contacted")).status == 404
    assert rows(desk, Outgoing) == []


async def test_that_somebody_got_in_touch_is_told_once(desk: Desk) -> None:
    address, ada = told_of_ida(desk), officer(desk)
    await desk.post(ada, f"{address}/contacted")
    answer = await desk.post(ada, f"{address}/contacted")
    page = await ada.get(answer.headers["location"])
    assert "Ada Thorpe, Norwich City Council got in touch." in page.words
    assert "We tell the sender that you have it in hand." in page.words
    (call,) = desk.gateway.called("POST", f"/v1/referrals/{SENT}/acceptance")
    assert call.token == "application-of-norwich-city-council-hub"
    assert "We have contacted them" not in page.words


@pytest.mark.parametrize("reason", NOT_OURS)
async def test_what_is_not_theirs_goes_back_with_a_code_and_is_forgotten_at_once(
    desk: Desk, reason: str
) -> None:
    address, ada = told_of_ida(desk), officer(desk)
    answer = await desk.post(ada, f"{address}/refusal")
    assert (answer.status, "Choose why you do not take it on" in answer.words) == (400, True)
    await desk.post(ada, f"{address}/refusal", reason=reason)
    (call,) = desk.gateway.called("POST", f"/v1/referrals/{SENT}/refusal")
    assert call.body == {"reason": reason}
    (row,) = rows(desk, Came)
    assert {getattr(row, column) for column in SAID} == {""}
    page = await ada.get("/duty-received")
    assert f"Not taken on. {NOT_OURS[reason]}." in page.words
    assert "Ida" not in (await ada.get(address)).words
    await desk.post(ada, f"{address}/contacted")
    assert rows(desk, Came)[0].state == "refused"


API_OUTCOMES = {
    "prevention-duty": "housing-duty-owed",
    "relief-duty": "housing-duty-owed",
    "moved": "moved",
    "advice-given": "advice-given",
    "handed-on": "handed-on",
    "declined-by-person": "declined-by-person",
    "lost-contact": "lost-contact",
    "other": "other",
}


@pytest.mark.parametrize("outcome", CAME_OF_IT)
async def test_what_came_of_it_is_kept_and_which_duty_is_owed_the_sender_is_not_told(
    desk: Desk, outcome: str
) -> None:
    address, ada = told_of_ida(desk), officer(desk)
    await desk.post(ada, f"{address}/closing", outcome=outcome)
    assert rows(desk, Came)[0].state == "new"
    await desk.post(ada, f"{address}/contacted")
    answer = await desk.post(ada, f"{address}/closing", outcome="burnt")
    assert (answer.status, "Choose what came of it" in answer.words) == (400, True)
    await desk.post(ada, f"{address}/closing", outcome=outcome)
    (call,) = desk.gateway.called("POST", f"/v1/referrals/{SENT}/closing")
    assert call.body == {"outcomes": [API_OUTCOMES[outcome]]}
    page = await ada.get("/duty-received")
    assert f"Closed. {CAME_OF_IT[outcome]}." in page.words
    assert "Nobody waits." in page.words


async def test_what_is_taken_back_shows_nothing_and_takes_no_answer(desk: Desk) -> None:
    address, ada = told_of_ida(desk), officer(desk)
    taken_back(desk)
    page = await ada.get(address)
    assert "The person, or whoever told you, took it back." in page.words
    assert "Ida" not in page.words
    await desk.post(ada, f"{address}/contacted")
    await desk.post(ada, f"{address}/refusal", reason="other")
    assert rows(desk, Outgoing) == []
    assert [swept(desk, timedelta(0)), swept(desk, timedelta(0))] == [1, 0]
    assert rows(desk, Came)[0].name == ""


async def test_an_answer_that_met_a_stop_tells_that_it_was_stopped(desk: Desk) -> None:
    address, ada = told_of_ida(desk), officer(desk)
    stopped = GatewayRefusedError(409, "referral-elsewhere", "", "withdrawn")
    desk.gateway.answers[f"POST /v1/referrals/{SENT}/acceptance"] = stopped
    await desk.post(ada, f"{address}/contacted")
    assert "The person, or whoever told you, took it back." in (await ada.get(address)).words


async def test_an_answer_that_did_not_reach_the_gateway_says_so(desk: Desk) -> None:
    address, ada = told_of_ida(desk), officer(desk)
    desk.gateway.away = True
    await desk.post(ada, f"{address}/contacted")
    assert "Your answer waits to be sent." in (await ada.get(address)).words
    desk.gateway.away = False
    desk.gateway.answers[f"POST /v1/referrals/{SENT}/acceptance"] = GatewayRefusedError(404, "not-found", "")
    desk.clock.go_on(minutes=20)
    await desk.hub.parts.outbox.send_due()
    assert "The gateway did not take your answer. Ring the sender." in (await ada.get(address)).words


@pytest.mark.parametrize(
    ("answer", "called"),
    [
        ([{"organisation": "jobcentre-norwich", "title": "Jobcentre Norwich", "kind": "dwp"}], "Jobcentre"),
        (GatewayRefusedError(404, "not-found", ""), "jobcentre-norwich"),
    ],
)
async def test_a_sender_that_is_no_partner_of_the_hub_is_called_as_in_the_register(
    desk: Desk, answer: Any, called: str
) -> None:
    desk.gateway.answers["GET /v1/organisations"] = answer
    address = told_of_ida(desk, sender="jobcentre-norwich")
    assert called in (await officer(desk).get("/duty-received")).words
    assert called in (await officer(desk).get(address)).words


async def test_all_of_it_is_forgotten_after_56_days(desk: Desk) -> None:
    address, ada = told_of_ida(desk), officer(desk)
    await desk.post(ada, f"{address}/contacted")
    assert swept(desk, KEPT - timedelta(seconds=1)) == 0
    assert swept(desk, KEPT) == 1
    assert rows(desk, Came) == rows(desk, Outgoing) == []
    assert (await ada.get(address)).status == 404


async def test_references_are_never_given_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter(["AAAAAA", "AAAAAA", "BBBBBB"])
    monkeypatch.setattr("hub.front_door.council.new_reference", lambda: next(given))
    told_of_ida(desk, "e")
    told_of_ida(desk, "f")
    assert {one.reference for one in rows(desk, Came)} == {"AAAAAA", "BBBBBB"}
