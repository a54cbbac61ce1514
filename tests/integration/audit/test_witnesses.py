"""Real witness processes over HTTP, on both databases: killed, lied for, shown forks; the log goes on."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from audit.checkpoint import open_checkpoint
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Log
from audit.merkle import consistency_proof
from audit.note import NoteError
from audit.verify import verify_pair
from audit.witness.cosignature import CosignatureKey, open_witnessed, seen_by
from audit.witness.kept import Cosignatures
from audit.witness.request import parse_request
from audit.witness.store import WitnessStore
from core.storage import Database
from core.unit_of_work import only
from gateway.demo.layout import choose_ports
from gateway.witness_client import ANSWER_MAXIMUM, HttpSubmit, WitnessUnreachableError
from gateway.witness_files import WitnessFiles, make_witness, read_witness_key
from gateway.witnesses_file import WitnessAt
from gateway.witnessing import OneWitness, Witnessing
from tests.support.house import ORIGIN, House, house, sqlite_urls

EVENT = "log.fork-suspected"


@dataclass
class WitnessProcess:
    """`oncetold witness` as a process of its own, which may be killed and started again."""

    files: WitnessFiles
    key: CosignatureKey
    log_key: str
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def at(self) -> WitnessAt:
        return WitnessAt(f"http://127.0.0.1:{self.port}", self.key)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    *(
                        "-m",
                        "gateway",
                        "witness",
                        "--key",
                        str(self.files.key),
                        "--state",
                        str(self.files.state),
                    ),
                    *("--log-key", self.log_key, "--port", str(self.port)),
                ],
                stdout=output,
                stderr=output,
            )

    async def ready(self, session: aiohttp.ClientSession) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                async with session.get(f"{self.at.url}/key") as answer:
                    assert await answer.text() == f"{self.key}\n"
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
        pytest.fail("the witness did not start: " + self.log.read_text())

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        assert self.process.wait() == -signal.SIGKILL

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


@pytest.fixture
def witnesses(home: House, tmp_path: Path) -> Iterator[tuple[WitnessProcess, WitnessProcess]]:
    ports = choose_ports(lambda _: None, {"one": 23_000, "two": 23_000})
    found = []
    for name, port in ports.items():
        files = WitnessFiles(tmp_path / f"{name}.key", tmp_path / f"{name}.db")
        key = make_witness(files, f"witness.test/{name}")
        log = tmp_path / f"{name}.log"
        found.append(WitnessProcess(files, key, str(home.verifier_key), port, log))
    one, two = found
    try:
        for each in found:
            each.start()
        yield one, two
    finally:
        for each in found:
            each.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as opened:
        yield opened


def entry(home: House) -> SealedEntry:
    draft = Draft(Kind.AUDIT_READ, "searched", frozenset({"norfolk-county-council"}), {})
    return seal_entry(draft, home.organisation_key())


def grow(home: House, by: int = 1, log: Log | None = None) -> None:
    for _ in range(by):
        (log or home.log).append(Append(only(None, entry(home))))


def size_of(home: House) -> int:
    head = home.log.store.head()
    assert head is not None
    return head.frontier.size


def one_of(home: House, at: WitnessAt, session: aiohttp.ClientSession) -> OneWitness:
    return OneWitness(at, home.database, home.log.store, HttpSubmit(session))


async def until_seen(home: House, keys: list[CosignatureKey], size: int) -> str:
    """The checkpoint of that size or more which all of them have cosigned."""
    async with asyncio.timeout(60):
        while True:
            newest = await asyncio.to_thread(Cosignatures(home.database).newest, size - 1)
            if newest is not None and len(seen_by(newest.checkpoint, keys)) == len(keys):
                return newest.checkpoint
            await asyncio.sleep(0.05)


async def test_two_replicas_have_two_witnesses_cosign_a_log_that_grows_while_one_is_killed(
    home: House, witnesses: tuple[WitnessProcess, WitnessProcess], session: aiohttp.ClientSession
) -> None:
    first, second = witnesses
    for each in witnesses:
        await each.ready(session)
    keys = [first.key, second.key]
    places = [first.at, second.at]
    with ExitStack() as opened:
        replica = Database(home.database.url.render_as_string(hide_password=False))
        opened.callback(replica.close)
        beside = Log(replica, home.signer, home.clock, ORIGIN)
        submit = HttpSubmit(session, 2.0)
        both = [
            Witnessing(places, home.database, home.log.store, submit),
            Witnessing(places, replica, beside.store, submit),
        ]
        for submitting in both:
            submitting.start()
        await asyncio.to_thread(grow, home, 3)
        before = await until_seen(home, keys, 3)
        for _ in range(3):
            # In the middle of whatever it does just now; the log goes on without it.
            first.kill()
            await asyncio.to_thread(grow, home, 5, beside)
            await until_seen(home, [second.key], size_of(home))
            first.start()
            await asyncio.to_thread(grow, home, 2)
        await first.ready(session)
        after = await until_seen(home, keys, size_of(home))
        for submitting in both:
            await submitting.stop()
    logs = [home.verifier_key]
    older, newer = open_witnessed(before, logs, keys, 2), open_witnessed(after, logs, keys, 2)
    assert newer.size == 24
    with home.database.read() as tx:
        proof = consistency_proof(older.size, newer.size, home.log.store.node(tx))
    verify_pair(before, after, proof, logs)
    for each in witnesses:
        each.stop()
        store = WitnessStore(each.files.state, each.key)
        assert (store.last(ORIGIN).size, store.last(ORIGIN).root) == (newer.size, newer.root)
        assert store.evidence() == ()
        store.close()


@contextmanager
def restored(folder: Path, backup: Path) -> Iterator[House]:
    """A gateway over an older copy of the database."""
    copy = folder / "restored.db"
    shutil.copy(backup, copy)
    _, keys = sqlite_urls(folder)
    with house(f"sqlite:///{copy}", keys) as opened:
        yield opened


@pytest.mark.parametrize(
    ("by", "code"), [(0, "log-shrank"), (2, "log-shrank"), (4, "root-differs"), (7, "proof-refused")]
)
async def test_a_backup_that_was_restored_and_written_to_is_refused_and_raises_the_alarm(
    tmp_path: Path, session: aiohttp.ClientSession, by: int, code: str
) -> None:
    """Three entries were in the backup, seven were cosigned; then the log goes on from the backup as another one."""
    database, keys_url = sqlite_urls(tmp_path)
    with house(database, keys_url) as home:
        files = WitnessFiles(tmp_path / "w.key", tmp_path / "w.db")
        key = make_witness(files, "witness.test/one")
        port = choose_ports(lambda _: None, {"one": 23_100})["one"]
        witness = WitnessProcess(files, key, str(home.verifier_key), port, tmp_path / "w.log")
        witness.start()
        try:
            await witness.ready(session)
            grow(home, 3)
            await one_of(home, witness.at, session).look()
            backup = tmp_path / "backup.db"
            raw = home.database.writer.raw_connection()
            raw.cursor().execute(f"VACUUM INTO '{backup}'")
            raw.close()
            grow(home, 4)
            honest = one_of(home, witness.at, session)
            await honest.look()
            assert honest.state == "ok"
            with restored(tmp_path, backup) as other:
                grow(other, by)
                suspicious = one_of(other, witness.at, session)
                with capture_logs() as lines:
                    await suspicious.look()
                assert suspicious.state == "conflict"
                assert [(line["event"], line["code"]) for line in lines] == [(EVENT, code)]
                newest = Cosignatures(other.database).newest(beyond=3)
                assert newest is None, "nobody vouches for the second log"
                head = other.log.store.head()
                assert head is not None
                assert open_checkpoint(head.checkpoint, [home.verifier_key]).size == 3 + by
                with pytest.raises(NoteError, match="too few"):
                    open_witnessed(head.checkpoint, [home.verifier_key], [key], 1)
        finally:
            witness.stop()
        store = WitnessStore(files.state, key)
        assert store.last(ORIGIN).size == 7
        assert len(store.evidence()) == (1 if code == "root-differs" else 0)
        store.close()


@asynccontextmanager
async def answering(handler: web.Application) -> AsyncIterator[str]:
    server = TestServer(handler, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


def application(answer: web.Response | None = None) -> web.Application:
    async def add(request: web.Request) -> web.Response:
        parse_request(await request.read())
        if answer is None:
            await asyncio.sleep(30)
        assert answer is not None
        return answer

    app = web.Application()
    app.router.add_post("/add-checkpoint", add)
    return app


async def test_a_witness_that_lies_is_not_believed(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    files = WitnessFiles(tmp_path / "w.key", tmp_path / "w.db")
    key = make_witness(files, "witness.test/one")
    liar = make_witness(WitnessFiles(tmp_path / "l.key", tmp_path / "l.db"), "witness.test/one")
    with house(*sqlite_urls(tmp_path)) as home:
        grow(home, 2)
        head = home.log.store.head()
        assert head is not None
        text = head.checkpoint.partition("\n\n")[0] + "\n"
        true = read_witness_key(files.key)
        wrong_key = read_witness_key(tmp_path / "l.key").line(text, 1)
        assert liar != key
        for body in (wrong_key, true.line(text + "more\n", 1), true.line(text, 1).upper(), "fine\n"):
            async with answering(application(web.Response(text=body))) as url:
                one = one_of(home, WitnessAt(url, key), session)
                await one.look()
            assert one.state == "behind"
            assert Cosignatures(home.database).newest() is None
        async with answering(application(web.Response(text=true.line(text, 1)))) as url:
            one = one_of(home, WitnessAt(url, key), session)
            await one.look()
        assert one.state == "ok"


async def test_answers_are_bounded_in_time_and_size_and_redirects_are_not_followed(
    session: aiohttp.ClientSession,
) -> None:
    body = b"old 0\n\nnote\n"
    async with answering(application(web.Response(body=b"x" * (ANSWER_MAXIMUM + 1)))) as url:
        with pytest.raises(WitnessUnreachableError, match="too large"):
            await HttpSubmit(session)(url, body)
    async with answering(application(web.Response(body=b"\xff"))) as url:
        with pytest.raises(WitnessUnreachableError, match="UTF-8"):
            await HttpSubmit(session)(url, body)
    async with answering(application()) as url:
        with pytest.raises(WitnessUnreachableError, match="in time"):
            await HttpSubmit(session, 0.2)(url, body)
    with pytest.raises(WitnessUnreachableError, match="cannot be reached"):
        await HttpSubmit(session)(url, body)
    moved = web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})
    async with answering(application(moved)) as url:
        assert (await HttpSubmit(session)(url, body)).status == 307
    sized = web.Response(status=409, body=b"12\n", content_type="text/x.tlog.size")
    async with answering(application(sized)) as url:
        assert (await HttpSubmit(session)(url, body)).known_size == 12
