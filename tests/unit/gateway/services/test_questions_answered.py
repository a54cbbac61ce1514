"""Residents' questions, served to officers: whose they are, by when, who may answer them how, and what a mistake means."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from audit.console.ports import NotDecided
from audit.console.questions_ports import Answer
from audit.entries import Kind
from consent.catalogues import translating
from consent.requests.store import Requests
from gateway.channels.messages import text_of
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About, By, Reachable
from gateway.channels.worker import Messenger
from gateway.messaging import StillWanted
from gateway.policy.uk_days import end_of_day
from gateway.questions import store
from gateway.questions.answering import outcomes
from gateway.reviews.store import WRONG
from tests.support.asking import FakeChannel, FakeReach
from tests.support.walk import registers
from tests.unit.gateway.services.asking import (
    ANSWER,
    a_look,
    ask,
    asked_by,
    asked_pages,
    newest,
    read,
    reply,
)
from tests.unit.gateway.services.looking import COUNCIL, COUNTY, LOOKED, history, officer
from tests.unit.gateway.services.served import Served

TITLES = {name: one.title for name, one in registers().organisations.items()}


def until(served: Served, day: date, *, over: bool) -> None:
    """Turn the clock to just before the end of a day, or just after it."""
    moment = end_of_day(day)
    served.clock.advance((moment - served.clock.now()).total_seconds() + (1 if over else -1))


async def test_the_queue_shows_the_earliest_due_first_and_what_is_overdue(served: Served) -> None:
    services = asked_pages(served).officer_questions()
    assert (await services.waiting(officer(COUNTY))).waiting == ()
    first = await ask(served, await a_look(served))
    served.clock.advance(2 * 86_400)
    second = await ask(served, await a_look(served))
    found = await services.waiting(officer(COUNTY))
    assert [one.index for one in found.waiting] == [first.index, second.index]
    assert (found.open, found.overdue) == (2, 0)
    assert found.waiting[0].last_day == first.answer_by
    assert (await services.waiting(officer(COUNCIL))).open == 0, "asked is whoever looked"
    until(served, first.answer_by, over=False)
    assert (await services.waiting(officer(COUNTY))).overdue == 0
    assert (await asked_by(served, first)).overdue is False
    until(served, first.answer_by, over=True)
    late = await services.waiting(officer(COUNTY))
    assert (late.overdue, late.waiting[0].left) == (1, -1)
    assert (await asked_by(served, first)).overdue is True
    assert newest(served, COUNTY, "searched")[1]["questions"] == "waiting"


async def test_another_organisations_officer_finds_nothing_and_that_is_written_down(served: Served) -> None:
    made = await ask(served, await a_look(served))
    services = asked_pages(served).officer_questions()
    other = officer(COUNCIL)
    for index in (made.index, 10_000, 2**53):
        assert await services.question(other, index) is None
        entry, said = newest(served, COUNCIL, "refused")
        assert (entry.kind, said["officer"]) == (Kind.AUDIT_READ.value, other.id)
        assert said["question"] == min(index, 2**53 - 1)
        with pytest.raises(NotDecided):
            await services.answer(other, index, Answer("right", "Because.", "1"))
    assert (await asked_by(served, made)).open


async def test_nobody_answers_about_their_own_look(served: Served) -> None:
    made = await ask(served, await a_look(served))
    found = await read(served, made.index, name=LOOKED)
    assert found is not None
    assert "You looked yourself" in found.barred
    with pytest.raises(NotDecided) as caught:
        await reply(served, made.index, "right", name=LOOKED)
    assert "You looked yourself" in caught.value.words
    assert (await asked_by(served, made)).open
    await reply(served, made.index, "right")


async def test_cannot_tell_yet_moves_the_clock_once_and_only_then_may_nobody_have_found_out(
    served: Served,
) -> None:
    made = await ask(served, await a_look(served))
    found = await read(served, made.index)
    assert found is not None
    assert found.findings == ("right", "mistake", "later")
    with pytest.raises(NotDecided):
        await reply(served, made.index, "not-known")
    await reply(served, made.index, "later", words="We wait for a colleague.")
    waiting = await asked_by(served, made)
    assert (waiting.state, waiting.open, waiting.answer_by) == ("later", True, found.later_day)
    assert (found.later_day - made.answer_by).days in range(59, 63)
    again = await read(served, made.index)
    assert again is not None
    assert again.findings == ("right", "mistake", "not-known")
    assert [one.finding for one in again.replies] == ["later"]
    with pytest.raises(NotDecided):
        await reply(served, made.index, "later")
    await reply(served, made.index, "not-known", words="We could not find out.")
    done = await asked_by(served, made)
    assert [one.state for one in done.answers] == ["later", "not-known"]
    assert (done.state, done.open) == ("not-known", False)


async def test_once_it_is_overdue_it_cannot_be_put_off_any_more(served: Served) -> None:
    made = await ask(served, await a_look(served))
    until(served, made.answer_by, over=True)
    found = await read(served, made.index)
    assert found is not None
    assert found.findings == ("right", "mistake", "not-known")
    assert outcomes((), overdue=False) == (store.RIGHT, store.MISTAKE, store.LATER)


async def test_a_question_is_answered_once_and_in_words(served: Served) -> None:
    made = await ask(served, await a_look(served))
    with pytest.raises(NotDecided):
        await reply(served, made.index, "right", words="  ")
    before = await read(served, made.index)
    assert before is not None
    await reply(served, made.index, "right")
    with pytest.raises(NotDecided) as caught:
        await reply(served, made.index, "mistake")
    assert "in the meantime" in caught.value.words
    with pytest.raises(NotDecided):
        await (
            asked_pages(served)
            .officer_questions()
            .answer(officer(COUNTY), made.index, Answer("right", "Because.", "1"))
        )
    after = await read(served, made.index)
    assert after is not None
    assert after.findings == ()


async def test_of_two_answers_at_once_one_stands(served: Served) -> None:
    made = await ask(served, await a_look(served))
    results = await asyncio.gather(
        reply(served, made.index, "right"), reply(served, made.index, "mistake"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in results) == ["NoneType", "NotDecided"]
    assert len((await asked_by(served, made)).answers) == 1


async def test_a_mistake_is_kept_as_evidence_as_one_that_a_review_found(served: Served) -> None:
    look = await a_look(served)
    made = await ask(served, look)
    assert served.officers.reviews.tasks([look]) == {}, "an open question suspects nobody"
    await reply(served, made.index, "mistake", words="It was the wrong person.")
    task = served.officers.reviews.tasks([look])[look][0]
    assert (task.kind, task.outcome, task.organisation) == (store.KIND, WRONG, COUNTY)
    assert task.closed_ms is not None
    again = await ask(served, look)
    await reply(served, again.index, "mistake", words="As we said.")
    assert len(served.officers.reviews.tasks([look])[look]) == 1
    item = await served.officers.item(officer(COUNTY), look)
    assert item is not None
    assert item.reviews == (), "no review's page stands behind it"


async def test_words_that_were_altered_are_shown_to_nobody_and_cannot_be_answered(served: Served) -> None:
    look = await a_look(served)
    made = await ask(served, look)
    before = await read(served, made.index)
    assert before is not None
    served.tamper("UPDATE resident_question SET sealed = :bad, answers = :bad", bad=b"x" * 40)
    found = await read(served, made.index)
    assert found is not None
    assert found.altered
    assert found.findings == ()
    services = asked_pages(served)
    assert await services.resident_questions().question(served.person, made.reference) is None
    with pytest.raises(NotDecided):
        await services.officer_questions().answer(
            officer(COUNTY), made.index, Answer("right", ANSWER, before.version)
        )
    assert {one.index: one for one in await history(served)}[look].question is None


async def test_words_moved_to_another_question_do_not_open(served: Served) -> None:
    first = await ask(served, await a_look(served), words="first")
    second = await ask(served, await a_look(served), words="second")
    served.tamper(
        'UPDATE resident_question SET sealed = (SELECT sealed FROM resident_question WHERE "index" = :a) '
        'WHERE "index" = :b',
        a=first.index,
        b=second.index,
    )
    services = asked_pages(served).resident_questions()
    assert [one.index for one in await services.questions(served.person)] == [first.index]


async def test_whoever_is_answered_is_told_once_by_the_way_they_chose_with_no_word_of_it(
    served: Served,
) -> None:
    look = await a_look(served)
    made = await ask(served, look)
    outbox = Outbox(served.way.home.database)
    assert outbox.take(served.clock.now()) == ()
    await reply(served, made.index, "later", words="We have to ask somebody who is away.")
    await reply(served, made.index, "mistake")
    told = FakeChannel()
    home = served.way.home
    requests = Requests(home.database)
    messenger = Messenger(
        outbox,
        FakeReach(Reachable(By.EMAIL, "somebody@mail.test", language="pl")),
        (told,),
        StillWanted(requests, home.ledger, home.keys, served.clock),
        served.clock,
        "https://gateway.test/portal/",
        lambda language: lambda text: f"[{language}] {text}",
    )
    assert await messenger.look() == 1
    (message,) = told.sent
    assert message.subject == "[pl] Somebody answered you at OnceTold"
    assert message.body.count("https://") == 1
    for secret in (ANSWER, "away", TITLES[COUNTY], served.person, made.reference, "mistake"):
        assert secret not in message.subject + message.body + message.reference
    assert await messenger.look() == 0


async def test_nobody_is_told_of_an_answer_that_was_not_given_nor_once_they_are_erased(
    served: Served,
) -> None:
    made = await ask(served, await a_look(served))
    with pytest.raises(NotDecided):
        await reply(served, made.index, "right", words=" ")
    with pytest.raises(NotDecided):
        await reply(served, made.index, "right", name=LOOKED)
    home = served.way.home
    assert Outbox(home.database).take(served.clock.now()) == ()
    wanted = StillWanted(Requests(home.database), home.ledger, home.keys, served.clock)
    assert await wanted(served.person, About.ANSWER)
    served.erase()
    assert not await wanted(served.person, About.ANSWER)


async def test_a_message_is_in_the_language_that_the_person_chose() -> None:
    english = text_of(About.REQUEST, "https://gateway.test/portal/", translating("en"))
    polish = text_of(About.REQUEST, "https://gateway.test/portal/", translating("pl"))
    assert english.subject != polish.subject
    assert english.body != polish.body
    assert "https://gateway.test/portal/" in polish.body
    assert text_of(About.REQUEST, "a", translating("xx")) == text_of(About.REQUEST, "a", lambda text: text)
