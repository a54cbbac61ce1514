"""The log on a real database: what is committed is proven, what fails is undone alone, and nothing forks."""

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from audit import leaf, merkle, tlog_proof
from audit.checkpoint import open_checkpoint
from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, open_entry, seal_entry
from audit.log import Append, Log, Outcome, Receipt
from audit.store import LogStore
from core.errors import ClosedError, OnceToldError
from core.unit_of_work import Written
from tests.support.faults import break_next_commit, refuse_inserts
from tests.support.house import House, house


class PlannedError(OnceToldError):
    pass


def an_entry(home: House, what: str = "empty") -> SealedEntry:
    draft = Draft(
        Kind.REFUSAL,
        what,
        frozenset({"norfolk-county-council"}),
        {"reason": "a test"},
        "norfolk-county-council",
    )
    return seal_entry(draft, home.organisation_key())


def appending(home: House, value: int = 0) -> Append[int]:
    entry = an_entry(home)
    return Append(lambda _: Written(value, (entry,)))


def prove(home: House, receipt: Receipt) -> None:
    proof = tlog_proof.parse_proof(receipt.text)
    checkpoint = open_checkpoint(proof.checkpoint, [home.verifier_key])
    assert proof.index == receipt.index
    merkle.verify_inclusion(
        merkle.leaf_hash(receipt.leaf), proof.index, checkpoint.size, proof.path, checkpoint.root
    )


def leaves(home: House) -> list[bytes]:
    with home.database.read() as tx:
        return [bytes(row[0]) for row in tx.execute(text('SELECT leaf FROM log_entry ORDER BY "index"'))]


def test_a_receipt_proves_its_entry_against_the_signed_checkpoint(home: House) -> None:
    for _ in range(5):
        committed = home.log.append(appending(home))
        prove(home, committed.receipts[0])


def test_a_batch_gives_every_append_its_own_value_and_receipt(home: House) -> None:
    outcomes = home.log.commit([appending(home, n) for n in range(300)])
    values = []
    for outcome in outcomes:
        assert not isinstance(outcome, Exception)
        values.append(outcome.value)
        prove(home, outcome.receipts[0])
    assert values == list(range(300))


def test_the_head_is_the_root_of_all_stored_leaves_and_the_tiles_hold_every_node(home: House) -> None:
    for size in (1, 2, 3, 250, 7, 260):
        home.log.commit([appending(home) for _ in range(size)])
    stored = leaves(home)
    hashes = [merkle.leaf_hash(one) for one in stored]
    head = home.log.store.head()
    assert head is not None
    assert open_checkpoint(head.checkpoint, [home.verifier_key]).root == merkle.root_of(hashes)
    with home.database.read() as tx:
        node = home.log.store.node(tx)
        for index in (0, 1, 255, 256, 511, len(stored) - 1):
            path = merkle.inclusion_proof(index, len(stored), node)
            merkle.verify_inclusion(hashes[index], index, len(stored), path, merkle.root_of(hashes))
        path = merkle.consistency_proof(256, len(stored), node)
    merkle.verify_consistency(256, len(stored), path, merkle.root_of(hashes[:256]), merkle.root_of(hashes))


def test_a_refused_work_is_undone_alone_and_its_batch_mates_go_on(home: House) -> None:
    def writes_and_refuses(tx: Connection) -> Written[None, SealedEntry]:
        tx.execute(text("INSERT INTO authority (id, revision, bundle) VALUES (99, 1, 'x')"))
        raise PlannedError

    outcomes = home.log.commit([appending(home), Append(writes_and_refuses, changes=True), appending(home)])
    assert isinstance(outcomes[1], PlannedError)
    assert [isinstance(one, Exception) for one in outcomes] == [False, True, False]
    assert len(leaves(home)) == 2
    with home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM authority WHERE id = 99")).scalar_one() == 0


def test_a_work_that_breaks_the_transaction_does_not_break_its_batch_mates(home: House) -> None:
    def broken(tx: Connection) -> Written[None, SealedEntry]:
        tx.execute(text("SELECT * FROM no_such_table"))
        raise AssertionError("not reached")

    outcomes = home.log.commit([appending(home, 1), Append(broken), appending(home, 2)])
    assert isinstance(outcomes[1], ClosedError)
    good = [one for one in outcomes if not isinstance(one, Exception)]
    assert [one.value for one in good] == [1, 2]
    for one in good:
        prove(home, one.receipts[0])
    assert len(leaves(home)) == 2


def test_an_insert_refused_by_the_database_closes_the_gate(home: House) -> None:
    refuse_inserts(home.database, "log_entry")
    with pytest.raises(ClosedError):
        home.log.append(appending(home))
    assert leaves(home) == []


def test_a_log_that_was_not_begun_is_closed(home: House) -> None:
    with home.database.write() as tx:
        tx.execute(text("DELETE FROM log_head"))
    with pytest.raises(ClosedError, match="not begun"):
        home.log.append(appending(home))


def test_beginning_twice_changes_nothing(home: House) -> None:
    home.log.append(appending(home))
    home.log.begin()
    assert len(leaves(home)) == 1
    prove(home, home.log.append(appending(home)).receipts[0])


@pytest.mark.parametrize("stored", [True, False], ids=["stored-but-errored", "lost"])
def test_an_unclear_commit_is_settled_by_its_batch_id(home: House, *, stored: bool) -> None:
    log = home.log
    break_next_commit(home.database, stored=stored)
    if stored:
        prove(home, log.append(appending(home)).receipts[0])
        assert len(leaves(home)) == 1
    else:
        with pytest.raises(ClosedError):
            log.append(appending(home))
        assert leaves(home) == []
    prove(home, log.append(appending(home)).receipts[0])


