"""Promise 5, bundle by bundle: a newer one counts at once on every replica, and none that is in doubt ever decides.

A bad bundle is refused, the last good one goes on, and the operator is told by a code. Companions take one protection out
each and show which bundle would then decide.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from audit.reader import LogReader
from consent.ledger import Ledger, Standing
from core.errors import ClosedError
from core.keys import SubjectKey
from gateway import authority, watching
from gateway.policy import bundle, opening
from gateway.policy.bundle_archive import MANIFEST, SIGNATURES
from gateway.policy.live import LivePolicy, Policy
from gateway.policy.port import Decision, PolicyEngine, Question
from gateway.views.pipeline import Parts
from gateway.views.values import RefusedError
from tests.promises.test_agreements_live import Remembers, refused
from tests.promises.test_promise_2_withdrawal_is_immediate import (
    CredulousAuthority,
    nothing_leaves_after,
    outcome_of,
)
from tests.support.bundles import KEYID, OTHER_KEY, TRUSTED, altered, bundle_bytes, signed_anew
from tests.support.replicas import (
    SUSPENDED_IN_ITS_FILE,
    Replica,
    bundle_of,
    edited_bundle,
    open_policy,
    replica,
)
from tests.support.walk import Walk, registers

NEWER = 7
"""The number of the good bundle; the one before is the walk's folder, 0."""


