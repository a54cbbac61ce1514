"""Promise 4 at a referral's receiver: whoever must not be located looks like whoever gave no address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from audit import leaf
from core.vocabulary import Label
from gateway.referrals.records import Held
from gateway.referrals.values import About, document
from tests.support.clock import FakeClock
from tests.support.referring import Refers, refers
from tests.support.walk import walk

SOURCE = "wensum-valley-practice"
HIDES = [one for one in Label if one.hides_location]
OWN = {"id", "commitment", "salt", "receipt", "sent_at", "changed_at", "held_until"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield refers(way)


async def look_alike(desk: Refers, label: Label) -> None:
    """The promise: one reads as the other, member for member and as long, and each opens its commitment."""
    home, about = desk.way.home, desk.body()["about"]
    assert isinstance(about, dict)
    person = home.locator.by_id(desk.way.person.id)
    assert person is not None
    with home.database.write() as tx:
        home.locator.observe_label(tx, person, label, home.clock.now(), SOURCE)
    hidden = await desk.sent()
    without = {name: value for name, value in about.items() if name != "address"}
    gave_none = await desk.sent(about=without)
    first, second = (await desk.read(hidden)).document, (await desk.read(gave_none)).document
    assert tuple(first) == tuple(second)
    same_first, same_second = (
        orjson.dumps({name: value for name, value in one.items() if name not in OWN})
        for one in (first, second)
    )
    assert same_first == same_second
    for one in (first, second):
        salt = bytes.fromhex(str(one["salt"]))
        assert leaf.commit(salt, one["content"]).hex() == one["commitment"]  # type: ignore[arg-type] # a content


@pytest.mark.parametrize("label", HIDES)
async def test_promise_4_whoever_is_hidden_reads_like_whoever_gave_no_address(
    desk: Refers, label: Label
) -> None:
    await look_alike(desk, label)


async def test_were_the_address_told_the_promise_would_break(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(About, "without_address", lambda self: self)
    with pytest.raises(AssertionError):
        await look_alike(desk, Label.RESTRICTED)


async def test_were_the_commitment_to_the_address_too_the_promise_would_break(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_all(held: Held) -> str:
        return leaf.commit(held.salt, document(held.content)).hex()

    monkeypatch.setattr(Held, "commitment", property(to_all))
    with pytest.raises(AssertionError):
        await look_alike(desk, Label.RESTRICTED)