def test_two_replicas_make_one_log_without_forks(urls: tuple[str, str]) -> None:
    with house(*urls) as one, house(*urls) as two:
        receipts: list[Receipt] = []

        def work(home: House) -> None:
            for _ in range(40):
                for outcome in home.log.commit([appending(home) for _ in range(3)]):
                    assert not isinstance(outcome, Exception)
                    receipts.append(outcome.receipts[0])

        threads = [threading.Thread(target=work, args=(home,)) for home in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(receipt.index for receipt in receipts) == list(range(240))
        for receipt in receipts:
            prove(one, receipt)
        hashes = [merkle.leaf_hash(stored) for stored in leaves(one)]
        for receipt in receipts:
            checkpoint = open_checkpoint(tlog_proof.parse_proof(receipt.text).checkpoint, [one.verifier_key])
            assert checkpoint.root == merkle.root_of(hashes[: checkpoint.size])


async def test_many_waiting_callers_share_few_commits(home: House) -> None:
    committed = await asyncio.gather(*(home.committer.append(appending(home, n)) for n in range(200)))
    assert [one.value for one in committed] == list(range(200))
    with home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM log_batch")).scalar_one() < 100


async def test_a_stopped_committer_is_closed(home: House) -> None:
    home.committer.close()
    with pytest.raises(ClosedError):
        await home.committer.append(appending(home))


def test_a_detail_opens_with_its_key_only_and_is_what_the_leaf_commits_to(home: House) -> None:
    receipt = home.log.append(appending(home)).receipts[0]
    with home.database.read() as tx:
        sealed, tag = tx.execute(text('SELECT sealed, tag FROM log_entry_detail WHERE "index" = 0')).one()
    key = home.keys.by_tag(bytes(tag))
    opening = open_entry(bytes(sealed), leaf.parse(receipt.leaf).commitment, key)
    leaf.opens(receipt.leaf, opening.salt, opening.detail)
    assert b"a test" not in bytes(sealed)
    with pytest.raises(OnceToldError):
        open_entry(
            bytes(sealed), leaf.parse(receipt.leaf).commitment, home.organisation_key("harbour-charity")
        )


def test_two_processes_that_begin_in_the_same_moment_make_one_log(urls: tuple[str, str]) -> None:
    with house(*urls) as home:
        with home.database.write() as tx:
            tx.execute(text("DELETE FROM log_head"))

        class SeesNothing(LogStore):
            def lock_head(self, tx: Connection) -> None:
                super().lock_head(tx)

        home.log.begin()
        late = Log(home.database, home.signer, home.clock, home.log.origin)
        late.store = SeesNothing(home.database)
        late.begin()
        with home.database.read() as tx:
            assert tx.execute(text("SELECT count(*) FROM log_head")).scalar_one() == 1


def test_an_unclear_commit_that_nobody_can_settle_discloses_nothing(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_knows(tx: Connection, batch_id: str) -> bool:
        raise OperationalError("SELECT", None, Exception("still away"))

    monkeypatch.setattr(home.log.store, "has_batch", nobody_knows)
    break_next_commit(home.database, stored=True)
    with pytest.raises(ClosedError, match="audit log"):
        home.log.append(appending(home))
    # The log tells of a look that never left; that is the right way round.
    assert len(leaves(home)) == 1


async def test_more_waiting_than_there_is_room_for_is_closed(home: House) -> None:
    holds, may_go_on = threading.Event(), threading.Event()

    class Slow:
        def commit(self, batch: list[Append[Any]]) -> list[Outcome]:
            holds.set()
            may_go_on.wait(30)
            return home.log.commit(batch)

    committer = Committer(Slow(), waiting_maximum=1)
    first = asyncio.ensure_future(committer.append(appending(home, 1)))
    await asyncio.to_thread(holds.wait, 30)
    second = asyncio.ensure_future(committer.append(appending(home, 2)))
    await asyncio.sleep(0)
    with pytest.raises(ClosedError, match="too much is waiting"):
        await committer.append(appending(home, 3))
    may_go_on.set()
    assert [(await one).value for one in (first, second)] == [1, 2]
    await asyncio.to_thread(committer.close)


async def test_a_caller_who_goes_away_undoes_nothing(home: House) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    class Slow:
        def commit(self, batch: list[Append[Any]]) -> list[Outcome]:
            begun.set()
            may_go_on.wait(30)
            return home.log.commit(batch)

    committer = Committer(Slow())
    gone = asyncio.ensure_future(committer.append(appending(home)))
    await asyncio.to_thread(begun.wait, 30)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    may_go_on.set()
    assert (await committer.append(appending(home, 2))).value == 2
    assert len(leaves(home)) == 2
    await asyncio.to_thread(committer.close)


def test_a_loop_that_is_gone_does_not_stop_the_writer_for_the_others(home: House) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    class Slow:
        def commit(self, batch: list[Append[Any]]) -> list[Outcome]:
            begun.set()
            may_go_on.wait(30)
            return home.log.commit(batch)

    committer = Committer(Slow())

    async def leaves_early() -> None:
        asyncio.ensure_future(committer.append(appending(home)))  # noqa: RUF006 - nobody waits for it, on purpose
        await asyncio.to_thread(begun.wait, 30)

    asyncio.run(leaves_early())
    may_go_on.set()

    async def stays() -> int:
        return (await committer.append(appending(home, 7))).value

    assert asyncio.run(stays()) == 7
    assert len(leaves(home)) == 2
    committer.close()
