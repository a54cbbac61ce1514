"""The promises, for referrals: what one says leaves audited, ends at once, tells nothing by silence, and does not stay."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from audit.log import Receipt
from core.errors import ClosedError
from core.keys import SubjectKey
from core.vocabulary import Label
from gateway.people.locator import Locator, Person
from gateway.referrals.receiving import Receiving
from gateway.referrals.records import HELD_FOR, Referral
from gateway.referrals.states import Status
from gateway.referrals.stepping import Stepping
from gateway.views.values import View
from tests.promises.test_promise_1_audit_or_nothing import FAULTS, durable_leaves
from tests.promises.test_promise_2_withdrawal_is_immediate import CredulousLedger
from tests.support.clock import FakeClock
from tests.support.referring import PURPOSE, Refers, refers
from tests.support.walk import CHARITY, Walk

READER = "norfolk-adviser"
"""Whom the referrals are sent to, as they ask for a view."""


@pytest.fixture
def desk(way: Walk) -> Refers:
    return refers(way)


# 1. Audit or nothing ------------------------------------------------------------------------------------------------


async def nothing_leaves_unrecorded(desk: Refers, referral: str) -> None:
    """The promise: what a referral says has its durable entry at the moment at which it leaves."""
    told = await desk.read(referral)
    if "content" not in told.document:
        return
    receipt = told.document["receipt"]
    assert isinstance(receipt, dict)
    leaf = base64.b64decode(str(receipt["leaf"]))
    assert durable_leaves(desk.way)[receipt["index"] : receipt["index"] + 1] == [leaf]


@pytest.mark.parametrize("fault", FAULTS)
async def test_promise_1_what_a_referral_says_does_not_leave_when_the_log_cannot_commit(
    desk: Refers, fault: str
) -> None:
    one = await desk.sent()
    FAULTS[fault](desk.way.home)
    told = await desk.read(one)
    assert (told.status, told.code) == (503, "closed")
    await nothing_leaves_unrecorded(desk, one)


async def test_promise_1_what_a_referral_says_is_recorded_when_it_leaves(desk: Refers) -> None:
    one = await desk.sent()
    assert "content" in (await desk.read(one)).document
    await nothing_leaves_unrecorded(desk, one)


async def test_were_it_answered_first_and_recorded_later_the_promise_would_break(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await desk.sent()
    append = Receiving._append

    async def hasty(self: Receiving, work: object) -> object:
        try:
            return await append(self, work)  # type: ignore[arg-type]
        except ClosedError:
            with self.views.database.write() as tx:
                written = work(tx)  # type: ignore[operator]
            return SimpleNamespace(value=written.value, receipts=(Receipt(999, b"no leaf", ""),))

    monkeypatch.setattr(Receiving, "_append", hasty)
    FAULTS["the-writer-has-stopped"](desk.way.home)
    with pytest.raises(AssertionError):
        await nothing_leaves_unrecorded(desk, one)


# 2. Withdrawal is immediate -----------------------------------------------------------------------------------------

END: dict[str, tuple[str, str, dict[str, object] | None]] = {
    "refused": ("refusal", "receiver", {"reason": "full"}),
    "withdrawn": ("withdrawal", "sender", None),
    "stopped": ("", "", None),
    "expired": ("", "", None),
}


async def end(desk: Refers, referral: str, how: str) -> None:
    """End it, and be answered."""
    step, who, body = END[how]
    if how == "expired":
        assert isinstance(desk.way.home.clock, FakeClock)
        desk.way.home.clock.advance(HELD_FOR.total_seconds())
        await desk.receiving.expire_due()
    elif how == "stopped":
        await desk.stopped(referral)
    else:
        assert (await desk.step(referral, step, who, body)).status == 200


async def view_while(
    desk: Refers, happens: Callable[[], Coroutine[None, None, None]], *, guard: bool = True
) -> View:
    """The receiver's view, with something happening, and being answered, between its decision and its record."""
    way, loop = desk.way, asyncio.get_running_loop()
    way.sources[CHARITY].before_answer = lambda: asyncio.run_coroutine_threadsafe(happens(), loop).result(30)
    parts = way.parts
    if not guard:
        ledger = CredulousLedger(way.home.database)
        parts = replace(parts, recording=replace(parts.recording, ledger=ledger))
    return await way.ask(READER, PURPOSE, parts=parts)


