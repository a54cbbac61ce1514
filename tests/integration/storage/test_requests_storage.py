"""Requests, the outbox and used keys on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, table, text

from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from audit.uses import uses
from consent.requests.store import Requests, opened
from consent.requests.values import (
    Answer,
    AnsweredError,
    ConsentRequest,
    ExpiredError,
    NoSuchRequestError,
)
from core.errors import BrokenRowError
from core.times import to_ms
from core.unit_of_work import only
from gateway.channels.outbox import FIRST_PAUSE, Outbox
from gateway.channels.ports import About
from gateway.erasing import BY_PERSON
from gateway.idempotency.store import KEPT_FOR, Idempotency, OtherRequestError
from tests.support.house import MASTER, House

DAY = timedelta(days=1)
COUNTY, PURPOSE = "norfolk-county-council", "early-help-triage"


def request(home: House, number: int = 1) -> ConsentRequest:
    now = home.clock.now().replace(microsecond=0)
    return ConsentRequest(
        id=f"{number:032x}",
        organisation=COUNTY,
        purpose=PURPOSE,
        sections={"tenancy": frozenset({"status"})},
        sources=frozenset({"norwich-city-council"}),
        days=60,
        reason="We would like to help you.",
        role=None,
        asked=now + number * DAY,
        expires=now + (28 + number) * DAY,
    )


def added(home: House, number: int = 1, *, passed_on: bool = True) -> ConsentRequest:
    made = request(home, number)
    key = home.person("9990000018").key
    with home.database.write() as tx:
        Requests(home.database).add(tx, key, made, made.asked + 90 * DAY, passed_on=passed_on)
    return made


def test_requests_are_read_by_person_and_by_id_and_only_what_was_passed_on_is_theirs(home: House) -> None:
    requests, key = Requests(home.database), home.person("9990000018").key
    first, second = added(home, 1), added(home, 2)
    capped = added(home, 3, passed_on=False)
    assert requests.of(key) == (second, first)
    stored = requests.stored(capped.id)
    assert stored is not None
    assert (stored.subject, opened(stored, key)) == (key.subject, capped)
    assert requests.stored("ff" * 16) is None
    other = home.person("9990000034").key
    assert requests.of(other) == ()
    with pytest.raises(BrokenRowError):
        opened(stored, other)


def test_a_request_is_answered_once_by_its_own_person_and_in_time(home: House) -> None:
    requests, key = Requests(home.database), home.person("9990000018").key
    made, capped = added(home, 1), added(home, 2, passed_on=False)
    said = Answer("allowed", made.asked + DAY)
    for whose, which, error in (
        (home.person("9990000034").key, made.id, NoSuchRequestError),
        (key, capped.id, NoSuchRequestError),
        (key, "ff" * 16, NoSuchRequestError),
    ):
        with pytest.raises(error), home.database.write() as tx:
            requests.answer(tx, whose, which, said, said.at)
    with pytest.raises(ExpiredError), home.database.write() as tx:
        requests.answer(tx, key, made.id, replace(said, at=made.expires), made.expires)
    with home.database.write() as tx:
        answered = requests.answer(tx, key, made.id, said, made.asked + 400 * DAY)
    assert requests.of(key) == (answered,)
    assert answered.answer == said
    with pytest.raises(AnsweredError), home.database.write() as tx:
        requests.answer(tx, key, made.id, said, said.at)
    # A yes is told for as long as it lasts; what was not passed on goes with its own time.
    assert requests.purge(made.asked + 399 * DAY) == 1
    assert requests.of(key) == (answered,)
    assert requests.purge(made.asked + 400 * DAY) == 1
    assert requests.of(key) == ()


def test_many_are_purged_in_chunks(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.requests.store.CHUNK", 2)
    made = [added(home, number) for number in range(1, 6)]
    assert Requests(home.database).purge(made[2].asked + 90 * DAY) == 3


def test_two_workers_never_take_the_same_message(home: House) -> None:
    outbox, now = Outbox(home.database), home.clock.now()
    with home.database.write() as tx:
        for person in ("p_1", "p_2", "p_1"):
            outbox.put(tx, person, About.REQUEST, now)
        outbox.put(tx, "p_1", About.ENDING, now)
        outbox.put(tx, "p_1", About.ENDING, now)
    first, second = outbox.take(now), Outbox(home.database).take(now)
    assert {(one.person, one.about) for one in first} == {
        ("p_1", About.REQUEST),
        ("p_2", About.REQUEST),
        ("p_1", About.ENDING),
    }
    assert second == ()
    again = outbox.take(now + FIRST_PAUSE)
    assert {(one.id, one.tries) for one in again} == {(one.id, 2) for one in first}
    outbox.put_off(again[0], now + DAY)
    for one in again[1:]:
        outbox.done(one, now)
    (left,) = outbox.take(now + DAY)
    assert (left.id, left.tries) == (again[0].id, 2)


def test_a_used_key_tells_what_was_made_to_the_same_request_alone(home: House) -> None:
    idempotency, now = Idempotency(home.database, MASTER), home.clock.now()
    once = idempotency.once("issuer", "client", "POST", "key-12345", b"{}")
    other = idempotency.once("issuer", "client", "POST", "key-12345", b"[]")
    assert once.mac == other.mac
    with home.database.write() as tx:
        assert idempotency.made(tx, once, now) is None
        idempotency.keep(tx, once, "resource", now)
        assert idempotency.made(tx, once, now) == "resource"
        with pytest.raises(OtherRequestError):
            idempotency.made(tx, other, now)
        assert idempotency.made(tx, other, now + KEPT_FOR) is None
        assert idempotency.made(tx, once, now) is None
    with home.database.read() as tx:
        assert tx.execute(select(text("*")).select_from(table("idempotency"))).all() == []


def test_nothing_of_a_key_or_a_body_rests(home: House) -> None:
    idempotency, now = Idempotency(home.database, MASTER), home.clock.now()
    once = idempotency.once("issuer", "client", "POST", "key-12345", b"a body with words")
    with home.database.write() as tx:
        idempotency.keep(tx, once, "resource", now)
        row = tx.execute(text("SELECT mac, request, resource FROM idempotency")).one()
    assert {len(bytes(row[0])), len(bytes(row[1]))} == {32}
    assert b"key-12345" not in bytes(row[0]) + bytes(row[1])
    assert idempotency.purge(now + KEPT_FOR) == 1


def test_how_often_somebody_looked_is_counted_by_organisation_purpose_and_time(home: House) -> None:
    key, other = home.person("9990000018").key, home.person("9990000034").key

    def look(recipient: str, purpose: str, of: bytes, kind: Kind = Kind.DISCLOSURE) -> None:
        about = key if of == key.tag else other
        draft = Draft(kind, "disclosed", frozenset({recipient}), {}, recipient=recipient, purpose=purpose)
        home.log.append(Append(only(None, seal_entry(draft, about))))

    started = to_ms(home.clock.now())
    look(COUNTY, PURPOSE, key.tag)
    look(COUNTY, PURPOSE, key.tag)
    look(COUNTY, PURPOSE, key.tag, Kind.REFUSAL)
    look(COUNTY, "another", key.tag)
    look("age-well-norfolk", PURPOSE, key.tag)
    look(COUNTY, PURPOSE, other.tag)
    found = uses(home.database, key.tag, COUNTY, PURPOSE, started)
    assert found.many == 2
    assert found.last_ms is not None
    assert found.last_ms >= started
    later = uses(home.database, key.tag, COUNTY, PURPOSE, found.last_ms + 1)
    assert (later.many, later.last_ms) == (0, None)


def test_an_erasure_takes_a_persons_requests_and_messages(home: House) -> None:
    assert {("consent_request", "person"), ("outbox", "person")} <= set(BY_PERSON)
