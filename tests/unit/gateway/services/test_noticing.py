"""What a gateway notices in the moment of a look: by tags and by what was shown, and nothing of what silence hides."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from audit.alerts.facts import Rule
from audit.alerts.hours import Hours
from core.errors import ClosedError
from gateway.alerting.noticing import NOTHING, Looked, facts_of
from gateway.people.locator import STAFF_STANDS_FOR
from gateway.people.tags import Tags
from gateway.views.values import ViewSection
from tests.support.walk import COUNCIL, NHS_NUMBER, STRANGER_NUMBER
from tests.unit.gateway.services.alerting import (
    DAY,
    look,
    name_person,
    noticing,
    plan,
    triager,
    waiting,
    works_for,
)
from tests.unit.gateway.services.served import CITY, COUNTY, Served, choice


async def test_an_ordinary_look_opens_no_alert(served: Served) -> None:
    name_person(served, "Sampleworth")
    await served.residents.allow(served.person, choice("tenancy"))
    parts = noticing(served, triager=triager(family_name="Okafor", given_name="Robin"))
    assert (await look(served, parts)).sections
    assert await waiting(served) == []


async def test_a_practitioner_of_the_same_rare_name_is_asked_once_and_not_at_each_look(
    served: Served,
) -> None:
    name_person(served, "Specimen-Hardy", "Wilfred")
    await served.residents.allow(served.person, choice("tenancy"))
    parts = noticing(served, triager=triager(family_name="Hardy", given_name="Joan"))
    first = (await look(served, parts)).receipt.index
    await look(served, parts)
    assert await waiting(served) == [(Rule.SAME_SURNAME, first)]
    assert await waiting(served, CITY) == []
    served.clock.advance(181 * DAY)
    # The question was never answered: after half a year it is asked again.
    await served.residents.allow(served.person, choice("tenancy"))
    later = (await look(served, parts)).receipt.index
    assert (Rule.SAME_SURNAME, later) in await waiting(served)


async def test_a_name_that_thousands_bear_is_no_reason_by_itself(served: Served) -> None:
    name_person(served, "Khan")
    await served.residents.allow(served.person, choice("tenancy"))
    parts = noticing(served, triager=triager(family_name="Khan", given_name="Robin"))
    await look(served, parts)
    assert await waiting(served) == []
    served.clock.advance(12 * 3600)
    night = (await look(served, parts)).receipt.index
    assert await waiting(served) == [(Rule.SAME_SURNAME, night)]


async def test_first_and_family_name_together_may_be_the_practitioners_own_record(served: Served) -> None:
    name_person(served, "Sampleworth", "Maren Ada")
    await served.residents.allow(served.person, choice("tenancy"))
    parts = noticing(served, triager=triager(family_name="Sampleworth", given_name="Maren"))
    index = (await look(served, parts)).receipt.index
    assert await waiting(served) == [(Rule.OWN_RECORD, index)]


async def test_an_organisation_that_said_who_works_there_is_asked_about_own_records_and_colleagues(
    served: Served,
) -> None:
    works_for(served, COUNTY, "a.practitioner")
    await served.residents.allow(served.person, choice("tenancy"))
    parts = noticing(served)
    own = (await look(served, parts)).receipt.index
    assert await waiting(served) == [(Rule.OWN_RECORD, own)]
    colleague = noticing(served, triager=triager(practitioner="another"))
    await look(served, colleague)
    # The person allowed it, in working hours.
    assert await waiting(served) == [(Rule.OWN_RECORD, own)]
    served.clock.advance(12 * 3600)
    night = (await look(served, colleague)).receipt.index
    assert (Rule.COLLEAGUE, night) in await waiting(served)


async def test_another_organisations_list_and_one_that_has_run_out_say_nothing(served: Served) -> None:
    works_for(served, CITY, "a.practitioner")
    works_for(served, COUNTY, "a.practitioner")
    served.clock.advance(STAFF_STANDS_FOR.total_seconds())
    works_for(served, CITY, "another")
    await served.residents.allow(served.person, choice("tenancy"))
    await look(served, noticing(served))
    assert await waiting(served) == []
    person = served.way.home.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    # What ran out went with the next word.
    assert list(person.staff) == [CITY]
    assert len(person.staff[CITY]) == 1


async def test_a_look_after_the_case_is_over_stands_out_once_it_was_quiet(served: Served) -> None:
    await served.residents.allow(served.person, choice("support-plan", days=90))
    parts = noticing(served)
    await look(served, parts)
    plan(served, "completed")
    served.clock.advance(DAY)
    await look(served, parts)
    assert await waiting(served) == []
    served.clock.advance(60 * DAY)
    late = (await look(served, parts)).receipt.index
    assert await waiting(served) == [(Rule.CASE_CLOSED, late)]


def test_what_was_shown_says_that_somebody_died_or_how_they_are_called(served: Served) -> None:
    identity = ViewSection(
        "identity", COUNCIL, served.clock.now(), {}, {"deceased": True, "name": "Jo Rarename"}
    )
    facts = facts_of(*_for(served), looked(served, identity, family_name="Rarename", given_name="Ann"))
    assert facts.deceased
    assert facts.same_surname
    assert not facts.same_name
    assert not facts.common_surname
    assert facts_of(
        *_for(served), looked(served, identity, family_name="Rarename", given_name="Jo")
    ).same_name
    other = facts_of(*_for(served), looked(served, identity, family_name="Otherwise"))
    assert not other.same_surname
    assert not facts_of(*_for(served), looked(served, identity)).same_surname


async def test_an_application_alone_is_asked_nothing(served: Served) -> None:
    works_for(served, COUNTY, "a.practitioner")
    notes = noticing(served).recording.noticing
    assert notes is not None
    identity = ViewSection("identity", COUNCIL, served.clock.now(), {}, {"deceased": True})
    asked = looked(served, identity, practitioner=None, role=None)
    assert await notes.notice(asked) == NOTHING
    assert await notes.notice(looked(served, identity)) != NOTHING


async def test_of_somebody_unknown_and_of_somebody_who_said_no_nothing_is_noticed(served: Served) -> None:
    name_person(served, "Rarename", "Ann")
    works_for(served, COUNTY, "a.practitioner")
    parts = noticing(served, triager=triager(family_name="Rarename", given_name="Ann"))
    assert not (await look(served, parts)).sections
    assert not (await look(served, parts, number=STRANGER_NUMBER)).sections
    assert await waiting(served) == []


async def test_a_look_whose_alert_cannot_be_written_does_not_happen(served: Served) -> None:
    works_for(served, COUNTY, "a.practitioner")
    await served.residents.allow(served.person, choice("tenancy"))
    served.tamper("DROP TABLE alert")
    with pytest.raises(ClosedError):
        await look(served, noticing(served))


async def test_nothing_of_a_name_stands_in_the_database(served: Served) -> None:
    name_person(served, "Rarename", "Ann")
    await served.residents.allow(served.person, choice("tenancy"))
    await look(served, noticing(served, triager=triager(family_name="Rarename", given_name="Ann")))
    with served.way.home.database.read() as tx:
        rows = repr(list(tx.execute(text("SELECT * FROM alert"))))
        people = repr(list(tx.execute(text("SELECT * FROM person"))))
    assert "own-record" in rows
    for kept in (rows, people):
        assert "arename" not in kept.lower()


async def test_a_source_that_takes_its_pointer_back_takes_the_name_along(served: Served) -> None:
    name_person(served, "Rarename")
    home = served.way.home
    person = home.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    assert set(person.names) == {COUNCIL}
    with home.database.write() as tx:
        home.locator.revoke(tx, COUNCIL, f"record-at-{COUNCIL}")
    after = home.locator.by_id(person.id)
    assert after is not None
    assert after.names == {}


async def test_nobody_works_anywhere_whose_row_is_gone(served: Served) -> None:
    home = served.way.home
    person = home.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    served.tamper("DELETE FROM person")
    with home.database.write() as tx:
        home.locator.works_there(tx, person, COUNTY, "tag", served.clock.now())
        assert tx.execute(text("SELECT count(*) FROM person")).scalar_one() == 0


def _for(served: Served) -> tuple[Tags, Hours]:
    notes = noticing(served).recording.noticing
    assert notes is not None
    return notes.tags, notes.hours


def looked(served: Served, section: ViewSection, **changes: object) -> Looked:
    person = served.way.home.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    return Looked(triager(**changes), person, "ABCD-EFGH", (section,), False, False, served.clock.now())
