"""Sessions and sign-ins under way: how they end, and what the database alone is worth."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import ClosedError
from core.storage import Database
from gateway.signin.attempts import Attempt, Attempts
from gateway.signin.cookies import new_secret
from gateway.signin.errors import StartAgainError
from gateway.signin.oidc import Secrets
from gateway.signin.sessions import About, Session, Sessions
from gateway.signin.store import SignInStore
from tests.unit.gateway.signin.fake_provider import FakeClock

ABOUT = About("Ada Example", None, None, "P9")
OFFICER = About("Oli Officer", "norwich-city-council", "officer", "AAL2")


@pytest.fixture
def sessions(store: SignInStore, clock: FakeClock) -> Sessions:
    return Sessions(store, clock)


@pytest.fixture
def attempts(store: SignInStore, clock: FakeClock) -> Attempts:
    return Attempts(store, clock)


def rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    with database.read() as tx:
        return [tuple(row) for row in tx.execute(text(sql))]


def change(database: Database, sql: str) -> None:
    with database.write() as tx:
        tx.execute(text(sql))


async def test_a_session_tells_the_pages_who_is_there(sessions: Sessions) -> None:
    cookie = await sessions.open("console", "officer-1", OFFICER, None)
    found = await sessions.find(cookie, "console")
    assert found is not None
    assert (found.subject, found.name, found.organisation, found.role, found.assurance) == (
        "officer-1", "Oli Officer", "norwich-city-council", "officer", "AAL2",
    )  # fmt: skip
    assert found.csrf
    for secret in ("Oli", "officer-1", found.csrf):
        assert secret not in repr(found)


async def test_a_session_opens_its_own_door_only(sessions: Sessions) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    assert await sessions.find(cookie, "console") is None
    assert await sessions.find(cookie, "portal") is not None
    assert await sessions.find(new_secret(), "portal") is None


async def test_the_database_alone_opens_nothing_and_names_nobody(
    sessions: Sessions, database: Database
) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    everything = repr(rows(database, "SELECT * FROM session"))
    assert "Ada" not in everything
    assert "P9" not in everything
    assert cookie not in everything


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE session SET subject = 'person-2'",
        "UPDATE session SET expires_ms = expires_ms + 1",
        "UPDATE session SET created_ms = created_ms + 1",
        "UPDATE session SET sealed = zeroblob(60)",
        "UPDATE session SET kind = 'console'",
    ],
)
async def test_whoever_can_write_to_the_database_cannot_take_over_or_lengthen_a_session(
    sessions: Sessions, database: Database, sql: str
) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    change(database, sql)
    assert await sessions.find(cookie, "portal") is None
    assert await sessions.find(cookie, "console") is None
    assert rows(database, "SELECT * FROM session") == []


async def test_a_session_ends_after_fifteen_idle_minutes_for_good(
    sessions: Sessions, clock: FakeClock, database: Database
) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    clock.pass_by(minutes=14, seconds=59)
    assert await sessions.find(cookie, "portal") is not None
    clock.pass_by(minutes=15)
    assert await sessions.find(cookie, "portal") is None
    assert rows(database, "SELECT * FROM session") == []
    clock.pass_by(minutes=-15)
    assert await sessions.find(cookie, "portal") is None


async def test_a_session_in_use_ends_after_eight_hours(sessions: Sessions, clock: FakeClock) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    for _ in range(47):
        clock.pass_by(minutes=10)
        assert await sessions.find(cookie, "portal") is not None
    clock.pass_by(minutes=10)
    assert await sessions.find(cookie, "portal") is None


async def test_use_is_written_down_once_a_minute_at_most(
    sessions: Sessions, clock: FakeClock, database: Database
) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    seen = []
    for _ in range(4):
        await sessions.find(cookie, "portal")
        seen.append(rows(database, "SELECT last_seen_ms - created_ms FROM session")[0][0])
        clock.pass_by(seconds=35)
    assert seen == [0, 0, 70_000, 70_000]


async def test_signing_in_again_ends_the_session_before(sessions: Sessions) -> None:
    first = await sessions.open("portal", "person-1", ABOUT, None)
    second = await sessions.open("portal", "person-1", ABOUT, first)
    assert first != second
    assert await sessions.find(first, "portal") is None
    assert await sessions.find(second, "portal") is not None


async def test_a_session_that_is_ended_is_ended_for_every_copy_of_its_cookie(sessions: Sessions) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    await sessions.end(cookie)
    assert await sessions.find(cookie, "portal") is None
    await sessions.end(cookie)


async def test_all_sessions_of_a_person_can_be_ended_at_once(sessions: Sessions) -> None:
    mine = [await sessions.open("portal", "person-1", ABOUT, None) for _ in range(2)]
    other = await sessions.open("portal", "person-2", ABOUT, None)
    assert await sessions.end_all("portal", "person-1") == 2
    assert [await sessions.find(cookie, "portal") for cookie in mine] == [None, None]
    assert await sessions.find(other, "portal") is not None


async def test_ended_and_idle_sessions_do_not_pile_up(
    sessions: Sessions, clock: FakeClock, database: Database
) -> None:
    await sessions.open("portal", "person-1", ABOUT, None)
    clock.pass_by(minutes=16)
    await sessions.open("portal", "person-2", ABOUT, None)
    assert rows(database, "SELECT subject FROM session") == [("person-2",)]


async def test_a_clock_in_doubt_lets_nobody_in(sessions: Sessions, clock: FakeClock) -> None:
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    clock.error = ClosedError("clock", "jumped")
    with pytest.raises(ClosedError):
        await sessions.find(cookie, "portal")
    with pytest.raises(ClosedError):
        await sessions.open("portal", "person-1", ABOUT, None)


async def test_a_database_that_is_gone_lets_nobody_in(tmp_path: Path, clock: FakeClock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    store = SignInStore(database)
    sessions = Sessions(store, clock)
    with pytest.raises(ClosedError):
        await sessions.open("portal", "person-1", ABOUT, None)
    with pytest.raises(ClosedError):
        await sessions.find(new_secret(), "portal")
    store.close()
    database.close()


async def test_reads_that_go_over_a_network_stay_off_the_event_loop(
    sessions: Sessions, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "reads_inline", False)
    cookie = await sessions.open("portal", "person-1", ABOUT, None)
    assert isinstance(await sessions.find(cookie, "portal"), Session)


def attempt(back_to: str = "/portal/") -> Attempt:
    return Attempt("portal", Secrets(), back_to)


async def test_an_attempt_is_found_by_the_browser_that_began_it_once(attempts: Attempts) -> None:
    begun = attempt("/portal/history")
    cookie = await attempts.begin(begun)
    assert await attempts.take(cookie, begun.secrets.state) == begun
    with pytest.raises(StartAgainError):
        await attempts.take(cookie, begun.secrets.state)


async def test_an_attempt_is_nobody_else_s(attempts: Attempts) -> None:
    mine, other = attempt(), attempt()
    cookie, other_cookie = await attempts.begin(mine), await attempts.begin(other)
    for with_cookie, with_state in (
        (other_cookie, mine.secrets.state), (cookie, other.secrets.state), (None, mine.secrets.state), (cookie, None),
        (cookie, ""), ("", mine.secrets.state), (cookie, mine.secrets.state * 9), (new_secret(), mine.secrets.state),
    ):  # fmt: skip
        with pytest.raises(StartAgainError):
            await attempts.take(with_cookie, with_state)
    # None of that used it up.
    assert await attempts.take(cookie, mine.secrets.state) == mine


async def test_an_attempt_is_good_for_ten_minutes(
    attempts: Attempts, clock: FakeClock, database: Database
) -> None:
    late = attempt()
    cookie = await attempts.begin(late)
    clock.pass_by(minutes=10)
    with pytest.raises(StartAgainError):
        await attempts.take(cookie, late.secrets.state)
    await attempts.begin(attempt())
    clock.pass_by(minutes=11)
    await attempts.begin(attempt())
    assert rows(database, "SELECT count(*) FROM signin_attempt") == [(1,)]


async def test_an_attempt_s_secrets_do_not_stand_in_the_database(
    attempts: Attempts, database: Database
) -> None:
    begun = attempt("/portal/history")
    cookie = await attempts.begin(begun)
    everything = repr(rows(database, "SELECT * FROM signin_attempt"))
    for secret in (cookie, begun.secrets.state, begun.secrets.nonce, begun.secrets.verifier, "history"):
        assert secret not in everything


async def test_an_attempt_that_was_altered_is_none(attempts: Attempts, database: Database) -> None:
    begun = attempt()
    cookie = await attempts.begin(begun)
    change(database, "UPDATE signin_attempt SET sealed = zeroblob(80)")
    with pytest.raises(StartAgainError):
        await attempts.take(cookie, begun.secrets.state)


async def test_a_session_that_turns_to_act_for_somebody_has_a_new_cookie_and_lasts_no_longer(
    sessions: Sessions, clock: FakeClock
) -> None:
    cookie = await sessions.open("portal", "p_1", ABOUT, None)
    clock.pass_by(minutes=10)
    turned = await sessions.turn(cookie, "portal", "a_1")
    assert turned is not None
    assert await sessions.find(cookie, "portal") is None
    found = await sessions.find(turned, "portal")
    assert found is not None
    assert (found.subject, found.acting) == ("p_1", "a_1")
    back = await sessions.turn(turned, "portal", None)
    assert back is not None
    found = await sessions.find(back, "portal")
    assert found is not None
    assert found.acting is None
    assert await sessions.turn(turned, "portal", "a_1") is None
    assert await sessions.turn(back, "console", "a_1") is None
    clock.pass_by(minutes=16)
    assert await sessions.turn(back, "portal", "a_1") is None
