"""Referrals where something is broken, gone, or done by somebody else in the same moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from audit.log import Append
from consent.permissions import Given
from core.errors import BrokenRowError, ClosedError
from core.keys import SubjectKey
from gateway.authority import Authority
from gateway.people.locator import AmbiguousError, Locator, Person, Registration
from gateway.policy.register_values import RecipientTerms, Suspension
from gateway.referrals.stepping import NoReferralError
from gateway.referrals.store import Referrals
from gateway.referrals.terms import refusal_of
from tests.support.clock import FakeClock
from tests.support.faults import lose
from tests.support.referring import RECEIVER, SENDER, Refers, content_of, refers, size
from tests.support.walk import STRANGER_NUMBER, registers, walk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield refers(way)


def spoil(desk: Refers, statement: str) -> None:
    with desk.way.home.database.write() as tx:
        tx.execute(text(statement))


def stranger(desk: Refers) -> dict[str, object]:
    return {
        "person": desk.handle(nhs_number=STRANGER_NUMBER),
        "about": {"name": "Somebody", "nhs_number": STRANGER_NUMBER},
    }


@pytest.mark.parametrize("column", ["sealed", "content"])
async def test_what_does_not_open_is_read_by_nobody(desk: Refers, column: str) -> None:
    one = await desk.sent()
    spoil(desk, f"UPDATE referral_person SET {column} = substr({column}, 2)")  # noqa: S608 - our own columns
    told = await desk.read(one)
    assert (told.status, told.code) == (503, "closed")


async def test_a_header_that_does_not_open_closes_what_needs_it(desk: Refers) -> None:
    one = await desk.sent()
    spoil(desk, "UPDATE referral SET sealed = substr(sealed, 2)")
    assert (await desk.read(one)).status == 503
    with pytest.raises(BrokenRowError):
        desk.referrals.find(one)


async def test_without_its_table_everything_is_closed(desk: Refers) -> None:
    one = await desk.sent()
    lose(desk.way.home.database, "referral_person")
    assert (await desk.read(one)).status == 503
    with pytest.raises(ClosedError):
        desk.referrals.find(one)


async def test_what_was_collected_in_the_moment_of_reading_is_told_as_it_stands(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await desk.sent()
    beside = Referrals.beside

    def without(self: Referrals, tx: Connection, referral: str) -> object:
        spoil(desk, "UPDATE referral SET status = 'collected'")
        spoil(desk, "UPDATE referral_person SET content = NULL")
        return beside(self, tx, referral)

    monkeypatch.setattr(Referrals, "beside", without)
    told = await desk.read(one)
    assert (told.status, "content" in told.document) == (200, False)


async def test_a_policy_that_moves_while_it_is_read_closes_it(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await desk.sent()
    monkeypatch.setattr(Authority, "stands", lambda *_: False)
    told = await desk.read(one)
    assert (told.status, told.code) == (503, "closed")


async def test_somebody_who_registers_the_same_number_just_now_stops_no_referral(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meets(self: Locator, tx: Connection, person: Person, registration: Registration, at: object) -> bool:
        raise AmbiguousError

    monkeypatch.setattr(Locator, "register", meets)
    one = await desk.sent(**stranger(desk))
    assert content_of((await desk.read(one)).document)["why"]
    assert desk.way.home.locator.by_nhs_number(STRANGER_NUMBER) is None


async def test_of_two_for_the_same_new_number_both_are_about_one_person(desk: Refers) -> None:
    first, second = await desk.sent(**stranger(desk)), await desk.sent(**stranger(desk))
    person = desk.way.home.locator.by_nhs_number(STRANGER_NUMBER)
    assert person is not None
    assert {one.id for one, _ in desk.referrals.of_person(person.id)} == {first, second}
    assert (await desk.read(first)).document["person"] == desk.handle(RECEIVER, STRANGER_NUMBER)


async def test_what_is_not_due_is_not_ended(desk: Refers) -> None:
    one, before = await desk.sent(), size(desk)
    committer = desk.way.home.log
    assert committer.append(Append(desk.receiving.stepping.expire(one), changes=True)).value is False
    assert size(desk) == before


async def test_nobody_stops_what_is_about_somebody_else(desk: Refers) -> None:
    one = await desk.sent()
    other: SubjectKey = desk.way.home.person(STRANGER_NUMBER).key
    with pytest.raises(NoReferralError):
        await desk.receiving.stop(other, one, Given("portal", other.subject))


async def test_whose_key_is_gone_is_withdrawn_from_and_told_of_to_nobody(desk: Refers) -> None:
    one = await desk.sent()
    desk.way.home.keys.erase(desk.way.person.id, 1)
    told = await desk.step(one, "withdrawal", "sender")
    assert (told.status, told.document["status"]) == (200, "withdrawn")


async def test_a_purpose_that_the_law_does_not_list_is_refused_for_either_side(desk: Refers) -> None:
    known = registers()
    agreement = known.agreements["agreed-referral"]
    recipients = (*agreement.recipients, RecipientTerms("jobcentre-norwich", {}))
    wider = replace(known, agreements={"agreed-referral": replace(agreement, recipients=recipients)})
    holding = frozenset({"agreed-referral"})
    for sender, receiver in ((SENDER, "jobcentre-norwich"), ("jobcentre-norwich", RECEIVER)):
        refusal = refusal_of(wider, holding, sender, receiver, "agreed-referral")
        assert refusal is not None
        assert refusal.code == "purpose-not-listed"


async def test_an_agreement_that_is_being_wound_down_is_for_nobody_new(desk: Refers) -> None:
    known = registers()
    agreement = known.agreements["agreed-referral"]
    over = Suspension(agreement.valid_from, SENDER, "it ends")
    winding = replace(known, agreements={"agreed-referral": replace(agreement, winding_down=over)})
    refusal = refusal_of(winding, frozenset({"agreed-referral"}), SENDER, RECEIVER, "agreed-referral")
    assert refusal is not None
    assert refusal.code == "agreement-ended"
