"""Alerts on both databases: opened in the look's own transaction, not asked twice, answered by one of many at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from audit.alerts.facts import Rule
from audit.alerts.hours import Hours
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from audit.reader import LogReader
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.alerting import store
from gateway.alerting.looks import OrganisationLooks
from gateway.alerting.noticing import Noticed, Noticing
from gateway.alerting.scanning import HABIT_DAYS, Scanning
from gateway.alerting.store import Alerts, Opening
from gateway.alerting.ties import Ties
from tests.support.house import House

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"


def look(home: House, *openings: Opening, organisation: str = COUNTY, code: str = "ABCD-EFGH") -> int:
    detail: dict[str, Json] = {"person": code, "practitioner": "a.worker", "issuer": "https://issuer.test"}
    draft = Draft(
        Kind.DISCLOSURE, "disclosed", frozenset({organisation}), detail, organisation, "triager", "help"
    )
    entry = seal_entry(draft, home.organisation_key(organisation))
    noticed = Noticed(organisation, home.clock.now(), openings)
    work = Written(None, (entry,), lambda tx, places: noticed.write(tx, places[0]))
    return home.log.append(Append(lambda _: work, changes=True)).receipts[0].index


def answer(home: House, index: int, rule: Rule, outcome: str) -> bool:
    alerts, now = Alerts(home.database), to_ms(home.clock.now())
    seen = alerts.one(index, rule, COUNTY)
    assert seen is not None
    entry = seal_entry(Draft(Kind.ADMINISTRATION, outcome, frozenset({COUNTY}), {}), home.organisation_key())

    def work(tx: Connection) -> Written[bool, SealedEntry]:
        if not store.close(tx, seen, outcome, now):
            return Written(False, ())

        def then(tx: Connection, places: Sequence[int]) -> None:
            store.settle(tx, seen, outcome, now, places[0])

        return Written(True, (entry,), then)

    return home.log.append(Append(work, changes=True)).value


def test_an_alert_stands_beside_its_look_and_is_not_asked_twice(home: House) -> None:
    alerts = Alerts(home.database)
    colleague, own = Opening(Rule.COLLEAGUE, b"a" * 16), Opening(Rule.OWN_RECORD, b"b" * 16, b"sealed")
    first = look(home, colleague, own)
    look(home, colleague)
    other = look(home, Opening(Rule.COLLEAGUE, b"c" * 16), organisation=CITY)
    assert [(one.index, one.rule, one.numbers) for one in alerts.waiting(COUNTY, 10)] == [
        (first, Rule.COLLEAGUE, None),
        (first, Rule.OWN_RECORD, b"sealed"),
    ]
    assert [one.index for one in alerts.waiting(CITY, 10)] == [other]
    assert alerts.count(COUNTY, to_ms(home.clock.now())) == (2, 0)
    assert alerts.count(COUNTY, to_ms(home.clock.now() + timedelta(days=8))) == (2, 2)
    assert alerts.one(first, Rule.VOLUME, COUNTY) is None
    assert alerts.one(first, Rule.COLLEAGUE, CITY) is None
    assert answer(home, first, Rule.COLLEAGUE, store.EXPLAINED)
    assert answer(home, first, Rule.OWN_RECORD, store.MISUSE)
    look(home, colleague)
    again = look(home, own)
    assert [(one.index, one.rule) for one in alerts.waiting(COUNTY, 10)] == [(again, Rule.OWN_RECORD)]
    assert alerts.outcomes(COUNTY, 0) == {
        (Rule.COLLEAGUE, store.EXPLAINED): 1,
        (Rule.OWN_RECORD, store.MISUSE): 1,
        (Rule.OWN_RECORD, None): 1,
    }


def test_of_many_who_answer_at_once_one_does(home: House) -> None:
    index = look(home, Opening(Rule.COLLEAGUE, b"a" * 16))
    said: list[bool] = []
    threads = [
        threading.Thread(target=lambda: said.append(answer(home, index, Rule.COLLEAGUE, store.MISUSE)))
        for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(said) == [False, False, False, True]
    with home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM review_decision")).scalar_one() == 1


@dataclass(frozen=True)
class Later:
    """A clock some days ahead; the database's own is not asked by what reads."""

    days: int

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)

    def monotonic(self) -> float:
        return 0.0

    def assert_sound(self) -> None:
        return None


def scanning(home: House, days: int) -> Scanning:
    clock = Later(days)
    reader = LogReader(home.database, home.log.store, home.keys)
    return Scanning(
        home.database,
        OrganisationLooks(home.database, reader),
        Ties(home.keys, home.locator, home.ledger, clock, lambda _: True),
        home.handles.tags,
        Hours(weekdays=frozenset()),
        home.keys,
        clock,
    )


def test_a_day_is_gone_through_once_by_whoever_comes_first(home: House) -> None:
    indexes = [look(home, code=f"CODE-{number:04}") for number in range(3)]
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(scanning(home, 2).catch_up(COUNTY, 100)))
        for _ in range(3)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    scanning(home, 2).catch_up(COUNTY, 100)
    with home.database.read() as tx:
        rows = tx.execute(text("SELECT looks, people, unsocial FROM practitioner_day")).all()
    assert [tuple(row) for row in rows] == [(3, 3, 3)]
    assert sum(done) <= HABIT_DAYS
    waiting = Alerts(home.database).waiting(COUNTY, 10)
    assert [(one.index, one.rule) for one in waiting] == [(indexes[0], Rule.OUT_OF_HOURS)]


def test_how_long_an_organisation_has_not_looked_is_read_by_the_persons_code(home: House) -> None:
    noticing = Noticing(home.handles.tags, Hours(), home.database)
    now = home.clock.now()
    assert noticing.days_since(COUNTY, "ABCD-EFGH", now) is None
    look(home)
    assert noticing.days_since(COUNTY, "ABCD-EFGH", home.clock.now() + timedelta(days=40)) == 40
    assert noticing.days_since(CITY, "ABCD-EFGH", now) is None
    assert noticing.days_since(COUNTY, "OTHE-RONE", now) is None
