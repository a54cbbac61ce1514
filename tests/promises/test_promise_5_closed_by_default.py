"""Promise 5. Policy engine, consent store, key store, an issuer's keys or the clock in doubt: no disclosure, to nobody."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from audit.committer import Committer
from audit.log import Log
from consent.ledger import Ledger, Standing
from core.errors import ClosedError
from core.keys import KeyStore, SubjectKey
from core.sections import policies_folder
from core.times import to_ms
from gateway.authority import Authority, AuthorityState
from gateway.identity.caller import Caller
from gateway.people.locator import Locator, Person
from gateway.policy.port import Decision, PolicyEngine, Question
from gateway.policy.wasm import open_engine
from gateway.views.pipeline import Parts
from tests.support.clock import FakeClock
from tests.support.faults import lose
from tests.support.house import KEK, ORIGIN
from tests.support.walk import CALLERS, STRANGER_NUMBER, Walk, closed, registers


@dataclass
class DoubtfulEngine:
    """Decides as the engine behind it, until it is in doubt."""

    behind: PolicyEngine
    doubt: bool = False

    @property
    def revision(self) -> str:
        return self.behind.revision

    async def decide(self, question: Question) -> Decision:
        if self.doubt:
            raise closed("policy engine")
        return await self.behind.decide(question)


@dataclass
class DoubtfulIssuer:
    """A verifier whose issuer's keys cannot be had."""

    doubt: bool = False

    async def verify(self, authorization_headers: Sequence[str]) -> Caller:
        if self.doubt:
            raise closed("issuer keys")
        return CALLERS[authorization_headers[0]]


def doubt_engine(way: Walk, parts: Parts) -> None:
    engine = parts.policy.current.engine
    assert isinstance(engine, DoubtfulEngine)
    engine.doubt = True


def doubt_issuer(_: Walk, parts: Parts) -> None:
    assert isinstance(parts.verifier, DoubtfulIssuer)
    parts.verifier.doubt = True


def jump(way: Walk, _: Parts) -> None:
    assert isinstance(way.home.clock, FakeClock)
    way.home.clock.sound = False


def turn_back(way: Walk, _: Parts) -> None:
    assert isinstance(way.home.clock, FakeClock)
    way.home.clock.wall -= timedelta(seconds=30)


def move_wrapped_keys(way: Walk, _: Parts) -> None:
    with way.home.key_database.write() as tx:
        tx.exec_driver_sql("UPDATE person_key SET wrapped = substr(wrapped, 2)")


def forget_authority(way: Walk) -> None:
    with way.home.database.write() as tx:
        tx.exec_driver_sql("DELETE FROM authority")


@dataclass(frozen=True)
class Doubt:
    """What comes into doubt, how, and whether it is known before any source is asked."""

    cast: Callable[[Walk, Parts], None]
    part: str
    early: bool = True


DOUBTS = {
    "policy-engine": Doubt(doubt_engine, "policy engine"),
    "issuer-keys": Doubt(doubt_issuer, "issuer keys"),
    "key-store": Doubt(lambda way, _: lose(way.home.key_database, "person_key"), "key store"),
    "keys-that-do-not-unwrap": Doubt(move_wrapped_keys, "key store"),
    "people": Doubt(lambda way, _: lose(way.home.database, "blind_index"), "database"),
    "consent-store": Doubt(lambda way, _: lose(way.home.database, "person_state"), "database"),
    "authority": Doubt(lambda way, _: lose(way.home.database, "authority"), "database"),
    "authority-without-a-word": Doubt(lambda way, _: forget_authority(way), "policy"),
    "clock-that-jumped": Doubt(jump, "clock", early=False),
    "clock-before-the-last-checkpoint": Doubt(turn_back, "clock", early=False),
}


def doubtful(way: Walk) -> Parts:
    """The parts with an engine and an issuer that can come into doubt."""
    return replace(way.deciding(DoubtfulEngine(way.engine)), verifier=DoubtfulIssuer())


async def nothing_is_disclosed(way: Walk, parts: Parts) -> None:
    """The promise: in doubt nothing leaves."""
    try:
        view = await way.ask(parts=parts)
    except ClosedError:
        return
    assert not view.sections


@pytest.mark.parametrize("name", DOUBTS)
async def test_promise_5_closed_by_default(way: Walk, name: str) -> None:
    doubt, parts = DOUBTS[name], doubtful(way)
    await way.allow()
    way.home.organisation_key()
    doubt.cast(way, parts)
    with pytest.raises(ClosedError) as raised:
        await way.ask(parts=parts)
    assert raised.value.part == doubt.part
    if doubt.early:
        assert all(source.asked == [] for source in way.sources.values())
    await nothing_is_disclosed(way, parts)


