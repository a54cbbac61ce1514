"""Promise 2. Once a withdrawal was answered, no request that commits later, on any replica, discloses under that grant.

The same guard holds for everything else that a decision rests on: the policy, the person's key, the time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from audit.entries import Kind, open_entry
from audit.leaf import parse
from audit.log import Receipt
from consent.ledger import Ledger
from consent.permissions import Given, NotStandingError
from core.clock import Clock
from core.keys import KeyStore, SubjectKey
from core.times import to_ms
from core.vocabulary import Label
from gateway.authority import Authority
from gateway.consenting import Consenting, Grant
from gateway.people.locator import Locator, Person
from gateway.views.pipeline import Parts
from gateway.views.record import Recording
from gateway.views.values import View
from tests.support.clock import FakeClock
from tests.support.house import KEK, house
from tests.support.walk import CALLERS, COUNCIL, EVERYTHING, PRACTICE, RECORDS, Walk

OTHER_BUNDLE = "sha256:" + "11" * 32
LASTS = timedelta(hours=1)


class CredulousLedger(Ledger):
    def revision_stands(self, tx: Connection, person: str, revision: int) -> bool:
        return True


class CredulousAuthority(Authority):
    def stands(self, tx: Connection, revision: int) -> bool:
        return True


class CredulousKeys(KeyStore):
    def stands(self, key: SubjectKey) -> bool:
        return True


async def withdraw(way: Walk, permission: str) -> None:
    await way.stop(permission)


async def take_a_pointer_back(way: Walk, _: str) -> None:
    with way.home.database.write() as tx:
        way.home.locator.revoke(tx, COUNCIL, f"record-at-{COUNCIL}")


async def restrict(way: Walk, _: str) -> None:
    with way.home.database.write() as tx:
        way.home.locator.observe_label(tx, way.person, Label.VERY_RESTRICTED, way.home.clock.now(), PRACTICE)


async def suspend(way: Walk, _: str) -> None:
    with way.home.database.write() as tx:
        way.home.authority.put(tx, OTHER_BUNDLE)


async def erase(way: Walk, _: str) -> None:
    way.home.keys.erase(way.person.id, to_ms(way.home.clock.now()))


async def let_time_run_out(way: Walk, _: str) -> None:
    assert isinstance(way.home.clock, FakeClock)
    way.home.clock.advance(LASTS.total_seconds())


class CredulousLocator(Locator):
    def stands(self, tx: Connection, person: Person, label: Label) -> bool:
        return True


def credulous(way: Walk, recording: Recording, moved: str) -> Recording:
    """The recording with one part of its guard taken out."""
    home = way.home
    clock: Clock = FakeClock(home.clock.now())
    match moved:
        case "consent":
            return replace(recording, ledger=CredulousLedger(home.database))
        case "person":
            return replace(recording, locator=CredulousLocator(home.database, home.keys, home.handles))
        case "policy":
            return replace(recording, authority=CredulousAuthority(home.database))
        case "key":
            return replace(recording, keys=CredulousKeys(home.key_database, KEK))
        case _:
            return replace(recording, clock=clock)


MEANWHILE: dict[str, tuple[str, Callable[[Walk, str], Awaitable[None]]]] = {
    "withdrawn": ("consent", withdraw),
    "pointer-revoked": ("person", take_a_pointer_back),
    "restricted": ("person", restrict),
    "policy-changed": ("policy", suspend),
    "erased": ("key", erase),
    "run-out": ("time", let_time_run_out),
}
"""What may happen between the decision and the record, and what the guard says has moved."""


async def allow_for_an_hour(way: Walk) -> str:
    until = way.home.clock.now() + LASTS
    grant = Grant("early-help-triage", CALLERS["triager"].organisation, EVERYTHING, frozenset(RECORDS), until)
    return (await way.consenting.give(way.person.key, grant, Given("portal", way.person.id))).value.id


def while_a_source_answers(way: Walk, happens: Callable[[], Awaitable[None]]) -> list[bool]:
    """Let something happen, and be answered, between the decision and the record of the next view."""
    loop, answered = asyncio.get_running_loop(), [False]

    async def once() -> None:
        await happens()
        answered[0] = True

    way.sources[COUNCIL].before_answer = lambda: asyncio.run_coroutine_threadsafe(once(), loop).result(30)
    return answered


async def nothing_leaves_after(
    way: Walk, happens: Callable[[], Awaitable[None]], parts: Parts | None = None
) -> View:
    """The promise: what was answered before the view committed counts."""
    answered = while_a_source_answers(way, happens)
    view = await way.ask(parts=parts)
    assert answered[0]
    assert way.sources[COUNCIL].asked
    assert view.sections == ()
    return view


def outcome_of(way: Walk, receipt: Receipt) -> tuple[str, object]:
    told = text('SELECT kind, outcome, sealed FROM log_entry_detail WHERE "index" = :index')
    with way.home.database.read() as tx:
        row = tx.execute(told, {"index": receipt.index}).one()
    assert row[0] == Kind.REFUSAL
    opening = open_entry(row[2], parse(receipt.leaf).commitment, way.person.key)
    detail = opening.detail["detail"]
    assert isinstance(detail, dict)
    return row[1], detail["moved"]


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_promise_2_withdrawal_is_immediate_and_so_is_everything_the_decision_rests_on(
    way: Walk, meanwhile: str
) -> None:
    moved, happens = MEANWHILE[meanwhile]
    permission = await allow_for_an_hour(way)
    view = await nothing_leaves_after(way, lambda: happens(way, permission))
    assert outcome_of(way, view.receipt) == ("empty", moved)


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_without_the_guard_the_promise_breaks(way: Walk, meanwhile: str) -> None:
    moved, happens = MEANWHILE[meanwhile]
    permission = await allow_for_an_hour(way)
    parts = way.without(recording=credulous(way, way.parts.recording, moved))
    with pytest.raises(AssertionError):
        await nothing_leaves_after(way, lambda: happens(way, permission), parts)


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_each_guard_is_needed_because_the_others_do_not_stand_in_for_it(
    way: Walk, meanwhile: str
) -> None:
    kept, happens = MEANWHILE[meanwhile]
    permission = await allow_for_an_hour(way)
    recording = way.parts.recording
    for moved in {moved for moved, _ in MEANWHILE.values()} - {kept}:
        recording = credulous(way, recording, moved)
    await nothing_leaves_after(way, lambda: happens(way, permission), way.without(recording=recording))


async def test_promise_2_withdrawal_is_immediate_on_every_replica(way: Walk) -> None:
    permission = await way.allow()
    main, keys = str(way.home.database.url), str(way.home.key_database.url)
    with house(main, keys, way.home.clock) as other:
        elsewhere = Consenting(other.ledger, other.committer, other.clock)

        async def withdraw_there() -> None:
            await elsewhere.withdraw(way.person.key, permission, Given("portal", way.person.id))

        with other.database.write() as tx:
            other.authority.put(tx, way.engine.revision)
        view = await nothing_leaves_after(way, withdraw_there)
    assert outcome_of(way, view.receipt) == ("empty", "consent")


async def test_promise_2_a_later_view_is_not_even_fetched(way: Walk) -> None:
    permission = await way.allow()
    assert (await way.ask()).sections
    await way.stop(permission)
    asked = {name: len(source.asked) for name, source in way.sources.items()}
    assert (await way.ask()).sections == ()
    assert {name: len(source.asked) for name, source in way.sources.items()} == asked


async def test_promise_2_withdrawing_one_permission_leaves_another_persons_and_a_new_one_alone(
    way: Walk,
) -> None:
    first = await way.allow()
    await way.stop(first)
    await way.allow()
    assert (await way.ask()).sections


async def stopping_what_is_seen_stops_all(way: Walk, say_yes_again: Callable[[Walk], Awaitable[str]]) -> None:
    """Somebody who allowed it says yes again; the newer yes is the one that their page shows."""
    await way.allow()
    seen = await say_yes_again(way)
    assert (await way.ask()).sections
    await way.stop(seen)
    assert (await way.ask()).sections == ()


async def beside_the_first(way: Walk) -> str:
    """A second yes as it would be kept if it replaced nothing."""
    (first,) = way.home.ledger.standing(way.person.key).permissions
    second = replace(first, id="c_second")
    with way.home.database.write() as tx:
        way.home.ledger.give(tx, way.person.key, second, way.home.clock.now())
    return second.id


async def test_promise_2_withdrawal_is_immediate_also_for_somebody_who_said_yes_twice(way: Walk) -> None:
    await stopping_what_is_seen_stops_all(way, Walk.allow)


async def test_without_the_second_yes_replacing_the_first_the_promise_breaks(way: Walk) -> None:
    with pytest.raises(AssertionError):
        await stopping_what_is_seen_stops_all(way, beside_the_first)


async def test_a_permission_that_was_replaced_cannot_be_stopped_any_more(way: Walk) -> None:
    replaced = await way.allow()
    await way.allow()
    with pytest.raises(NotStandingError):
        await way.stop(replaced)
