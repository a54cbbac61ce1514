"""Asking residents: what an organisation may ask, what rests of it, and what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.reader import LogReader, Query, StoredEntry
from consent.permissions import Given
from consent.requests.values import Cap
from core.times import to_ms
from core.vocabulary import Label
from gateway.asking import NotAskedError
from gateway.channels.ports import About
from gateway.consenting import Grant
from gateway.idempotency.store import OtherRequestError
from gateway.views.values import RefusedError
from tests.support.asking import PURPOSE, REASON, SECTIONS, Asks, asks_over
from tests.support.clock import FakeClock
from tests.support.walk import CALLERS, COUNCIL, walk

COUNTY = "norfolk-county-council"
DAY = timedelta(days=1)


@pytest.fixture
async def asks(tmp_path: Path) -> AsyncIterator[Asks]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield asks_over(way)


def entries(asks: Asks, organisation: str = COUNTY) -> tuple[StoredEntry, ...]:
    home = asks.way.home
    return LogReader(home.database, home.log.store, home.keys).search(Query(organisation))


def rows(asks: Asks) -> list[tuple[str, bool]]:
    with asks.way.home.database.read() as tx:
        found = tx.execute(text("SELECT person, passed_on FROM consent_request ORDER BY gone_ms")).all()
    return [(row[0], bool(row[1])) for row in found]


async def test_a_request_waits_with_what_a_yes_would_open_and_no_more(asks: Asks) -> None:
    told = await asks.ask()
    (request,) = asks.waiting
    assert told.state == "waiting"
    assert told.expires == request.expires == asks.way.home.clock.now() + 28 * DAY
    assert (request.organisation, request.purpose, request.role) == (COUNTY, PURPOSE, "triager")
    assert request.sections.keys() == SECTIONS
    assert (request.days, request.reason) == (60, REASON)
    assert COUNCIL in request.sources


async def test_its_entry_tells_the_person_who_asked_and_why(asks: Asks) -> None:
    await asks.ask()
    (entry, *_) = entries(asks)
    assert (entry.kind, entry.outcome, entry.recipient) == ("consent", "requested", COUNTY)
    assert entry.tag == asks.way.person.key.tag
    home = asks.way.home
    opening = LogReader(home.database, home.log.store, home.keys).open(entry)
    assert opening is not None
    detail = opening.detail["detail"]
    assert isinstance(detail, dict)
    assert detail["reason"] == REASON
    assert set(detail["request"]) == SECTIONS


async def test_the_person_is_to_be_told_once_however_many_ask(asks: Asks) -> None:
    await asks.ask()
    await asks.ask(
        "prescriber", wish=asks.wish("prescriber", purpose="social-prescribing", sections=None, days=30)
    )
    assert len(asks.waiting) == 2
    (due,) = asks.outbox.take(asks.way.home.clock.now())
    assert (due.person, due.about) == (asks.way.person.id, About.REQUEST)


async def test_without_sections_and_days_all_that_a_yes_opens_is_asked_for_as_long_as_may_be(
    asks: Asks,
) -> None:
    await asks.ask(wish=asks.wish(sections=None, days=None))
    (request,) = asks.waiting
    assert request.sections.keys() > SECTIONS
    assert request.days == 90


async def test_the_next_is_not_passed_on_while_one_waits_and_nobody_is_told(asks: Asks) -> None:
    first = await asks.ask()
    second = await asks.ask()
    assert len(asks.waiting) == 1
    assert (first.state, second.state) == ("waiting", "waiting")
    assert rows(asks) == [(asks.way.person.id, True), (asks.way.person.id, False)]
    # A yes is a yes to both: which of them was passed on cannot be told from it either.
    await asks.way.allow(sections={"tenancy": frozenset({"status"})})
    assert [await asks.state(one) for one in (first, second)] == ["allowed", "allowed"]


async def test_an_unknown_person_takes_the_same_rows_and_entries(asks: Asks) -> None:
    told = await asks.ask(known=False)
    assert told.state == "waiting"
    assert rows(asks) == [(f"org:{COUNTY}", False)]
    assert asks.outbox.take(asks.way.home.clock.now()) == ()
    assert await asks.state(told) == "waiting"
    (entry, *_) = entries(asks)
    assert (entry.kind, entry.outcome) == ("consent", "requested")


async def test_a_handle_that_was_never_given_is_nobodys(asks: Asks) -> None:
    told = await asks.ask(wish=asks.wish(person=asks.way.handle("prescriber")))
    assert (told.state, asks.waiting) == ("waiting", ())


async def test_somebody_whose_row_does_not_open_is_nobody(asks: Asks) -> None:
    with asks.way.home.database.write() as tx:
        tx.execute(text("UPDATE person SET sealed = :junk"), {"junk": b"0" * 64})
    told = await asks.ask()
    assert (told.state, asks.waiting) == ("waiting", ())


async def test_people_with_a_protected_address_are_asked_like_anybody(tmp_path: Path) -> None:
    async with walk(tmp_path, label=Label.VERY_RESTRICTED, clock=FakeClock()) as way:
        asks = asks_over(way)
        assert (await asks.ask()).state == "waiting"
        assert len(asks.waiting) == 1


async def test_what_came_of_it_is_told_by_time_and_a_standing_yes_alone(asks: Asks) -> None:
    clock = asks.way.home.clock
    assert isinstance(clock, FakeClock)
    told = await asks.ask()
    permission = await asks.way.allow(sections={"tenancy": frozenset({"status"})})
    assert await asks.state(told) == "allowed"
    await asks.way.stop(permission)
    assert await asks.state(told) == "waiting"
    clock.advance(28 * DAY.total_seconds())
    assert await asks.state(told) == "expired"


async def test_after_an_erasure_a_request_looks_like_any_that_nobody_answered(asks: Asks) -> None:
    told = await asks.ask()
    await asks.way.allow(sections={"tenancy": frozenset({"status"})})
    home = asks.way.home
    home.keys.erase(asks.way.person.id, to_ms(home.clock.now()))
    assert await asks.state(told) == "waiting"
    with home.database.write() as tx:
        tx.execute(text("DELETE FROM consent_request"))
    assert await asks.state(told) == "waiting"


async def test_a_row_that_was_changed_tells_nothing(asks: Asks) -> None:
    told = await asks.ask()
    with asks.way.home.database.write() as tx:
        tx.execute(text("UPDATE consent_request SET sealed = :junk"), {"junk": b"0" * 64})
    assert await asks.state(told) == "waiting"


async def test_only_the_asking_organisation_finds_its_request(asks: Asks) -> None:
    told = await asks.ask()
    with pytest.raises(NotAskedError):
        await asks.asking.state(CALLERS["prescriber"], told.id)
    with pytest.raises(NotAskedError):
        await asks.asking.state(CALLERS["triager"], "cr1." + "A" * 70)


@pytest.mark.parametrize(
    ("who", "changes", "code"),
    [
        ("landlord", {}, "scope-missing"),
        ("triager", {"purpose": "no-such-purpose"}, "purpose-unknown"),
        ("triager", {"purpose": "low-level-support", "sections": None}, "agreement-ended"),
        ("triager", {"sections": frozenset({"offence-risk"})}, "section-not-agreed"),
        ("triager", {"days": 91}, "asked-too-long"),
        ("lead", {"purpose": "safeguarding-enquiry", "sections": None, "days": None}, "nothing-to-ask"),
    ],
)
async def test_what_nobody_may_ask_is_refused_before_anybody_is_looked_at(
    asks: Asks, who: str, changes: dict[str, object], code: str
) -> None:
    before = len(entries(asks, CALLERS[who].organisation))
    for known in ("9990000018", "9990000026"):
        wish = replace(asks.wish(who, nhs_number=known), **changes)  # type: ignore[arg-type] # a table of changes
        with pytest.raises(RefusedError) as refused:
            await asks.ask(who, wish=wish)
        assert refused.value.refusal.code == code
    assert asks.waiting == ()
    assert rows(asks) == []
    found = entries(asks, CALLERS[who].organisation)
    assert len(found) == before + 2
    assert found[0].outcome == code


async def test_a_section_that_needs_no_yes_is_named_to_be_left_out(asks: Asks) -> None:
    wish = asks.wish("lead", purpose="safeguarding-enquiry", sections=frozenset({"identity"}), days=None)
    with pytest.raises(RefusedError) as refused:
        await asks.ask("lead", wish=wish)
    assert refused.value.refusal.detail.startswith("A yes of the person would show you nothing more")


async def test_the_same_key_and_body_make_one_request(asks: Asks) -> None:
    once = asks.asking.idempotency.once("issuer", "client", "POST", "key-12345", b"{}")
    first, second = await asks.ask(once=once), await asks.ask(once=once)
    assert first == second
    assert len(rows(asks)) == 1
    other = asks.asking.idempotency.once("issuer", "client", "POST", "key-12345", b"[]")
    with pytest.raises(OtherRequestError):
        await asks.ask(once=other)
    assert len(rows(asks)) == 1


async def test_a_key_is_forgotten_after_28_days_and_is_each_clients_own(asks: Asks) -> None:
    clock, idempotency = asks.way.home.clock, asks.asking.idempotency
    assert isinstance(clock, FakeClock)
    mine = idempotency.once("issuer", "client", "POST", "key-12345", b"{}")
    await asks.ask(once=mine)
    assert idempotency.purge(clock.now()) == 0
    theirs = idempotency.once("issuer", "another", "POST", "key-12345", b"{}")
    await asks.ask(once=theirs)
    assert len(rows(asks)) == 2
    clock.advance((27 * DAY).total_seconds())
    await asks.ask(once=mine)
    assert len(rows(asks)) == 2
    clock.advance(DAY.total_seconds())
    await asks.ask(once=mine)
    assert len(rows(asks)) == 3
    assert idempotency.purge(clock.now()) == 1


async def test_what_nothing_needs_any_more_is_deleted(asks: Asks) -> None:
    clock = asks.way.home.clock
    assert isinstance(clock, FakeClock)
    await asks.ask()
    await asks.ask(known=False)
    assert asks.requests.purge(clock.now() + 89 * DAY) == 0
    assert asks.requests.purge(clock.now() + 90 * DAY) == 2
    assert rows(asks) == []


async def test_a_smaller_cap_counts(tmp_path: Path) -> None:
    async with walk(tmp_path, clock=FakeClock()) as way:
        asks = asks_over(way, Cap(open_for=DAY, at_most=1, within=7 * DAY))
        clock = way.home.clock
        assert isinstance(clock, FakeClock)
        await asks.ask()
        clock.advance(2 * DAY.total_seconds())
        await asks.ask()
        assert len(asks.waiting) == 1
        clock.advance(5 * DAY.total_seconds())
        await asks.ask()
        assert len(asks.waiting) == 2


async def test_ending_something_allowed_for_long_is_to_be_told_two_weeks_before(asks: Asks) -> None:
    now = asks.way.home.clock.now()
    grant = Grant(PURPOSE, COUNTY, {"tenancy": frozenset({"status"})}, frozenset({COUNCIL}), None)
    for days in (20, 60):
        given = replace(grant, until=now + days * DAY)
        await asks.consenting.give(asks.way.person.key, given, Given("portal", "p"))
    assert asks.outbox.take(now + 46 * DAY - timedelta(seconds=1)) == ()
    (due,) = asks.outbox.take(now + 46 * DAY)
    assert due.about is About.ENDING
