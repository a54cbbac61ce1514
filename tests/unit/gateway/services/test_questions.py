"""A resident's questions, served: what can be asked about, by when it is answered, and what shows of it where."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import text

from audit.console.ports import Filters, NotDecided
from audit.console.questions_ports import Answer
from audit.entries import Kind
from audit.reader import Query
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import Look, NotPossible, Resident
from consent.portal.questions_ports import Askable, Question
from gateway.policy.live import LivePolicy
from gateway.policy.uk_days import start_of_day
from gateway.questions import store
from gateway.services.acting import Acting
from gateway.services.acting_within import ActingWithin
from gateway.services.questions import REFERENCE
from tests.support.walk import STRANGER_NUMBER, policy_over, registers
from tests.unit.gateway.services.asking import (
    ANSWER,
    WORDS,
    a_look,
    ask,
    asked_by,
    asked_pages,
    newest,
    read,
    reply,
)
from tests.unit.gateway.services.looking import COUNCIL, COUNTY, decide, enquiry, history, officer
from tests.unit.gateway.services.served import Served, choice

TITLES = {name: one.title for name, one in registers().organisations.items()}


async def askable(served: Served, index: int) -> Askable | Question | None:
    return await asked_pages(served).resident_questions().askable(served.person, index)


async def test_a_look_can_be_asked_about_and_says_by_which_day_it_is_answered(served: Served) -> None:
    look = await a_look(served)
    found = await askable(served, look)
    assert isinstance(found, Askable)
    assert found.look.organisation_name == TITLES[COUNTY]
    assert found.look.shown is True
    made = await ask(served, look)
    assert made.answer_by == found.answer_by
    assert made.reference == f"{REFERENCE}{made.index}"
    assert made.open
    assert made.know == ("why", "kept")
    assert made.words == WORDS
    assert await askable(served, look) == await asked_by(served, made)
    listed = await asked_pages(served).resident_questions().questions(served.person)
    assert listed == (await asked_by(served, made),)


async def test_the_question_stands_in_the_history_and_beside_the_look_with_its_answer(served: Served) -> None:
    look = await a_look(served)
    made = await ask(served, look)
    lines = {one.index: one for one in await history(served)}
    asked = lines[made.index].about
    assert asked is not None
    assert (asked.said, asked.index) == ("asked", look)
    assert lines[look].question is not None
    assert lines[look].can_ask is False
    await reply(served, made.index, "right")
    lines = {one.index: one for one in await history(served)}
    beside = lines[look].question
    assert beside is not None
    assert (beside.state, beside.words, beside.open) == ("right", ANSWER, False)
    assert lines[look].can_ask is True, "whoever is not content may ask again"
    told = max(lines)
    about = lines[told].about
    assert about is not None
    assert (about.said, about.index) == ("answered-right", look)
    after = await asked_by(served, made)
    assert (after.state, after.answers[0].words, after.answers[0].index) == ("right", ANSWER, told)
    assert (await served.residents.proof(served.person, told)) is not None


async def test_the_log_tells_of_question_and_answer_without_their_words(served: Served) -> None:
    look = await a_look(served)
    made = await ask(served, look)
    await reply(served, made.index, "right")
    code = (await served.officers.search(officer(COUNTY), Filters(kind=Kind.DISCLOSURE.value)))[
        -1
    ].person_pseudonym
    entry, said = newest(served, COUNTY, store.ASKED)
    assert (entry.kind, entry.index, entry.tag) == (
        Kind.ADMINISTRATION.value,
        made.index,
        served.way.person.key.tag,
    )
    assert said["entry"] == look
    assert said["by"] == {"how": "portal", "by": served.person, "capacity": "self"}
    assert said["person"] == code
    answered, told = newest(served, COUNTY, store.RIGHT)
    assert told == {"officer": "officer-1", "person": code, "entry": look, "question": made.index}
    with served.way.home.database.read() as tx:
        raw = b"".join(str(row).encode() for row in tx.execute(text("SELECT * FROM resident_question")).all())
    for words in (WORDS, ANSWER):
        assert words not in str(said) + str(told)
        assert words.encode() not in raw
    assert answered.tag == served.way.person.key.tag


async def test_what_is_no_look_at_this_person_cannot_be_asked_about(served: Served) -> None:
    look = await a_look(served)
    own = await served.residents.allow(served.person, choice())
    stranger = served.way.home.person(STRANGER_NUMBER)
    services = asked_pages(served).resident_questions()
    for nothing in (int(own.reference.removeprefix(REFERENCE)), 10_000, 2**60):
        assert await services.askable(served.person, nothing) is None
        with pytest.raises(NotPossible):
            await services.ask(served.person, nothing, (), "why?")
    assert await services.askable(stranger.id, look) is None
    assert await services.askable("nobody", look) is None
    with pytest.raises(NotPossible):
        await services.ask("nobody", look, (), "why?")


async def test_what_is_held_back_cannot_be_asked_about_until_the_person_is_told(served: Served) -> None:
    held = (await enquiry(served)).receipt.index
    services = asked_pages(served).resident_questions()
    assert await services.askable(served.person, held) is None
    with pytest.raises(NotPossible) as caught:
        await services.ask(served.person, held, (), "why?")
    with pytest.raises(NotPossible) as nothing:
        await services.ask(served.person, 10_000, (), "why?")
    assert caught.value.words == nothing.value.words, "as if it were not there"
    await decide(served, officer(COUNTY), "hold-back", held, "tell")
    assert isinstance(await services.askable(served.person, held), Askable)


async def test_an_organisation_that_left_the_register_cannot_be_asked(served: Served) -> None:
    look = await a_look(served)
    known = registers()
    fewer = replace(
        known, organisations={name: one for name, one in known.organisations.items() if name != COUNTY}
    )
    services = replace(
        asked_pages(served).resident_questions(), policy=LivePolicy(policy_over(fewer, served.way.engine))
    )
    assert await services.askable(served.person, look) is None


async def test_one_question_a_look_is_open_and_no_more_than_the_register_allows(served: Served) -> None:
    looks = [await a_look(served) for _ in range(11)]
    await ask(served, looks[0])
    with pytest.raises(NotPossible, match="not possible") as twice:
        await ask(served, looks[0])
    assert "already" in twice.value.words
    for look in looks[1:10]:
        await ask(served, look)
    with pytest.raises(NotPossible) as caught:
        await ask(served, looks[10])
    assert "Too many" in caught.value.words
    first = (await asked_pages(served).resident_questions().questions(served.person))[-1]
    await reply(served, first.index, "right")
    await ask(served, looks[10])


async def test_two_forms_sent_at_once_make_one_question(served: Served) -> None:
    look = await a_look(served)
    results = await asyncio.gather(ask(served, look), ask(served, look), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["NotPossible", "Question"]
    assert len(await asked_pages(served).resident_questions().questions(served.person)) == 1


async def test_after_an_erasure_nobody_asks_and_nobody_answers(served: Served) -> None:
    look, other = await a_look(served), await a_look(served)
    made = await ask(served, look)
    services = asked_pages(served)
    served.tamper("DELETE FROM person")
    with pytest.raises(NotPossible):
        await ask(served, other)
    found = await read(served, made.index)
    assert found is not None
    served.tamper("DELETE FROM resident_question")
    with pytest.raises(NotDecided):
        await services.officer_questions().answer(
            officer(COUNTY), made.index, Answer("right", ANSWER, found.version)
        )
    served.erase()
    assert await services.resident_questions().questions(served.person) == ()
    assert await services.resident_questions().question(served.person, made.reference) is None


async def test_when_the_key_is_gone_and_the_row_is_not_yet_the_question_opens_for_nobody(
    served: Served,
) -> None:
    made = await ask(served, await a_look(served))
    before = await read(served, made.index)
    assert before is not None
    served.erase()
    found = await read(served, made.index)
    assert found is not None
    assert found.altered
    assert "Nobody can see any more" in found.barred
    with pytest.raises(NotDecided, match="not decided"):
        await (
            asked_pages(served)
            .officer_questions()
            .answer(officer(COUNTY), made.index, Answer("right", ANSWER, before.version))
        )


@pytest.mark.parametrize("reference", ["", "OT-", "OT-x", "12", "OT-²", "OT-" + "9" * 16, "OT-999"])
async def test_what_is_no_reference_of_theirs_is_nothing(served: Served, reference: str) -> None:
    await ask(served, await a_look(served))
    services = asked_pages(served).resident_questions()
    assert await services.question(served.person, reference) is None


async def test_the_question_of_one_person_is_nothing_to_another(served: Served) -> None:
    made = await ask(served, await a_look(served))
    stranger = served.way.home.person(STRANGER_NUMBER)
    services = asked_pages(served).resident_questions()
    assert await services.question(stranger.id, made.reference) is None
    assert await services.questions(stranger.id) == ()


async def test_an_entry_of_a_question_is_found_by_the_officers_who_were_asked_alone(served: Served) -> None:
    made = await ask(served, await a_look(served))
    reader = served.officers.reader
    assert [one.index for one in reader.search(Query(COUNTY, outcome=store.ASKED))] == [made.index]
    assert reader.search(Query(COUNCIL, outcome=store.ASKED)) == ()
    assert start_of_day(made.answer_by) > served.clock.now()


async def test_a_representative_sees_neither_question_nor_answer_and_cannot_ask(served: Served) -> None:
    look = (await _shown_look(served)).index
    made = await ask(served, look)
    await reply(served, made.index, "right")
    authority = ActingFor("a_1", "somebody", "attorney", "Mum", frozenset(registers().sections), None)
    resident = Resident(served.person, "Bob Example", "token", "P9", authority)
    within = ActingWithin(served.residents, cast("Acting", None), resident, authority)
    seen = {one.index: one for one in await within.history(served.person, None)}
    assert set(seen) == {look}, "nor the lines that tell of them"
    assert (seen[look].question, seen[look].can_ask) == (None, False)
    proof = await within.proof(served.person, look)
    assert proof is not None
    assert proof.can_ask is False
    own = await served.residents.proof(served.person, look)
    assert own is not None
    assert own.can_ask is True


async def _shown_look(served: Served) -> Look:
    await a_look(served)
    return next(one for one in await history(served) if one.kinds)
