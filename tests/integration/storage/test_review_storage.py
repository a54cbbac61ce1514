"""Reviews and holds on a real database: decided once, by one of many at once, and unseen by the person while held back."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from audit.reader import LogReader
from core.keys import SubjectKey
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.reviews import store
from gateway.reviews.opening import Beside, Hold, Task
from gateway.reviews.store import Reviews, StoredTask, is_told, stands_in_history
from tests.support.house import House

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
KINDS = [kind.value for kind in Kind]
DAY_MS = 86_400_000


def look(home: House, key: SubjectKey, *, held: bool = True, tasks: bool = True) -> int:
    """A look that is reviewed by two organisations and, where held, kept from the person for a week."""
    now = home.clock.now()
    hold = Hold("danger-to-person", now + timedelta(days=7)) if held else None
    reviews = [Task(store.BREAK_GLASS, name, now + timedelta(hours=72)) for name in (CITY, COUNTY)]
    if held:
        reviews.append(Task(store.HOLD_BACK, COUNTY, now + timedelta(hours=24)))
        reviews.append(Task(store.LOOK_AGAIN, COUNTY, now + timedelta(days=7)))
    draft = Draft(Kind.DISCLOSURE, "disclosed", frozenset({COUNTY, CITY}), {}, COUNTY, "lead", "safety")
    beside = Beside(now, key.tag, b"sealed", tuple(reviews) if tasks else (), hold)
    entry = seal_entry(draft, key)
    work = Written(None, (entry,), lambda tx, places: beside.write(tx, places[0]))
    return home.log.append(Append(lambda _: work, changes=True)).receipts[0].index


def decide(home: House, key: SubjectKey, task: StoredTask, outcome: str, now_ms: int) -> int | None:
    """Close a review with an entry, as `gateway.reviews.deciding` does; None where it was closed already."""
    detail: dict[str, Json] = {"entry": task.index}
    entry = seal_entry(Draft(Kind.ADMINISTRATION, outcome, frozenset({task.organisation}), detail), key)

    def work(tx: Connection) -> Written[bool, SealedEntry]:
        changed = (
            store.release(tx, task, now_ms)
            if outcome == store.ENDED
            else store.close(tx, task, outcome, now_ms)
        )
        if not changed:
            return Written(False, ())

        def then(tx: Connection, places: Sequence[int]) -> None:
            store.settle(tx, task, outcome, now_ms, places[0])

        return Written(True, (entry,), then)

    receipts = home.log.append(Append(work, changes=True)).receipts
    return receipts[0].index if receipts else None


def task_of(reviews: Reviews, index: int, kind: str, organisation: str = COUNTY) -> StoredTask:
    found = reviews.task(index, kind, organisation)
    assert found is not None
    return found


def seen(home: House, key: SubjectKey) -> list[int]:
    """What the person is shown, after the statement and one by one: both must say the same."""
    reader = LogReader(home.database, home.log.store, home.keys)
    history = [entry.index for entry in reader.of_tag(key.tag, KINDS, None, 50, stands_in_history)]
    everything = [entry.index for entry in reader.of_tag(key.tag, KINDS, None, 50)]
    assert [index for index in everything if reader.entry(index, is_told) is not None] == history
    return history


def test_a_held_look_and_all_that_is_decided_about_it_are_unseen_until_it_is_told(home: House) -> None:
    reviews, key, other = Reviews(home.database), home.keys.get_or_create("p"), home.keys.get_or_create("q")
    now = to_ms(home.clock.now())
    open_look, held, theirs = look(home, key, held=False), look(home, key), look(home, other)
    judged = decide(home, key, task_of(reviews, held, store.BREAK_GLASS), store.RIGHT, now)
    known = decide(home, key, task_of(reviews, open_look, store.BREAK_GLASS), store.WRONG, now)
    assert seen(home, key) == [known, open_look]
    assert seen(home, other) == []
    reader = LogReader(home.database, home.log.store, home.keys)
    stood = reader.entry(open_look)
    assert stood is not None
    assert reader.last_looks(key.tag, is_told) == {(COUNTY, "safety"): stood.at_ms}
    assert reader.last_looks(other.tag, is_told) == {}
    told = decide(home, key, task_of(reviews, held, store.LOOK_AGAIN), store.ENDED, now)
    assert seen(home, key) == [told, known, judged, held, open_look]
    assert seen(home, other) == []
    assert theirs in reviews.holds([held, theirs])
    assert reviews.holds([held])[held].released_ms == now


def test_the_end_of_a_hold_closes_what_hung_on_it_and_nothing_else(home: House) -> None:
    reviews, key = Reviews(home.database), home.keys.get_or_create("p")
    now = to_ms(home.clock.now())
    held, other = look(home, key), look(home, key)
    told = decide(home, key, task_of(reviews, held, store.HOLD_BACK), store.ENDED, now)
    for kind in (store.HOLD_BACK, store.LOOK_AGAIN):
        closed = task_of(reviews, held, kind)
        assert (closed.closed_ms, closed.outcome, closed.closed_entry) == (now, store.ENDED, told)
        assert task_of(reviews, other, kind).closed_ms is None
    for organisation in (CITY, COUNTY):
        assert task_of(reviews, held, store.BREAK_GLASS, organisation).closed_ms is None
    assert told is not None
    assert {one.about for one in reviews.decisions([told]).values()} == {held}
    assert [one.index for one in reviews.decided_about(held)] == [told]
    assert decide(home, key, replace(task_of(reviews, held, store.LOOK_AGAIN)), store.ENDED, now) is None


def test_one_sides_judgement_leaves_the_other_sides_open(home: House) -> None:
    reviews, key = Reviews(home.database), home.keys.get_or_create("p")
    index = look(home, key, held=False)
    now = to_ms(home.clock.now())
    place = decide(home, key, task_of(reviews, index, store.BREAK_GLASS, CITY), store.RIGHT, now)
    assert task_of(reviews, index, store.BREAK_GLASS, CITY).closed_entry == place
    theirs = task_of(reviews, index, store.BREAK_GLASS, COUNTY)
    assert (theirs.closed_ms, theirs.outcome, theirs.closed_entry) == (None, None, None)
    assert reviews.count(CITY, now) == (0, 0)
    assert reviews.count(COUNTY, now) == (1, 0)
    assert reviews.count(COUNTY, theirs.due_ms) == (1, 0)
    assert reviews.count(COUNTY, theirs.due_ms + 1) == (1, 1)
    assert reviews.waiting(COUNTY, 5) == (theirs,)
    assert reviews.tasks([index])[index] == (theirs, task_of(reviews, index, store.BREAK_GLASS, CITY))


def test_of_many_at_once_one_decides(home: House) -> None:
    reviews, key = Reviews(home.database), home.keys.get_or_create("p")
    index = look(home, key)
    task, now = task_of(reviews, index, store.LOOK_AGAIN), to_ms(home.clock.now())
    places: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: places.append(decide(home, key, task, store.ENDED, now)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(places) == 6
    assert len([place for place in places if place is not None]) == 1
    assert len(reviews.decided_about(index)) == 1


def test_a_look_at_the_danger_is_put_off_only_as_it_was_seen(home: House) -> None:
    reviews, key = Reviews(home.database), home.keys.get_or_create("p")
    index = look(home, key)
    task = task_of(reviews, index, store.LOOK_AGAIN)
    later = task.due_ms + DAY_MS
    with home.database.write() as tx:
        assert store.put_off(tx, task, later)
    assert reviews.holds([index])[index].look_again_ms == later
    with home.database.write() as tx:
        assert not store.put_off(tx, task, later + DAY_MS)
        assert not store.close(tx, task, store.ENDED, later)
        assert not store.release(tx, task, later)
    again = task_of(reviews, index, store.LOOK_AGAIN)
    assert (again.due_ms, again.closed_ms) == (later, None)


def test_what_was_told_is_neither_countersigned_nor_put_off(home: House) -> None:
    reviews, key = Reviews(home.database), home.keys.get_or_create("p")
    index = look(home, key)
    task, now = task_of(reviews, index, store.LOOK_AGAIN), to_ms(home.clock.now())
    with home.database.write() as tx:
        assert store.countersign(tx, index, now)
    assert decide(home, key, task_of(reviews, index, store.HOLD_BACK), store.ENDED, now) is not None
    with home.database.write() as tx:
        assert not store.countersign(tx, index, now + 1)
        assert not store.put_off(tx, task, now + DAY_MS)
    assert reviews.holds([index])[index].countersigned_ms == now


def test_what_was_never_written_is_not_found(home: House) -> None:
    reviews = Reviews(home.database)
    assert reviews.task(7, store.BREAK_GLASS, COUNTY) is None
    assert (reviews.tasks([7]), reviews.holds([7]), reviews.decisions([7])) == ({}, {}, {})
    assert (reviews.tasks([]), reviews.decided_about(7), reviews.waiting(COUNTY, 5)) == ({}, (), ())
    assert reviews.count(COUNTY, 0) == (0, 0)


def test_what_else_an_administrator_does_stands_in_nobodys_history(home: House) -> None:
    key = home.keys.get_or_create("p")
    entry = seal_entry(Draft(Kind.ADMINISTRATION, "something-else", frozenset(), {}), key)
    home.log.append(Append(lambda _: Written(None, (entry,))))
    reader = LogReader(home.database, home.log.store, home.keys)
    assert reader.of_tag(key.tag, KINDS, None, 5, stands_in_history) == ()
    assert len(reader.of_tag(key.tag, KINDS, None, 5)) == 1
