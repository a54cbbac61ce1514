"""Erasing a person on both databases: nothing of them rests, nobody can link their entries, and every proof still holds.

Companions: what waits, and what an erasure cut off between the two databases leaves until somebody comes by.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, MetaData, text

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.fsck import Fsck
from audit.log import Append
from audit.reader import LogReader
from audit.verify import verify_receipt
from consent.permissions import Given, Permission
from core.errors import ClosedError
from core.keys import KeyStore, MissingKeyError
from core.sections import policies_folder
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Kind as PermissionKind
from gateway.erasing import BY_PERSON, BY_TAG, Erasing, ErasingError, WaitingError, finish
from gateway.people.locator import Person
from gateway.people.trace import TraceError
from gateway.retention import load_retention
from gateway.reviews import store
from gateway.reviews.opening import Beside, Hold, Task
from tests.support.house import House

ADA, BEN = "9990000018", "9990000026"
COUNTY = "norfolk-county-council"
NOW = datetime.now(UTC)


def erasing_of(home: House, keys: KeyStore | None = None) -> Erasing:
    return Erasing(
        home.log,
        home.database,
        keys or home.keys,
        home.locator,
        home.handles,
        load_retention(policies_folder()),
        home.clock,
    )


def look(home: House, person: Person, tasks: tuple[Task, ...] = (), hold: Hold | None = None) -> int:
    """A look with what stands beside it, and a person's code to be found by."""
    draft = Draft(
        Kind.BREAK_GLASS, "disclosed", frozenset({COUNTY}), {"person": "ABCD-2345"}, COUNTY, "triager", "x"
    )
    entry = seal_entry(draft, person.key)
    beside = Beside(home.clock.now(), person.key.tag, b"sealed", tasks, hold)

    def work(_: Connection) -> Written[None, SealedEntry]:
        return Written(None, (entry,), lambda tx, places: beside.write(tx, places[0]))

    return home.log.append(Append(work)).receipts[0].index


def signed_in(home: House, person: Person) -> None:
    with home.database.write() as tx:
        tx.execute(
            text(
                "INSERT INTO session (id, kind, subject, sealed, created_ms, last_seen_ms, expires_ms) "
                "VALUES (:id, 'portal', :subject, :id, 1, 1, 1)"
            ),
            {"id": person.id.encode(), "subject": person.id},
        )


def allowing(home: House, person: Person) -> None:
    everything = frozenset({"*"})
    permission = Permission(
        "g_1",
        PermissionKind.GDPR_CONSENT,
        everything,
        {"*": everything},
        everything,
        everything,
        NOW,
        None,
        Given("portal", "self"),
    )
    with home.database.write() as tx:
        home.ledger.give(tx, person.key, permission, NOW)


def mentions(home: House, person: Person) -> set[str]:
    """Every table of either database in which the person's id or tag stands."""
    found = set()
    for database in (home.database, home.key_database):
        known = MetaData()
        known.reflect(database.writer)
        with database.read() as tx:
            for one in known.sorted_tables:
                for row in tx.execute(one.select()):
                    values = [bytes(v) if isinstance(v, memoryview) else v for v in row]
                    if person.id in values or person.key.tag in values:
                        found.add(one.name)
    return found


def test_an_erased_person_is_nowhere_and_their_entries_prove_themselves_and_open_for_nobody(
    home: House,
) -> None:
    ada, ben = home.person(ADA), home.person(BEN)
    signed_in(home, ada)
    allowing(home, ada)
    index, other = look(home, ada), look(home, ben)
    assert {
        "person",
        "blind_index",
        "person_state",
        "permission_event",
        "session",
        "decision_input",
    } <= mentions(home, ada)
    erased = erasing_of(home).erase_person(ADA, "asked for by the person")
    assert erased.entries == 1
    assert erased.rows >= 5
    assert mentions(home, ada) == {"log_entry_detail", "person_key"}, (
        "a tag that leads nowhere, a subject without a key"
    )
    with pytest.raises(MissingKeyError):
        home.keys.get(ada.id)
    with pytest.raises(MissingKeyError):
        home.keys.by_tag(ada.key.tag)
    reader = LogReader(home.database, home.log.store, home.keys)
    entry = reader.entry(index)
    assert entry is not None
    assert reader.open(entry) is None
    receipt = reader.receipt(index)
    assert verify_receipt(receipt.text, receipt.leaf, [home.verifier_key]).index == index
    report = Fsck(home.database, home.keys, [home.verifier_key]).run()
    assert report.clean, report.findings
    assert report.erased == 1
    with home.database.read() as tx:
        found_by = tx.execute(text('SELECT "index", code FROM log_entry_organisation')).all()
    codes = {row[0]: row[1] for row in found_by}
    assert (codes[index], codes[other]) == (None, "ABCD-2345")
    found = home.locator.by_nhs_number(BEN)
    assert found is not None, "nobody else is touched"
    told = reader.entry(erased.receipt.index)
    assert told is not None
    opening = reader.open(told)
    assert opening is not None
    assert opening.detail["detail"] == {"reason": "asked for by the person"}


