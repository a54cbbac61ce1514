"""Entries written before officers could search by facets (revision 0005) are found by them afterwards, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic import command
from sqlalchemy import bindparam, column, insert, table

from audit import store
from audit.entries import Draft, Kind, seal_entry
from audit.fsck import Fsck
from audit.log import Append, Log
from audit.note import Signer
from audit.reader import LogReader, Query
from core.clock import SystemClock
from core.keys import KeyStore
from core.storage import Database, Prepared
from core.unit_of_work import only
from gateway.migrations import configuration, migrate
from tests.support.house import KEK, ORIGIN, SEED

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
SIGNER = Signer(ORIGIN, SEED)
BEFORE = "0004"
_PLAIN = table("log_entry_organisation", column("organisation"), column("index"))
AS_THEN = Prepared(
    insert(_PLAIN).values({"organisation": bindparam("organisation"), "index": bindparam("index")})
)
"""How the rows beside an entry were written at revision 0004: there was nothing to find them by."""

DRAFTS = (
    Draft(
        Kind.DISCLOSURE,
        "disclosed",
        frozenset({COUNTY, CITY}),
        {"person": "ABCD-2345"},
        COUNTY,
        "triager",
        "food",
    ),
    Draft(Kind.REFUSAL, "empty", frozenset({COUNTY}), {"person": "ABCD-2345"}, COUNTY, "triager", "food"),
    Draft(Kind.DISCLOSURE, "disclosed", frozenset({CITY}), {}, CITY, "housing-officer", "home"),
    Draft(Kind.POINTER, "registered", frozenset({CITY}), {}, CITY),
    Draft(Kind.ADMINISTRATION, "policy-in-force", frozenset(), {}),
    Draft(Kind.SIGN_IN, "signed-in", frozenset({COUNTY}), {}, COUNTY, "officer"),
)


class Storage:
    """The log and its keys, at whatever revision."""

    def __init__(self, urls: tuple[str, str]) -> None:
        self.database, self.key_database = (Database(url) for url in urls)
        migrate(self.key_database, "keys")
        self.keys = KeyStore(self.key_database, KEK)
        self.log = Log(self.database, SIGNER, SystemClock(), ORIGIN)
        self.reader = LogReader(self.database, self.log.store, self.keys)

    def upgrade(self, revision: str) -> None:
        config = configuration("main")
        with self.database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def write(self, draft: Draft) -> int:
        entry = seal_entry(draft, self.keys.get_or_create("p_ada"))
        return self.log.append(Append(only(None, entry))).receipts[0].index

    def found(self, organisation: str, **asked: str) -> list[int]:
        return [one.index for one in self.reader.search(Query(organisation, **asked))]  # type: ignore[arg-type]


@contextmanager
def opened(urls: tuple[str, str]) -> Iterator[Storage]:
    storage = Storage(urls)
    try:
        yield storage
    finally:
        storage.database.close()
        storage.key_database.close()


@pytest.fixture
def storage(urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A log of before revision 0005, upgraded to the newest."""
    with opened(urls) as found:
        found.upgrade(BEFORE)
        found.log.begin()
        with monkeypatch.context() as then:
            then.setattr(store, "_ADD_ORGANISATION", AS_THEN)
            for draft in DRAFTS:
                found.write(draft)
        migrate(found.database, "main")
        yield found


@pytest.mark.parametrize(
    ("organisation", "asked", "places"),
    [
        (COUNTY, {}, [5, 1, 0]),
        (COUNTY, {"kind": "disclosure"}, [0]),
        (CITY, {"kind": "disclosure"}, [2, 0]),
        (CITY, {"kind": "disclosure", "purpose": "home"}, [2]),
        (COUNTY, {"outcome": "empty"}, [1]),
        (COUNTY, {"text": "triager"}, [1, 0]),
        (CITY, {"text": "housing"}, [2]),
        (CITY, {"kind": "pointer"}, [3]),
        (COUNTY, {"kind": "pointer"}, []),
        (COUNTY, {"kind": "sign-in", "outcome": "signed-in"}, [5]),
    ],
)
def test_old_entries_are_found_by_every_filter(
    storage: Storage, organisation: str, asked: dict[str, str], places: list[int]
) -> None:
    assert storage.found(organisation, **asked) == places


def test_old_and_new_entries_of_one_facet_stand_together(storage: Storage) -> None:
    newest = storage.write(DRAFTS[0])
    assert newest == len(DRAFTS)
    assert storage.found(COUNTY, kind="disclosure") == [newest, 0]
    assert storage.reader.outcomes(COUNTY) == ("disclosed", "empty", "signed-in")
    assert storage.found(COUNTY, code="ABCD-2345") == [newest], "codes of older entries stand sealed"
    report = Fsck(storage.database, storage.keys, [SIGNER.verifier_key]).run()
    assert report.clean, report.findings


def test_without_the_backfill_no_filter_would_find_them(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The companion: rows without facets are in the list of everything, and in no other."""
    with opened(urls) as storage:
        migrate(storage.database, "main")
        storage.log.begin()
        monkeypatch.setattr(store, "_ADD_ORGANISATION", AS_THEN)
        storage.write(DRAFTS[0])
        assert storage.found(COUNTY) == [0]
        assert storage.found(COUNTY, kind="disclosure") == []
