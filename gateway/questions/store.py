"""Reading and writing residents' questions. Cold paths, on SQL.

Who may ask and answer is settled in `asking` and `answering`; here a change either finds the question as the officer's page
showed it, or says that it did not.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, column, delete, func, insert, select, table, update

from core.keys import SubjectKey
from core.sealing import open_json, seal_json
from core.storage import Database
from core.times import to_ms
from core.vocabulary import Json, JsonObject
from gateway.reviews import store as reviews

KIND = "question"
"""How its entries stand among the decisions about a look, and a mistake among its reviews."""

ASKED = "question-asked"
RIGHT, MISTAKE, LATER, NOT_KNOWN = "answer-right", "answer-mistake", "answer-later", "answer-not-known"
"""The outcomes of the entries that tell of questions and answers (docs/audit-log.md)."""

CHUNK = 500
"""How many rows are deleted in one transaction at most."""

_NAMES = (
    "index",
    "about",
    "tag",
    "organisation",
    "asked_ms",
    "due_ms",
    "closed_ms",
    "outcome",
    "until_ms",
    "sealed",
    "answers",
)
_QUESTION = table("resident_question", *(column(name) for name in _NAMES))
_PERSON = table("person", column("id"))
_TASK = table(
    "review_task",
    *(
        column(name)
        for name in (
            "index",
            "kind",
            "organisation",
            "opened_ms",
            "due_ms",
            "closed_ms",
            "outcome",
            "closed_entry",
        )
    ),
)
_DECISION = table(
    "review_decision",
    *(column(name) for name in ("index", "about", "kind", "organisation", "outcome", "at_ms")),
)


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """One question as it stands; see `gateway.questions.tables.ResidentQuestion`."""

    index: int
    about: int
    tag: bytes
    organisation: str
    asked_ms: int
    due_ms: int
    closed_ms: int | None
    outcome: str | None
    until_ms: int
    sealed: bytes
    answers: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """What a person wants to know: codes of the form's choices, and their own words."""

    know: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """One answer. outcome: its code. index: of the entry that tells of it."""

    outcome: str
    words: str
    at_ms: int
    index: int


class Questions:
    """The questions of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def waiting(self, organisation: str, limit: int) -> tuple[StoredQuestion, ...]:
        """An organisation's open questions, the earliest due first."""
        wanted = (
            select(_QUESTION)
            .where(_QUESTION.c.organisation == organisation, _QUESTION.c.closed_ms.is_(None))
            .order_by(_QUESTION.c.due_ms, _QUESTION.c.index)
            .limit(limit)
        )
        with self.database.read() as tx:
            return tuple(_stored(row) for row in tx.execute(wanted))

    def count(self, organisation: str, now_ms: int) -> tuple[int, int]:
        """How many questions to an organisation are open, and how many of them are overdue."""
        wanted = select(func.count(), func.count().filter(_QUESTION.c.due_ms <= now_ms)).where(
            _QUESTION.c.organisation == organisation, _QUESTION.c.closed_ms.is_(None)
        )
        with self.database.read() as tx:
            row = tx.execute(wanted).one()
        return row[0], row[1]

    def one(self, index: int) -> StoredQuestion | None:
        """One question, open or answered, whoever's it is."""
        with self.database.read() as tx:
            row = tx.execute(select(_QUESTION).where(_QUESTION.c.index == index)).one_or_none()
        return None if row is None else _stored(row)

    def of_tag(self, tag: bytes, limit: int) -> tuple[StoredQuestion, ...]:
        """A person's questions, the newest first."""
        wanted = select(_QUESTION).where(_QUESTION.c.tag == tag).order_by(_QUESTION.c.index.desc())
        with self.database.read() as tx:
            return tuple(_stored(row) for row in tx.execute(wanted.limit(limit)))

    def about(self, tag: bytes, looks: Iterable[int]) -> dict[int, StoredQuestion]:
        """By look, the newest question of a person about it."""
        wanted = (
            select(_QUESTION)
            .where(_QUESTION.c.tag == tag, _QUESTION.c.about.in_(list(looks)))
            .order_by(_QUESTION.c.index)
        )
        with self.database.read() as tx:
            return {one.about: one for one in map(_stored, tx.execute(wanted))}


def words_of(question: StoredQuestion, key: SubjectKey) -> Words:
    """What was asked. Raises `SealError`."""
    value = cast("JsonObject", open_json(key.key, question.sealed, _context(question.index, "asked")))
    return Words(tuple(cast("list[str]", value["know"])), cast("str", value["words"]))


def answers_of(question: StoredQuestion, key: SubjectKey) -> tuple[StoredAnswer, ...]:
    """What was answered so far, the oldest first. Raises `SealError`."""
    if not question.answers:
        return ()
    value = open_json(key.key, question.answers, _context(question.index, "answers"))
    return tuple(StoredAnswer(*one) for one in cast("list[tuple[str, str, int, int]]", value))


# Inside the transaction that also writes the entry -----------------------------------------------------------------


