"""The authority row on a real database: one policy decides for every replica, and whoever looked holds it."""

import threading

from sqlalchemy import text

from gateway.authority import Authority
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
        assert not home.authority.stands(tx, BUNDLE)
    assert put(home, BUNDLE)
    assert (home.authority.bundle(), revision(home)) == (BUNDLE, 1)


def test_a_new_bundle_raises_the_revision_and_the_old_one_stands_no_longer(home: House) -> None:
    assert put(home, OTHER)
    assert (home.authority.bundle(), revision(home)) == (OTHER, 2)
    with home.database.write() as tx:
        assert home.authority.stands(tx, OTHER)
        assert not home.authority.stands(tx, BUNDLE)


def test_putting_what_is_in_force_already_changes_nothing(home: House) -> None:
    assert not put(home, BUNDLE)
    assert revision(home) == 1


def test_another_replica_sees_a_new_bundle_at_once(urls: tuple[str, str]) -> None:
    with house(*urls) as one, house(*urls) as other:
        assert put(one, OTHER)
        assert other.authority.bundle() == OTHER
        with other.database.write() as tx:
            assert not other.authority.stands(tx, BUNDLE)


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
        assert Authority(home.database).stands(tx, BUNDLE)
        looked.set()
        started.wait(30)
        # Time for the other to get ahead, if anything would let it.
        other.join(0.3)
        order.append("committed")
    other.join(30)
    assert order == ["committed", "suspended"]
