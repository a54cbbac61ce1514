"""The key store on a real database: a key is one person's, and once erased it is gone for everybody at once."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

import core.keys
from core.errors import ClosedError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from tests.support.faults import break_next_commit, lose, refuse_inserts
from tests.support.house import KEK, House, house

AT_MS = 1_795_428_000_000


def replica(home: House) -> KeyStore:
    return KeyStore(home.key_database, KEK)


def test_a_key_is_made_once_and_is_the_same_everywhere(home: House) -> None:
    made = home.keys.get_or_create("p_1")
    assert (len(made.key), len(made.tag)) == (32, 16)
    assert home.keys.get("p_1") == home.keys.get_or_create("p_1") == made
    assert replica(home).get("p_1") == made
    assert replica(home).by_tag(made.tag) == made


def test_two_subjects_share_neither_key_nor_tag(home: House) -> None:
    one, other = home.keys.get_or_create("p_1"), home.keys.get_or_create("p_2")
    assert one.key != other.key
    assert one.tag != other.tag


def test_whoever_never_had_a_key_has_none(home: House) -> None:
    with pytest.raises(MissingKeyError):
        home.keys.get("p_nobody")
    with pytest.raises(MissingKeyError):
        home.keys.by_tag(bytes(16))
    assert not home.keys.stands(SubjectKey("p_nobody", bytes(32), bytes(16)))


def test_an_erased_key_is_gone_on_every_replica_and_never_comes_back(home: House) -> None:
    key, elsewhere = home.keys.get_or_create("p_1"), replica(home)
    assert elsewhere.get("p_1") == key
    assert elsewhere.stands(key)
    home.keys.erase("p_1", AT_MS)
    for store in (home.keys, elsewhere, replica(home)):
        with pytest.raises(MissingKeyError):
            store.get("p_1")
        with pytest.raises(MissingKeyError):
            store.get_or_create("p_1")
        with pytest.raises(MissingKeyError):
            store.by_tag(key.tag)
        assert not store.stands(key)
    with home.key_database.read() as tx:
        row = tx.execute(text("SELECT wrapped, tag, erased_at FROM person_key WHERE subject = 'p_1'")).one()
    assert tuple(row) == (None, None, AT_MS)


def test_erasing_one_person_leaves_the_others(home: House) -> None:
    home.keys.get_or_create("p_1")
    other = home.keys.get_or_create("p_2")
    home.keys.erase("p_1", AT_MS)
    home.keys.erase("p_nobody", AT_MS)
    assert home.keys.get("p_2") == other


def test_a_key_rests_wrapped_only(home: House) -> None:
    key = home.keys.get_or_create("p_1")
    with home.key_database.read() as tx:
        wrapped = bytes(tx.execute(text("SELECT wrapped FROM person_key")).scalar_one())
    assert key.key not in wrapped


def test_another_operators_key_unwraps_nothing_and_closes(home: House) -> None:
    home.keys.get_or_create("p_1")
    with pytest.raises(ClosedError, match="key store: a key does not unwrap"):
        KeyStore(home.key_database, bytes(32)).get("p_1")


def test_a_key_moved_to_another_subject_does_not_unwrap(home: House) -> None:
    home.keys.get_or_create("p_1")
    with home.key_database.write() as tx:
        tx.execute(text("UPDATE person_key SET subject = 'p_2'"))
    with pytest.raises(ClosedError, match="does not unwrap"):
        replica(home).get("p_2")


@pytest.mark.parametrize("first", ["p_1", "p_2"])
def test_replicas_that_make_a_key_in_the_same_moment_agree_on_one(home: House, first: str) -> None:
    stores, found = [replica(home) for _ in range(6)], []
    together = threading.Barrier(len(stores))

    def make(store: KeyStore) -> None:
        together.wait(30)
        found.append(store.get_or_create(first))

    threads = [threading.Thread(target=make, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(stores)
    assert len(set(found)) == 1


class ComesTooLate(KeyStore):
    """A replica before whose eyes another one makes the same key first."""

    other: KeyStore
    seen = False

    def get(self, subject: str) -> SubjectKey:
        if not self.seen:
            self.seen = True
            self.other.get_or_create(subject)
            raise MissingKeyError
        return super().get(subject)


def test_a_replica_that_comes_too_late_takes_the_key_that_is_there(home: House) -> None:
    late = ComesTooLate(home.key_database, KEK)
    late.other = home.keys
    assert late.get_or_create("p_1") == home.keys.get("p_1")


def test_what_is_unwrapped_is_remembered_for_a_limited_number_only(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.keys, "UNWRAPPED_MAXIMUM", 3)
    keys = [home.keys.get_or_create(f"p_{n}") for n in range(10)]
    store = replica(home)
    assert [store.get(key.subject) for key in keys] == keys
    assert [store.get(key.subject) for key in reversed(keys)] == keys[::-1]
    assert len(store._unwrapped) == 3


def test_a_store_that_does_not_answer_is_closed(home: House) -> None:
    key = home.keys.get_or_create("p_1")
    lose(home.key_database, "person_key")
    for ask in (
        lambda: home.keys.get("p_1"),
        lambda: home.keys.by_tag(key.tag),
        lambda: home.keys.stands(key),
        lambda: home.keys.get_or_create("p_2"),
        lambda: home.keys.erase("p_1", AT_MS),
    ):
        with pytest.raises(ClosedError) as closed:
            ask()
        assert closed.value.part == "key store"


def test_a_store_that_cannot_write_makes_no_key_and_erases_none(home: House) -> None:
    kept = home.keys.get_or_create("p_1")
    break_next_commit(home.key_database, stored=False)
    with pytest.raises(ClosedError, match="key store"):
        home.keys.get_or_create("p_2")
    with pytest.raises(MissingKeyError):
        home.keys.get("p_2")
    break_next_commit(home.key_database, stored=False)
    with pytest.raises(ClosedError, match="key store"):
        home.keys.erase("p_1", AT_MS)
    assert home.keys.get("p_1") == kept


def test_a_refused_insert_is_no_key(home: House) -> None:
    refuse_inserts(home.key_database, "person_key")
    with pytest.raises((ClosedError, MissingKeyError)):
        home.keys.get_or_create("p_1")


def test_the_keys_live_in_a_store_of_their_own(home: House) -> None:
    with home.database.read() as tx, pytest.raises(Exception, match="person_key"):
        tx.execute(text("SELECT * FROM person_key"))


def test_a_key_outlives_the_process(urls: tuple[str, str], tmp_path: Path) -> None:
    with house(*urls) as home:
        key = home.keys.get_or_create("p_1")
    with house(*urls) as home:
        assert home.keys.get("p_1") == key
