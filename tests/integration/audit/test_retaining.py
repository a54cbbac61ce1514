"""Details go after their time, on both databases: never a leaf, never what a review is about, and the log says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.entries import Draft, Kind, seal_entry
from audit.fsck import Fsck
from audit.harm import Harm
from audit.log import Append, Log
from audit.reader import LogReader
from audit.retired import KEEPER, cutoffs_told
from audit.verify import verify_receipt
from core.clock import SystemClock
from core.sections import policies_folder
from core.times import to_ms
from core.unit_of_work import only
from gateway import retaining as module
from gateway.policy.register_files import RegisterError
from gateway.retaining import Retaining
from gateway.retention import Retention, load_retention
from gateway.reviews import store
from tests.support.clock import FakeClock
from tests.support.house import House, house, sqlite_urls

COUNTY = "norfolk-county-council"
DAY = timedelta(days=1)
KEPT = Retention({kind.value: 100 * DAY for kind in Kind} | {"sign-in": 10 * DAY}, 365 * DAY)


@contextmanager
def aged(urls: tuple[str, str]) -> Iterator[tuple[House, FakeClock]]:
    """A house whose clock the test moves; PostgreSQL's own clock is not asked."""
    clock = FakeClock()
    clock.wall = SystemClock().now()
    with house(*urls, clock=clock) as home:
        yield home, clock


def write(home: House, kind: Kind, subject: str = "p-ada") -> int:
    draft = Draft(kind, "disclosed", frozenset({COUNTY}), {"person": "ABCD-2345"}, COUNTY)
    entry = seal_entry(draft, home.keys.get_or_create(subject))
    return home.log.append(Append(only(None, entry))).receipts[0].index


def retaining(home: House, clock: FakeClock, retention: Retention = KEPT) -> Retaining:
    return Retaining(home.log, home.database, home.keys, retention, clock)


def later(home: House, clock: FakeClock, by: timedelta) -> None:
    """Let time pass: what stands in the tables grows older, and the leaves with it in the eyes of the clock."""
    clock.wall += by


def review(
    home: House, index: int, at: datetime | None, outcome: str | None, kind: str = store.BREAK_GLASS
) -> None:
    with home.database.write() as tx:
        tx.execute(
            text(
                'INSERT INTO review_task ("index", kind, organisation, opened_ms, due_ms, closed_ms, outcome) '
                "VALUES (:index, :kind, 'x', 1, 1, :at, :outcome)"
            ),
            {"index": index, "kind": kind, "at": None if at is None else to_ms(at), "outcome": outcome},
        )


def sealed(home: House) -> dict[int, bool]:
    with home.database.read() as tx:
        rows = tx.execute(text('SELECT "index", length(sealed), length(tag) FROM log_entry_detail')).all()
    assert all((one[1] == 0) == (one[2] == 0) for one in rows), "whom it was about goes with what it says"
    return {one[0]: one[1] > 0 for one in rows}


@pytest.fixture
def urls(tmp_path: Path) -> tuple[str, str]:
    """SQLite alone where the clock is moved: PostgreSQL's own would close the log."""
    return sqlite_urls(tmp_path)


def test_details_go_by_kind_after_their_time_and_every_proof_holds(urls: tuple[str, str]) -> None:
    with aged(urls) as (home, clock):
        old, signed_in = write(home, Kind.DISCLOSURE), write(home, Kind.SIGN_IN)
        assert retaining(home, clock).run() == {}
        size = home.log.store.head()
        later(home, clock, 11 * DAY)
        assert home.log.store.head() == size, "the log tells of nothing where nothing is due"
        assert retaining(home, clock).run() == {"sign-in": 1}
        assert sealed(home) == {old: True, signed_in: False, 2: True}
        later(home, clock, 90 * DAY)
        new = write(home, Kind.DISCLOSURE)
        assert retaining(home, clock).run() == {"disclosure": 1}
        assert sealed(home)[old] is False
        assert sealed(home)[new] is True
        reader = LogReader(home.database, home.log.store, home.keys)
        for index in (old, signed_in):
            entry = reader.entry(index)
            assert entry is not None
            assert (entry.recipient, reader.open(entry)) == (COUNTY, None)
            receipt = reader.receipt(index)
            assert verify_receipt(receipt.text, receipt.leaf, [home.verifier_key]).index == index
        report = Fsck(home.database, home.keys, [home.verifier_key]).run()
        assert report.clean, report.findings
        assert report.retired == 2
        ada = home.keys.get("p-ada")
        assert [one.index for one in reader.of_tag(ada.tag, tuple(Kind), None, 10)] == [new]