def test_whoever_is_registered_again_is_somebody_new(home: House) -> None:
    ada = home.person(ADA)
    index = look(home, ada)
    erasing_of(home).erase_person(ADA, "asked")
    again = home.person(ADA)
    assert again.id != ada.id
    reader = LogReader(home.database, home.log.store, home.keys)
    assert reader.of_tag(again.key.tag, ("break-glass",), None, 10) == ()
    entry = reader.entry(index)
    assert entry is not None
    assert reader.open(entry) is None


def test_every_table_that_knows_a_person_is_emptied_of_them(home: House) -> None:
    """Whoever adds a table that names people by id or tag has to name it in `gateway.erasing`."""
    named = {name for name, _ in (*BY_PERSON, *BY_TAG)}
    elsewhere = {"session", "log_entry_detail", "erasure_pending"}
    known = MetaData()
    known.reflect(home.database.writer)
    suspects = {
        one.name
        for one in known.sorted_tables
        if {column.name for column in one.columns} & {"person", "tag", "subject"}
    }
    assert suspects - elsewhere <= named


@pytest.mark.parametrize("held", [False, True])
def test_an_erasure_waits_for_an_open_review_and_says_until_when(home: House, held: bool) -> None:
    ada = home.person(ADA)
    due = NOW + timedelta(hours=72)
    kind = store.LOOK_AGAIN if held else store.BREAK_GLASS
    hold = Hold("danger", due) if held else None
    index = look(home, ada, (Task(kind, COUNTY, due),), hold)
    before = home.log.store.head()
    with pytest.raises(WaitingError, match="a review of possible misuse is open; ask again on") as caught:
        erasing_of(home).erase_person(ADA, "asked")
    assert (caught.value.until - due.date()).days in {1, 2}
    assert home.log.store.head() == before, "nothing of it happened"
    assert home.locator.by_nhs_number(ADA) == ada
    assert home.keys.stands(ada.key)
    with home.database.write() as tx:
        tx.execute(
            text('UPDATE review_task SET closed_ms = :now, outcome = :right WHERE "index" = :index'),
            {"now": to_ms(NOW), "right": store.RIGHT, "index": index},
        )
        tx.execute(text("UPDATE held_entry SET released_ms = 1"))
    assert erasing_of(home).erase_person(ADA, "asked").entries == 1


def tasks_of(home: House, index: int) -> dict[str, tuple[int | None, str | None]]:
    with home.database.read() as tx:
        rows = tx.execute(
            text('SELECT kind, closed_ms, outcome FROM review_task WHERE "index" = :index'), {"index": index}
        ).all()
    return {row[0]: (row[1], row[2]) for row in rows}


@pytest.mark.parametrize("due", [NOW + timedelta(days=14), NOW - timedelta(days=1)])
def test_a_spot_check_suspects_nobody_and_ends_with_the_erasure(home: House, due: datetime) -> None:
    ada, ben = home.person(ADA), home.person(BEN)
    index = look(home, ada, (Task(store.SAMPLE, COUNTY, due),))
    other = look(home, ben, (Task(store.SAMPLE, COUNTY, due),))
    assert erasing_of(home).erase_person(ADA, "asked").entries == 1
    ((closed_ms, outcome),) = tasks_of(home, index).values()
    assert (closed_ms is not None, outcome) == (True, "person-erased")
    assert tasks_of(home, other) == {store.SAMPLE: (None, None)}, "the checks of others go on"