def is_known(tx: Connection, person: str) -> bool:
    """Whether the person was not erased meanwhile: an erasure takes this row under the same lock."""
    return tx.execute(select(_PERSON.c.id).where(_PERSON.c.id == person)).first() is not None


def open_questions(tx: Connection, tag: bytes) -> tuple[int, ...]:
    """The looks that open questions of a person are about."""
    wanted = select(_QUESTION.c.about).where(_QUESTION.c.tag == tag, _QUESTION.c.closed_ms.is_(None))
    return tuple(tx.execute(wanted).scalars())


def reserve(tx: Connection, question: StoredQuestion) -> int:
    """Write a question before its entry has its place, so that another in the same batch sees it; gives what to `place`."""
    # No place is below zero.
    number = -1 - secrets.randbits(62)
    tx.execute(insert(_QUESTION).values({**_columns(question), "index": number}))
    return number


def place(tx: Connection, number: int, question: StoredQuestion, words: Words, key: SubjectKey) -> None:
    """Once its entry has its place, which is `question.index`: number the question so, and seal its words for there."""
    value: dict[str, Json] = {"know": list(words.know), "words": words.words}
    sealed = seal_json(key.key, value, _context(question.index, "asked"))
    change = update(_QUESTION).where(_QUESTION.c.index == number)
    tx.execute(change.values(index=question.index, sealed=sealed))
    tell(tx, question.index, question, ASKED, question.asked_ms)


def move(tx: Connection, seen: StoredQuestion, now: StoredQuestion) -> bool:
    """Bring a question from how it was seen to how an answer leaves it, but for the words.

    False if it no longer stands so: answered, put off, or gone with the person.
    """
    change = update(_QUESTION).where(
        _QUESTION.c.index == seen.index,
        _QUESTION.c.closed_ms.is_(None),
        _QUESTION.c.due_ms == seen.due_ms,
    )
    values = {name: getattr(now, name) for name in ("due_ms", "closed_ms", "outcome", "until_ms")}
    return tx.execute(change.values(values)).rowcount == 1


def write_answers(
    tx: Connection, now: StoredQuestion, answers: tuple[StoredAnswer, ...], key: SubjectKey
) -> None:
    """Write the answers of a question that was moved, the newest of which has its place in the log."""
    value = [[one.outcome, one.words, one.at_ms, one.index] for one in answers]
    sealed = seal_json(key.key, value, _context(now.index, "answers"))
    tx.execute(update(_QUESTION).where(_QUESTION.c.index == now.index).values(answers=sealed))
    newest = answers[-1]
    tell(tx, newest.index, now, newest.outcome, newest.at_ms)


def tell(tx: Connection, place: int, question: StoredQuestion, outcome: str, at_ms: int) -> None:
    """Name the entry at that place where what was said of a look is looked up."""
    tell_about(tx, place, question.about, KIND, question.organisation, outcome, at_ms)


def tell_about(
    tx: Connection, place: int, about: int, kind: str, organisation: str, outcome: str, at_ms: int
) -> None:
    """Name an entry as one about a look: the person sees it for as long as they may see the look, and no longer."""
    tx.execute(
        insert(_DECISION).values(
            index=place, about=about, kind=kind, organisation=organisation, outcome=outcome, at_ms=at_ms
        )
    )


def judge_wrong(tx: Connection, question: StoredQuestion, now_ms: int, place: int) -> None:
    """Note that the look was judged not right, as a review does: what was misuse is kept as evidence for its time."""
    same = select(_TASK.c.index).where(
        _TASK.c.index == question.about,
        _TASK.c.kind == KIND,
        _TASK.c.organisation == question.organisation,
    )
    if tx.execute(same).first() is None:
        tx.execute(
            insert(_TASK).values(
                index=question.about,
                kind=KIND,
                organisation=question.organisation,
                opened_ms=question.asked_ms,
                due_ms=question.due_ms,
                closed_ms=now_ms,
                outcome=reviews.WRONG,
                closed_entry=place,
            )
        )


def purge_questions(database: Database, now: datetime) -> int:
    """Delete the questions whose day has come, with their answers; gives how many. Safe to repeat."""
    gone = 0
    due = select(_QUESTION.c.index).where(_QUESTION.c.until_ms <= to_ms(now)).limit(CHUNK)
    while True:
        with database.write() as tx:
            deleted = tx.execute(delete(_QUESTION).where(_QUESTION.c.index.in_(due))).rowcount
        gone += deleted
        if deleted < CHUNK:
            return gone


def _stored(row: Row[Any]) -> StoredQuestion:
    found = StoredQuestion(*tuple(row))
    # Drivers differ in what they give for bytes.
    return replace(found, tag=bytes(found.tag), sealed=bytes(found.sealed), answers=bytes(found.answers))


def _columns(question: StoredQuestion) -> dict[str, object]:
    return {name: getattr(question, name) for name in _NAMES}


def _context(index: int, part: str) -> str:
    return f"resident_question|{index}|{part}"
