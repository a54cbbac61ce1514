"""The promises, for a team as recipient: its end ends all of it, nobody is told by silence, nothing leaves unrecorded."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from sqlalchemy import text

from audit.log import Receipt
from core.errors import ClosedError
from core.times import to_ms
from gateway.people.handles import Handles
from gateway.referrals.receiving import Receiving
from gateway.referrals.stepping import Stepping
from tests.promises.test_promise_1_audit_or_nothing import FAULTS, durable_leaves
from tests.support.clock import FakeClock
from tests.support.referring import Refers
from tests.support.teams import (
    COLLEAGUES,
    RECEIVER,
    SENDER,
    TEAM,
    closed,
    handle_of,
    looked,
    sections_of,
    sent_to_team,
    team_of,
)
from tests.support.walk import STRANGER_NUMBER, Walk, walk


@pytest.fixture
def desk(way: Walk) -> Refers:
    return team_of(way)


# 2. Withdrawal is immediate -----------------------------------------------------------------------------------------


async def nothing_is_shown_to_the_team_one_second_after_closing(desk: Refers) -> None:
    """The promise: shown to each of the team as long as it goes on, and one second after it was closed to nobody."""
    one = await sent_to_team(desk)
    for who in TEAM:
        assert sections_of(await looked(desk, who)), who
    await closed(desk, one)
    clock = desk.way.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance(1)
    for who in TEAM:
        assert sections_of(await looked(desk, who)) == frozenset(), who


async def test_a_view_one_second_after_closing_discloses_nothing_to_any_of_the_team(desk: Refers) -> None:
    await nothing_is_shown_to_the_team_one_second_after_closing(desk)


async def test_were_the_teams_permissions_left_standing_a_view_after_closing_would_disclose(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stepping, "_end_of_team", lambda *_: {})
    with pytest.raises(AssertionError, match="carys"):
        await nothing_is_shown_to_the_team_one_second_after_closing(desk)


# 1. Audit or nothing ------------------------------------------------------------------------------------------------


async def no_handle_leaves_unrecorded(desk: Refers, referral: str) -> None:
    """The promise: that somebody is of a team, and their handle, leaves with its durable entry."""
    told = (await desk.read(referral, "ada")).document
    if "person" not in told:
        return
    receipt = told["receipt"]
    assert isinstance(receipt, dict)
    leaf = base64.b64decode(str(receipt["leaf"]))
    assert durable_leaves(desk.way)[receipt["index"] : receipt["index"] + 1] == [leaf]


@pytest.mark.parametrize("fault", FAULTS)
async def test_promise_1_no_handle_leaves_when_the_log_cannot_commit(desk: Refers, fault: str) -> None:
    one = await sent_to_team(desk)
    FAULTS[fault](desk.way.home)
    told = await desk.read(one, "ada")
    assert (told.status, told.code) == (503, "closed")
    await no_handle_leaves_unrecorded(desk, one)


async def test_promise_1_a_handle_is_recorded_when_it_leaves(desk: Refers) -> None:
    one = await sent_to_team(desk)
    assert "person" in (await desk.read(one, "ada")).document
    await no_handle_leaves_unrecorded(desk, one)


async def test_were_a_handle_told_first_and_recorded_later_the_promise_would_break(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await sent_to_team(desk)
    append = Receiving._append

    async def hasty(self: Receiving, work: object) -> object:
        try:
            return await append(self, work)  # type: ignore[arg-type] # as `Receiving._append`
        except ClosedError:
            return SimpleNamespace(value=True, receipts=(Receipt(999, b"no leaf", ""),))

    monkeypatch.setattr(Receiving, "_append", hasty)
    FAULTS["the-writer-has-stopped"](desk.way.home)
    with pytest.raises(AssertionError):
        await no_handle_leaves_unrecorded(desk, one)


# 4. Nothing is given away by silence --------------------------------------------------------------------------------


async def known(desk: Refers) -> str:
    return desk.handle(SENDER)


async def unknown(desk: Refers) -> str:
    return desk.handle(SENDER, STRANGER_NUMBER)


async def erased(desk: Refers) -> str:
    desk.way.home.keys.erase(desk.way.person.id, to_ms(desk.way.home.clock.now()))
    return desk.handle(SENDER)


async def whose_consent_is_spoilt(desk: Refers) -> str:
    with desk.way.home.database.write() as tx:
        tx.execute(text("UPDATE person_state SET sealed = substr(sealed, 2)"))
    return desk.handle(SENDER)


async def without_a_handle(_: Refers) -> None:
    return None


CASES: dict[str, Callable[[Refers], Awaitable[str | None]]] = {
    one.__name__: one for one in (known, erased, whose_consent_is_spoilt, without_a_handle)
}
BY_CHANCE = {"id", "changed_at", "person", "receipt"}


async def told_to_the_team(folder: Path, case: Callable[[Refers], Awaitable[str | None]]) -> object:
    """All that the team is told of a referral, before its end and after; what is drawn by chance taken out."""
    async with walk(folder, clock=FakeClock()) as way:
        desk = team_of(way)
        handle = await case(desk)
        before = _entries(desk)
        one = await sent_to_team(desk, person=... if handle is None else handle)
        made, told = _entries(desk) - before, []
        for step in ("", "withdrawal"):
            if step:
                assert (await desk.step(one, step, "carys")).status == 200
            for who in COLLEAGUES:
                read = await desk.read(one, who)
                kept = {name: value for name, value in read.document.items() if name not in BY_CHANCE}
                handled = len(str(read.document.get("person", "")))
                told.append((read.status, tuple(read.document), orjson.dumps(kept), handled))
        return made, _entries(desk) - before, told


def _entries(desk: Refers) -> int:
    with desk.way.home.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM log_entry")).scalar_one())


async def the_team_learns_nothing(folder: Path, *names: str) -> None:
    """The promise: whoever it is about, the team is told the same, by as many entries."""
    reference = await told_to_the_team(folder, unknown)
    for name in names:
        assert await told_to_the_team(folder, CASES[name]) == reference, name


@pytest.mark.parametrize("name", CASES)
async def test_promise_4_a_referral_tells_the_team_nothing_about_the_person(
    tmp_path: Path, name: str
) -> None:
    await the_team_learns_nothing(tmp_path, name)


async def test_were_a_handle_told_of_people_we_know_alone_the_promise_would_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = Receiving._joined

    async def of_people_we_know(self, caller, referral, key, *rest):  # type: ignore[no-untyped-def] # as `_joined`
        found = await asyncio.to_thread(self.views.locator.by_id, key.subject)
        return None if found is None else await joined(self, caller, referral, key, *rest)

    monkeypatch.setattr(Receiving, "_joined", of_people_we_know)
    with pytest.raises(AssertionError):
        await the_team_learns_nothing(tmp_path, "known")


# 7. Unlinkable ------------------------------------------------------------------------------------------------------


async def handles_are_each_ones_own(desk: Refers) -> None:
    """The promise: each of the team has a handle of its own, and nobody sees anything by another's."""
    one = await sent_to_team(desk)
    found = {who: str((await desk.read(one, who)).document["person"]) for who in ("carys", *COLLEAGUES)}
    assert len({*found.values(), handle_of(desk, RECEIVER)}) == 6
    for who, own in found.items():
        others = [handle for other, handle in found.items() if other != who]
        assert sections_of(await looked(desk, who, own))
        for handle in others:
            assert sections_of(await looked(desk, who, handle)) == frozenset()


async def test_promise_7_the_handles_of_a_team_are_each_ones_own(desk: Refers) -> None:
    await handles_are_each_ones_own(desk)


async def test_were_the_receivers_handle_passed_on_the_promise_would_break(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_index = Handles.of_index
    monkeypatch.setattr(Handles, "of_index", lambda self, _, index: of_index(self, RECEIVER, index))
    with pytest.raises(AssertionError):
        await handles_are_each_ones_own(desk)
