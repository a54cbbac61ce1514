"""The page's rows against the way of a request itself: who asks, and what the sources are then asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent.permissions import Given, Permission
from consent.portal.ports import CouldLook, WhoCouldLook
from core.errors import ClosedError
from core.vocabulary import Kind, Label
from gateway.consenting import Grant
from gateway.people import trace
from gateway.policy.could_see import Because, CouldSee, Row
from gateway.policy.live import LivePolicy
from gateway.services.could_see import NOBODY, PolicyServices, in_words
from gateway.services.words import Wording
from gateway.views import pipeline
from gateway.views.pipeline import Parts, Timing
from gateway.views.values import Ask, RefusedError
from tests.support.clock import FakeClock
from tests.support.walk import (
    EVERYTHING,
    NHS_NUMBER,
    STRONG_UNTIL,
    FakeSource,
    FakeVerifier,
    Walk,
    caller,
    compiled_policy,
    policy_over,
    registers,
    walk,
)

KNOWN_AT = (
    "norfolk-county-social-care",
    "norfolk-mental-health-trust",
    "willow-refuge",
    "norfolk-police",
    "norfolk-probation",
)
WORDS = Wording(registers())
Fact = tuple[str, str, str, str, str, str]
"""Organisation, role, purpose (or the check's words), source, section, field: as the page writes them."""


@dataclass
class Seen:
    """A person whom many know, everybody who could ask about them, and what the sources were asked for."""

    way: Walk
    parts: Parts
    sources: dict[str, FakeSource]

    @property
    def services(self) -> PolicyServices:
        return PolicyServices(self.parts)

    async def page(self) -> WhoCouldLook:
        return await self.services.who_could_look(self.way.person.id)

    async def allow(
        self, organisation: str, purpose: str, *sources: str, until: datetime | None = None
    ) -> str:
        grant = Grant(purpose, organisation, EVERYTHING, frozenset(sources), until)
        key, by = self.way.person.key, Given("portal", self.way.person.id)
        return (await self.way.consenting.give(key, grant, by)).value.id

    async def asked_by(self, organisation: str, role: str, purpose: str, check: str | None) -> set[Fact]:
        """What the sources are asked for when this organisation's role asks, all the way."""
        emergency = registers().purposes[purpose].emergency
        ask = Ask(
            self.way.home.handles.make(organisation, trace.by_nhs_number(NHS_NUMBER)),
            purpose,
            None,
            "a test",
            check=check,
            emergency=None if emergency is None else max(emergency.reasons),
        )
        for source in self.sources.values():
            source.asked.clear()
        way = pipeline.view if check is None else pipeline.check
        with suppress(RefusedError):
            await way(self.parts, [f"{organisation} {role}"], ask, "req_test")
        why = WORDS.purpose(purpose) if check is None else registers().checks[check].plain_words
        return {
            (
                WORDS.organisation(organisation),
                WORDS.role(role),
                why,
                WORDS.organisation(source.id),
                registers().sections[section].title,
                registers().sections[section].titles[field],
            )
            for source in self.sources.values()
            for request in source.asked
            for section, fields in request.wanted.items()
            for field in fields
        }


def everybody() -> set[tuple[str, str, str, str | None]]:
    """Every recipient's roles with every purpose of any of its agreements, and every check."""
    found: set[tuple[str, str, str, str | None]] = set()
    for agreement in registers().agreements.values():
        for terms in agreement.recipients:
            for role, given in terms.roles.items():
                for purpose in agreement.purposes:
                    found |= {(terms.organisation, role, purpose, check) for check in [None, *given.checks]}
    return found


def facts(*parts: tuple[CouldLook, ...]) -> set[Fact]:
    return {
        (one.organisation_name, role, why, source, kind.title, field)
        for part in parts
        for one in part
        for way in one.ways
        for role in way.who
        for why in way.questions or (way.purpose_title,)
        for kind in way.kinds
        for source in kind.sources
        for field in kind.fields
    }


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        way.home.person(NHS_NUMBER, **{name: f"record-at-{name}" for name in KNOWN_AT})
        sources = {name: FakeSource(name, {}) for name in registers().organisations}
        scopes = frozenset({"views", "checks", "break-glass"})
        callers = {
            f"{organisation} {role}": caller(organisation, role, scopes=scopes, strong_until=STRONG_UNTIL)
            for organisation, role, _, _ in everybody()
        }
        parts = replace(
            way.parts, sources=sources, verifier=FakeVerifier(callers), timing=Timing(0.01, 0.011)
        )
        yield Seen(way, parts, sources)


async def test_the_page_tells_exactly_what_the_way_of_a_request_would_ask_the_sources_for(seen: Seen) -> None:
    await seen.allow("norfolk-county-council", "early-help-triage", "*")
    await seen.allow("norwich-help-hub", "early-help-triage", "norwich-city-council", "willow-refuge")
    await seen.allow("brightwater-lettings", "tenancy-check", "norwich-city-council")
    found = await seen.page()
    everything: set[Fact] = set()
    for organisation, role, purpose, check in sorted(everybody(), key=str):
        everything |= await seen.asked_by(organisation, role, purpose, check)
    assert facts(found.allowed, found.unless_no, found.law, found.emergency) == everything
    assert all((found.allowed, found.unless_no, found.law, found.emergency, found.complete))
    sources = {fact[3] for fact in everything}
    assert WORDS.organisation("willow-refuge") in sources
    assert sources <= {WORDS.organisation(name) for name in (*KNOWN_AT, *seen.way.sources)}


async def test_what_was_allowed_is_told_with_its_end_and_can_be_stopped_and_is_gone_then(seen: Seen) -> None:
    until = datetime.fromisoformat("2026-12-24T12:00:00+00:00")
    permission = await seen.allow("norfolk-county-council", "early-help-triage", "*", until=until)
    (one,) = (await seen.page()).allowed
    assert one.organisation_name == WORDS.organisation("norfolk-county-council")
    assert {(way.stop, way.until, way.why_law, way.object_to) for way in one.ways} == {
        (permission, until, "", "")
    }
    await seen.way.stop(permission)
    assert (await seen.page()).allowed == ()


def permission(name: str, until: datetime | None) -> Permission:
    words = frozenset({"x"})
    since, given = datetime(2026, 11, 1, tzinfo=UTC), Given("portal", "somebody")
    kind = Kind.CONFIDENTIALITY_CONSENT
    return Permission(name, kind, words, {"x": words}, words, words, since, until, given)


@pytest.mark.parametrize("open_ended", [False, True])
def test_of_two_permissions_the_later_end_counts_and_neither_is_stopped_from_here(open_ended: bool) -> None:
    soon, later = datetime(2026, 12, 10, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC)
    row = Row(
        organisation="norfolk-county-council",
        purpose="early-help-triage",
        roles=("triager",),
        because=Because.ALLOWED,
        shown={"norwich-city-council": {"debts": frozenset({"arrears_band"})}},
        permissions=frozenset({"p1", "p2"}),
        agreements=frozenset({"early-help-triage"}),
        check=None,
        emergency=False,
    )
    given = [permission("p1", later), permission("p2", None if open_ended else soon)]
    ((one,),) = (in_words(registers(), CouldSee((row,), complete=True), given).allowed,)
    assert [(way.stop, way.until) for way in one.ways] == [(None, None if open_ended else later)]


async def test_what_the_law_allows_says_which_law_and_only_what_may_be_objected_to_says_to_whom(
    seen: Seen,
) -> None:
    found = await seen.page()
    assert found.allowed == ()
    assert all(
        way.why_law and not way.object_to for one in (*found.law, *found.emergency) for way in one.ways
    )
    assert all(
        way.why_law and way.object_to == f"Tell {one.organisation_name}."
        for one in found.unless_no
        for way in one.ways
    )


async def test_a_restricted_person_has_no_place_on_the_page(seen: Seen) -> None:
    await seen.allow("norfolk-county-council", "early-help-triage", "*")
    places = registers().sections["contact"].titles["address"]
    assert places in {fact[-1] for fact in facts((await seen.page()).allowed)}
    with seen.way.home.database.write() as tx:
        person = seen.way.home.locator.by_id(seen.way.person.id)
        assert person is not None
        seen.way.home.locator.observe_label(tx, person, Label.RESTRICTED, seen.way.home.clock.now())
    assert places not in {fact[-1] for fact in facts((await seen.page()).allowed)}


async def test_whoever_is_not_known_any_more_is_seen_by_nobody(seen: Seen) -> None:
    assert await seen.services.who_could_look("p_nobody") == NOBODY
    seen.way.home.keys.erase(seen.way.person.id, 1)
    assert await seen.page() == NOBODY


async def test_the_page_closes_while_another_policy_is_in_force(seen: Seen) -> None:
    with seen.way.home.database.write() as tx:
        seen.way.home.authority.put(tx, "another", 7)
    with pytest.raises(ClosedError):
        await seen.page()


async def test_an_engine_in_doubt_closes_the_page(seen: Seen) -> None:
    class Doubtful:
        revision = compiled_policy().revision

        async def decide(self, _question: object) -> object:
            raise ClosedError("policy engine", "made to fail by a test")

    doubtful = LivePolicy(policy_over(registers(), Doubtful()))  # type: ignore[arg-type] # decides nothing
    with pytest.raises(ClosedError):
        await PolicyServices(replace(seen.parts, policy=doubtful)).who_could_look(seen.way.person.id)
