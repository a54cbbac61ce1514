"""A decision and its entry are one: both are there, or neither is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from audit.log import Append
from audit.reader import LogReader, Query, StoredEntry
from consent.permissions import ANY, Given, NonsenseError, NotStandingError, Permission
from core.errors import ClosedError
from core.vocabulary import Kind
from gateway.consenting import Consenting, Grant
from gateway.naming import naming
from gateway.people import trace
from gateway.people.locator import Registration
from gateway.people.registering import register
from gateway.views.record import person_code
from tests.support.clock import FakeClock
from tests.support.house import House, house, sqlite_urls

COUNTY, AGE_WELL, PURPOSE = "norfolk-county-council", "age-well-norfolk", "early-help-triage"
GRANT = Grant(PURPOSE, COUNTY, {"tenancy": ANY}, frozenset({"norwich-city-council"}), None)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(*sqlite_urls(tmp_path), FakeClock()) as found:
        yield found


def consenting(home: House) -> Consenting:
    return Consenting(home.ledger, home.committer, home.clock)


def entries(home: House, tag: bytes) -> tuple[StoredEntry, ...]:
    return LogReader(home.database, home.log.store, home.keys).of_tag(tag, ["consent"], None, 10)


async def test_a_permission_stands_from_now_and_its_entry_says_all_of_it(home: House) -> None:
    key = home.person("9990000018").key
    by = Given("assisted", "p_attorney", "attorney")
    committed = await consenting(home).give(key, GRANT, by)
    permission = committed.value
    assert home.ledger.standing(key).permissions == (permission,)
    assert permission.id.startswith("c_")
    assert (permission.from_, permission.until, permission.given) == (home.clock.now(), None, by)
    (entry,) = entries(home, key.tag)
    assert entry.index == committed.receipts[0].index
    assert (entry.outcome, entry.recipient, entry.purpose) == ("given", COUNTY, PURPOSE)
    opening = LogReader(home.database, home.log.store, home.keys).open(entry)
    assert opening is not None
    assert opening.detail["organisations"] == [COUNTY]
    assert opening.detail["detail"] == {
        "permission": permission.to_json(),
        "by": {"how": "assisted", "by": "p_attorney", "capacity": "attorney"},
    }


async def test_two_permissions_never_share_an_id(home: House) -> None:
    key = home.person("9990000018").key
    given = [(await consenting(home).give(key, GRANT, Given("portal", "p"))).value.id for _ in range(2)]
    assert len(set(given)) == 2


async def test_stopping_leaves_the_other_permissions_and_says_who_stopped_it(home: House) -> None:
    key = home.person("9990000018").key
    first = (await consenting(home).give(key, GRANT, Given("portal", "p_self"))).value
    second = (
        await consenting(home).give(key, replace(GRANT, recipient=AGE_WELL), Given("portal", "p"))
    ).value
    stopped = await consenting(home).withdraw(key, first.id, Given("representative", "p_other", "deputy"))
    assert stopped.value == first
    assert home.ledger.standing(key).permissions == (second,)
    assert [one.outcome for one in entries(home, key.tag)] == ["withdrawn", "given", "given"]
    assert home.ledger.history(key)[-1].by == Given("representative", "p_other", "deputy")


async def test_stopping_what_does_not_stand_writes_nothing(home: House) -> None:
    key, other = home.person("9990000018").key, home.person("9990000026").key
    given = (await consenting(home).give(key, GRANT, Given("portal", "p"))).value
    before = home.log.store.head()
    for owner, permission in ((key, "c_never-given"), (other, given.id)):
        with pytest.raises(NotStandingError):
            await consenting(home).withdraw(owner, permission, Given("portal", "p"))
    assert home.log.store.head() == before
    assert home.ledger.standing(key).permissions == (given,)


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, sections={}),
        replace(GRANT, sources=frozenset()),
        replace(GRANT, until=FakeClock().now() - timedelta(days=1)),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_written(home: House, grant: Grant) -> None:
    key = home.person("9990000018").key
    before = home.log.store.head()
    with pytest.raises(NonsenseError):
        await consenting(home).give(key, grant, Given("portal", "p"))
    assert home.log.store.head() == before


async def test_without_a_log_that_commits_nothing_is_allowed(home: House) -> None:
    key = home.person("9990000018").key
    clock = home.clock
    assert isinstance(clock, FakeClock)
    clock.sound = False
    with pytest.raises(ClosedError):
        await consenting(home).give(key, GRANT, Given("portal", "p"))
    clock.sound = True
    assert home.ledger.standing(key).permissions == ()


async def test_a_permission_for_several_recipients_and_purposes_is_filed_under_none_of_them_alone(
    home: House,
) -> None:
    key, now = home.person("9990000018").key, home.clock.now()
    wide = Permission(
        id="c_imported",
        kind=Kind.CONFIDENTIALITY_CONSENT,
        purposes=frozenset({PURPOSE, "social-prescribing"}),
        sections={"tenancy": ANY},
        sources=ANY,
        recipients=frozenset({COUNTY, AGE_WELL}),
        from_=now,
        until=None,
        given=Given("imported", "p"),
    )
    with home.database.write() as tx:
        home.ledger.give(tx, key, wide, now)
    await consenting(home).withdraw(key, "c_imported", Given("portal", "p"))
    (entry,) = entries(home, key.tag)
    assert (entry.recipient, entry.purpose) == (None, None)
    reader = LogReader(home.database, home.log.store, home.keys)
    assert reader.concerns(entry.index, COUNTY)
    assert reader.concerns(entry.index, AGE_WELL)


async def test_the_entry_names_the_person_as_the_recipients_officers_do(home: House) -> None:
    person = home.person("9990000018")
    named = Consenting(home.ledger, home.committer, home.clock, partial(naming, home.locator, home.handles))
    committed = await named.give(person.key, GRANT, Given("portal", "p"))
    await named.withdraw(person.key, committed.value.id, Given("portal", "p"))
    code = person_code(home.handles.make(COUNTY, trace.by_nhs_number("9990000018")))
    reader = LogReader(home.database, home.log.store, home.keys)
    found = reader.search(Query(COUNTY, code=code))
    assert [one.outcome for one in found] == ["withdrawn", "given"]
    assert code != person_code(home.handles.make(AGE_WELL, trace.by_nhs_number("9990000018")))


async def test_whoever_has_no_nhs_number_is_named_to_nobody(home: House) -> None:
    registration = Registration("norwich-city-council", "ref-1")
    person = home.locator.prepare(registration)
    work = partial(register, home.locator, home.ledger, person, registration, home.clock.now(), ())
    home.log.append(Append(work, changes=True))
    assert naming(home.locator, home.handles, person.id)(COUNTY) is None
    assert naming(home.locator, home.handles, "nobody")(COUNTY) is None
