"""Settings over real storage: sealed, in the log without a word of them, gone with the person; and who is reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.entries import Kind
from audit.reader import LogReader
from consent.portal.ports import NotPossible
from consent.portal.settings_ports import NOT_REACHED, Contact
from core.errors import BrokenRowError, ClosedError
from core.vocabulary import Label
from gateway.channels import ports
from gateway.channels.outbox import Outbox
from gateway.channels.ports import By, Reachable
from gateway.people.locator import Person
from gateway.reach.choosing import CHECK_AGAIN, Choosing
from gateway.reach.reaching import Reaching
from gateway.reach.wishes import WishStore
from gateway.services.settings_of import ANEW, SettingsPages
from gateway.signin.sessions import About
from tests.support.faults import refuse_inserts
from tests.unit.gateway.services.served import Served, request, serving

EMAIL = Contact("email", "zyxsam@example.test", others_read=False, hours=(9, 17))


@dataclass
class House:
    """The pages' services and what reads them."""

    served: Served
    pages: SettingsPages
    reaching: Reaching

    @property
    def person(self) -> str:
        return self.served.person

    @property
    def row(self) -> Person:
        found = self.served.way.home.locator.by_id(self.person)
        assert found is not None
        return found

    def label(self, label: Label, source: str = "") -> None:
        home = self.served.way.home
        with home.database.write() as tx:
            home.locator.observe_label(tx, self.row, label, self.served.clock.now(), source)

    def changes(self) -> list[tuple[int, object]]:
        """Place and opened detail of the entries about the settings, newest first."""
        home = self.served.way.home
        reader = LogReader(home.database, home.log.store, home.keys)
        found: list[tuple[int, object]] = []
        for entry in reader.of_tag(self.row.key.tag, [Kind.CONSENT.value], None, 50):
            opening = reader.open(entry)
            if entry.outcome == "settings-changed":
                found.append((entry.index, None if opening is None else opening.detail["detail"]))
        return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with serving(tmp_path) as served:
        home = served.way.home
        wishes = WishStore(home.database)
        choosing = Choosing(wishes, home.locator, home.committer, Outbox(home.database), served.clock)
        pages = SettingsPages(wishes, home.keys, choosing, served.residents.signin)
        yield House(served, pages, Reaching(wishes, home.locator, served.clock))


async def test_until_somebody_chose_they_are_reached_by_nothing(house: House) -> None:
    found = await house.pages.preferences(house.person)
    assert (found.contact, found.language, found.hidden) == (Contact(""), "", frozenset())
    assert await house.reaching.of(house.person) is None
    assert await house.reaching.of("p_nobody") is None


async def test_whoever_chose_a_way_is_reached_by_it_in_their_hours_and_language(house: House) -> None:
    await house.pages.reach(house.person, EMAIL)
    await house.pages.speak(house.person, "lt")
    found = await house.reaching.of(house.person)
    assert found == Reachable(By.EMAIL, "zyxsam@example.test", "lt", None)
    house.served.clock.advance(10 * 3600)
    later = await house.reaching.of(house.person)
    assert later is not None
    assert later.not_before is not None
    assert later.not_before > house.served.clock.now()
    await house.pages.reach(house.person, Contact("text", "07700 900982", others_read=False))
    assert await house.reaching.of(house.person) == Reachable(By.TEXT, "+447700900982", "lt", None)
    assert (await house.pages.preferences(house.person)).contact.hours is None


@pytest.mark.parametrize("contact", [NOT_REACHED, Contact("email", "zyxsam@example.test", others_read=True)])
async def test_no_message_goes_where_somebody_else_may_read_it_or_none_is_wanted(
    house: House, contact: Contact
) -> None:
    await house.pages.reach(house.person, EMAIL)
    await house.pages.reach(house.person, contact)
    assert await house.reaching.of(house.person) is None


@pytest.mark.parametrize("label", [Label.RESTRICTED, Label.VERY_RESTRICTED, Label.REDACTED])
async def test_nobody_who_must_not_be_found_is_sent_anything_whatever_they_chose(
    house: House, label: Label
) -> None:
    await house.pages.reach(house.person, EMAIL)
    house.label(label)
    assert await house.reaching.of(house.person) is None
    # However long ago a source said so.
    house.served.clock.advance(400 * 24 * 3600)
    assert await house.reaching.of(house.person) is None


async def test_a_channel_that_was_given_up_leaves_no_address_behind(house: House, tmp_path: Path) -> None:
    await house.pages.reach(house.person, EMAIL)
    await house.pages.reach(house.person, NOT_REACHED)
    found = await house.pages.preferences(house.person)
    assert found.contact == NOT_REACHED
    assert b"zyxsam" not in at_rest(tmp_path)