def test_a_detail_deleted_without_the_logs_word_is_a_harm(urls: tuple[str, str]) -> None:
    with aged(urls) as (home, clock):
        old = write(home, Kind.DISCLOSURE)
        later(home, clock, 101 * DAY)
        new = write(home, Kind.DISCLOSURE)
        retaining(home, clock).run()

        def harms() -> list[tuple[str, Harm, int]]:
            findings = Fsck(home.database, home.keys, [home.verifier_key]).run().findings
            return [(one.part, one.harm, one.first) for one in findings]

        assert harms() == []
        with home.database.write() as tx:
            tx.execute(text("UPDATE log_entry_organisation SET code = NULL"))
            tx.execute(
                text("UPDATE log_entry_detail SET sealed = x'', tag = x'' WHERE \"index\" = :new"),
                {"new": new},
            )
        assert harms() == [("detail", Harm.DELETED, new)]
        with home.database.write() as tx:
            tx.execute(text("UPDATE log_entry_detail SET sealed = x'', tag = x''"))
        assert harms() == [("detail", Harm.DELETED, index) for index in (old, new, new + 1)], (
            "its word went too"
        )


def test_what_a_review_is_about_stays_and_misuse_for_its_own_time(urls: tuple[str, str]) -> None:
    with aged(urls) as (home, clock):
        opened, wrong, right = (write(home, Kind.BREAK_GLASS) for _ in range(3))
        held = write(home, Kind.DISCLOSURE)
        review(home, opened, None, None)
        later(home, clock, 101 * DAY)
        review(home, wrong, clock.now(), store.WRONG)
        review(home, right, clock.now(), store.RIGHT)
        with home.database.write() as tx:
            tx.execute(
                text(
                    "INSERT INTO held_entry (\"index\", reason, held_ms, look_again_ms) VALUES (:held, 'd', 1, 1)"
                ),
                {"held": held},
            )
        assert retaining(home, clock).run() == {"break-glass": 1}
        left = sealed(home)
        assert (left[opened], left[wrong], left[right], left[held]) == (True, True, False, True)
        later(home, clock, 366 * DAY)
        with home.database.write() as tx:
            tx.execute(text("UPDATE held_entry SET released_ms = 1"))
        gone = retaining(home, clock).run()
        assert (gone["break-glass"], gone["disclosure"]) == (1, 1)
        assert sealed(home)[opened] is True, "however old"


def test_a_spot_check_keeps_a_detail_only_once_it_found_misuse(urls: tuple[str, str]) -> None:
    with aged(urls) as (home, clock):
        waiting, wrong = write(home, Kind.DISCLOSURE), write(home, Kind.DISCLOSURE)
        review(home, waiting, None, None, store.SAMPLE)
        later(home, clock, 101 * DAY)
        review(home, wrong, clock.now(), store.WRONG, store.SAMPLE)
        assert retaining(home, clock).run() == {"disclosure": 1}
        assert (sealed(home)[waiting], sealed(home)[wrong]) == (False, True)


def test_the_times_told_never_go_back_and_outlive_the_entry_that_told_them(urls: tuple[str, str]) -> None:
    with aged(urls) as (home, clock):
        write(home, Kind.DISCLOSURE)
        assert cutoffs_told(home.database, home.keys) == {}
        later(home, clock, 101 * DAY)
        retaining(home, clock).run()
        told = cutoffs_told(home.database, home.keys)
        assert told["disclosure"] == to_ms(clock.now() - 100 * DAY)
        write(home, Kind.SIGN_IN)
        later(home, clock, 11 * DAY)
        longer = Retention({**KEPT.details, "disclosure": 5000 * DAY}, KEPT.misuse_evidence)
        assert retaining(home, clock, longer).run() == {"sign-in": 1}
        assert cutoffs_told(home.database, home.keys)["disclosure"] == told["disclosure"]
        with home.database.write() as tx:
            tag = home.keys.get(KEEPER).tag
            tx.execute(text("UPDATE log_entry_detail SET sealed = tag WHERE tag = :tag"), {"tag": tag})
        assert cutoffs_told(home.database, home.keys) == {}, "a word that was altered allows nothing"


def test_more_than_one_chunk_goes(urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 3)
    with aged(urls) as (home, clock):
        for _ in range(7):
            write(home, Kind.DISCLOSURE)
        later(home, clock, 101 * DAY)
        assert retaining(home, clock).run() == {"disclosure": 7}


def test_details_go_on_postgresql_too(fresh_database: Callable[[], str]) -> None:
    """Its clock cannot be moved, so the register's time is: everything is over at once."""
    with house(fresh_database(), fresh_database()) as home:
        index = write(home, Kind.DISCLOSURE)
        review(home, write(home, Kind.BREAK_GLASS), None, None)
        clock = FakeClock()
        clock.wall = SystemClock().now() + timedelta(days=101)
        log = Log(home.database, home.signer, SystemClock(), home.log.origin)
        assert Retaining(log, home.database, home.keys, KEPT, clock).run() == {"disclosure": 1}
        assert sealed(home)[index] is False
        report = Fsck(home.database, home.keys, [home.verifier_key]).run()
        assert report.clean, report.findings


def test_the_published_register_names_every_kind() -> None:
    published = load_retention(policies_folder())
    assert set(published.details) == {kind.value for kind in Kind}
    assert all(kept >= 30 * DAY for kept in published.details.values())


def test_a_register_without_a_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "retention.yaml").write_text(
        "details:\n  disclosure: 100\nmisuse_evidence_days: 100\n"
    )
    with pytest.raises(RegisterError, match=r"retention\.yaml"):
        load_retention(tmp_path)