@pytest.mark.parametrize("name", DOUBTS)
async def test_promise_5_closed_by_default_for_a_stranger_alike(way: Walk, name: str) -> None:
    doubt, parts = DOUBTS[name], doubtful(way)
    way.home.organisation_key()
    doubt.cast(way, parts)
    with pytest.raises(ClosedError):
        await way.ask(parts=parts, nhs_number=STRANGER_NUMBER)


async def test_promise_5_an_erased_key_is_no_doubt_but_an_empty_view(way: Walk) -> None:
    await way.allow()
    way.home.keys.erase(way.person.id, to_ms(way.home.clock.now()))
    view = await way.ask()
    assert view.sections == ()
    assert all(source.asked == [] for source in way.sources.values())


async def test_promise_5_the_real_engine_closes_once_it_cannot_decide(way: Walk) -> None:
    await way.allow()
    engine = open_engine(policies_folder(), registers())
    engine.close()
    with pytest.raises(ClosedError, match="policy engine"):
        await way.ask(parts=way.deciding(engine))


class LastKnownEngine(DoubtfulEngine):
    """Goes on with its last decision when it is in doubt."""

    last: Decision | None = None

    async def decide(self, question: Question) -> Decision:
        if not self.doubt:
            self.last = await super().decide(question)
        assert self.last is not None
        return self.last


class TrustingIssuer(DoubtfulIssuer):
    """Believes a token that it cannot prove."""

    async def verify(self, authorization_headers: Sequence[str]) -> Caller:
        return CALLERS[authorization_headers[0]]


class KeptKeys(KeyStore):
    """Keeps keys beyond the store's word."""

    def __init__(self, way: Walk) -> None:
        super().__init__(way.home.key_database, KEK)
        self.kept = {way.person.id: way.person.key}

    def get(self, subject: str) -> SubjectKey:
        return self.kept.get(subject) or super().get(subject)

    def stands(self, key: SubjectKey) -> bool:
        return True


class KeptLedger(Ledger):
    """Goes on with the last consent that it read."""

    last: Standing | None = None

    def standing(self, key: SubjectKey) -> Standing:
        try:
            self.last = super().standing(key)
        except ClosedError:
            if self.last is None:
                raise
        return self.last

    def revision_stands(self, tx: Connection, person: str, revision: int) -> bool:
        return True


class KeptAuthority(Authority):
    """Goes on with the last word on who is in charge."""

    last: AuthorityState | None = None

    def state(self) -> AuthorityState | None:
        with suppress(ClosedError):
            self.last = super().state() or self.last
        return self.last

    def stands(self, tx: Connection, revision: int) -> bool:
        return True


class KeptLocator(Locator):
    """Goes on with the last person that it found."""

    last: Person | None = None

    def find(self, mac: bytes) -> Person | None:
        try:
            self.last = super().find(mac)
        except ClosedError:
            return self.last
        return self.last


def careless(way: Walk, name: str) -> Parts:
    """The parts with the gate of one doubt taken out."""
    home, parts = way.home, doubtful(way)
    match name:
        case "policy-engine":
            return way.deciding(LastKnownEngine(way.engine), parts=parts)
        case "issuer-keys":
            return replace(parts, verifier=TrustingIssuer())
        case "key-store" | "keys-that-do-not-unwrap":
            keys = KeptKeys(way)
            return replace(
                parts,
                locator=Locator(home.database, keys, home.handles),
                recording=replace(parts.recording, keys=keys),
            )
        case "consent-store":
            ledger = KeptLedger(home.database)
            return replace(parts, ledger=ledger, recording=replace(parts.recording, ledger=ledger))
        case "authority" | "authority-without-a-word":
            authority = KeptAuthority(home.database)
            return replace(
                parts, authority=authority, recording=replace(parts.recording, authority=authority)
            )
        case "people":
            return replace(parts, locator=KeptLocator(home.database, home.keys, home.handles))
        case _:
            steady = FakeClock(home.clock.now())
            committer = Committer(Log(home.database, home.signer, steady, ORIGIN))
            return replace(parts, recording=replace(parts.recording, committer=committer))


@pytest.mark.parametrize("name", DOUBTS)
async def test_without_the_gate_the_promise_breaks(way: Walk, clock: FakeClock, name: str) -> None:
    await way.allow()
    clock.advance(60)
    parts = careless(way, name)
    assert (await way.ask(parts=parts)).sections
    DOUBTS[name].cast(way, parts)
    with pytest.raises(AssertionError):
        await nothing_is_disclosed(way, parts)
    if parts.recording.committer is not way.home.committer:
        parts.recording.committer.close()