@pytest.fixture(scope="module")
def suspending(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A newer bundle, whose registers suspend the triagers' agreement."""
    return bundle_of(tmp_path_factory.mktemp("newer"), NEWER + 1, SUSPENDED_IN_ITS_FILE)


@pytest.fixture
def one(way: Walk, tmp_path: Path) -> Iterator[Replica]:
    with replica(way, tmp_path) as opened:
        yield opened


@pytest.fixture
def other(way: Walk, tmp_path: Path) -> Iterator[Replica]:
    with replica(way, tmp_path) as opened:
        yield opened


# A newer one takes over


async def test_a_new_bundle_counts_from_the_next_request_of_every_replica(
    way: Walk, one: Replica, other: Replica, suspending: bytes
) -> None:
    await way.allow()
    assert (await way.ask(parts=one.parts)).sections
    assert (await way.ask(parts=other.parts)).sections
    await one.given(suspending)
    await refused(way, "agreement-suspended", one.parts)
    await closed_until_caught_up(way, other.parts)
    await other.given(suspending)
    await refused(way, "agreement-suspended", other.parts)
    assert (one.live.current.number, one.live.alert) == (NEWER + 1, None)


async def closed_until_caught_up(way: Walk, parts: Parts) -> None:
    """The promise: a replica that is behind answers nobody, and asks no source."""
    for source in way.sources.values():
        source.asked.clear()
    with pytest.raises(ClosedError, match="another policy is in force than this replica has"):
        await way.ask(parts=parts)
    assert all(source.asked == [] for source in way.sources.values())


async def test_without_reading_the_row_a_replica_that_is_behind_would_decide_by_the_older_one(
    way: Walk, tmp_path: Path, one: Replica, suspending: bytes
) -> None:
    await way.allow()
    with replica(way, tmp_path, authority=Remembers) as deaf:
        assert (await way.ask(parts=deaf.parts)).sections
        await one.given(suspending)
        with pytest.raises(pytest.fail.Exception):
            await closed_until_caught_up(way, deaf.parts)


async def test_a_request_that_finds_its_replica_behind_has_it_look_at_once(
    way: Walk, one: Replica, other: Replica, suspending: bytes
) -> None:
    watch = asyncio.create_task(other.watcher.run())
    await asyncio.sleep(0)
    await one.given(suspending)
    other.path.write_bytes(suspending)
    await closed_until_caught_up(way, other.parts)
    await asyncio.wait_for(other.took.wait(), 60)
    await refused(way, "agreement-suspended", other.parts)
    watch.cancel()


async def test_a_request_under_way_when_a_bundle_comes_discloses_nothing(
    way: Walk, one: Replica, other: Replica, suspending: bytes
) -> None:
    await way.allow()
    one.prepare(suspending)
    view = await nothing_leaves_after(way, lambda: one.given(suspending), other.parts)
    assert outcome_of(way, view.receipt) == ("empty", "policy")


async def test_a_request_under_way_on_the_replica_that_takes_it_keeps_to_one_policy_and_discloses_nothing(
    way: Walk, one: Replica, suspending: bytes
) -> None:
    await way.allow()
    one.prepare(suspending)
    view = await nothing_leaves_after(way, lambda: one.given(suspending), one.parts)
    assert outcome_of(way, view.receipt) == ("empty", "policy")
    assert one.live.current.number == NEWER + 1


async def test_without_the_guard_a_request_under_way_would_disclose_by_the_older_bundle(
    way: Walk, one: Replica, suspending: bytes
) -> None:
    await way.allow()
    one.prepare(suspending)
    recording = replace(one.parts.recording, authority=CredulousAuthority(way.home.database))
    parts = replace(one.parts, recording=recording)
    with pytest.raises(AssertionError):
        await nothing_leaves_after(way, lambda: one.given(suspending), parts)


@dataclass
class Listening:
    """Notes under which revision each decision was made."""

    behind: PolicyEngine
    decided: list[str]

    @property
    def revision(self) -> str:
        return self.behind.revision

    async def decide(self, question: Question) -> Decision:
        decision = await self.behind.decide(question)
        self.decided.append(decision.revision)
        return decision


@dataclass
class Straddling:
    """Looks up which policy is the current one at every question, as a request would that did not keep to one."""

    revision: str
    live: LivePolicy

    async def decide(self, question: Question) -> Decision:
        return await self.live.current.engine.decide(question)


class Swapping(Ledger):
    """A newer policy takes over while a request reads what the person allowed: between its two decisions."""

    def __init__(self, way: Walk, live: LivePolicy, newer: Policy) -> None:
        super().__init__(way.home.database)
        self.live, self.newer = live, newer

    def standing(self, key: SubjectKey) -> Standing:
        self.live.make_ready(self.newer)
        self.live.swap()
        return super().standing(key)


async def one_policy_decides(way: Walk, one: Replica, suspending: bytes, *, straddles: bool = False) -> None:
    """The promise: what began under one policy is decided by it to the end."""
    await way.allow()
    decided: list[str] = []
    began = replace(one.live.current, engine=Listening(one.live.current.engine, decided))
    newer = open_policy(suspending)
    newer = replace(newer, engine=Listening(newer.engine, decided))
    live = LivePolicy(began)
    at_hand = LivePolicy(replace(began, engine=Straddling(began.revision, live)) if straddles else began)
    parts = replace(one.parts, policy=at_hand, ledger=Swapping(way, live if straddles else at_hand, newer))
    with suppress(RefusedError):
        await way.ask(parts=parts)
    assert decided == [began.revision, began.revision]


async def test_a_request_is_decided_by_one_policy_though_another_takes_over_meanwhile(
    way: Walk, one: Replica, suspending: bytes
) -> None:
    await one_policy_decides(way, one, suspending)


async def test_without_keeping_to_one_policy_two_would_decide_one_request(
    way: Walk, one: Replica, suspending: bytes
) -> None:
    with pytest.raises(AssertionError):
        await one_policy_decides(way, one, suspending, straddles=True)


async def test_the_log_says_which_bundle_came_in_force_and_only_once(
    way: Walk, one: Replica, other: Replica, suspending: bytes
) -> None:
    await one.given(suspending)
    await other.given(suspending)
    reader = LogReader(way.home.database, way.home.log.store, way.home.keys)
    key = way.home.keys.get("org:operator")
    (entry,) = reader.of_tag(key.tag, ["administration"], None, 10)
    opening = reader.open(entry)
    assert opening is not None
    assert entry.outcome == "policy-in-force"
    assert opening.detail["detail"] == {"policy": one.live.current.revision, "number": NEWER + 1}


# A bad one is refused


def unsigned(_: Path) -> bytes:
    return altered(bundle_bytes(NEWER + 1), lambda files: files.pop(SIGNATURES))


def of_another_key(_: Path) -> bytes:
    return signed_anew(bundle_bytes(NEWER + 1), key=OTHER_KEY, keyid="somebody-2026")


def of_another_key_under_our_name(_: Path) -> bytes:
    return signed_anew(bundle_bytes(NEWER + 1), key=OTHER_KEY, keyid=KEYID)


def with_a_changed_file(folder: Path) -> bytes:
    """What the suspending bundle holds, behind the signature of one that does not suspend."""
    changed = bundle_of(folder, NEWER + 1, SUSPENDED_IN_ITS_FILE)
    inside = bundle.read_bundle(changed, TRUSTED).files
    return altered(
        bundle_bytes(NEWER + 1),
        lambda files: files.update({name: text for name, text in inside.items() if name != SIGNATURES}),
    )


def no_archive(_: Path) -> bytes:
    return b"\x1f\x8b no bundle at all"


def cut_short(_: Path) -> bytes:
    return bundle_bytes(NEWER + 1)[:-100]


def with_registers_that_contradict_themselves(_: Path) -> bytes:
    name = "registers/purposes.yaml"
    return signed_anew(
        bundle_bytes(NEWER + 1), lambda files: files.update({name: files[name] + b"nonsense: 1\n"})
    )


def with_another_manifest(_: Path) -> bytes:
    def change(files: dict[str, bytes]) -> None:
        manifest = orjson.loads(files[MANIFEST])
        files[MANIFEST] = orjson.dumps({**manifest, "revision": "0" * 64}, option=orjson.OPT_SORT_KEYS)

    return signed_anew(bundle_bytes(NEWER + 1), change)


def older(folder: Path) -> bytes:
    return bundle_of(folder, NEWER - 1, SUSPENDED_IN_ITS_FILE)


def of_the_same_number(folder: Path) -> bytes:
    return bundle_of(folder, NEWER, SUSPENDED_IN_ITS_FILE)


def with_other_sections(folder: Path) -> bytes:
    name = "sections/tenancy.v1.json"
    return edited_bundle(folder, NEWER + 1, name, lambda text: text.replace("Tenancy", "Tenancy and home", 1))


BAD: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "unsigned": ("unsigned", unsigned),
    "of-another-key": ("unknown-key", of_another_key),
    "of-another-key-under-our-name": ("altered", of_another_key_under_our_name),
    "with-a-changed-file": ("altered", with_a_changed_file),
    "no-archive": ("malformed", no_archive),
    "cut-short": ("malformed", cut_short),
    "with-registers-that-contradict-themselves": ("malformed", with_registers_that_contradict_themselves),
    "with-another-manifest": ("malformed", with_another_manifest),
    "older": ("older", older),
    "of-the-same-number": ("same-number", of_the_same_number),
    "with-other-sections": ("sections-differ", with_other_sections),
}