async def test_every_change_stands_in_the_log_with_nothing_of_what_was_chosen(house: House) -> None:
    await house.pages.reach(house.person, EMAIL)
    await house.pages.reach(house.person, EMAIL)
    await house.pages.speak(house.person, "pl")
    details = [detail for _, detail in house.changes()]
    assert details == [{"by": {"how": "portal", "by": house.person, "capacity": "self"}}] * 2


async def test_hiding_a_line_hides_the_line_that_tells_of_it_and_showing_again_shows_both(
    house: House,
) -> None:
    await house.pages.hide(house.person, 3)
    ((own, _),) = house.changes()
    assert (await house.pages.preferences(house.person)).hidden == {3, own}
    await house.pages.hide(house.person, 4)
    assert len((await house.pages.preferences(house.person)).hidden) == 4
    await house.pages.show_again(house.person)
    assert (await house.pages.preferences(house.person)).hidden == frozenset()


async def test_where_the_log_does_not_take_the_entry_nothing_is_chosen(house: House) -> None:
    refuse_inserts(house.served.way.home.database, "log_entry_detail")
    with pytest.raises(ClosedError):
        await house.pages.reach(house.person, EMAIL)
    assert (await house.pages.preferences(house.person)).contact == Contact("")


@pytest.mark.parametrize(
    "contact",
    [
        Contact("email", "nobody", others_read=False),
        Contact("text", "01632 960001", others_read=False),
        Contact("email", "a@example.test", others_read=False, hours=(17, 9)),
    ],
)
async def test_what_no_message_could_be_sent_by_is_refused(house: House, contact: Contact) -> None:
    with pytest.raises(NotPossible):
        await house.pages.reach(house.person, contact)
    with pytest.raises(NotPossible):
        await house.pages.speak(house.person, "tlh")
    assert house.changes() == []


async def test_a_message_to_check_waits_in_the_outbox_once_in_ten_minutes(house: House) -> None:
    outbox = house.pages.choosing.outbox
    with pytest.raises(NotPossible):
        await house.pages.check(house.person)
    await house.pages.reach(house.person, EMAIL)
    await house.pages.check(house.person)
    with pytest.raises(NotPossible, match="not possible"):
        await house.pages.check(house.person)
    (due,) = outbox.take(house.served.clock.now())
    assert (due.person, due.about) == (house.person, ports.About.CHECK)
    outbox.done(due, house.served.clock.now())
    house.served.clock.advance(CHECK_AGAIN.total_seconds())
    await house.pages.check(house.person)
    assert len(outbox.take(house.served.clock.now())) == 1
    # That they asked is no decision of theirs, so it stands in no history.
    assert len(house.changes()) == 1
    house.served.erase()
    with pytest.raises(NotPossible):
        await house.pages.check(house.person)


async def test_whoever_was_erased_has_no_settings_and_gets_none(house: House) -> None:
    await house.pages.reach(house.person, EMAIL)
    with house.served.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM person"))
    with pytest.raises(NotPossible):
        await house.pages.speak(house.person, "pl")
    house.served.erase()
    assert (await house.pages.preferences(house.person)).contact == Contact("")
    assert await house.pages.language_of(house.person) is None
    assert await house.reaching.of(house.person) is None
    with pytest.raises(NotPossible):
        await house.pages.speak(house.person, "pl")


async def test_an_altered_row_does_not_open(house: House) -> None:
    await house.pages.reach(house.person, EMAIL)
    house.served.tamper("UPDATE person_settings SET sealed = :s", s=b"\0" * 64)
    with pytest.raises(BrokenRowError):
        await house.pages.preferences(house.person)


async def test_a_choice_that_is_as_nothing_chosen_leaves_no_row(house: House) -> None:
    await house.pages.hide(house.person, 3)
    await house.pages.show_again(house.person)
    with house.served.way.home.database.read() as tx:
        assert tx.execute(text("SELECT COUNT(*) FROM person_settings")).scalar_one() == 0


async def test_signed_in_anew_is_a_matter_of_minutes_and_ends_with_the_session(house: House) -> None:
    assert not await house.pages.signed_in_anew(request())
    about = About("Sam", None, None, "P9")
    cookie = await house.served.sessions.open("portal", house.person, about, None)
    assert await house.pages.signed_in_anew(request(cookie))
    house.served.clock.advance(ANEW.total_seconds())
    assert not await house.pages.signed_in_anew(request(cookie))
    officer = await house.served.sessions.open("console", "o", about, None)
    assert not await house.pages.signed_in_anew(request(officer))


async def test_leaving_ends_the_session_on_the_server(house: House) -> None:
    about = About("Sam", None, None, "P9")
    cookie = await house.served.sessions.open("portal", house.person, about, None)
    await house.pages.leave(request(cookie))
    assert await house.served.sessions.find(cookie, "portal") is None
    await house.pages.leave(request())


def at_rest(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
