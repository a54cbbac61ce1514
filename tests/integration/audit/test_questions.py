"""Questions on both databases: erased with the person, deleted after their time, a mistake kept as evidence, a log whole."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import text

from audit.committer import Committer
from audit.entries import Draft, Kind, seal_entry
from audit.fsck import Fsck
from audit.log import Append, Committed
from audit.reader import LogReader, StoredEntry
from consent.permissions import Given
from core.sections import policies_folder
from core.unit_of_work import only
from gateway.channels.outbox import Outbox
from gateway.erasing import Erasing, WaitingError
from gateway.people.locator import Person
from gateway.questions import store
from gateway.questions.answering import AnsweredAlreadyError, Answering, Asked
from gateway.questions.asking import AskedAlreadyError, Asking, GoneError
from gateway.questions.rules import load_rules
from gateway.questions.store import Questions, StoredQuestion, Words, purge_questions
from gateway.retention import load_retention
from tests.support.house import House

ADA, BEN = "9990000018", "9990000026"
COUNTY = "norfolk-county-council"
RULES = load_rules(policies_folder())


def look(home: House, person: Person) -> StoredEntry:
    draft = Draft(
        Kind.DISCLOSURE, "disclosed", frozenset({COUNTY}), {"person": "ABCD-2345"}, COUNTY, "triager", "x"
    )
    index = home.log.append(Append(only(None, seal_entry(draft, person.key)))).receipts[0].index
    entry = LogReader(home.database, home.log.store, home.keys).entry(index)
    assert entry is not None
    return entry


def ask(home: House, person: Person, about: StoredEntry | None = None, words: str = "Why?") -> StoredQuestion:
    asking = Asking(home.committer, RULES, home.clock)
    entry = about or look(home, person)
    made = asking.ask(person.key, entry, "ABCD-2345", Words(("why",), words), Given("portal", person.id))
    return asyncio.run(made)


def answer(home: House, person: Person, question: StoredQuestion, outcome: str) -> StoredQuestion:
    answering = Answering(home.committer, RULES, home.clock, Outbox(home.database))
    asked = Asked("a.practitioner", "ABCD-2345", "x", person.key)
    return asyncio.run(answering.answer("olga", question, asked, outcome, "Because."))


def erasing_of(home: House) -> Erasing:
    return Erasing(
        home.log,
        home.database,
        home.keys,
        home.locator,
        home.handles,
        load_retention(policies_folder()),
        home.clock,
    )


def rows(home: House) -> list[int]:
    with home.database.read() as tx:
        return list(tx.execute(text('SELECT "index" FROM resident_question ORDER BY "index"')).scalars())


def assert_whole(home: House) -> None:
    report = Fsck(home.database, home.keys, [home.verifier_key]).run()
    assert report.clean, report.findings


def test_a_question_its_answers_and_the_decisions_that_they_are_rest_as_they_were_written(
    home: House,
) -> None:
    ada = home.person(ADA)
    made = ask(home, ada)
    kept = Questions(home.database)
    assert kept.waiting(COUNTY, 10) == (kept.one(made.index),)
    assert kept.count(COUNTY, made.due_ms - 1) == (1, 0)
    assert kept.count(COUNTY, made.due_ms) == (1, 1)
    later = answer(home, ada, made, store.LATER)
    assert (later.due_ms, later.closed_ms) == (RULES.extended(made.asked_ms), None)
    with pytest.raises(AnsweredAlreadyError):
        answer(home, ada, made, store.RIGHT)
    stands = kept.one(made.index)
    assert stands is not None
    done = answer(home, ada, stands, store.RIGHT)
    final = kept.one(made.index)
    assert final is not None
    assert replace(final, answers=b"", sealed=b"") == replace(done, answers=b"", sealed=b"")
    assert [one.outcome for one in store.answers_of(final, ada.key)] == [store.LATER, store.RIGHT]
    assert store.words_of(final, ada.key) == Words(("why",), "Why?")
    assert kept.waiting(COUNTY, 10) == ()
    assert kept.about(ada.key.tag, [made.about]) == {made.about: final}
    assert kept.of_tag(ada.key.tag, 10) == (final,)
    assert_whole(home)


def test_one_question_a_look_is_open_whoever_asks_first(home: House) -> None:
    ada = home.person(ADA)
    about = look(home, ada)
    first = ask(home, ada, about)
    with pytest.raises(AskedAlreadyError):
        ask(home, ada, about)
    assert rows(home) == [first.index]


def test_an_open_question_delays_no_erasure_and_goes_with_the_person(home: House) -> None:
    ada, ben = home.person(ADA), home.person(BEN)
    ask(home, ada)
    other = ask(home, ben)
    about = look(home, ada)
    erased = erasing_of(home).erase_person(ADA, "asked by the person")
    assert rows(home) == [other.index]
    assert erased.entries == 3
    with pytest.raises(GoneError):
        ask(home, ada, about)
    assert_whole(home)


def test_an_answer_under_way_while_the_person_is_erased_finds_nothing(home: House) -> None:
    ada = home.person(ADA)
    made = Questions(home.database).one(ask(home, ada).index)
    assert made is not None
    erasing_of(home).erase_person(ADA, "asked by the person")
    with pytest.raises(AnsweredAlreadyError):
        answer(home, ada, made, store.RIGHT)
    assert_whole(home)


def test_a_mistake_is_evidence_for_which_an_erasure_waits_and_other_answers_are_not(home: House) -> None:
    ada, ben = home.person(ADA), home.person(BEN)
    kept = Questions(home.database)
    for person, outcome in ((ada, store.RIGHT), (ben, store.MISTAKE)):
        made = kept.one(ask(home, person).index)
        assert made is not None
        answer(home, person, made, outcome)
    assert erasing_of(home).erase_person(ADA, "asked by the person").entries == 3
    with pytest.raises(WaitingError, match="judged misuse") as caught:
        erasing_of(home).erase_person(BEN, "asked by the person")
    evidence = load_retention(policies_folder()).misuse_evidence
    assert (caught.value.until - (home.clock.now() + evidence).date()).days in {1, 2}
    assert rows(home) != []


def test_questions_are_deleted_after_their_time_answered_or_not(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = home.person(ADA)
    kept = Questions(home.database)
    unanswered = ask(home, ada)
    made = kept.one(ask(home, ada).index)
    assert made is not None
    answered = answer(home, ada, made, store.RIGHT)
    now = home.clock.now()
    day = timedelta(days=1)
    assert answered.until_ms < unanswered.until_ms, "unanswered counts from the day by which it was due"
    assert purge_questions(home.database, now + RULES.kept - day) == 0
    assert purge_questions(home.database, now + RULES.kept + day) == 1
    assert rows(home) == [unanswered.index]
    monkeypatch.setattr(store, "CHUNK", 1)
    ask(home, ada)
    assert purge_questions(home.database, now + RULES.kept + 40 * day) == 2
    assert rows(home) == []
    assert_whole(home)


class GatheredError(Exception):
    """The work waits for its batch."""


class Gathering:
    """A committer that only gathers: the test commits what waits as one batch."""

    def __init__(self) -> None:
        self.appends: list[Append[Any]] = []

    async def append(self, append: Append[Any]) -> None:
        self.appends.append(append)
        raise GatheredError


def test_of_two_in_one_batch_the_second_finds_the_first(home: House) -> None:
    """Places are known only after all works of a batch have run, so each has to leave its mark before."""
    ada = home.person(ADA)
    about = look(home, ada)
    asks, gives = Gathering(), Gathering()
    asking = Asking(cast("Committer", asks), RULES, home.clock)
    for word in ("first", "second"):
        with pytest.raises(GatheredError):
            asyncio.run(asking.ask(ada.key, about, "ABCD-2345", Words((), word), Given("portal", ada.id)))
    assert [type(one) for one in home.log.commit(asks.appends)] == [Committed, AskedAlreadyError]
    (index,) = rows(home)
    asked = Questions(home.database).one(index)
    assert asked is not None
    assert store.words_of(asked, ada.key).words == "first"
    answering = Answering(cast("Committer", gives), RULES, home.clock, Outbox(home.database))
    for outcome in (store.MISTAKE, store.RIGHT):
        with pytest.raises(GatheredError):
            asyncio.run(
                answering.answer("olga", asked, Asked(None, "ABCD-2345", "x", ada.key), outcome, outcome)
            )
    assert [type(one) for one in home.log.commit(gives.appends)] == [Committed, AnsweredAlreadyError]
    answered = Questions(home.database).one(index)
    assert answered is not None
    assert [one.words for one in store.answers_of(answered, ada.key)] == [store.MISTAKE]
    assert_whole(home)
