"""Promise 4 at the receiver: that a place may be counted tells of a restriction no more than the address beside it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.times import to_ms
from core.vocabulary import Label
from gateway.people.locator import LABEL_STANDS_FOR, Locator, Person
from gateway.referrals import receiving
from gateway.referrals.values import Content
from tests.support.clock import FakeClock
from tests.support.referring import Refers, refers
from tests.support.walk import STRANGER_NUMBER, walk

SOURCE = "wensum-valley-practice"
FIELD = "place_may_be_counted"
HIDES = [one for one in Label if one.hides_location]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield refers(way)


def labelled(desk: Refers, label: Label) -> None:
    home = desk.way.home
    person = home.locator.by_id(desk.way.person.id)
    assert person is not None
    with home.database.write() as tx:
        home.locator.observe_label(tx, person, label, home.clock.now(), SOURCE)


def without_address(desk: Refers) -> dict[str, object]:
    about = desk.body()["about"]
    assert isinstance(about, dict)
    return {name: value for name, value in about.items() if name != "address"}


async def told(desk: Refers, one: str) -> tuple[bool, bool]:
    """Whether an address is told, and whether it may be counted."""
    document = (await desk.read(one)).document
    content, counted = document["content"], document[FIELD]
    assert isinstance(content, dict)
    assert isinstance(counted, bool)
    return "address" in content["about"], counted


async def test_of_somebody_known_as_unrestricted_the_address_may_be_counted(desk: Refers) -> None:
    labelled(desk, Label.UNRESTRICTED)
    one = await desk.sent()
    assert await told(desk, one) == (True, True)
    await desk.step(one, "collection")
    assert FIELD not in (await desk.read(one)).document
    assert FIELD not in (await desk.read(one, "sender")).document


async def test_whom_we_do_not_know_is_not_counted_by_place(desk: Refers) -> None:
    for person in (desk.handle(nhs_number=STRANGER_NUMBER), ...):
        assert await told(desk, await desk.sent(person=person)) == (True, False)


@pytest.mark.parametrize("label", HIDES)
async def test_a_label_that_hides_is_not_counted_by_place(desk: Refers, label: Label) -> None:
    one = await desk.sent()
    labelled(desk, label)
    assert await told(desk, one) == (False, False)


async def test_a_label_that_nobody_confirmed_for_long_is_not_counted_by_place(desk: Refers) -> None:
    labelled(desk, Label.UNRESTRICTED)
    clock = desk.way.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance((LABEL_STANDS_FOR + timedelta(seconds=1)).total_seconds())
    assert await told(desk, await desk.sent()) == (False, False)


async def without_an_address_all_look_alike(desk: Refers) -> None:
    """The promise: where no address is told, the field is the same whoever it is, however their label changes."""
    about, seen = without_address(desk), set()
    one = await desk.sent(about=about)
    for label in (Label.UNRESTRICTED, Label.RESTRICTED, Label.VERY_RESTRICTED):
        labelled(desk, label)
        seen.add(await told(desk, one))
    hidden = await desk.sent()
    seen.add(await told(desk, hidden))
    for person in (desk.handle(nhs_number=STRANGER_NUMBER), ...):
        seen.add(await told(desk, await desk.sent(person=person, about=about)))
    desk.way.home.keys.erase(desk.way.person.id, to_ms(desk.way.home.clock.now()))
    seen.add(await told(desk, await desk.sent(about=about)))
    assert seen == {(False, False)}


async def test_promise_4_without_an_address_nothing_is_told_of_a_restriction(desk: Refers) -> None:
    await without_an_address_all_look_alike(desk)


async def test_were_the_field_told_without_an_address_it_would_tell_of_a_restriction(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_label_alone(person: Person | None, _: Content, now: object) -> bool:
        return person is not None and not person.label.hides_location

    monkeypatch.setattr(receiving, "place_may_be_counted", by_label_alone)
    with pytest.raises(AssertionError):
        await without_an_address_all_look_alike(desk)


async def test_a_label_that_comes_while_it_is_read_is_not_counted_either(desk: Refers) -> None:
    labelled(desk, Label.UNRESTRICTED)
    one = await desk.sent()
    by_id = Locator.by_id

    def and_then_restricted(self: Locator, person_id: str) -> Person | None:
        found = by_id(self, person_id)
        assert found is not None
        home = desk.way.home
        with home.database.write() as tx:
            home.locator.observe_label(tx, found, Label.RESTRICTED, home.clock.now(), SOURCE)
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Locator, "by_id", and_then_restricted)
        assert await told(desk, one) == (False, False)
