"""Having the log cosigned: true lines are kept, untrue ones are not believed, a fork is an alarm. Witnesses in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from audit.checkpoint import open_checkpoint
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from audit.witness import judging
from audit.witness.cosignature import CosignatureKey, Cosigner, seen_by
from audit.witness.judging import RefusedError, Status, Tree
from audit.witness.kept import Cosignatures
from core.unit_of_work import only
from gateway import witnessing
from gateway.witness_client import WitnessAnswer, WitnessUnreachableError
from gateway.witnesses_file import WitnessAt
from gateway.witnessing import OneWitness, Submission, Witnessing, learn
from tests.support.clock import FakeClock
from tests.support.house import House, house, sqlite_urls
from tests.support.witnesses import COSIGNER, OTHER_COSIGNER

KEY = COSIGNER.key
NOW = 1_790_000_000


@dataclass
class FakeWitness:
    """Judges as a witness does, in memory. `change` may turn its answer into another."""

    house: House
    cosigner: Cosigner = COSIGNER
    last: Tree = judging.NOTHING_SEEN
    asked: list[int] = field(default_factory=list)
    change: Callable[[WitnessAnswer], WitnessAnswer] = lambda answer: answer

    async def __call__(self, url: str, body: bytes) -> WitnessAnswer:
        assert url == "http://witness.test"
        return self.change(self._answer(body))

    def _answer(self, body: bytes) -> WitnessAnswer:
        try:
            submitted = judging.read(body, judging.log_keys([self.house.verifier_key]))
            self.asked.append(submitted.request.old_size)
            judging.judge(self.last, submitted)
        except RefusedError as refused:
            known = refused.known_size if refused.status is Status.CONFLICT else refused
            return WitnessAnswer(refused.status, f"{known}\n")
        self.last = submitted.tree
        return WitnessAnswer(200, self.cosigner.line(submitted.text, NOW))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(*sqlite_urls(tmp_path), FakeClock()) as opened:
        yield opened


@pytest.fixture
def witness(home: House) -> FakeWitness:
    return FakeWitness(home)


@pytest.fixture
def one(home: House, witness: FakeWitness) -> OneWitness:
    return of(home, witness)


def of(home: House, witness: FakeWitness, key: CosignatureKey = KEY) -> OneWitness:
    return OneWitness(WitnessAt("http://witness.test", key), home.database, home.log.store, witness)


def grow(home: House, by: int = 1) -> None:
    for _ in range(by):
        draft = Draft(Kind.AUDIT_READ, "searched", frozenset({"norfolk-county-council"}), {})
        home.log.append(Append(only(None, seal_entry(draft, home.organisation_key()))))


def kept(home: House) -> Cosignatures:
    return Cosignatures(home.database)


async def test_an_empty_log_asks_nobody(home: House, witness: FakeWitness, one: OneWitness) -> None:
    await one.look()
    assert (one.state, witness.asked, kept(home).newest()) == ("ok", [], None)


async def test_a_log_that_grows_is_cosigned_from_where_the_witness_stood(
    home: House, witness: FakeWitness, one: OneWitness
) -> None:
    for by in (1, 2, 5):
        grow(home, by)
        await one.look()
        assert one.state == "ok"
    await one.look()
    assert witness.asked == [0, 1, 3], "and it is not asked again about what it has seen"
    newest = kept(home).newest()
    assert newest is not None
    assert (newest.size, newest.witnesses) == (8, (KEY.id,))
    assert open_checkpoint(newest.checkpoint, [home.verifier_key]).size == 8
    assert [seen.seconds for seen in seen_by(newest.checkpoint, [KEY])] == [NOW]


async def test_two_witnesses_lines_stand_beside_one_checkpoint(home: House, witness: FakeWitness) -> None:
    grow(home, 2)
    other = FakeWitness(home, OTHER_COSIGNER)
    await of(home, witness).look()
    await of(home, other, OTHER_COSIGNER.key).look()
    newest = kept(home).newest()
    assert newest is not None
    assert len(seen_by(newest.checkpoint, [KEY, OTHER_COSIGNER.key])) == 2
    assert kept(home).newest(beyond=2) is None


async def test_another_replica_goes_on_where_this_one_stood(home: House, witness: FakeWitness) -> None:
    grow(home, 2)
    await of(home, witness).look()
    grow(home)
    await of(home, witness).look()
    assert witness.asked == [0, 2]


async def test_a_conflict_teaches_the_size_that_was_cosigned(
    home: House, witness: FakeWitness, one: OneWitness
) -> None:
    grow(home, 3)
    await one.look()
    with home.database.write() as tx:
        tx.exec_driver_sql("DELETE FROM log_cosignature")
    grow(home, 2)
    await one.look()
    assert (one.state, witness.asked) == ("ok", [0, 0, 3])


async def test_what_the_witness_cosigned_without_our_hearing_is_asked_for_again(
    home: House, witness: FakeWitness, one: OneWitness
) -> None:
    """The process was killed, or the answer was lost, after the witness had written it down."""
    grow(home, 3)

    def lost(_: WitnessAnswer) -> WitnessAnswer:
        raise WitnessUnreachableError("lost")

    witness.change = lost
    await one.look()
    assert (one.state, kept(home).newest()) == ("behind", None)
    witness.change = lambda answer: answer
    await one.look()
    assert (one.state, witness.asked) == ("ok", [0, 0, 3])
    assert kept(home).has(3, KEY.id)


@pytest.mark.parametrize(("size", "code"), [(3, "log-shrank"), (5, "root-differs"), (9, "proof-refused")])
async def test_a_forked_log_is_refused_and_raises_the_alarm_once(
    home: House, witness: FakeWitness, one: OneWitness, tmp_path: Path, size: int, code: str
) -> None:
    grow(home, 5)
    await one.look()
    # The same log's key over another database, where other things happened.
    with house(*sqlite_urls(tmp_path), FakeClock()) as fork:
        grow(fork, size)
        seen = witness.last
        suspicious = of(fork, witness)
        with capture_logs() as lines:
            await suspicious.look()
            await suspicious.look()
        assert (suspicious.state, witness.last) == ("conflict", seen)
        (alarm,) = lines
        assert (alarm["event"], alarm["log_level"]) == ("log.fork-suspected", "error")
        assert (alarm["code"], alarm["known"], alarm["size"]) == (code, 5, size)
        assert alarm["witness"] == KEY.id
        assert kept(fork).newest() is None


async def test_a_backup_that_was_restored_is_noticed_before_anything_is_appended(
    home: House, witness: FakeWitness, one: OneWitness
) -> None:
    grow(home, 5)
    await one.look()
    witness.last = Tree(7, bytes(32))
    restarted = of(home, witness)
    await restarted.look()
    assert restarted.state == "conflict"


async def test_a_lie_is_not_believed(home: House, witness: FakeWitness, one: OneWitness) -> None:
    grow(home, 3)
    liar = Cosigner(KEY.name, bytes(32))
    for lie in (
        lambda answer: WitnessAnswer(200, answer.text.replace("A", "B")),
        lambda answer: WitnessAnswer(200, ""),
        lambda answer: WitnessAnswer(200, "thank you\n"),
        lambda _: WitnessAnswer(200, liar.line("another\n3\nroot\n", NOW)),
        lambda _: WitnessAnswer(200, COSIGNER.line("another\n3\nroot\n", NOW)),
    ):
        witness.last = judging.NOTHING_SEEN
        witness.change = lie
        with capture_logs() as lines:
            await one.look()
        assert one.state == "behind"
        assert [line.get("code") for line in lines] in ([], ["cosignature-untrue"])
        assert kept(home).newest() is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (WitnessAnswer(403, ""), "answered-403"),
        (WitnessAnswer(404, ""), "answered-404"),
        (WitnessAnswer(500, ""), "answered-500"),
        (WitnessAnswer(302, ""), "answered-302"),
        (WitnessAnswer(409, "many\n"), "answer-malformed"),
        (WitnessAnswer(409, "0\n"), "answer-makes-no-sense"),
    ],
)
async def test_whatever_else_it_answers_it_is_behind_and_that_is_told_once(
    home: House, witness: FakeWitness, one: OneWitness, answer: WitnessAnswer, code: str
) -> None:
    grow(home, 3)
    witness.change = lambda _: answer
    with capture_logs() as lines:
        await one.look()
        await one.look()
    states = [one.state]
    assert [(line["event"], line["code"]) for line in lines] == [("witness.behind", code)]
    witness.change = lambda answer: answer
    witness.last = judging.NOTHING_SEEN
    with capture_logs() as lines:
        await one.look()
    assert [*states, one.state] == ["behind", "ok"]
    assert [line["event"] for line in lines] == ["witness.caught-up"]


async def test_a_witness_that_always_names_another_size_is_given_up_for_now(
    home: House, witness: FakeWitness, one: OneWitness
) -> None:
    grow(home, 9)
    sizes = iter([3, 4, 5, 6, 7])
    witness.change = lambda _: WitnessAnswer(409, f"{next(sizes)}\n")
    with capture_logs() as lines:
        await one.look()
    assert lines[0]["code"] == "others-were-quicker"
    assert next(sizes) == 6, "three requests, and no more"


async def test_a_database_that_fails_is_no_end_of_the_rounds(home: House, witness: FakeWitness) -> None:
    grow(home)
    one = of(home, witness)
    with home.database.write() as tx:
        tx.exec_driver_sql("DROP TABLE log_cosignature")
    with capture_logs() as lines:
        await one.look()
    assert (one.state, lines[0]["code"]) == ("behind", "OperationalError")


def test_a_second_conflict_of_the_same_size_means_another_root_only_for_the_logs_own_size() -> None:
    submission = Submission(4, 4, "", b"")
    with pytest.raises(witnessing.ForkError, match="root-differs"):
        learn(WitnessAnswer(409, "4\n"), submission)
    assert learn(WitnessAnswer(409, "3"), submission) == 3


async def test_all_run_beside_each_other_and_the_standing_counts_them(
    home: House, witness: FakeWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(home)
    waiting, down, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def submit(url: str, body: bytes) -> WitnessAnswer:
        if url == "http://down.test":
            down.set()
            await waiting.wait()
        return await witness("http://witness.test", body)

    places = (WitnessAt("http://witness.test", KEY), WitnessAt("http://down.test", OTHER_COSIGNER.key))
    both = Witnessing(places, home.database, home.log.store, submit)
    look = both.each[0].look

    async def looked() -> None:
        await look()
        done.set()

    monkeypatch.setattr(both.each[0], "look", looked)
    assert both.standing() == {"ok": 0, "behind": 2, "conflict": 0}
    both.start()
    await down.wait()
    async with asyncio.timeout(30):
        await done.wait()
    assert both.standing() == {"ok": 1, "behind": 1, "conflict": 0}
    await both.stop()
    await both.stop()
    grow(home)
    assert Witnessing((), home.database, home.log.store, submit).standing()["behind"] == 0


async def test_rounds_follow_each_other_and_are_rarer_while_nothing_comes_back(
    home: House, witness: FakeWitness, one: OneWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(home)
    pauses: list[float] = []

    class EnoughError(Exception):
        pass

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            witness.change = lambda answer: answer
        if len(pauses) == 8:
            raise EnoughError

    monkeypatch.setattr("gateway.witnessing.asyncio.sleep", sleep)
    witness.change = lambda _: WitnessAnswer(500, "")
    with pytest.raises(EnoughError):
        await one.run(1.0)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 1.0, 1.0]
