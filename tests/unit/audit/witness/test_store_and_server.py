"""The witness itself: what it saw is durable before it signs, evidence is kept, and its answers are the specification's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from audit.witness import judging, server, store
from audit.witness.cosignature import seen_by
from audit.witness.judging import RefusedError, Tree
from audit.witness.request import BODY_MAXIMUM
from audit.witness.server import Witness, create_witness_app
from audit.witness.store import StateError, WitnessStore, make_state
from core.errors import ClosedError
from core.times import to_ms
from tests.support.clock import TODAY, FakeClock
from tests.support.witnesses import COSIGNER, LOG, ORIGIN, OTHER_COSIGNER, SmallLog
from tests.unit.gateway.web.asgi import Reply, Sender, ask, scope_of

WATCHED = judging.log_keys([LOG.verifier_key])
HONEST = SmallLog.of(40)
FORKED = SmallLog.of(40, b"forked", shared=4)


@dataclass
class Desk:
    """A witness, its file and its clock."""

    path: Path
    store: WitnessStore
    clock: FakeClock
    witness: Witness
    app: Starlette

    async def post(self, body: bytes, *pieces: bytes) -> Reply:
        return await ask(self.app, scope_of("POST", "/add-checkpoint"), Sender([body, *pieces]))

    def again(self) -> WitnessStore:
        self.store.close()
        self.store = WitnessStore(self.path, COSIGNER.key)
        return self.store


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "state" / "witness.db"
    make_state(path, COSIGNER.key)
    opened, clock = WitnessStore(path, COSIGNER.key), FakeClock()
    witness = Witness(COSIGNER, WATCHED, opened, clock)
    desk = Desk(path, opened, clock, witness, create_witness_app(witness))
    yield desk
    desk.store.close()


async def test_a_log_that_grows_is_cosigned_and_remembered_over_a_restart(desk: Desk) -> None:
    for old, size in ((0, 5), (5, 5), (5, 17), (17, 40)):
        reply = await desk.post(HONEST.request(old, size))
        assert reply.status == 200
        (seen,) = seen_by(HONEST.checkpoint(size) + reply.text, [COSIGNER.key])
        assert seen.seconds == int(TODAY.timestamp())
        assert desk.again().last(ORIGIN) == Tree(size, HONEST.root(size))
        desk.witness._store = desk.store


async def test_each_refusal_has_the_specifications_status_and_body(desk: Desk) -> None:
    assert (await desk.post(HONEST.request(0, 8))).status == 200
    conflict = await desk.post(HONEST.request(0, 9))
    assert (conflict.status, conflict.text) == (409, "8\n")
    assert conflict.header("content-type") == "text/x.tlog.size"
    assert (await desk.post(FORKED.request(8, 9))).status == 422
    assert (await desk.post(b"nonsense")).status == 400
    stranger = create_witness_app(Witness(COSIGNER, {}, desk.store, desk.clock))
    reply = await ask(stranger, scope_of("POST", "/add-checkpoint"), Sender([HONEST.request(8, 9)]))
    assert reply.status == 404
    assert (await desk.post(HONEST.request(8, 9).replace(b"\n9\n", b"\n10\n"))).status == 403
    assert desk.store.last(ORIGIN).size == 8
    assert desk.store.evidence() == ()


async def test_two_roots_of_one_size_are_kept_as_evidence_once(desk: Desk) -> None:
    assert (await desk.post(HONEST.request(0, 8))).status == 200
    for _ in range(2):
        assert (await desk.post(FORKED.request(8, 8))).status == 409
    (kept,) = desk.store.evidence()
    assert (kept.origin, kept.size, kept.at_ms) == (ORIGIN, 8, to_ms(TODAY))
    assert (kept.ours, kept.theirs) == (HONEST.checkpoint(8), FORKED.checkpoint(8))
    assert desk.store.last(ORIGIN) == Tree(8, HONEST.root(8))


async def test_evidence_does_not_fill_the_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "EVIDENCE_MAXIMUM", 2)
    await desk.post(HONEST.request(0, 8))
    for number in range(5):
        assert (await desk.post(SmallLog.of(8, b"%d" % number).request(8, 8))).status == 409
    assert len(desk.store.evidence()) == 2


async def test_the_key_is_published_and_there_is_nothing_else(desk: Desk) -> None:
    reply = await ask(desk.app, scope_of("GET", "/key"))
    assert (reply.status, reply.text) == (200, f"{COSIGNER.key}\n")
    assert (await ask(desk.app, scope_of("GET", "/add-checkpoint"))).status == 405
    assert (await ask(desk.app, scope_of("GET", "/"))).status == 404


async def test_a_body_that_is_too_large_or_ends_early_changes_nothing(desk: Desk) -> None:
    assert (await desk.post(bytes(BODY_MAXIMUM), b"x", b"y")).status == 413
    cut = Sender([HONEST.request(0, 8)[:50], b""], hangs_up=True)
    assert (await ask(desk.app, scope_of("POST", "/add-checkpoint"), cut)).status == 400
    assert desk.store.last(ORIGIN) == judging.NOTHING_SEEN


async def test_a_body_that_dawdles_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 0.0)

    class Dawdling(Sender):
        async def __call__(self) -> dict[str, object]:
            import asyncio

            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"o", "more_body": True}

    reply = await ask(desk.app, scope_of("POST", "/add-checkpoint"), Dawdling([]))
    assert reply.status == 408


async def test_in_doubt_about_time_or_disk_it_signs_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.clock.sound = False
    reply = await desk.post(HONEST.request(0, 8))
    assert (reply.status, reply.text) == (503, "closed: clock\n")
    desk.clock.sound = True

    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(store, "_keep", full)
    reply = await desk.post(HONEST.request(0, 8))
    assert (reply.status, reply.text) == (503, "closed: witness file\n")
    assert desk.store.last(ORIGIN) == judging.NOTHING_SEEN


def test_what_was_seen_is_on_the_disk_before_the_signature_is_made(desk: Desk) -> None:
    found: list[int] = []

    class Looking:
        key = COSIGNER.key

        def line(self, text: str, seconds: int) -> str:
            with sqlite3.connect(f"file:{desk.path}?mode=ro", uri=True) as other:
                found.append(other.execute("SELECT size FROM seen").fetchone()[0])
            other.close()
            return COSIGNER.line(text, seconds)

    desk.witness.cosigner = Looking()  # type: ignore[assignment] # a stand-in that looks at the file
    desk.witness.add_checkpoint(HONEST.request(0, 8))
    assert found == [8]
    with desk.store._database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_of_two_forks_at_once_one_is_cosigned(desk: Desk) -> None:
    """Both are good continuations of what was seen; whoever comes second is judged by what the first one left."""
    second = WitnessStore(desk.path, COSIGNER.key)
    desk.witness.add_checkpoint(HONEST.request(0, 4))
    witnesses = (desk.witness, Witness(COSIGNER, WATCHED, second, desk.clock))
    bodies = [HONEST.request(4, 4 + by) for by in range(1, 9)] + [
        FORKED.request(4, 4 + by) for by in range(1, 9)
    ]

    def submit(number: int) -> int | None:
        try:
            witnesses[number % 2].add_checkpoint(bodies[number])
        except RefusedError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        signed = [number for number in pool.map(submit, range(len(bodies))) if number is not None]
    second.close()
    assert len(signed) == 1
    log = HONEST if signed[0] < 8 else FORKED
    size = 5 + signed[0] % 8
    assert desk.store.last(ORIGIN) == Tree(size, log.root(size))


def test_a_witness_without_its_file_or_with_anothers_does_not_start(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="must not sign again"):
        WitnessStore(tmp_path / "nowhere.db", COSIGNER.key)
    with pytest.raises(StateError, match="another key"):
        WitnessStore(desk.path, OTHER_COSIGNER.key)
    with pytest.raises(StateError, match="exists already"):
        make_state(desk.path, COSIGNER.key)
    (tmp_path / "empty.db").touch()
    with pytest.raises(StateError, match="no witness's file"):
        WitnessStore(tmp_path / "empty.db", COSIGNER.key)
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="cannot be made"):
        make_state(tmp_path / "file" / "state.db", COSIGNER.key)


def test_a_file_that_fails_closes_the_witness(desk: Desk) -> None:
    with desk.store._database.write() as tx:
        tx.exec_driver_sql("DROP TABLE seen")
    with pytest.raises(ClosedError, match="witness file"):
        desk.witness.add_checkpoint(HONEST.request(0, 8))
