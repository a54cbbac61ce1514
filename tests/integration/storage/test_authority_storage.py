"""The authority row on a real database: one policy decides for every replica, and whoever looked holds it."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gateway.authority import Authority, OlderPolicyError, SameNumberError, Suspended
from tests.support.house import BUNDLE, House, house

OTHER = "sha256:" + "11" * 32


def put(home: House, bundle: str) -> bool:
    with home.database.write() as tx:
        return home.authority.put(tx, bundle)


def revision(home: House) -> int:
    with home.database.read() as tx:
        return int(tx.execute(text("SELECT revision FROM authority")).scalar_one())


def test_before_the_first_gateway_started_nothing_decides(home: House) -> None:
    with home.database.write() as tx:
        tx.execute(text("DELETE FROM authority"))
    assert home.authority.bundle() is None
    with home.database.write() as tx:
        assert not home.authority.stands(tx, 1)
    assert put(home, BUNDLE)
    assert (home.authority.bundle(), revision(home)) == (BUNDLE, 1)


def test_a_new_bundle_raises_the_revision_and_the_old_one_stands_no_longer(home: House) -> None:
    assert put(home, OTHER)
    assert (home.authority.bundle(), revision(home)) == (OTHER, 2)
    with home.database.write() as tx:
        assert home.authority.stands(tx, 2)
        assert not home.authority.stands(tx, 1)


def test_putting_what_is_in_force_already_changes_nothing(home: House) -> None:
    assert not put(home, BUNDLE)
    assert revision(home) == 1


def test_another_replica_sees_a_new_bundle_at_once(urls: tuple[str, str]) -> None:
    with house(*urls) as one, house(*urls) as other:
        assert put(one, OTHER)
        assert other.authority.bundle() == OTHER
        with other.database.write() as tx:
            assert not other.authority.stands(tx, 1)


def test_whoever_looked_at_the_bundle_holds_it_until_they_have_committed(home: House) -> None:
    order: list[str] = []
    looked, started = threading.Event(), threading.Event()

    def suspends() -> None:
        looked.wait(30)
        started.set()
        put(home, OTHER)
        order.append("suspended")

    other = threading.Thread(target=suspends)
    other.start()
    with home.database.write() as tx:
        assert Authority(home.database).stands(tx, 1)
        looked.set()
        started.wait(30)
        # Time for the other to get ahead, if anything would let it.
        other.join(0.3)
        order.append("committed")
    other.join(30)
    assert order == ["committed", "suspended"]


SUSPENDED = Suspended(
    "home-1", "norwich-city-council", "it was signed in haste", datetime(2026, 11, 23, 9, tzinfo=UTC)
)


def test_a_suspension_stands_for_every_replica_at_once_and_can_be_lifted(urls: tuple[str, str]) -> None:
    with house(*urls) as one, house(*urls) as other:
        with one.database.write() as tx:
            assert one.authority.suspend(tx, SUSPENDED)
            assert not one.authority.suspend(tx, SUSPENDED)
        state = other.authority.state()
        assert state is not None
        assert (state.revision, state.suspensions, state.suspended) == (
            2,
            (SUSPENDED,),
            frozenset({"home-1"}),
        )
        with other.database.write() as tx:
            assert not other.authority.stands(tx, 1)
            assert other.authority.resume(tx, "home-1", SUSPENDED.by)
            assert not other.authority.resume(tx, "home-1", SUSPENDED.by)
        state = one.authority.state()
        assert state is not None
        assert (state.revision, state.suspended) == (3, frozenset())


def test_nothing_is_suspended_before_anything_is_in_force(home: House) -> None:
    with home.database.write() as tx:
        tx.execute(text("DELETE FROM authority"))
        assert not home.authority.suspend(tx, SUSPENDED)
        assert not home.authority.resume(tx, "home-1", SUSPENDED.by)


def test_an_agreement_stays_suspended_until_every_party_that_suspended_it_has_let_go(home: House) -> None:
    other = replace(SUSPENDED, by="harbour-charity", since=SUSPENDED.since + timedelta(days=1))
    with home.database.write() as tx:
        assert home.authority.suspend(tx, SUSPENDED)
        assert home.authority.suspend(tx, other)
        assert not home.authority.resume(tx, "home-1", "wensum-valley-practice")
        assert home.authority.resume(tx, "home-1", SUSPENDED.by)
    state = home.authority.state()
    assert state is not None
    assert (state.suspensions, state.suspended) == ((other,), frozenset({"home-1"}))


def test_another_policy_with_the_number_of_the_one_in_force_is_refused_but_in_development(
    home: House,
) -> None:
    with home.database.write() as tx:
        assert home.authority.put(tx, OTHER, 0)
        assert home.authority.put(tx, BUNDLE, 7)
        assert not home.authority.put(tx, BUNDLE, 7)
    with pytest.raises(SameNumberError, match="the number 7 is in force"), home.database.write() as tx:
        home.authority.put(tx, OTHER, 7)
    assert home.authority.bundle() == BUNDLE


def test_an_older_bundle_is_refused_and_the_newer_one_stays(home: House) -> None:
    with home.database.write() as tx:
        assert home.authority.put(tx, OTHER, 7)
    with pytest.raises(OlderPolicyError, match="number 6 is older than 7"), home.database.write() as tx:
        home.authority.put(tx, BUNDLE, 6)
    state = home.authority.state()
    assert state is not None
    assert (state.bundle, state.number) == (OTHER, 7)


def test_a_new_bundle_leaves_what_is_suspended_suspended(home: House) -> None:
    with home.database.write() as tx:
        home.authority.suspend(tx, SUSPENDED)
        home.authority.put(tx, OTHER, 1)
    state = home.authority.state()
    assert state is not None
    assert state.suspended == {"home-1"}