def test_an_erasure_waits_for_the_review_beside_a_spot_check_and_not_for_the_check(home: House) -> None:
    ada = home.person(ADA)
    due = NOW + timedelta(days=3)
    later = Task(store.SAMPLE, COUNTY, NOW + timedelta(days=14))
    index = look(home, ada, (Task(store.BREAK_GLASS, COUNTY, due), later))
    with pytest.raises(WaitingError) as caught:
        erasing_of(home).erase_person(ADA, "asked")
    assert (caught.value.until - due.date()).days in {1, 2}, "the day of the review, not that of the check"
    assert tasks_of(home, index)[store.SAMPLE] == (None, None)


def test_a_spot_check_that_found_misuse_holds_an_erasure_up(home: House) -> None:
    ada = home.person(ADA)
    index = look(home, ada, (Task(store.SAMPLE, COUNTY, NOW),))
    with home.database.write() as tx:
        tx.execute(
            text('UPDATE review_task SET closed_ms = :at, outcome = :wrong WHERE "index" = :index'),
            {"at": to_ms(NOW), "wrong": store.WRONG, "index": index},
        )
    with pytest.raises(WaitingError, match="judged misuse"):
        erasing_of(home).erase_person(ADA, "asked")


def test_an_erasure_waits_while_misuse_is_kept_as_evidence(home: House) -> None:
    ada = home.person(ADA)
    index = look(home, ada, (Task(store.BREAK_GLASS, COUNTY, NOW),))
    judged = {"index": index, "wrong": store.WRONG}

    def judge(at: datetime) -> None:
        with home.database.write() as tx:
            tx.execute(
                text('UPDATE review_task SET closed_ms = :at, outcome = :wrong WHERE "index" = :index'),
                {"at": to_ms(at), **judged},
            )

    judge(NOW)
    with pytest.raises(WaitingError, match="judged misuse") as caught:
        erasing_of(home).erase_person(ADA, "asked")
    kept = load_retention(policies_folder()).misuse_evidence
    assert (caught.value.until - (NOW + kept).date()).days in {1, 2}
    judge(NOW - kept - timedelta(days=1))
    assert erasing_of(home).erase_person(ADA, "asked").entries == 1


def test_the_reviews_of_others_hold_nothing_up(home: House) -> None:
    home.person(ADA)
    look(home, home.person(BEN), (Task(store.BREAK_GLASS, COUNTY, NOW),))
    assert erasing_of(home).erase_person(ADA, "asked").entries == 0


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\nb"])
def test_a_reason_is_needed_in_one_line(home: House, reason: str) -> None:
    home.person(ADA)
    with pytest.raises(ErasingError, match="say why"):
        erasing_of(home).erase_person(ADA, reason)


def test_nobody_and_nonsense_are_refused(home: House) -> None:
    with pytest.raises(ErasingError, match="nobody is known"):
        erasing_of(home).erase_person(ADA, "asked")
    with pytest.raises(TraceError):
        erasing_of(home).erase_person("12", "asked")


class Lost(KeyStore):
    """A key store that is gone just when it should erase."""

    def erase(self, subject: str, at_ms: int) -> None:
        raise ClosedError("key store", "gone")


def test_an_erasure_cut_off_between_the_databases_is_finished_by_whoever_comes_next(home: House) -> None:
    ada = home.person(ADA)
    look(home, ada)
    lost = Lost(home.key_database, bytes(range(32, 64)))
    with pytest.raises(ClosedError):
        erasing_of(home, lost).erase_person(ADA, "asked")
    assert home.locator.by_nhs_number(ADA) is None, "the rows are gone"
    assert home.keys.stands(ada.key), "the key is not"
    assert finish(home.database, home.keys) == 1
    assert not home.keys.stands(ada.key)
    assert finish(home.database, home.keys) == 0
    assert mentions(home, ada) == {"log_entry_detail", "person_key"}


def test_a_look_that_is_under_way_while_the_person_is_erased_finds_nobody(home: House) -> None:
    """The guard inside the append: what was decided about them does not leave."""
    ada = home.person(ADA)
    standing = home.ledger.standing(ada.key)
    erasing_of(home).erase_person(ADA, "asked")

    async def guarded() -> bool:
        def work(tx: Connection) -> Written[bool, SealedEntry]:
            stands = home.ledger.revision_stands(tx, ada.id, standing.revision)
            return Written(stands and home.locator.stands(tx, ada, ada.label), ())

        return (await home.committer.append(Append(work))).value

    assert asyncio.run(guarded()) is False
