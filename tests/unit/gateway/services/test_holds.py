"""Looks that are held back, as officers and the person meet them: agreed, looked at again, told; never told by a clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.console.ports import Decision, NotDecided, ReviewKind, Waiting
from gateway.services.reviewing import LOOK_AGAIN_DAYS
from tests.support.walk import registers
from tests.unit.gateway.services.looking import (
    COUNCIL,
    COUNTY,
    HOSPITAL,
    LOOKED,
    TOO_LATE,
    decide,
    emergency,
    enquiry,
    history,
    officer,
    queue,
)
from tests.unit.gateway.services.served import Served


async def test_a_hold_is_countersigned_until_its_day(served: Served) -> None:
    look = (await enquiry(served)).receipt.index
    await decide(served, officer(COUNTY), "hold-back", look, "agree")
    assert await queue(served, COUNTY) == [("look-again", look, 28 * 24)]
    item = await served.officers.item(officer(COUNTY), look)
    assert item is not None
    assert item.hold is not None
    assert item.hold.countersigned == served.clock.now()
    assert item.hold.released is None
    assert item.hold.look_again == served.clock.now() + timedelta(days=28)
    purpose = registers().purposes["safeguarding-enquiry"]
    assert purpose.hold_back is not None
    assert item.hold.reason == purpose.hold_back.reasons["danger-to-person"]


async def test_nobody_countersigns_their_own_hold(served: Served) -> None:
    look = (await enquiry(served)).receipt.index
    for answer in ("agree", "tell"):
        with pytest.raises(NotDecided):
            await decide(served, officer(COUNTY, LOOKED), "hold-back", look, answer)
    assert len(await queue(served, COUNTY)) == 2


@pytest.mark.parametrize("kind", ["hold-back", "look-again"])
async def test_telling_the_person_now_ends_the_hold_and_all_that_hung_on_it(
    served: Served, kind: ReviewKind
) -> None:
    look = (await enquiry(served)).receipt.index
    assert await history(served) == ()
    served.clock.advance(3600)
    await decide(served, officer(COUNTY), kind, look, "tell")
    assert await queue(served, COUNTY) == []
    told, looked = await history(served)
    assert looked.told_later is not None
    assert looked.told_later.since == served.clock.now()
    assert looked.told_later.why == "Telling you now could put you in danger"
    assert told.about is not None
    assert (told.about.index, told.about.said) == (look, "now")
    for other in ("hold-back", "look-again"):
        review = await served.officers.review(officer(COUNTY), other, look)
        assert review is not None
        assert review.ours is not None
        assert (review.ours.outcome, review.ours.index) == ("The person is told now", told.index)
        with pytest.raises(NotDecided):
            await decide(served, officer(COUNTY, "other"), other, look, "tell")


async def test_a_judgement_about_a_held_look_stays_when_the_hold_ends(served: Served) -> None:
    look = (await emergency(served, hold_back="danger-to-person")).receipt.index
    await decide(served, officer(COUNCIL), "break-glass", look, "right", words="In danger.")
    await decide(served, officer(HOSPITAL), "look-again", look, "tell")
    assert await queue(served, HOSPITAL) == [("break-glass", look, 72)]
    review = await served.officers.review(officer(COUNCIL), "break-glass", look)
    assert review is not None
    assert review.ours is not None
    assert review.ours.outcome == "It was right"


async def test_the_danger_is_looked_at_again_on_another_day_within_what_the_purpose_leaves(
    served: Served,
) -> None:
    look = (await enquiry(served)).receipt.index
    await decide(served, officer(COUNTY), "hold-back", look, "agree")
    served.clock.advance(28 * 86_400 + 3600)
    assert await queue(served, COUNTY) == [("look-again", look, -1)]
    stale = await served.officers.review(officer(COUNTY), "look-again", look)
    assert stale is not None
    assert (stale.first_day, stale.last_day) == tuple(
        served.officers.desk.deciding.day_in(days) for days in (1, 28)
    )
    await decide(served, officer(COUNTY), "look-again", look, "again", days=28)
    # Half past ten in the morning of the first day, to five in the afternoon of the last, London's winter time.
    assert await queue(served, COUNTY) == [("look-again", look, 28 * 24 + 6)]
    again = await served.officers.review(officer(COUNTY), "look-again", look)
    assert again is not None
    assert [(one.kind, one.outcome) for one in again.others] == [
        ("look-again", "Still dangerous: looked at again later"),
        ("hold-back", "Agreed: the person is told later"),
    ]
    assert await history(served) == ()
    # Whoever still has the old page decides nothing, and the same day twice is no decision.
    for version, days in ((stale.version, 10), (again.version, 28)):
        day = served.officers.desk.deciding.day_in(days)
        with pytest.raises(NotDecided) as refused:
            await served.officers.decide(
                officer(COUNTY), "look-again", look, Decision("again", "", day, version)
            )
        assert refused.value.words == TOO_LATE
    await decide(served, officer(COUNTY), "look-again", look, "tell")
    assert [one.about.said for one in await history(served) if one.about] == ["now", "still-later", "later"]


async def test_a_hold_that_nobody_agreed_to_is_overdue_after_a_day_and_is_not_released_blindly(
    served: Served,
) -> None:
    look = (await enquiry(served)).receipt.index
    served.clock.advance(24 * 3600 + 1)
    assert await served.officers.waiting(officer(COUNTY)) == Waiting(2, 1)
    served.clock.advance(40 * 86_400)
    assert await served.officers.waiting(officer(COUNTY)) == Waiting(2, 2)
    assert await history(served) == ()
    assert await served.residents.proof(served.person, look) is None


async def test_officers_of_a_source_that_was_looked_at_see_what_is_held_back(served: Served) -> None:
    look = (await enquiry(served)).receipt.index
    item = await served.officers.item(officer(COUNCIL), look)
    assert item is not None
    assert item.hold is not None
    assert item.reviews == ()


async def test_without_a_word_of_the_register_the_shortest_time_holds(served: Served) -> None:
    look = (await enquiry(served)).receipt.index
    served.tamper(
        """UPDATE log_entry_detail SET purpose = 'no-such-purpose' WHERE "index" = :index""", index=look
    )
    review = await served.officers.review(officer(COUNTY), "look-again", look)
    assert review is not None
    assert review.last_day == served.officers.desk.deciding.day_in(LOOK_AGAIN_DAYS)
    assert review.item.hold is not None
    assert review.item.hold.reason == "A reason that is no longer in the register"
