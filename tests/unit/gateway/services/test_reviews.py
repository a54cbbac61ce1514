"""Officers' reviews, served: who may decide what, once, and what the log and the person's history say of it."""

from __future__ import annotations

import asyncio

import pytest

from audit.console.ports import Answer, Decision, NotDecided, ReviewKind, Waiting
from audit.entries import Kind
from audit.reader import Query
from consent.portal.ports import Check
from gateway.reviews import store
from tests.support.walk import registers
from tests.unit.gateway.services.looking import (
    COUNCIL,
    COUNTY,
    HOSPITAL,
    LOOKED,
    PRACTICE,
    TOO_LATE,
    decide,
    emergency,
    enquiry,
    history,
    officer,
    queue,
)
from tests.unit.gateway.services.served import Served

TITLES = {name: one.title for name, one in registers().organisations.items()}


async def last_entry(served: Served, organisation: str) -> dict[str, object]:
    """The newest decision in the log: its columns and its detail."""
    entry = served.officers.reader.search(Query(organisation, kind=Kind.ADMINISTRATION.value))[0]
    opening = served.officers.reader.open(entry)
    assert opening is not None
    return dict(opening.detail)


async def test_officers_of_both_sides_have_their_own_review_with_its_clock(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    for organisation in (HOSPITAL, COUNCIL, PRACTICE):
        assert await queue(served, organisation) == [("break-glass", look, 72)]
    assert await queue(served, COUNTY) == []
    served.clock.advance(71 * 3600 + 1)
    assert await queue(served, HOSPITAL) == [("break-glass", look, 0)]
    assert await served.officers.waiting(officer(HOSPITAL)) == Waiting(1, 0)
    served.clock.advance(3600)
    assert await queue(served, HOSPITAL) == [("break-glass", look, -1)]
    assert await served.officers.waiting(officer(HOSPITAL)) == Waiting(1, 1)


async def test_the_earliest_due_comes_first_and_a_hold_is_due_before_its_next_look(served: Served) -> None:
    first = (await emergency(served)).receipt.index
    held = (await enquiry(served)).receipt.index
    assert await queue(served, COUNTY) == [("hold-back", held, 24), ("look-again", held, 28 * 24)]
    second = (await emergency(served)).receipt.index
    assert [index for _, index, _ in await queue(served, HOSPITAL)] == [first, second]


async def test_a_review_tells_what_it_takes_to_decide_it(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    review = await served.officers.review(officer(COUNCIL), "break-glass", look)
    assert review is not None
    assert review.task is not None
    assert review.ours is None
    assert review.barred == ""
    purpose = registers().purposes["break-glass-emergency"]
    assert purpose.emergency is not None
    assert review.item.emergency == purpose.emergency.reasons["life-at-risk"]
    assert review.item.reason == "found on the floor"
    assert review.item.person_said == "Nobody asks them first in an emergency"
    assert {one.source_name for one in review.item.fields} == {TITLES[COUNCIL], TITLES[PRACTICE]}
    assert review.item.row.kind == "break-glass"
    assert {(one.organisation_name, one.outcome) for one in review.others} == {
        (TITLES[HOSPITAL], ""),
        (TITLES[PRACTICE], ""),
    }


@pytest.mark.parametrize(("answer", "outcome"), [("right", store.RIGHT), ("wrong", store.WRONG)])
async def test_a_judgement_closes_ones_own_review_and_is_an_entry_in_the_persons_history(
    served: Served, answer: Answer, outcome: str
) -> None:
    look = (await emergency(served)).receipt.index
    served.clock.advance(60)
    await decide(served, officer(COUNCIL), "break-glass", look, answer, words=" He was in danger. ")
    assert await queue(served, COUNCIL) == []
    assert await queue(served, HOSPITAL) == [("break-glass", look, 71)]
    written = await last_entry(served, HOSPITAL)
    assert (written["outcome"], written["recipient"], written["role"]) == (outcome, COUNCIL, "officer")
    assert written["organisations"] == sorted([HOSPITAL, COUNCIL, PRACTICE])
    detail = written["detail"]
    assert isinstance(detail, dict)
    assert (detail["officer"], detail["entry"], detail["review"], detail["words"]) == (
        "officer-1",
        look,
        "break-glass",
        "He was in danger.",
    )
    told, looked = await history(served)
    assert (looked.index, looked.what) == (look, "emergency")
    assert set(looked.checks) == {
        Check(TITLES[COUNCIL], answer),  # type: ignore[arg-type] # right or wrong here
        Check(TITLES[HOSPITAL], "waiting"),
        Check(TITLES[PRACTICE], "waiting"),
    }
    assert (told.what, told.organisation_name) == ("checked", TITLES[COUNCIL])
    assert told.about is not None
    assert (told.about.index, told.about.at, told.about.said) == (look, looked.at, answer)
    proof = await served.residents.proof(served.person, told.index)
    assert proof is not None
    assert proof.checked


async def test_a_closed_review_says_how_and_where_the_log_tells_of_it(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    await decide(served, officer(COUNCIL), "break-glass", look, "wrong", words="No danger.")
    review = await served.officers.review(officer(COUNCIL), "break-glass", look)
    assert review is not None
    assert review.task is None
    assert review.ours is not None
    assert (review.ours.outcome, review.ours.at) == ("It was not right", served.clock.now())
    assert review.ours.index is not None
    item = await served.officers.item(officer(COUNCIL), review.ours.index)
    assert item is not None
    assert (item.words, item.about, item.decision) == ("No danger.", look, "It was not right")
    assert item.row.person_pseudonym == review.item.row.person_pseudonym
    look_item = await served.officers.item(officer(COUNCIL), look)
    assert look_item is not None
    assert [(one.kind, one.outcome) for one in look_item.reviews] == [("break-glass", "It was not right")]
    theirs = await served.officers.review(officer(HOSPITAL), "break-glass", look)
    assert theirs is not None
    assert (TITLES[COUNCIL], "It was not right") in {
        (one.organisation_name, one.outcome) for one in theirs.others
    }


async def test_nobody_reviews_their_own_look(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    review = await served.officers.review(officer(HOSPITAL, LOOKED), "break-glass", look)
    assert review is not None
    assert review.barred
    with pytest.raises(NotDecided) as refused:
        await decide(served, officer(HOSPITAL, LOOKED), "break-glass", look, "right", words="I was right.")
    assert refused.value.words == review.barred
    assert await queue(served, HOSPITAL) == [("break-glass", look, 72)]


@pytest.mark.parametrize(
    ("organisation", "kind"),
    [
        (COUNTY, "break-glass"),
        ("age-well-norfolk", "break-glass"),
        (HOSPITAL, "hold-back"),
        (COUNCIL, "look-again"),
    ],
)
async def test_an_organisation_decides_its_own_reviews_and_no_others(
    served: Served, organisation: str, kind: ReviewKind
) -> None:
    look = (await emergency(served)).receipt.index
    assert await served.officers.review(officer(organisation), kind, look) is None
    with pytest.raises(NotDecided):
        await served.officers.decide(officer(organisation), kind, look, Decision("right", "x", None, "0"))


async def test_an_index_beyond_every_log_is_nobodys_review(served: Served) -> None:
    assert await served.officers.review(officer(COUNTY), "break-glass", 2**53) is None


async def test_opening_a_review_that_is_not_theirs_is_written_down(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    assert await served.officers.review(officer("age-well-norfolk"), "break-glass", look) is None
    assert served.officers.reader.search(Query("age-well-norfolk"))[0].outcome == "refused"


async def test_a_review_is_decided_once(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    await decide(served, officer(COUNCIL), "break-glass", look, "right", words="In danger.")
    for answer in ("right", "wrong"):
        with pytest.raises(NotDecided) as refused:
            await decide(served, officer(COUNCIL, "other"), "break-glass", look, answer, words="No.")
        assert refused.value.words == TOO_LATE
    assert [one.what for one in await history(served)] == ["checked", "emergency"]


async def test_of_two_officers_at_once_one_decides(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    outcomes = await asyncio.gather(
        *(
            decide(served, officer(COUNCIL, f"officer-{n}"), "break-glass", look, "right", words="Yes.")
            for n in range(4)
        ),
        return_exceptions=True,
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(one, NotDecided) for one in outcomes) == 3
    assert [one.what for one in await history(served)] == ["checked", "emergency"]


@pytest.mark.parametrize(
    ("kind", "answer", "words", "days"),
    [
        ("break-glass", "right", "  ", None),
        ("break-glass", "tell", "words", None),
        ("hold-back", "again", "", 3),
        ("look-again", "agree", "", None),
        ("look-again", "again", "", None),
        ("look-again", "again", "", 0),
        ("look-again", "again", "", 15),
        ("look-again", "again", "", -1),
    ],
)
async def test_what_a_review_does_not_ask_cannot_be_answered(
    served: Served, kind: ReviewKind, answer: Answer, words: str, days: int | None
) -> None:
    look = (await emergency(served, hold_back="danger-to-child")).receipt.index
    before = served.way.home.log.store.head()
    review = await served.officers.review(officer(HOSPITAL), kind, look)
    assert review is not None
    day = None if days is None else served.officers.desk.deciding.day_in(days)
    with pytest.raises(NotDecided) as refused:
        await served.officers.decide(
            officer(HOSPITAL), kind, look, Decision(answer, words, day, review.version)
        )
    assert refused.value.words == "This cannot be decided like that. Look at the page again."
    assert before is not None
    after = served.way.home.log.store.head()
    assert after is not None
    # Only that the officer opened the review.
    assert after.frontier.size == before.frontier.size + 1


async def test_where_nobody_can_see_any_more_who_looked_nobody_decides(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    served.erase()
    review = await served.officers.review(officer(COUNCIL), "break-glass", look)
    assert review is not None
    assert review.barred
    with pytest.raises(NotDecided) as refused:
        await decide(served, officer(COUNCIL), "break-glass", look, "right", words="In danger.")
    assert refused.value.words == review.barred


async def test_an_entry_that_was_changed_is_not_decided_about(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    served.tamper('UPDATE log_entry_detail SET sealed = zeroblob(60) WHERE "index" = :index', index=look)
    with pytest.raises(NotDecided):
        await decide(served, officer(COUNCIL), "break-glass", look, "right", words="In danger.")


async def test_a_review_whose_entry_is_gone_is_not_listed_and_not_decided(served: Served) -> None:
    look = (await emergency(served)).receipt.index
    served.tamper('DELETE FROM log_entry_detail WHERE "index" = :index', index=look)
    assert await queue(served, COUNCIL) == []
    with pytest.raises(NotDecided):
        await served.officers.decide(officer(COUNCIL), "break-glass", look, Decision("right", "x", None, "0"))


async def test_listing_the_reviews_is_written_down(served: Served) -> None:
    await served.officers.tasks(officer(COUNTY))
    entry = served.officers.reader.search(Query(COUNTY, kind="audit-read"))[0]
    opening = served.officers.reader.open(entry)
    assert opening is not None
    assert (entry.outcome, opening.detail["detail"]) == (
        "searched",
        {"officer": "officer-1", "reviews": "waiting"},
    )


async def test_an_emergency_without_anything_to_show_is_told_as_such(served: Served) -> None:
    for source in served.way.sources.values():
        source.records = {}
    look = (await emergency(served)).receipt.index
    assert await queue(served, HOSPITAL) == [("break-glass", look, 72)]
    (told,) = await history(served)
    assert (told.what, told.kinds, told.allowed_by) == ("emergency", (), "")
    assert told.because == "Somebody's life was in danger"
    assert [one.found for one in told.checks] == ["waiting"]


async def test_an_emergency_that_showed_something_is_told_with_the_law_that_allowed_it(
    served: Served,
) -> None:
    await emergency(served)
    (told,) = await history(served)
    assert told.kinds
    assert told.allowed_by == "the law, because it was an emergency"