async def nothing_is_shown_after(desk: Refers, how: str, *, guard: bool = True) -> None:
    """The promise: once the end of a referral was answered, nothing that commits later is shown under it."""
    one = await desk.sent()
    assert (await desk.way.ask(READER, PURPOSE)).sections
    answered = []

    async def happens() -> None:
        await end(desk, one, how)
        answered.append(how)

    view = await view_while(desk, happens, guard=guard)
    assert answered == [how]
    assert view.sections == ()


@pytest.mark.parametrize("how", ["refused", "withdrawn", "stopped"])
async def test_promise_2_the_end_of_a_referral_ends_what_is_shown_under_it(desk: Refers, how: str) -> None:
    await nothing_is_shown_after(desk, how)


async def test_without_the_guard_the_end_of_a_referral_comes_too_late(desk: Refers) -> None:
    with pytest.raises(AssertionError):
        await nothing_is_shown_after(desk, "withdrawn", guard=False)


@pytest.mark.parametrize("how", END)
async def test_promise_2_nothing_is_shown_to_who_asks_after_the_end(desk: Refers, how: str) -> None:
    one = await desk.sent(sharing={"days": 28, "sections": None})
    await end(desk, one, how)
    assert (await desk.way.ask(READER, PURPOSE)).sections == ()


async def test_were_the_permission_left_standing_the_promise_would_break(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stepping, "_end", lambda *_: None)
    with pytest.raises(AssertionError):
        await nothing_is_shown_after(desk, "withdrawn")


async def nothing_is_read_after(desk: Refers, how: str) -> None:
    """The promise: once its end was answered, what a referral says does not leave, however far the reading was."""
    one = await desk.sent()
    by_id, loop = Locator.by_id, asyncio.get_running_loop()

    def and_then_ended(self: Locator, person_id: str) -> Person | None:
        found = by_id(self, person_id)
        asyncio.run_coroutine_threadsafe(end(desk, one, how), loop).result(30)
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Locator, "by_id", and_then_ended)
        read = await desk.read(one)
    assert read.status == 200
    assert "content" not in read.document


@pytest.mark.parametrize("how", ["refused", "withdrawn", "stopped"])
async def test_promise_2_what_a_referral_says_does_not_leave_after_its_end(desk: Refers, how: str) -> None:
    await nothing_is_read_after(desk, how)


async def test_without_the_guard_what_a_referral_says_leaves_after_its_end(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Referral, "at", lambda self, _: replace(self, status=Status.SENT))
    with pytest.raises(AssertionError):
        await nothing_is_read_after(desk, "stopped")


# 3. Minimal: nobody is located ---------------------------------------------------------------------------------------


async def nobody_is_located(desk: Refers) -> None:
    """The promise: a label that came while the referral waited counts, at the last moment too."""
    one = await desk.sent()
    home, person = desk.way.home, desk.way.person
    by_id = Locator.by_id

    def and_then_restricted(self: Locator, person_id: str) -> Person | None:
        found = by_id(self, person_id)
        with home.database.write() as tx:
            home.locator.observe_label(tx, person, Label.VERY_RESTRICTED, home.clock.now(), "another-source")
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Locator, "by_id", and_then_restricted)
        read = await desk.read(one)
    assert read.status == 200
    assert b"1 Made-up Row" not in read.reply.body


async def test_promise_3_a_label_that_comes_while_it_is_read_counts(desk: Refers) -> None:
    await nobody_is_located(desk)


async def test_without_the_guard_of_the_label_an_address_leaves(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Locator, "stands", lambda *_: True)
    with pytest.raises(AssertionError):
        await nobody_is_located(desk)


# 8. The resident sees it --------------------------------------------------------------------------------------------


async def test_promise_8_whom_it_is_about_has_an_entry_of_every_step(desk: Refers) -> None:
    key: SubjectKey = desk.way.home.keys.get(desk.way.person.id)
    one = await desk.sent()
    await desk.read(one)
    await desk.step(one, "collection")
    await desk.step(one, "acceptance")
    await desk.step(one, "closing", body={"outcomes": ["moved"]})
    with desk.way.home.database.read() as tx:
        outcomes = tx.execute(
            text('SELECT outcome FROM log_entry_detail WHERE tag = :tag ORDER BY "index"'), {"tag": key.tag}
        ).scalars()
        assert list(outcomes) == [
            "referred",
            "referral-read",
            "referral-collected",
            "referral-accepted",
            "referral-closed",
        ]
