"""The consent ledger on a real database: append-only, sealed, and held by whoever looks at a revision."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, column, delete, select, table, text
from sqlalchemy.exc import DBAPIError

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Committed
from consent.ledger import NOTHING, Event, Ledger, Standing
from consent.permissions import Given, NoRowError, NotStandingError, Permission
from core.errors import ClosedError
from core.keys import SubjectKey
from core.unit_of_work import Written
from core.vocabulary import Kind as PermissionKind
from gateway.consenting import Consenting, Grant
from gateway.people.locator import Person
from tests.support.faults import lose
from tests.support.house import House

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BY = Given("portal", "p_self")
ATTORNEY = Given("representative", "p_other", "attorney")
GRANT = Grant(
    "early-help-triage",
    "norfolk-county-council",
    {"contact": frozenset({"*"})},
    frozenset({"norwich-city-council"}),
    None,
)


def permission(id_: str, kind: PermissionKind = PermissionKind.CONFIDENTIALITY_CONSENT) -> Permission:
    return Permission(
        id=id_,
        kind=kind,
        purposes=frozenset({"early-help-triage"}),
        sections={"contact": frozenset({"*"})},
        sources=frozenset({"norwich-city-council"}),
        recipients=frozenset({"norfolk-county-council"}),
        from_=NOW,
        until=NOW + timedelta(days=90),
        given=BY,
    )


@pytest.fixture
def person(home: House) -> Person:
    return home.person("9990000018")


def give(home: House, key: SubjectKey, one: Permission) -> None:
    with home.database.write() as tx:
        home.ledger.give(tx, key, one, NOW)


def withdraw(home: House, key: SubjectKey, id_: str) -> None:
    with home.database.write() as tx:
        home.ledger.withdraw(tx, key, id_, ATTORNEY, NOW + timedelta(hours=1))


def test_somebody_new_allows_nothing_and_has_a_row_to_be_held(home: House, person: Person) -> None:
    assert home.ledger.standing(person.key) == NOTHING
    with home.database.read() as tx:
        told = tx.execute(text("SELECT revision FROM person_state WHERE person = :p"), {"p": person.id})
        assert told.scalar_one() == 0


def test_what_is_given_stands_until_it_is_withdrawn(home: House, person: Person) -> None:
    first, second = permission("c_1"), permission("c_2", PermissionKind.OBJECTION)
    give(home, person.key, first)
    give(home, person.key, second)
    assert home.ledger.standing(person.key).permissions == (first, second)
    with home.database.write() as tx:
        assert home.ledger.withdraw(tx, person.key, "c_1", BY, NOW) == first
    standing = home.ledger.standing(person.key)
    assert standing.permissions == (second,)
    assert standing.revision == 3


def test_the_history_tells_every_event_oldest_first_and_by_whom(home: House, person: Person) -> None:
    one = permission("c_1")
    give(home, person.key, one)
    withdraw(home, person.key, "c_1")
    assert home.ledger.history(person.key) == (
        Event(1, NOW, "given", one, BY),
        Event(2, NOW + timedelta(hours=1), "withdrawn", one, ATTORNEY),
    )
    assert home.ledger.history(home.person("9990000026").key) == ()


@pytest.mark.parametrize("id_", ["c_never", "c_1"])
def test_what_does_not_stand_cannot_be_withdrawn(home: House, person: Person, id_: str) -> None:
    give(home, person.key, permission("c_1"))
    withdraw(home, person.key, "c_1")
    before = home.ledger.standing(person.key)
    with pytest.raises(NotStandingError):
        withdraw(home, person.key, id_)
    assert home.ledger.standing(person.key) == before


def test_somebody_without_a_row_allows_nothing_and_leaves_none_behind(home: House) -> None:
    key = home.keys.get_or_create("p_early")
    assert home.ledger.standing(key) == NOTHING
    with home.database.write() as tx:
        assert home.ledger.revision_stands(tx, "p_early", 0)
    with pytest.raises(NoRowError):
        give(home, key, permission("c_1"))
    assert rows_of(home, "p_early") == 0


OURS = (table("person_state", column("person")), table("permission_event", column("person")))


def rows_of(home: House, person: str) -> int:
    """How many rows the ledger has of a person."""
    with home.database.read() as tx:
        return sum(len(tx.execute(select(one).where(one.c.person == person)).all()) for one in OURS)


def erase_rows(home: House, person: Person) -> None:
    """What an erasure takes of the ledger, while somebody's decision is under way with a key read before."""
    with home.database.write() as tx:
        for one in OURS:
            tx.execute(delete(one).where(one.c.person == person.id))


async def test_a_decision_that_an_erasure_overtook_brings_nobody_back(home: House, person: Person) -> None:
    consenting = Consenting(home.ledger, home.committer, home.clock)
    erase_rows(home, person)
    with pytest.raises(NoRowError):
        await consenting.give(person.key, GRANT, BY)
    assert rows_of(home, person.id) == 0
    assert entries(home) == 0
    with pytest.raises(NotStandingError):
        await consenting.withdraw(person.key, "c_1", BY)


class Reopening(Ledger):
    """Opens whatever row it misses, as a ledger that inserts would."""

    def give(self, tx: Connection, key: SubjectKey, permission: Permission, at: datetime) -> Standing:
        """Makes the row anew."""
        self.open(tx, key)
        return super().give(tx, key, permission, at)


