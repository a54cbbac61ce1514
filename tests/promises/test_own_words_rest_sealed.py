"""Promise 6, for what residents tell us themselves: their words, and how to reach them, rest under their own key alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import orjson
import pytest
from sqlalchemy import text

import consent.story.store
import gateway.reach.wishes
from consent.portal.settings_ports import Contact
from core.errors import OnceToldError
from gateway.channels.outbox import Outbox
from gateway.erasing import Erasing
from gateway.reach.choosing import Choosing
from gateway.reach.wishes import WishStore
from gateway.retention import Retention
from gateway.services.settings_of import SettingsPages
from gateway.signin.attempts import Attempts
from gateway.signin.service import SignIn
from gateway.signin.sessions import Sessions
from gateway.signin.store import SignInStore
from tests.promises.test_promise_6_nothing_kept import at_rest, chain, shapes
from tests.support.faults import refuse_inserts
from tests.unit.gateway.services.served import nobody_signs_in
from tests.unit.gateway.story.told import NHS_NUMBER, House, telling

PLANTED = ("Zyxmother", "zyxsam@example.test", "Zyxgarden", "07700900982", "+447700900982")


def settings_over(house: House) -> tuple[SettingsPages, SignInStore]:
    home = house.way.home
    wishes, store = WishStore(home.database), SignInStore(home.database)
    signin = SignIn(
        origin="https://gateway.test",
        providers={},
        attempts=Attempts(store, house.clock),
        sessions=Sessions(store, house.clock),
        on_signed_in=nobody_signs_in,
    )
    choosing = Choosing(wishes, home.locator, home.committer, Outbox(home.database), house.clock)
    return SettingsPages(wishes, home.keys, choosing, signin), store


async def lived(house: House) -> list[str]:
    """Telling, changing, failing and being read; gives what the errors on the way said."""
    errors: list[str] = []
    settings, store = settings_over(house)

    async def keep(words: str, question: str = "told_already") -> None:
        try:
            await house.pages.keep(house.person, question, words)
        except OnceToldError as error:
            errors.append(chain(error))

    await keep("Zyxmother died in spring")
    await keep("Zyxgarden, every day")
    await keep("Zyxmother " * 400)
    await keep("Zyxmother, zyxsam@example.test")
    await keep("Text 07700900982", "how_to_reach_me")
    await settings.reach(house.person, Contact("email", "zyxsam@example.test", others_read=False))
    await settings.reach(house.person, Contact("text", "07700 900982", others_read=False, hours=(9, 17)))
    await house.allow()
    assert (await house.ask()).sections != ()
    refuse_inserts(house.way.home.database, "log_entry_detail")
    await keep("Zyxmother again")
    store.close()
    return errors


def found_in(haystack: bytes) -> set[str]:
    return {one for one in PLANTED if any(len(shape) > 5 and shape in haystack for shape in shapes(one))}


async def own_words_are_sealed(
    house: House, folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = await lived(house)
    assert len(errors) == 3
    printed = capfd.readouterr()
    home = house.way.home
    assert found_in(at_rest(folder, home.database, home.key_database)) == set()
    assert found_in("".join((printed.out, printed.err, caplog.text, *errors)).encode()) == set()


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> tuple[str, str] | None:
    if request.param == "sqlite":
        return None
    fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
    return fresh(), fresh()


async def test_promise_6_own_words_rest_sealed(
    tmp_path: Path,
    urls: tuple[str, str] | None,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with telling(tmp_path, urls=urls) as house:
        await own_words_are_sealed(house, tmp_path, capfd, caplog)


@pytest.mark.parametrize("room", [consent.story.store, gateway.reach.wishes], ids=["story", "settings"])
async def test_without_the_seals_own_words_lie_open(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    room: ModuleType,
) -> None:
    monkeypatch.setattr(room, "seal_json", lambda _, value, context: orjson.dumps(value, default=dict))
    monkeypatch.setattr(room, "open_json", lambda _, sealed, context: orjson.loads(sealed))
    async with telling(tmp_path) as house:
        with pytest.raises(AssertionError):
            await own_words_are_sealed(house, tmp_path, capfd, caplog)


async def test_an_erasure_takes_own_words_and_settings_along(tmp_path: Path) -> None:
    async with telling(tmp_path) as house:
        settings, store = settings_over(house)
        await house.pages.keep(house.person, "what_matters", "Zyxgarden")
        await settings.speak(house.person, "lt")
        store.close()
        home = house.way.home
        erasing = Erasing(
            home.log,
            home.database,
            home.keys,
            home.locator,
            home.handles,
            Retention({}, timedelta(days=2192)),
            house.clock,
        )
        erasing.erase_person(NHS_NUMBER, "they asked for it")
        with home.database.read() as tx:
            for name in ("person_story", "person_settings", "person"):
                assert tx.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one() == 0  # noqa: S608 - our own names
