"""Reading the log: each filter finds what it names and nothing else, page by page, and every old entry proves itself."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from audit import leaf
from audit.entries import Draft, Kind, seal_entry
from audit.errors import VerificationError
from audit.log import Append
from audit.reader import LogReader, Query, StoredEntry
from audit.verify import verify_receipt
from core.keys import SubjectKey
from core.sealing import SealError
from core.unit_of_work import only
from tests.support.house import House

COUNTY, CITY, CHARITY = "norfolk-county-council", "norwich-city-council", "harbour-charity"
TRIAGE, ADVICE = "early-help-triage", "income-debt-advice"


@dataclass(frozen=True)
class Book:
    """A log with a few entries. ada, ben: the keys of two people."""

    home: House
    reader: LogReader
    ada: SubjectKey
    ben: SubjectKey

    def write(self, draft: Draft, key: SubjectKey) -> int:
        """Append one entry in a batch of its own; gives its place."""
        return self.home.log.append(Append(only(None, seal_entry(draft, key)))).receipts[0].index

    def stored(self, index: int) -> StoredEntry:
        found = self.reader.entry(index)
        assert found is not None
        return found


def looked(recipient: str, purpose: str, role: str, *sources: str) -> Draft:
    return Draft(
        Kind.DISCLOSURE,
        "disclosed",
        frozenset({recipient, *sources}),
        {"reason": "a test"},
        recipient,
        role,
        purpose,
    )


@pytest.fixture
def book(home: House) -> Book:
    """Six entries: 0, 1, 4 and 5 about Ada, 2 about Ben, 3 about nobody."""
    ada, ben = home.keys.get_or_create("p-ada"), home.keys.get_or_create("p-ben")
    book = Book(home, LogReader(home.database, home.log.store, home.keys), ada, ben)
    book.write(looked(COUNTY, TRIAGE, "triager", CITY, CHARITY), ada)
    book.write(looked(CHARITY, ADVICE, "adviser", CITY), ada)
    book.write(Draft(Kind.REFUSAL, "empty", frozenset({COUNTY}), {}, COUNTY, "triager", TRIAGE), ben)
    officer = Draft(Kind.AUDIT_READ, "searched", frozenset({COUNTY}), {}, COUNTY, "officer")
    book.write(officer, home.organisation_key(COUNTY))
    book.write(Draft(Kind.CONSENT, "given", frozenset({COUNTY}), {}, COUNTY, None, TRIAGE), ada)
    book.write(looked(COUNTY, TRIAGE, "triager", CITY), ada)
    return book


def found(book: Book, query: Query) -> list[int]:
    return [entry.index for entry in book.reader.search(query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(COUNTY), [5, 4, 3, 2, 0]),
        (Query(CITY), [5, 1, 0]),
        (Query("age-well-norfolk"), []),
        (Query(COUNTY, kind="disclosure"), [5, 0]),
        (Query(COUNTY, outcome="empty"), [2]),
        (Query(COUNTY, purpose=TRIAGE), [5, 4, 2, 0]),
        (Query(CITY, purpose=ADVICE), [1]),
        (Query(COUNTY, kind="disclosure", outcome="empty"), []),
        (Query(COUNTY, text="officer"), [3]),
        (Query(CITY, text="harbour"), [1]),
        (Query(CITY, text="HARBOUR"), [1]),
        (Query(CITY, text="debt-adv"), [1]),
        (Query(COUNTY, text="sear"), [3]),
        (Query(COUNTY, text="a test"), []),
        # Wildcards of the database mean themselves.
        (Query(COUNTY, text="%"), []),
        (Query(COUNTY, text="_"), []),
        (Query(COUNTY, limit=2), [5, 4]),
        (Query(COUNTY, before=4), [3, 2, 0]),
        (Query(COUNTY, before=4, limit=1), [3]),
        (Query(COUNTY, before=0), []),
    ],
)
def test_a_search_finds_what_it_names_in_the_organisations_own_entries(
    book: Book, query: Query, expected: list[int]
) -> None:
    assert found(book, query) == expected


def test_a_search_by_time_takes_its_first_millisecond_in_and_leaves_its_last_out(book: Book) -> None:
    times = {index: 1_790_000_000_000 + 1_000 * index for index in range(6)}
    with book.home.database.write() as tx:
        for index, at_ms in times.items():
            tx.execute(
                text('UPDATE log_entry_detail SET at_ms = :at WHERE "index" = :index'),
                {"at": at_ms, "index": index},
            )
    assert found(book, Query(COUNTY, from_ms=times[3])) == [5, 4, 3]
    assert found(book, Query(COUNTY, until_ms=times[3])) == [2, 0]
    assert found(book, Query(COUNTY, from_ms=times[2], until_ms=times[4])) == [3, 2]


def test_what_a_person_is_shown_is_theirs_of_the_kinds_asked_for_page_by_page(book: Book) -> None:
    def own(key: SubjectKey, before: int | None = None, limit: int = 50) -> list[int]:
        kinds = ("disclosure", "refusal", "consent")
        return [entry.index for entry in book.reader.of_tag(key.tag, kinds, before, limit)]

    assert own(book.ada) == [5, 4, 1, 0]
    assert own(book.ada, limit=2) == [5, 4]
    assert own(book.ada, before=4) == [1, 0]
    assert own(book.ben) == [2]
    assert book.reader.of_tag(book.ada.tag, ("refusal",), None, 50) == ()


def test_the_last_look_of_each_recipient_and_purpose_is_the_newest(book: Book) -> None:
    newest = {(COUNTY, TRIAGE): book.stored(5).at_ms, (CHARITY, ADVICE): book.stored(1).at_ms}
    assert book.reader.last_looks(book.ada.tag) == newest
    assert book.reader.last_looks(book.ben.tag) == {}, "a refusal is no look"


def test_the_outcomes_and_concerns_of_an_organisation_are_its_own(book: Book) -> None:
    assert book.reader.outcomes(COUNTY) == ("disclosed", "empty", "given", "searched")
    assert book.reader.outcomes(CITY) == ("disclosed",)
    assert book.reader.outcomes("age-well-norfolk") == ()
    assert [index for index in range(7) if book.reader.concerns(index, CITY)] == [0, 1, 5]


def test_an_entry_holds_what_was_written_and_none_is_beyond_the_end(book: Book) -> None:
    entry = book.stored(1)
    columns = (entry.kind, entry.outcome, entry.recipient, entry.role, entry.purpose, entry.tag)
    assert columns == ("disclosure", "disclosed", CHARITY, "adviser", ADVICE, book.ada.tag)
    assert leaf.parse(entry.leaf).time_ms == entry.at_ms
    assert book.reader.entry(6) is None


def test_every_old_entry_has_a_receipt_under_the_last_checkpoint(book: Book) -> None:
    for index in range(6):
        receipt = book.reader.receipt(index)
        opening = book.reader.open(book.stored(index))
        assert opening is not None
        known = (opening.salt, opening.detail)
        verified = verify_receipt(receipt.text, receipt.leaf, [book.home.verifier_key], known)
        assert (verified.index, verified.size) == (index, 6)


def test_a_receipt_needs_one_connection_only_so_many_readers_never_wait_for_each_other(book: Book) -> None:
    pool = book.home.database.writer.pool
    assert isinstance(pool, QueuePool)
    with ExitStack() as held:
        for _ in range(pool.size() + pool._max_overflow - 1):
            held.enter_context(book.home.database.writer.connect())
        assert book.reader.receipt(2).index == 2


@pytest.mark.parametrize("index", [-1, 6, 2**53 - 1])
def test_beyond_the_log_there_is_no_receipt(book: Book, index: int) -> None:
    with pytest.raises(VerificationError, match="the log does not hold that entry"):
        book.reader.receipt(index)


def test_a_log_that_was_not_begun_has_no_receipts(book: Book) -> None:
    with book.home.database.write() as tx:
        tx.execute(text("DELETE FROM log_head"))
    assert book.home.log.store.head() is None
    with pytest.raises(VerificationError):
        book.reader.receipt(0)


def test_an_entry_whose_key_was_erased_does_not_open_and_its_proof_still_holds(book: Book) -> None:
    book.home.keys.erase("p-ada", 1_790_000_000_000)
    assert book.reader.open(book.stored(1)) is None
    receipt = book.reader.receipt(1)
    assert verify_receipt(receipt.text, receipt.leaf, [book.home.verifier_key]).index == 1
    ben = book.reader.open(book.stored(2))
    assert ben is not None
    assert ben.detail["outcome"] == "empty"


def test_a_detail_that_was_altered_or_put_in_the_place_of_another_does_not_open(book: Book) -> None:
    one, other = book.stored(0), book.stored(1)
    altered = bytes([*one.sealed[:-1], one.sealed[-1] ^ 1])
    for changed in (
        replace(one, sealed=altered),
        replace(one, sealed=other.sealed),
        replace(one, leaf=other.leaf),
        replace(one, tag=book.ben.tag),
    ):
        with pytest.raises(SealError):
            book.reader.open(changed)


def test_a_leaf_of_another_time_still_opens_but_another_commitment_does_not(book: Book) -> None:
    """The time is in the leaf itself, which its receipt covers; the commitment is what the detail must match."""
    entry = book.stored(0)
    moved = leaf.make(entry.at_ms + 1, leaf.parse(entry.leaf).commitment)
    assert book.reader.open(replace(entry, leaf=moved)) is not None
    receipt = book.reader.receipt(0)
    with pytest.raises(VerificationError):
        verify_receipt(receipt.text, moved, [book.home.verifier_key])
