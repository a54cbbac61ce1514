"""What a resident sees of a request, and their answers, over real storage, policy and log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.reader import LogReader, Query
from consent.permissions import Given
from consent.portal.ports import NotPossible
from consent.portal.requests_ports import Asked, Reply, Seen
from consent.requests.values import ConsentRequest
from core.times import to_ms
from core.vocabulary import Label
from gateway.authority import Suspended
from gateway.consenting import Grant
from gateway.reviews.store import Reviews
from gateway.services.looks import Looks
from gateway.services.requests import ResidentRequests
from tests.support.asking import PURPOSE, REASON, Asks, asks_over
from tests.support.clock import FakeClock
from tests.support.walk import COUNCIL, registers, walk

COUNTY = "norfolk-county-council"
DAY = timedelta(days=1)


@pytest.fixture
async def asks(tmp_path: Path) -> AsyncIterator[Asks]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield asks_over(way)


def person(asks: Asks) -> str:
    return asks.way.person.id


async def only(asks: Asks) -> Asked:
    """The one request that waits, in full."""
    (waiting,) = await asks.resident.waiting(person(asks))
    found = await asks.resident.asked(person(asks), waiting.id)
    assert found is not None
    return found


def seen_in(asked: Asked) -> Mapping[str, tuple[Seen, ...]]:
    assert asked.seen is not None
    return asked.seen


async def refused(asks: Asks, reply: Reply, request_id: str | None = None) -> str:
    found = asks.waiting[0].id if request_id is None else request_id
    with pytest.raises(NotPossible) as problem:
        await asks.resident.allow(person(asks), found, reply)
    return problem.value.words


async def test_a_request_tells_who_asks_what_for_from_whom_and_how_long(asks: Asks) -> None:
    await asks.ask()
    found = await only(asks)
    assert found.offer.organisation_name == registers().organisations[COUNTY].title
    assert found.offer.purpose_title == registers().purposes[PURPOSE].title
    assert (found.reason, found.role_words) == (REASON, registers().roles["triager"].title)
    assert {kind.section for kind in found.offer.kinds} == {"tenancy", "home-condition"}
    assert (found.offer.longest_days, found.state, found.answered) == (60, "waiting", None)
    assert found.answer_by == asks.way.home.clock.now() + 28 * DAY


async def test_what_they_would_see_is_what_the_policy_would_show_of_this_very_person(asks: Asks) -> None:
    await asks.ask()
    found = await only(asks)
    await asks.resident.allow(person(asks), found.id, Reply(frozenset({"tenancy", "home-condition"}), 30))
    view = await asks.way.ask(sections=frozenset({"tenancy", "home-condition"}))
    titles = {name: section.titles for name, section in registers().sections.items()}
    for section in view.sections:
        promised = {field for one in seen_in(found)[section.section] for field in one.fields}
        assert {titles[section.section][name] for name in section.data} <= promised
    assert {section.section for section in view.sections} == set(seen_in(found))
    assert [one.source_name for one in seen_in(found)["tenancy"]] == [
        registers().organisations[COUNCIL].title
    ]


async def test_what_a_label_hides_is_not_shown_as_to_be_seen(tmp_path: Path) -> None:
    shown = {}
    for label in (Label.UNRESTRICTED, Label.VERY_RESTRICTED):
        async with walk(tmp_path, label=label, clock=FakeClock()) as way:
            asks = asks_over(way)
            await asks.ask(wish=asks.wish(sections=frozenset({"contact"})))
            shown[label] = {one for seen in seen_in(await only(asks))["contact"] for one in seen.fields}
    assert shown[Label.VERY_RESTRICTED] < shown[Label.UNRESTRICTED]


async def test_saying_yes_gives_just_what_was_chosen_and_ends_the_waiting(asks: Asks) -> None:
    told = await asks.ask()
    done = await asks.resident.allow(person(asks), asks.waiting[0].id, Reply(frozenset({"tenancy"}), 7))
    assert done.reference.startswith("OT-")
    assert done.permitted is not None
    (permission,) = asks.way.home.ledger.standing(asks.way.person.key).permissions
    assert permission.sections.keys() == {"tenancy"}
    assert permission.until == asks.way.home.clock.now() + 7 * DAY
    assert permission.recipients == {COUNTY}
    assert await asks.resident.waiting(person(asks)) == ()
    assert await asks.state(told) == "allowed"
    found = await asks.resident.asked(person(asks), asks.waiting[0].id)
    assert found is not None
    assert (found.state, found.answered) == ("allowed", asks.way.home.clock.now())


async def test_saying_no_changes_nothing_and_no_officer_finds_it(asks: Asks) -> None:
    told = await asks.ask()
    await asks.resident.decline(person(asks), asks.waiting[0].id)
    assert asks.way.home.ledger.standing(asks.way.person.key).permissions == ()
    assert await asks.resident.waiting(person(asks)) == ()
    assert await asks.state(told) == "waiting"
    home = asks.way.home
    reader = LogReader(home.database, home.log.store, home.keys)
    assert "declined" not in {one.outcome for one in reader.search(Query(COUNTY))}
    history = Looks(reader, Reviews(home.database), registers()).history(asks.way.person.key, None)
    said, asked = history
    assert (said.what, said.role_words) == ("declined", "You")
    assert (asked.what, asked.role_words) == ("requested", registers().roles["triager"].title)
    for look in history:
        assert look.organisation_name == registers().organisations[COUNTY].title
        assert len(look.kinds) == 2
        assert look.purpose_title == registers().purposes[PURPOSE].title


async def test_nothing_wider_than_the_request_or_the_agreement_is_given(asks: Asks) -> None:
    await asks.ask()
    for sections in (frozenset({"tenancy", "debts"}), frozenset({"offence-risk"}), frozenset[str]()):
        assert "Choose only what they asked for" in await refused(asks, Reply(sections, 7))
    for days in (61, 0):
        assert "shorter" in await refused(asks, Reply(frozenset({"tenancy"}), days))
    assert asks.way.home.ledger.standing(asks.way.person.key).permissions == ()


async def test_a_request_is_answered_once_and_in_time(asks: Asks) -> None:
    clock = asks.way.home.clock
    assert isinstance(clock, FakeClock)
    yes = Reply(frozenset({"tenancy"}), 7)
    await asks.ask()
    request = asks.waiting[0].id
    await asks.resident.decline(person(asks), request)
    assert "already" in await refused(asks, yes)
    with pytest.raises(NotPossible, match="not possible"):
        await asks.resident.decline(person(asks), request)
    clock.advance(28 * DAY.total_seconds())
    await asks.ask()
    newer = asks.waiting[0].id
    assert newer != request
    clock.advance(28 * DAY.total_seconds())
    assert "over" in await refused(asks, yes, newer)
    found = await asks.resident.asked(person(asks), newer)
    assert found is not None
    assert found.state == "expired"


class Late(ResidentRequests):
    """Whose first look was a moment ago."""

    async def _waiting(self, person: str, request_id: str) -> ConsentRequest:
        key = self.asking.keys.get(person)
        return next(one for one in self.asking.requests.of(key) if one.id == request_id)


async def test_two_answers_at_once_leave_one_standing(asks: Asks) -> None:
    """What the page looked at before is looked at again inside the transaction."""
    await asks.ask()
    request = asks.waiting[0]

    late = Late(asks.asking, asks.consenting)
    await asks.resident.decline(person(asks), request.id)
    with pytest.raises(NotPossible):
        await late.allow(person(asks), request.id, Reply(frozenset({"tenancy"}), 7))
    with pytest.raises(NotPossible):
        await late.decline(person(asks), request.id)
    assert asks.way.home.ledger.standing(asks.way.person.key).permissions == ()


async def test_another_persons_request_is_nobodys(asks: Asks) -> None:
    await asks.ask()
    request = asks.waiting[0].id
    other = asks.way.home.person("9990000034").id
    for somebody in (other, "p_nobody"):
        assert await asks.resident.asked(somebody, request) is None
        assert await asks.resident.waiting(somebody) == ()
        with pytest.raises(NotPossible):
            await asks.resident.allow(somebody, request, Reply(frozenset({"tenancy"}), 7))
        with pytest.raises(NotPossible):
            await asks.resident.decline(somebody, request)


async def test_while_the_agreement_is_suspended_nothing_can_be_allowed(asks: Asks) -> None:
    await asks.ask()
    home = asks.way.home
    with home.database.write() as tx:
        for name in registers().agreements:
            home.authority.suspend(tx, Suspended(name, COUNTY, "a test", home.clock.now()))
    found = await asks.resident.asked(person(asks), asks.waiting[0].id)
    assert found is not None
    assert (found.state, found.offer.kinds, found.seen) == ("over", (), {})
    assert "Choose only" in await refused(asks, Reply(frozenset({"tenancy"}), 7))


async def test_a_request_from_wider_terms_opens_no_more_than_todays(asks: Asks) -> None:
    home, now = asks.way.home, asks.way.home.clock.now()
    wider = ConsentRequest(
        id="ab" * 16,
        organisation=COUNTY,
        purpose=PURPOSE,
        sections={"tenancy": frozenset({"status", "no-longer-there"}), "offence-risk": frozenset({"risk"})},
        sources=frozenset({COUNCIL, "harbour-charity"}),
        days=400,
        reason=REASON,
        role="triager",
        asked=now,
        expires=now + 28 * DAY,
    )
    with home.database.write() as tx:
        asks.requests.add(tx, asks.way.person.key, wider, now + 90 * DAY, passed_on=True)
    found = await only(asks)
    assert [(kind.section, len(kind.fields)) for kind in found.offer.kinds] == [("tenancy", 1)]
    assert found.offer.longest_days == 90
    await asks.resident.allow(person(asks), wider.id, Reply(frozenset({"tenancy"}), 90))
    (permission,) = home.ledger.standing(asks.way.person.key).permissions
    assert permission.sections == {"tenancy": frozenset({"status"})}
    assert permission.sources == {COUNCIL}


async def test_what_is_allowed_already_and_would_end_is_said(asks: Asks) -> None:
    now = asks.way.home.clock.now()
    debts = {"debts": frozenset({"arrears_band"})}
    grant = Grant(PURPOSE, COUNTY, debts, frozenset({COUNCIL}), now + 60 * DAY)
    await asks.consenting.give(asks.way.person.key, grant, Given("portal", person(asks)))
    await asks.ask()
    assert (await only(asks)).instead == (registers().sections["debts"].title,)


async def test_of_somebody_erased_nothing_waits(asks: Asks) -> None:
    await asks.ask()
    request = asks.waiting[0].id
    home = asks.way.home
    home.keys.erase(person(asks), to_ms(home.clock.now()))
    assert await asks.resident.waiting(person(asks)) == ()
    assert await asks.resident.asked(person(asks), request) is None


async def test_without_a_row_in_the_ledger_a_yes_is_refused_in_words(asks: Asks) -> None:
    await asks.ask()
    with asks.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM person_state"))
    assert "Sign in again" in await refused(asks, Reply(frozenset({"tenancy"}), 7))
    assert asks.waiting[0].answer is None
