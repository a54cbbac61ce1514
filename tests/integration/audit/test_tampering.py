"""Whoever can write to the database tries each harm; `fsck` on the store and `verify` on an export name it, and where.

Each harm is done as well as its doer can without the log's key: entries, index, details and organisations all follow.
The companions: an untouched log is clean, and what nobody kept from outside cannot be told.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text

from audit import leaf
from audit.entries import Draft, Kind, seal_entry
from audit.errors import VerificationError
from audit.export.checking import check_export
from audit.export.lines import Line
from audit.export.rows import ExportRows, Selection
from audit.export.writing import Exporting, everybody
from audit.fsck import Finding, Fsck, Report
from audit.harm import Harm, TamperedError
from audit.log import Append, Log
from audit.merkle import leaf_hash
from audit.note import Signer
from core.storage import Database
from core.unit_of_work import only
from tests.support.house import House, house

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
BATCHES = (1, 3, 260, 5, 2)
SIZE = sum(BATCHES)
PLACES = (0, 100, 256, 270)


def appending(home: House, subject: str = "p-ada") -> Append[None]:
    draft = Draft(
        Kind.DISCLOSURE,
        "disclosed",
        frozenset({COUNTY, CITY}),
        {"reason": "a test"},
        COUNTY,
        "triager",
        "early-help-triage",
    )
    return Append(only(None, seal_entry(draft, home.keys.get_or_create(subject))))


@pytest.fixture
def full(home: House) -> House:
    for size in BATCHES:
        home.log.commit([appending(home, "p-ada" if n % 2 else "p-ben") for n in range(size)])
    return home


def check(home: House, kept: Sequence[str] = ()) -> Report:
    return Fsck(home.database, home.keys, [home.verifier_key]).run(kept)


def found(home: House, kept: Sequence[str] = ()) -> Finding:
    """The first finding: that of the tree."""
    report = check(home, kept)
    assert not report.clean
    return report.findings[0]


def lines(home: House, opened: bool = False) -> list[Line]:
    exporting = Exporting(ExportRows(home.database, home.keys), home.verifier_key)
    return [*exporting.lines(Selection(), everybody if opened else None, home.clock.now())]


def named(home: House, kept: Sequence[str] = (), opened: bool = False) -> tuple[Harm, int, int]:
    """What a stranger finds in an export of the log."""
    held = lines(home, opened)
    with pytest.raises(TamperedError) as caught:
        check_export(lambda: held, [home.verifier_key], kept)
    return caught.value.harm, caught.value.first, caught.value.last


def write(home: House, statement: str, **values: object) -> None:
    with home.database.write() as tx:
        tx.execute(text(statement), values)


TABLES = ("log_entry", "log_entry_detail", "log_entry_organisation")


def shift(home: House, start: int, by: int) -> None:
    """Give every entry from a place on the place so far along."""
    for name in TABLES:
        # By way of negative places: neither database minds the order in which rows move then.
        write(home, f'UPDATE {name} SET "index" = -"index" - 1 WHERE "index" >= :start', start=start)  # noqa: S608 - names of our own tables
        write(home, f'UPDATE {name} SET "index" = -"index" - 1 + :by WHERE "index" < 0', by=by)  # noqa: S608 - names of our own tables


def remove(home: House, at: int) -> None:
    for name in TABLES:
        write(home, f'DELETE FROM {name} WHERE "index" = :at', at=at)  # noqa: S608 - names of our own tables


def swap(home: House, one: int, other: int) -> None:
    for name in TABLES:
        for start, to in ((one, -1), (other, one), (-1, other)):
            write(home, f'UPDATE {name} SET "index" = :to WHERE "index" = :start', start=start, to=to)  # noqa: S608 - names of our own tables


def foreign(home: House, at: int) -> bytes:
    """A leaf as new as the one that stands at the place."""
    return leaf.make(leaf.parse(home.log.store.leaves(min(at, SIZE - 1), 1)[0]).time_ms, bytes(32))


def test_an_untouched_log_is_clean(full: House) -> None:
    report = check(full)
    assert report == Report(size=SIZE, opened=SIZE)
    held = lines(full, opened=True)
    checked = check_export(lambda: held, [full.verifier_key])
    assert (checked.size, checked.entries, checked.opened) == (SIZE, SIZE, SIZE)


def test_an_empty_log_is_clean(home: House) -> None:
    assert check(home) == Report()
    held = lines(home)
    assert check_export(lambda: held, [home.verifier_key]).size == 0


@pytest.mark.parametrize("at", PLACES)
def test_an_edited_entry_is_named(full: House, at: int) -> None:
    write(full, 'UPDATE log_entry SET leaf = :leaf WHERE "index" = :at', leaf=foreign(full, at), at=at)
    assert (found(full).harm, found(full).first, found(full).last) == (Harm.EDITED, at, at)
    assert named(full) == (Harm.EDITED, at, at)


@pytest.mark.parametrize("at", [0, 100, 266])
def test_an_entry_that_was_deleted_and_closed_up_is_named(full: House, at: int) -> None:
    remove(full, at)
    assert (found(full).harm, found(full).first) == (Harm.DELETED, at)
    assert named(full) == (Harm.DELETED, at, at)
    shift(full, at + 1, -1)
    assert (found(full).harm, found(full).first, found(full).last) == (Harm.DELETED, at, at)
    assert named(full) == (Harm.DELETED, at, at)


@pytest.mark.parametrize("at", [0, 100, 266])
def test_an_entry_that_was_inserted_is_named(full: House, at: int) -> None:
    new = foreign(full, at)
    shift(full, at, 1)
    write(full, 'INSERT INTO log_entry ("index", leaf) VALUES (:at, :leaf)', at=at, leaf=new)
    assert (found(full).harm, found(full).first, found(full).last) == (Harm.INSERTED, at, at)
    assert named(full)[:2] == (Harm.INSERTED, at)


@pytest.mark.parametrize(("one", "other"), [(1, 2), (100, 101), (5, 200), (0, 200)])
def test_entries_that_changed_places_are_named(full: House, one: int, other: int) -> None:
    swap(full, one, other)
    assert (found(full).harm, found(full).first, found(full).last) == (Harm.REORDERED, one, one)
    assert named(full) == (Harm.REORDERED, one, one)


@pytest.mark.parametrize("left", [0, 100, 264, 270])
def test_a_log_whose_end_was_cut_off_is_named(full: House, left: int) -> None:
    for name in TABLES:
        write(full, f'DELETE FROM {name} WHERE "index" >= :left', left=left)  # noqa: S608 - names of our own tables
    assert (found(full).harm, found(full).first) == (Harm.TRUNCATED, left)
    assert named(full)[:2] == (Harm.TRUNCATED, left)
    write(full, "DELETE FROM log_batch WHERE size > :left", left=left)
    assert found(full).harm is Harm.TRUNCATED
    assert named(full)[0] is Harm.TRUNCATED


def test_entries_beyond_the_end_are_named(full: House) -> None:
    write(
        full, 'INSERT INTO log_entry ("index", leaf) VALUES (:at, :leaf)', at=SIZE, leaf=foreign(full, SIZE)
    )
    finding = found(full)
    assert (finding.part, finding.harm, finding.first) == ("leaf", Harm.INSERTED, SIZE)


def test_hashes_edited_along_with_the_entry_leave_its_detail_to_tell(full: House) -> None:
    """The doer keeps tile and leaf alike; the root then tells the batch, and the detail the entry."""
    new = foreign(full, 100)
    write(full, 'UPDATE log_entry SET leaf = :leaf WHERE "index" = 100', leaf=new)
    tile = full.log.store.tile(0, 0)
    assert tile is not None
    write(
        full,
        "UPDATE log_tile SET hashes = :hashes WHERE level = 0 AND n = 0",
        hashes=tile[:3200] + leaf_hash(new) + tile[3232:],
    )
    assert (found(full).harm, found(full).first, found(full).last) == (Harm.EDITED, 100, 100)
    assert named(full, opened=True) == (Harm.EDITED, 100, 100)
    assert named(full) == (Harm.EDITED, 4, 263), "without details only the batch can be named"


@contextmanager
def restored(full: House, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """The log as a backup of this moment would bring it back, beside the one that goes on."""
    if full.database.dialect == "sqlite":
        full.database.scrub()
        copies = []
        for database in (full.database, full.key_database):
            source = Path(str(database.url.database))
            copies.append(f"sqlite:///{shutil.copy(source, tmp_path / f'backup-{source.name}')}")
        urls = (copies[0], copies[1])
    else:
        fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
        urls = (fresh(), fresh())
    with house(*urls, clock=full.clock) as home:
        if full.database.dialect == "postgresql":
            for old, new in ((full.database, home.database), (full.key_database, home.key_database)):
                _copy(old, new)
        yield home


def _copy(old: Database, new: Database) -> None:
    known = MetaData()
    known.reflect(old.writer)
    with old.read() as source, new.write() as target:
        for one in known.sorted_tables:
            if one.name == "alembic_version":
                continue
            target.execute(one.delete())
            rows = [dict(row) for row in source.execute(one.select()).mappings()]
            if rows:
                target.execute(one.insert(), rows)


def test_a_log_that_was_rolled_back_to_a_backup_is_named_by_any_later_checkpoint(
    full: House, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with restored(full, tmp_path, request) as backup:
        full.log.append(appending(full))
        seen = full.log.store.head()
        assert seen is not None
        assert check(backup).clean, "nothing inside the backup can tell"
        finding = found(backup, [seen.checkpoint])
        assert (finding.harm, finding.first, finding.last) == (Harm.ROLLED_BACK, SIZE, SIZE)
        assert named(backup, [seen.checkpoint]) == (Harm.ROLLED_BACK, SIZE, SIZE)


def test_a_log_that_went_on_from_a_backup_is_a_fork_and_named_by_any_checkpoint_of_the_other(
    full: House, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with restored(full, tmp_path, request) as backup:
        before, seen = full.log.store.head(), full.log.append(appending(full))
        for _ in range(3):
            backup.log.append(appending(backup, "p-cas"))
        assert check(backup).clean
        assert before is not None
        kept = [before.checkpoint, seen.receipts[0].text.partition("\n\n")[2]]
        finding = found(backup, kept)
        assert (finding.harm, finding.first, finding.last) == (Harm.FORKED, SIZE, SIZE)
        assert named(backup, kept) == (Harm.FORKED, SIZE, SIZE)


# What stands beside the leaves


@pytest.mark.parametrize(
    ("statement", "part", "harm"),
    [
        ("UPDATE log_entry_detail SET recipient = 'a-stranger' WHERE \"index\" = 100", "index", Harm.EDITED),
        ("UPDATE log_entry_detail SET kind = 'refusal' WHERE \"index\" = 100", "index", Harm.EDITED),
        ('UPDATE log_entry_detail SET at_ms = at_ms + 1 WHERE "index" = 100', "index", Harm.EDITED),
        ('UPDATE log_entry_detail SET sealed = tag WHERE "index" = 100', "detail", Harm.EDITED),
        ('DELETE FROM log_entry_detail WHERE "index" = 100', "index", Harm.DELETED),
        (
            "DELETE FROM log_entry_organisation WHERE \"index\" = 100 AND organisation = 'norwich-city-council'",
            "index",
            Harm.EDITED,
        ),
        ('UPDATE log_entry_organisation SET facet = 1 WHERE "index" = 100', "index", Harm.EDITED),
        ("UPDATE log_entry_organisation SET code = 'ABCD-2345' WHERE \"index\" = 100", "index", Harm.EDITED),
        (
            "INSERT INTO log_entry_organisation (organisation, \"index\") VALUES ('a-stranger', 100)",
            "index",
            Harm.EDITED,
        ),
    ],
)
def test_what_stands_beside_a_leaf_is_held_against_it(
    full: House, statement: str, part: str, harm: Harm
) -> None:
    write(full, statement)
    report = check(full)
    assert [(one.part, one.harm, one.first) for one in report.findings] == [(part, harm, 100)]


def test_a_detail_put_under_another_persons_key_is_named(full: House) -> None:
    stored = ExportRows(full.database, full.keys).reader.entry(100)
    assert stored is not None
    tags = {full.keys.get(one).tag for one in ("p-ada", "p-ben")}
    other = (tags - {stored.tag}).pop()
    write(full, 'UPDATE log_entry_detail SET tag = :other WHERE "index" = 100', other=other)
    assert [(one.part, one.first) for one in check(full).findings] == [("detail", 100)]


@pytest.mark.parametrize("name", ["log_entry_detail", "log_entry_organisation"])
def test_rows_beyond_the_end_are_named(full: House, name: str) -> None:
    write(full, f'UPDATE {name} SET "index" = 900 WHERE "index" = 100')  # noqa: S608 - names of our own tables
    harms = {(one.part, one.harm, one.first) for one in check(full).findings}
    assert ("index", Harm.INSERTED, SIZE) in harms


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("UPDATE log_tile SET hashes = frontier FROM log_head WHERE level = 1", "tile"),
        ("DELETE FROM log_tile WHERE level = 0 AND n = 0", "tile"),
        ("INSERT INTO log_tile (level, n, hashes) SELECT 3, 0, frontier FROM log_head", "tile"),
        ("UPDATE log_head SET frontier = (SELECT hashes FROM log_tile WHERE level = 0 AND n = 1)", "head"),
        ("UPDATE log_head SET checkpoint = (SELECT checkpoint FROM log_batch WHERE first = 0)", "head"),
        ("UPDATE log_head SET checkpoint = 'none'", "head"),
        ("DELETE FROM log_batch WHERE first = 4", "checkpoint"),
        ("DELETE FROM log_batch WHERE first = 269", "checkpoint"),
        ("UPDATE log_batch SET first = 3 WHERE first = 4", "checkpoint"),
        ("UPDATE log_batch SET size = 800 WHERE first = 269", "checkpoint"),
    ],
)
def test_tiles_head_and_batches_are_held_against_the_leaves(full: House, statement: str, part: str) -> None:
    if "SET frontier" in statement:
        # As long as the true one, or it could not even be read.
        size = SIZE.bit_count()
        tile = full.log.store.tile(0, 0)
        assert tile is not None
        write(full, "UPDATE log_head SET frontier = :frontier", frontier=tile[: 32 * size])
    else:
        write(full, statement)
    report = check(full)
    assert part in {one.part for one in report.findings}
    assert "leaf" not in {one.part for one in report.findings}, "the leaves are whole"


def test_a_checkpoint_that_another_key_signed_is_named(full: House) -> None:
    other = Log(full.database, Signer(full.log.origin, bytes(32)), full.clock, full.log.origin)
    other.append(appending(full))
    finding = found(full)
    assert (finding.harm, finding.first) == (Harm.EDITED, SIZE)
    assert (
        Fsck(full.database, full.keys, [full.verifier_key, Signer(full.log.origin, bytes(32)).verifier_key])
        .run()
        .clean
    ), "a key that the log changed to is as good"


def test_after_a_harm_to_the_tree_the_details_are_still_looked_at(full: House) -> None:
    write(full, 'UPDATE log_entry SET leaf = :leaf WHERE "index" = 2', leaf=foreign(full, 2))
    write(full, "UPDATE log_entry_detail SET role = 'none' WHERE \"index\" = 265")
    firsts = [(one.part, one.first) for one in check(full).findings]
    assert firsts == [("leaf", 2), ("detail", 2), ("index", 265)]


def test_more_findings_than_anyone_reads_are_counted(full: House) -> None:
    write(full, "UPDATE log_entry_detail SET role = 'none'")
    report = check(full)
    assert (len(report.findings), report.more) == (50, SIZE - 50)


def test_a_log_that_never_began_cannot_be_checked(home: House) -> None:
    write(home, "DELETE FROM log_head")
    with pytest.raises(VerificationError, match="oncetold migrate"):
        check(home)


def test_a_log_that_grows_meanwhile_is_not_accused(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Fsck._batches

    def growing(self: Fsck, report: Report) -> None:
        full.log.append(appending(full))
        run(self, report)

    monkeypatch.setattr(Fsck, "_batches", growing)
    assert check(full).clean
    tiles = Fsck._tiles

    def grown(self: Fsck, *rest: object) -> None:
        full.log.append(appending(full))
        tiles(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Fsck, "_tiles", grown)
    assert check(full).clean