async def test_a_ledger_that_opened_a_missing_row_would_bring_the_erased_back(
    home: House, person: Person
) -> None:
    """The companion: without the refusal the person would stand there again, after their erasure was answered."""
    consenting = Consenting(Reopening(home.database), home.committer, home.clock)
    erase_rows(home, person)
    await consenting.give(person.key, GRANT, BY)
    assert rows_of(home, person.id) == 2


def test_a_revision_stands_only_as_long_as_nothing_was_decided(home: House, person: Person) -> None:
    give(home, person.key, permission("c_1"))
    with home.database.write() as tx:
        assert home.ledger.revision_stands(tx, person.id, 1)
        assert not home.ledger.revision_stands(tx, person.id, 0)
        assert not home.ledger.revision_stands(tx, person.id, 2)
        assert not home.ledger.revision_stands(tx, "p_nobody", 1)


def test_whoever_looked_at_a_revision_holds_it_until_they_have_committed(home: House, person: Person) -> None:
    give(home, person.key, permission("c_1"))
    order: list[str] = []
    looked, started = threading.Event(), threading.Event()

    def decides_otherwise() -> None:
        looked.wait(30)
        started.set()
        withdraw(home, person.key, "c_1")
        order.append("withdrawn")

    other = threading.Thread(target=decides_otherwise)
    other.start()
    with home.database.write() as tx:
        assert home.ledger.revision_stands(tx, person.id, 1)
        looked.set()
        started.wait(30)
        # Time for the other to get ahead, if anything would let it.
        other.join(0.3)
        order.append("committed")
    other.join(30)
    assert order == ["committed", "withdrawn"]


def test_nothing_of_a_decision_can_be_read_without_the_key(home: House, person: Person) -> None:
    give(home, person.key, permission("c_1"))
    with home.database.read() as tx:
        kept = [bytes(row[0]) for row in tx.execute(text("SELECT sealed FROM person_state"))]
        kept += [bytes(row[0]) for row in tx.execute(text("SELECT sealed FROM permission_event"))]
    for sealed in kept:
        for word in (b"early-help", b"contact", b"council", b"portal", b"c_1"):
            assert word not in sealed
    stranger = replace(home.keys.get_or_create("p_stranger"), subject=person.id)
    with pytest.raises(ClosedError, match="consent store"):
        home.ledger.standing(stranger)


def test_a_state_put_in_anothers_place_does_not_open(home: House, person: Person) -> None:
    other = home.person("9990000026")
    give(home, person.key, permission("c_1"))
    with home.database.write() as tx:
        tx.execute(
            text(
                "UPDATE person_state SET sealed = (SELECT sealed FROM person_state WHERE person = :a) WHERE person = :b"
            ),
            {"a": person.id, "b": other.id},
        )
    with pytest.raises(ClosedError, match="consent store"):
        home.ledger.standing(other.key)


def test_an_event_cannot_be_written_twice_over(home: House, person: Person) -> None:
    give(home, person.key, permission("c_1"))
    with home.database.write() as tx:
        tx.execute(text("UPDATE person_state SET revision = 0"))
    with pytest.raises(DBAPIError):
        give(home, person.key, permission("c_2"))


def test_a_ledger_that_does_not_answer_is_closed(home: House, person: Person) -> None:
    lose(home.database, "person_state")
    with pytest.raises(ClosedError, match="database"):
        home.ledger.standing(person.key)


def standing_ids(home: House, person: Person) -> list[str]:
    return [one.id for one in home.ledger.standing(person.key).permissions]


async def test_a_decision_and_its_entry_stand_or_fall_together(home: House, person: Person) -> None:
    consenting = Consenting(home.ledger, home.committer, home.clock)
    given: Committed[Permission] = await consenting.give(person.key, GRANT, BY)
    assert standing_ids(home, person) == [given.value.id]
    assert len(given.receipts) == 1
    with pytest.raises(NotStandingError):
        await consenting.withdraw(person.key, "c_never", BY)
    assert entries(home) == 1
    lose(home.database, "log_entry_organisation")
    with pytest.raises(ClosedError):
        await consenting.withdraw(person.key, given.value.id, BY)
    assert standing_ids(home, person) == [given.value.id]
    assert entries(home) == 1


def entries(home: House) -> int:
    with home.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM log_entry")).scalar_one())


def test_a_withdrawal_earlier_in_the_same_batch_counts(home: House, person: Person) -> None:
    give(home, person.key, permission("c_1"))
    revision = home.ledger.standing(person.key).revision
    entry = seal_entry(Draft(Kind.CONSENT, "withdrawn", frozenset(), {}), person.key)

    def withdraws(tx: Connection) -> Written[bool, SealedEntry]:
        home.ledger.withdraw(tx, person.key, "c_1", BY, NOW)
        return Written(True, (entry,))

    def discloses(tx: Connection) -> Written[bool, SealedEntry]:
        return Written(home.ledger.revision_stands(tx, person.id, revision), (entry,))

    outcomes = home.log.commit([Append(discloses), Append(withdraws, changes=True), Append(discloses)])
    values = [one.value for one in outcomes if isinstance(one, Committed)]
    assert values == [True, True, False]


def test_two_replicas_number_one_persons_decisions_without_gaps(home: House, person: Person) -> None:
    ledger = Ledger(home.database)

    def decide(start: int) -> None:
        for n in range(15):
            with home.database.write() as tx:
                ledger.give(tx, person.key, permission(f"c_{start + n}"), NOW)

    threads = [threading.Thread(target=decide, args=(start,)) for start in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.revision for event in home.ledger.history(person.key)] == list(range(1, 31))
    assert len(home.ledger.standing(person.key).permissions) == 30
