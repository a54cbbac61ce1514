"""Authorities, spoken decisions and papers' codes on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from audit.committer import Committer
from audit.log import Append
from consent.assisted import store
from consent.assisted.values import Evidence, Spoken
from consent.permissions import Given
from consent.representing.store import Representations, purge
from consent.representing.values import Area, Authority, Because, Capacity, NoAuthorityError, Recorded
from core.errors import BrokenRowError
from core.unit_of_work import Written
from gateway.consenting import Consenting, Grant
from gateway.naming import naming
from gateway.services.stop_by_code import StopByCode, Tries
from tests.support.house import House

NOW = datetime.now(UTC).replace(microsecond=0)
WHO = Recorded("norwich-city-council", "housing-officer", "hal", "lpa-access-code", "file 7", NOW)
INDEX, OTHER = bytes(32), bytes(range(32))
PARENT = Authority(
    "a_1",
    Capacity.PARENT,
    frozenset(Area),
    Because.UNDER_16,
    NOW - timedelta(minutes=1),
    NOW + timedelta(days=30),
    WHO,
)
SPOKEN = Spoken(
    "s_1", True, "county", "triage", NOW, NOW + timedelta(days=30), Evidence("in-person", (), "v1", "hal")
)


def test_an_authority_is_found_from_both_sides_replaced_and_ended(home: House) -> None:
    person = home.person("9990000018")
    kept = Representations(home.database, home.keys)
    with home.database.write() as tx:
        kept.add(tx, person.key, INDEX, PARENT)
        kept.add(tx, person.key, INDEX, replace(PARENT, id="a_2"))
        kept.add(tx, person.key, OTHER, replace(PARENT, id="a_3"))
        kept.add(tx, person.key, INDEX, replace(PARENT, id="a_4", capacity=Capacity.DEPUTY))
    assert {one.authority.id for one in kept.of_person(person.key)} == {"a_2", "a_3", "a_4"}
    assert {one.authority.id for one in kept.of_representative(INDEX)} == {"a_2", "a_4"}
    held = kept.find("a_2", INDEX)
    assert held.stands(NOW)
    with pytest.raises(NoAuthorityError):
        kept.find("a_2", OTHER)
    with home.database.write() as tx:
        assert kept.stands_in(tx, held, NOW)
        kept.set_alone(tx, person.key, WHO)
        kept.set_alone(tx, person.key, WHO)
        assert not kept.stands_in(tx, held, NOW)
        assert kept.end(tx, person.key, "a_2").id == "a_2"
        assert [one.id for one in kept.end_of(tx, person.key, OTHER)] == ["a_3"]
        with pytest.raises(NoAuthorityError):
            kept.end(tx, person.key, "a_2")
    assert [one.authority.id for one in kept.of_person(person.key)] == ["a_4"]
    assert purge(home.database, NOW) == 0
    assert purge(home.database, NOW + timedelta(days=31)) == 1


def test_a_row_moved_to_another_person_does_not_open_and_the_erased_have_none(home: House) -> None:
    ada, ben = home.person("9990000018"), home.person("9990000026")
    kept = Representations(home.database, home.keys)
    with home.database.write() as tx:
        kept.add(tx, ada.key, INDEX, PARENT)
    kept.set_word(ben.key, "a_1", "aunt")
    kept.set_word(ben.key, "a_1", "M")
    assert kept.words(ben.key) == {"a_1": "M"}
    with home.database.write() as tx:
        tx.execute(text("UPDATE representation SET person = :to"), {"to": ben.id})
    with pytest.raises(BrokenRowError):
        kept.of_representative(INDEX)
    home.keys.erase(ben.id, 1)
    assert kept.of_representative(INDEX) == ()


def test_evidence_opens_for_its_person_only_and_goes_after_its_time(home: House) -> None:
    person = home.person("9990000018")
    with home.database.write() as tx:
        store.keep(tx, person.key, SPOKEN)
        assert store.kept(tx, person.key) == (SPOKEN,)
        tx.execute(text("UPDATE spoken_decision SET id = 'moved'"))
        with pytest.raises(BrokenRowError):
            store.kept(tx, person.key)
    assert store.purge(home.database, NOW + timedelta(days=431)) == 1


def test_a_code_stops_its_permission_once_and_nothing_after_its_time_or_an_erasure(home: House) -> None:
    person = home.person("9990000018")
    committer = Committer(home.log)
    consenting = Consenting(home.ledger, committer, home.clock, partial(naming, home.locator, home.handles))
    grant = Grant("triage", "county", {"contact": frozenset({"name"})}, frozenset({"*"}), None)

    async def stops(mac: bytes, times: int) -> None:
        given = await consenting.give(person.key, grant, Given("assisted", "hal"))

        def keep(tx: object) -> Written[None, object]:
            store.keep_code(tx, person.key, mac, given.value.id, NOW + timedelta(days=1))  # type: ignore[arg-type]
            return Written(None, ())

        home.log.append(Append(keep, changes=True))  # type: ignore[arg-type] # no entries of its own
        codes = StopByCode(home.database, home.keys, home.handles, consenting, home.clock, Tries(home.clock))
        for _ in range(times):
            await codes._stop(mac)

    asyncio.run(stops(INDEX, 2))
    assert home.ledger.standing(person.key).permissions == ()
    assert store.find_code(home.database, home.keys, INDEX) is None
    asyncio.run(stops(OTHER, 0))
    assert store.find_code(home.database, home.keys, OTHER) is not None
    with home.database.write() as tx:
        tx.execute(text("UPDATE stop_code SET mac = :to"), {"to": INDEX})
    assert store.find_code(home.database, home.keys, INDEX) is None
    home.keys.erase(person.id, 1)
    assert store.find_code(home.database, home.keys, INDEX) is None
    assert store.purge(home.database, NOW + timedelta(days=2)) == 1
    committer.close()
