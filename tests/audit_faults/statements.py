"""Faults of single statements: the line cut before or after each write, the commit or the look-up; writes refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import text

from audit.log import Log
from audit.note import Signer
from core.clock import SystemClock
from core.keys import KeyStore
from core.storage import Database
from tests.audit_faults.appends import BATCH, Appending
from tests.audit_faults.hasty import HastyLog
from tests.audit_faults.judge import Figures, judge
from tests.audit_faults.moments import EACH, LOOK_UP, TABLES, UNCLEAR, Armed, Moment
from tests.audit_faults.sqlite_wire import cut_by
from tests.audit_faults.wire import proxied
from tests.support.house import KEK, ORIGIN, SEED, house

SUBJECT = "org:norfolk-county-council"


class FaultError(Exception):
    """A fault did not come, or did something that it must not: the run proves nothing, or a promise is broken."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a class of faults. faults: how many came."""

    faults: int = 0
    kills: int = 0
    restarts: int = 0
    figures: Figures = field(default_factory=Figures)

    def judged(self, figures: Figures) -> Result:
        """The same with its figures."""
        return replace(self, figures=figures)


def cuts(urls: tuple[str, str], log: type[Log] = Log) -> Result:
    """Cut the line at each moment of an append, once; between two cuts the log has to go on as if nothing had been."""
    begin(urls)
    with _cut(urls[0]) as (database, armed):
        appending = appends_to(urls, database, log)
        went_on(appending)
        each: list[Sequence[Moment]] = [[moment] for moment in EACH]
        if log is Log:
            # Whoever hears of nothing looks nothing up.
            each.append(UNCLEAR)
        for moments in each:
            before = _size(urls[0])
            armed.arm(moments)
            answers = appending.batch()
            settle(appending.log)
            if not armed.past:
                raise FaultError(f"{moments[0]}: nothing like it was to be cut")
            if log is Log:
                _assert_told_truly(moments, answers, _size(urls[0]) - before)
            went_on(appending)
    return Result(faults=len(each), figures=judge(urls, appending.events))


def triggers(urls: tuple[str, str], log: type[Log] = Log) -> Result:
    """Let the database itself refuse the writes into each table, once."""
    begin(urls)
    database = Database(urls[0])
    try:
        appending = appends_to(urls, database, log)
        went_on(appending)
        for name in TABLES:
            with _refusing(database, name):
                answers = appending.batch()
                settle(appending.log)
            beside = not name.startswith("log_")
            # Only looks write beside the log: whoever was in the batch with them must not suffer for it.
            wanted = [beside and number % 2 == 1 for number in range(BATCH)]
            if log is Log and answers != wanted:
                raise FaultError(f"{name}: writes were refused, and the answers were {answers}")
            went_on(appending)
    finally:
        database.close()
    return Result(faults=len(TABLES), figures=judge(urls, appending.events))


def begin(urls: tuple[str, str]) -> None:
    """Make the empty log."""
    with house(*urls) as home:
        home.organisation_key()


def appends_to(urls: tuple[str, str], database: Database, log: type[Log]) -> Appending:
    """A replica's log over a database as it sees it."""
    key_database = Database(urls[1])
    try:
        key = KeyStore(key_database, KEK).get(SUBJECT)
    finally:
        key_database.close()
    return Appending(log(database, Signer(ORIGIN, SEED), SystemClock(), ORIGIN), key)


def settle(log: Log) -> None:
    """Wait for what a log without protection still has to commit."""
    if isinstance(log, HastyLog):
        log.settle()


def went_on(appending: Appending) -> None:
    """Append a batch that no fault meets: after each fault the log goes on by itself."""
    answers = appending.batch()
    settle(appending.log)
    if not all(answers):
        raise FaultError("the log did not go on after a fault")


def _size(url: str) -> int:
    """Entries there are, as seen past whatever is cut."""
    database = Database(url)
    try:
        with database.read() as tx:
            size: int = tx.execute(text("SELECT count(*) FROM log_entry")).scalar_one()
    finally:
        database.close()
    return size


def _assert_told_truly(moments: Sequence[Moment], answers: Sequence[bool], stored: int) -> None:
    """What was answered is stored; and what is stored was answered, unless nobody could tell."""
    unclear = any(moment.where == LOOK_UP for moment in moments)
    if sum(answers) != (0 if unclear else stored) or (unclear and stored != BATCH):
        raise FaultError(f"{moments[0]}: {sum(answers)} answered, {stored} stored")


@contextmanager
def _cut(url: str) -> Iterator[tuple[Database, Armed]]:
    if url.startswith("sqlite"):
        database, armed = Database(url), Armed()
        cut_by(database, armed)
        try:
            yield database, armed
        finally:
            database.close()
        return
    with proxied(url) as proxy:
        database = Database(proxy.url)
        try:
            yield database, proxy.armed
        finally:
            database.close()


@contextmanager
def _refusing(database: Database, table: str) -> Iterator[None]:
    """Every write into a table fails, as a trigger of somebody's would make it fail."""
    on = f"ON {table}"
    if database.dialect == "sqlite":
        made = [
            f"CREATE TRIGGER no_{does} BEFORE {does} {on} BEGIN SELECT RAISE(ABORT, 'no'); END"
            for does in ("INSERT", "UPDATE")
        ]
        undone = ["DROP TRIGGER no_INSERT", "DROP TRIGGER no_UPDATE"]
    else:
        made = [
            "CREATE FUNCTION no() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER no BEFORE INSERT OR UPDATE {on} FOR EACH ROW EXECUTE FUNCTION no()",
        ]
        undone = ["DROP FUNCTION no CASCADE"]
    _run(database, made)
    try:
        yield
    finally:
        _run(database, undone)


def _run(database: Database, statements: Sequence[str]) -> None:
    with database.write() as tx:
        for statement in statements:
            tx.execute(text(statement))