async def the_last_good_one_stays(way: Walk, one: Replica, packed: bytes, code: str) -> None:
    """The promise: it goes on answering by the good bundle, and tells the operator why, once."""
    good = one.live.current
    row = way.home.authority.state()
    with capture_logs() as logs:
        await one.given(packed)
        await one.watcher.look()
    assert one.live.current is good
    assert way.home.authority.state() == row
    assert (await way.ask(parts=one.parts)).sections
    assert one.live.alert == code
    assert logs == [
        {"event": "policy.bundle-refused", "code": code, "kept": NEWER, "log_level": "error"},
    ]


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_bundle_is_refused_and_the_last_good_one_stays_with_an_alert(
    way: Walk, one: Replica, tmp_path: Path, bad: str
) -> None:
    await way.allow()
    await one.given(bundle_bytes(NEWER))
    code, make = BAD[bad]
    await the_last_good_one_stays(way, one, make(tmp_path), code)
    # Whoever puts the good one back ends the alert.
    await one.given(bundle_bytes(NEWER))
    assert one.live.alert is None


# Without the protection


def believing_any_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_check_signature", lambda _files, _keys: KEYID)


def counting_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "assert_may_follow", lambda *_: None)
    monkeypatch.setattr(watching, "fits_the_running", lambda *_: None)


def taking_registers_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "open_registers", lambda *_: registers())


PROTECTIONS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "unsigned": believing_any_signature,
    "of-another-key": believing_any_signature,
    "of-another-key-under-our-name": believing_any_signature,
    "with-a-changed-file": believing_any_signature,
    "with-registers-that-contradict-themselves": taking_registers_as_they_come,
    "older": counting_nothing,
    "of-the-same-number": counting_nothing,
    "with-other-sections": counting_nothing,
}


@pytest.mark.parametrize("bad", PROTECTIONS)
async def test_without_its_check_a_bad_bundle_would_decide(
    way: Walk, one: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    await way.allow()
    await one.given(bundle_bytes(NEWER))
    good = one.live.current
    code, make = BAD[bad]
    packed = make(tmp_path)
    PROTECTIONS[bad](monkeypatch)
    with pytest.raises(AssertionError):
        await the_last_good_one_stays(way, one, packed, code)
    assert one.live.current is not good
