"""Alerts about what only days and weeks can show."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from audit.alerts.facts import Rule
from audit.alerts.hours import Hours
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from consent.permissions import Given
from core.keys import SubjectKey
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.alerting.scanning import HABIT_DAYS, KNOWN_WELL, Scanning
from gateway.consenting import Grant
from tests.support.walk import CHARITY
from tests.unit.gateway.services.alerting import DAY, desk, waiting
from tests.unit.gateway.services.looking import officer
from tests.unit.gateway.services.served import CITY, COUNTY, PURPOSE, Served

WORKER = "a.worker"
SOURCE = "norfolk-advice"
"""A source that asks too, and holds no record of the person."""


def did(
    served: Served,
    people: int,
    *,
    shown: bool = True,
    who: str | None = WORKER,
    key: SubjectKey | None = None,
    first: int = 0,
    organisation: str = COUNTY,
    **detail: Json,
) -> list[int]:
    """A practitioner looks for some people, now."""
    home = served.way.home
    kind, outcome = (Kind.DISCLOSURE, "disclosed") if shown else (Kind.REFUSAL, "empty")
    indexes = []
    for number in range(first, first + people):
        told: dict[str, Json] = {
            "person": f"CODE-{number:04}",
            "practitioner": who,
            "issuer": "https://issuer.test",
            "sections": {CITY: {"tenancy": ["status"]}} if shown else {},
            "relied_on": ["c_1"],
            **detail,
        }
        draft = Draft(kind, outcome, frozenset({organisation}), told, organisation, "triager", PURPOSE)
        entry = seal_entry(draft, key or home.organisation_key(organisation))
        indexes.append(home.log.append(Append(only(None, entry))).receipts[0].index)
    return indexes


def working_days(served: Served, many: int, people: int = 3) -> None:
    """So many days of ordinary work."""
    for _ in range(many):
        did(served, people)
        served.clock.advance(DAY)


def go_through(served: Served, organisation: str = COUNTY) -> Scanning:
    scanning = desk(served, Hours(weekdays=frozenset(range(7)))).scanning
    scanning.catch_up(organisation, 100)
    return scanning


async def test_far_more_people_than_usual_stand_out_the_day_after(served: Served) -> None:
    working_days(served, 6)
    many = did(served, 14)
    go_through(served)
    assert await waiting(served) == []
    served.clock.advance(DAY)
    scanning = go_through(served)
    assert await waiting(served) == [(Rule.VOLUME, many[-1])]
    (task,) = await desk(served).tasks(officer(COUNTY))
    assert task.numbers == {"people": 14, "usual": 3, "most": 3}
    assert scanning.gone_through(COUNTY) == (served.clock.now() - timedelta(days=1)).date()


async def test_each_day_is_gone_through_once_and_in_order(served: Served) -> None:
    working_days(served, 7)
    did(served, 20)
    served.clock.advance(DAY)
    scanning = desk(served).scanning
    assert scanning.gone_through(COUNTY) is None
    assert scanning.catch_up(COUNTY, 2) == 2
    assert scanning.gone_through(COUNTY) == served.clock.now().date() - timedelta(days=HABIT_DAYS - 1)
    assert scanning.catch_up(COUNTY, 100) == HABIT_DAYS - 2
    assert scanning.catch_up(COUNTY, 100) == 0
    found = await waiting(served)
    served.tamper("UPDATE alert_scan SET next_day = next_day - 3")
    served.tamper("DELETE FROM practitioner_day WHERE day >= (SELECT next_day FROM alert_scan)")
    assert scanning.catch_up(COUNTY, 100) == 3
    # The same question is not asked twice.
    assert await waiting(served) == found
    assert [rule for rule, _ in found] == [Rule.OUT_OF_HOURS, Rule.VOLUME]


async def test_whoever_comes_second_to_a_day_leaves_it_alone(served: Served) -> None:
    working_days(served, 1)
    scanning = desk(served).scanning
    day = served.clock.now().date() - timedelta(days=1)
    assert scanning._go_through(COUNTY, day, None)
    assert not scanning._go_through(COUNTY, day, None)
    later = day + timedelta(days=1)
    assert scanning._go_through(COUNTY, later, day)
    assert not scanning._go_through(COUNTY, later, day)


async def test_two_who_begin_an_organisation_at_once_do_not_fail(served: Served) -> None:
    working_days(served, 1)
    scanning = desk(served).scanning
    served.tamper("CREATE UNIQUE INDEX one_only ON alert_scan (organisation)")
    served.tamper("INSERT INTO alert_scan VALUES ('another', 1)")
    served.tamper(
        "CREATE TRIGGER quicker BEFORE INSERT ON practitioner_day BEGIN"
        " INSERT INTO alert_scan VALUES ('another', 2); END"
    )
    day = served.clock.now().date() - timedelta(days=1)
    assert not scanning._go_through(COUNTY, day, None)
    assert scanning.gone_through(COUNTY) is None


async def test_what_nobody_compares_with_any_more_is_not_kept(served: Served) -> None:
    working_days(served, 2)
    go_through(served)
    served.clock.advance(DAY * (HABIT_DAYS + 3))
    go_through(served)
    with served.way.home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM practitioner_day")).scalar_one() == 0


async def test_a_night_stands_out_unless_nights_are_the_habit_or_it_was_an_emergency(served: Served) -> None:
    did(served, 3)
    served.clock.advance(12 * 3600)
    night = did(served, 2)
    did(served, 1, who="a.nurse", emergency="life-at-risk")
    did(served, 1, who=None)
    served.clock.advance(12 * 3600 + DAY)
    go_through(served)
    assert await waiting(served) == [(Rule.OUT_OF_HOURS, night[0])]
    (task,) = await desk(served).tasks(officer(COUNTY))
    assert task.numbers == {"unsocial": 0, "looks": 0}
    for _ in range(9):
        served.clock.advance(12 * 3600)
        did(served, 2)
        served.clock.advance(12 * 3600)
    go_through(served)
    assert len(await waiting(served)) == 1


async def test_many_of_whom_nothing_is_shown_stand_out(served: Served) -> None:
    working_days(served, 6)
    did(served, 2)
    unknown = did(served, 6, shown=False, first=100)
    did(served, 1)
    served.clock.advance(DAY)
    go_through(served)
    assert await waiting(served) == [(Rule.NO_RELATIONSHIP, unknown[-1])]


async def test_coming_back_to_somebody_of_whom_nothing_comes_stands_out_after_four_weeks(
    served: Served,
) -> None:
    key = served.way.person.key
    first = did(served, 1, key=key, organisation=SOURCE, relied_on=[])[0]
    for _ in range(2):
        served.clock.advance(DAY)
        did(served, 1, key=key, organisation=SOURCE, relied_on=[])
    served.clock.advance(25 * DAY)
    go_through(served, SOURCE)
    assert await waiting(served, SOURCE) == []
    served.clock.advance(2 * DAY)
    go_through(served, SOURCE)
    assert await waiting(served, SOURCE) == [(Rule.NO_RELATIONSHIP, first)]


@pytest.mark.parametrize(
    "tie", ["record", "permission", "colleague", "erased", "nobody", "busy", "no-row", "no-source"]
)
async def test_whatever_ties_them_is_an_answer_already(served: Served, tie: str) -> None:
    home = served.way.home
    organisation = COUNTY if tie == "no-source" else CHARITY if tie == "record" else SOURCE
    key = home.organisation_key(SOURCE) if tie == "nobody" else served.way.person.key
    for _ in range(3):
        did(served, 1, key=key, organisation=organisation, relied_on=[])
    if tie == "permission":
        named = {"tenancy": frozenset({"status"})}
        grant = Grant(PURPOSE, organisation, named, frozenset({CITY}), None)
        await served.way.consenting.give(key, grant, Given("portal", served.person))
    elif tie == "colleague":
        did(served, 1, who="another", key=key, organisation=organisation)
    elif tie == "erased":
        served.erase()
    elif tie == "busy":
        for _ in range(KNOWN_WELL):
            did(served, 1, key=key, organisation=organisation)
    elif tie == "no-row":
        served.tamper("DELETE FROM person")
    served.clock.advance(30 * DAY)
    go_through(served, organisation)
    assert [rule for rule, _ in await waiting(served, organisation) if rule is Rule.NO_RELATIONSHIP] == []
