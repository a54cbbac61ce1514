"""The watch over the policy bundle: what it takes over, what it refuses, what it tries again, and what wakes it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.errors import ClosedError, OnceToldError
from gateway import watching
from gateway.app import watching as watching_of_app
from gateway.authority import OlderPolicyError, SameNumberError
from gateway.policy.live import LivePolicy, Policy
from gateway.policy.opening import PolicyFileError
from gateway.policy.register_files import RegisterError
from gateway.watching import PolicyWatcher, Watched
from tests.support.policies import undecided


@dataclass
class Bench:
    """A watcher over a file whose content is `<number> <revision>`, and what it did."""

    path: Path
    live: LivePolicy = field(default_factory=lambda: LivePolicy(undecided("first")))
    fault: Callable[[], Exception] | None = None
    closed: Exception | None = None
    opened: list[str] = field(default_factory=list)
    put: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    watcher: PolicyWatcher = field(init=False)
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    poll: float = 3600.0

    def __post_init__(self) -> None:
        self.watcher = PolicyWatcher(self.live, Watched(self.path, self.open, self.put_in_force, self.poll))

    def open(self, packed: bytes) -> Policy:
        number, revision = packed.decode().split()
        self.opened.append(revision)
        if self.fault is not None:
            raise self.fault()

        async def release() -> None:
            self.released.append(revision)

        digest = sha256(packed).hexdigest()
        return replace(undecided(revision, int(number), digest), release=release)

    async def put_in_force(self, policy: Policy) -> None:
        self.looked.set()
        # As the row does: from now on, requests ask for the newer one.
        if self.closed is not None:
            raise self.closed
        assert self.live.in_force(policy.revision) is policy
        assert self.live.current is not policy
        self.put.append(policy.revision)

    async def given(self, text: str) -> None:
        self.write(text)
        await self.watcher.look()

    def write(self, text: str) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(text)
        beside.replace(self.path)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "bundle.tar.gz")


async def test_a_newer_bundle_is_put_in_force_and_takes_over(bench: Bench) -> None:
    with capture_logs() as logs:
        await bench.given("1 second")
    assert (bench.live.current.revision, bench.live.current.number) == ("second", 1)
    assert (bench.put, bench.live.alert) == (["second"], None)
    assert logs == [
        {"event": "policy.bundle-in-force", "number": 1, "revision": "second", "log_level": "info"}
    ]


async def test_a_file_that_did_not_change_is_not_opened_again_unless_somebody_asks(bench: Bench) -> None:
    await bench.given("1 second")
    bench.fault = lambda: PolicyFileError("unsigned", "sign it")
    await bench.watcher.look()
    await bench.given("2 third")
    await bench.watcher.look()
    assert bench.opened == ["second", "third"]
    bench.watcher.look_anew()
    await bench.watcher.look()
    assert bench.opened == ["second", "third", "third"]
    # The one that decides already is known by its bytes.
    await bench.given("1 second")
    assert bench.opened == ["second", "third", "third"]
    assert bench.live.alert is None


async def test_what_a_policy_held_is_given_back_with_the_change_after_next_and_at_the_end(
    bench: Bench,
) -> None:
    for text in ("1 second", "2 third", "3 fourth"):
        await bench.given(text)
    assert bench.released == ["second"]
    await bench.watcher.close()
    await bench.watcher.close()
    assert bench.released == ["second", "third"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (lambda: PolicyFileError("keys-unreadable", "mend it"), "keys-unreadable"),
        (lambda: RegisterError("roles.yaml", 1, "mend it"), "malformed"),
        (lambda: ClosedError("policy engine", "it does not run"), "engine-unusable"),
    ],
)
async def test_a_refusal_is_told_once_by_its_code_alone(
    bench: Bench, fault: Callable[[], OnceToldError], code: str
) -> None:
    await bench.given("1 second")
    bench.fault = fault
    with capture_logs() as logs:
        await bench.given("2 third")
        await bench.given("2 third-again")
    assert logs == [{"event": "policy.bundle-refused", "code": code, "kept": 1, "log_level": "error"}]
    assert (bench.live.current.revision, bench.live.alert) == ("second", code)


@pytest.mark.parametrize(
    ("closed", "code"), [(OlderPolicyError(1, 2), "older"), (SameNumberError(1), "same-number")]
)
async def test_a_bundle_that_the_row_refuses_is_refused_and_given_back(
    bench: Bench, closed: Exception, code: str
) -> None:
    bench.closed = closed
    await bench.given("1 second")
    assert (bench.live.current.revision, bench.live.alert, bench.released) == ("first", code, ["second"])
    with pytest.raises(ClosedError):
        bench.live.in_force("second")


async def test_a_bundle_with_the_number_of_the_one_that_decides_is_refused_and_given_back(
    bench: Bench,
) -> None:
    await bench.given("1 second")
    await bench.given("1 third")
    assert (bench.live.current.revision, bench.live.alert) == ("second", "same-number")
    assert (bench.put, bench.released) == (["second"], ["third"])


async def test_while_the_log_does_not_answer_a_good_bundle_waits_and_is_tried_again(bench: Bench) -> None:
    bench.closed = ClosedError("audit log", "down")
    with capture_logs() as logs:
        await bench.given("1 second")
    assert logs == [{"event": "policy.bundle-waits", "part": "audit log", "log_level": "warning"}]
    assert (bench.live.current.revision, bench.live.alert, bench.released) == ("first", None, ["second"])
    bench.closed = None
    await bench.watcher.look()
    assert bench.live.current.revision == "second"


async def test_a_file_that_is_gone_is_told_once_and_the_policy_stays(bench: Bench) -> None:
    await bench.given("1 second")
    bench.path.unlink()
    with capture_logs() as logs:
        await bench.watcher.look()
        await bench.watcher.look()
    assert [one["code"] for one in logs] == ["unreadable"]
    assert (bench.live.current.revision, bench.live.alert) == ("second", "unreadable")
    await bench.given("1 second")
    assert bench.live.alert is None


async def watch(bench: Bench) -> asyncio.Task[None]:
    task = asyncio.create_task(bench.watcher.run())
    await asyncio.sleep(0)
    return task


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_looks_again_after_its_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "bundle.tar.gz", poll=0.01)
    task = await watch(bench)
    bench.write("1 second")
    await asyncio.wait_for(bench.looked.wait(), 30)
    await stop(task)


async def test_it_looks_at_once_when_another_thread_finds_it_behind(bench: Bench) -> None:
    bench.live.when_behind()  # before it runs, there is nobody to wake
    task = await watch(bench)
    bench.write("1 second")
    thread = threading.Thread(target=bench.live.when_behind)
    thread.start()
    await asyncio.wait_for(bench.looked.wait(), 30)
    thread.join()
    await stop(task)


def test_after_the_end_of_its_loop_nobody_is_woken(bench: Bench) -> None:
    async def for_a_moment() -> None:
        await stop(await watch(bench))

    asyncio.run(for_a_moment())
    bench.watcher.wake()


async def test_a_fault_of_its_own_is_told_by_its_kind_and_the_watch_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.0)
    failed = asyncio.Event()

    def breaks() -> Exception:
        bench.fault = None
        failed.set()
        return RuntimeError("9990000018")

    bench.fault = breaks
    bench.write("1 second")
    task = await watch(bench)
    with capture_logs() as logs:
        bench.watcher.wake()
        await asyncio.wait_for(failed.wait(), 30)
        bench.watcher.wake()
        await asyncio.wait_for(bench.looked.wait(), 30)
    assert logs[0] == {"event": "policy.watch-failed", "error": "RuntimeError", "log_level": "error"}
    await stop(task)


async def test_a_signal_has_it_look_though_nothing_seems_to_have_changed(bench: Bench) -> None:
    bench.closed = OlderPolicyError(1, 2)
    await bench.given("1 second")
    assert bench.opened == ["second"]
    bench.looked.clear()
    async with watching_of_app(bench.watcher):
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(bench.looked.wait(), 30)
    assert bench.opened == ["second", "second"]
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


async def test_without_a_bundle_there_is_nothing_to_watch() -> None:
    async with watching_of_app(None):
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
