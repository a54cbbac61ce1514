"""The database under everything: what commits, what is undone, and what happens when it goes away and comes back."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, column, insert, literal, select, table, text

from core.errors import ClosedError
from core.storage import Database, Prepared, off_loop
from tests.support.house import House

NOTES = table("notes", column("id"), column("words"), column("bytes"))
READ = Prepared(select(NOTES.c.words, NOTES.c.bytes).where(NOTES.c.id == bindparam("id")))
WRITE = Prepared(insert(NOTES).values(id=bindparam("id"), words=bindparam("words"), bytes=bindparam("bytes")))
AT_LEAST = Prepared(select(NOTES.c.id).where(NOTES.c.id >= bindparam("id")).order_by(NOTES.c.id).limit(2))


@pytest.fixture
def database(home: House) -> Database:
    kind = "BLOB" if home.database.dialect == "sqlite" else "BYTEA"
    with home.database.write() as tx:
        tx.execute(text(f"CREATE TABLE notes (id INTEGER PRIMARY KEY, words TEXT, bytes {kind})"))
    return home.database


def note(database: Database, id_: int, words: str = "w") -> None:
    with database.write() as tx:
        WRITE.write(tx, [{"id": id_, "words": words, "bytes": b"\x00\xff"}])


def test_what_was_prepared_gives_what_was_written(database: Database) -> None:
    note(database, 1, "żółw")
    assert [(row[0], bytes(row[1])) for row in database.hot(READ, id=1)] == [("żółw", b"\x00\xff")]
    assert database.hot(READ, id=2) == []
    with database.write() as tx:
        assert [row[0] for row in READ.rows(tx, id=1)] == ["żółw"]


def test_a_statement_keeps_the_parameters_of_its_own(database: Database) -> None:
    for id_ in range(5):
        note(database, id_)
    assert [row[0] for row in database.hot(AT_LEAST, id=1)] == [1, 2]


def test_a_block_that_raises_undoes_all_it_wrote(database: Database) -> None:
    def writes_and_raises() -> None:
        with database.write() as tx:
            WRITE.write(tx, [{"id": 1, "words": "w", "bytes": b""}])
            raise LookupError

    with pytest.raises(LookupError):
        writes_and_raises()
    assert database.hot(READ, id=1) == []


def test_a_hot_read_sees_what_was_committed_and_nothing_else(database: Database) -> None:
    with database.write() as tx:
        WRITE.write(tx, [{"id": 1, "words": "w", "bytes": b""}])
        assert database.hot(READ, id=1) == []
    assert len(database.hot(READ, id=1)) == 1


def test_a_reader_keeps_nobody_from_writing(database: Database) -> None:
    with database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM notes")).scalar_one() == 0
        note(database, 1)
    assert len(database.hot(READ, id=1)) == 1


def test_each_thread_has_its_own_connection_and_all_are_closed_in_the_end(database: Database) -> None:
    note(database, 1)
    seen: list[int] = []

    def read() -> None:
        seen.append(len(database.hot(READ, id=1)))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 4
    database.close()
    database.close()
    with pytest.raises(ClosedError):
        database.hot(READ, id=1)
    assert not database._hot


@pytest.mark.parametrize("reads", [True, False], ids=["reading", "writing"])
def test_a_connection_that_is_worked_with_while_all_are_closed_is_closed_when_given_back(
    database: Database, *, reads: bool
) -> None:
    """A thread outlives the task that waited for it: who stops the task closes the database below the thread."""
    begun, closed = threading.Event(), threading.Event()
    held: list[Any] = []

    def works() -> None:
        with database.read() if reads else database.write() as tx:
            held.append(tx.connection.dbapi_connection)
            begun.set()
            assert closed.wait(10)
            assert tx.execute(text("SELECT count(*) FROM notes")).scalar_one() == 0

    thread = threading.Thread(target=works)
    thread.start()
    assert begun.wait(10)
    database.close()
    closed.set()
    thread.join()
    with pytest.raises(database.writer.dialect.loaded_dbapi.Error, match="closed"):
        held[0].cursor().execute("SELECT 1")


def test_a_hot_connection_that_broke_is_replaced(database: Database) -> None:
    note(database, 1)
    database.hot(READ, id=1)
    held = database._local.connection
    held.dbapi_connection.close()
    assert len(database.hot(READ, id=1)) == 1
    assert database._local.connection is not held


def test_a_server_that_ended_the_session_is_asked_again(fresh_database: Callable[[], str]) -> None:
    database = Database(fresh_database())
    one = Prepared(select(literal(1)))
    database.hot(one)
    with database.write() as tx:
        ended = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert tx.execute(text(ended)).all()
    assert database.hot(one) == [(1,)]
    database.close()


def test_a_database_that_does_not_answer_is_closed_and_says_only_what_kind_of_error(
    database: Database,
) -> None:
    unknown = Prepared(select(column("x")).select_from(table("no_such_table")))
    with pytest.raises(ClosedError) as closed:
        database.hot(unknown)
    assert closed.value.part == "database"
    assert "no_such_table" not in str(closed.value)


def test_a_database_that_is_not_there_is_closed(tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    with pytest.raises(ClosedError, match="database"):
        nowhere.hot(READ, id=1)
    nowhere.close()


async def test_off_the_loop_gives_the_same_as_on_it(database: Database) -> None:
    note(database, 1)
    threads: list[str] = []

    def read() -> int:
        threads.append(threading.current_thread().name)
        return len(database.hot(READ, id=1))

    assert await off_loop(database, read) == 1
    on_loop = threads[0] == threading.current_thread().name
    assert on_loop is database.reads_inline is (database.dialect == "sqlite")
    assert await asyncio.gather(*(off_loop(database, read) for _ in range(8))) == [1] * 8


def test_sqlite_commits_are_durable_and_begin_by_taking_the_lock(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    with database.read() as tx:
        settings = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    order: list[str] = []

    def second() -> None:
        with database.write():
            order.append("second")

    with database.write() as tx:
        other = threading.Thread(target=second)
        other.start()
        other.join(0.2)
        order.append("first")
    other.join(30)
    assert order == ["first", "second"]
    database.close()


def test_scrubbing_leaves_what_is_committed(database: Database) -> None:
    note(database, 1)
    database.scrub()
    assert len(database.hot(READ, id=1)) == 1
