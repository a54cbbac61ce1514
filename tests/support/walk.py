"""The whole way of a request in one process: real storage, real policy, real log; sources and callers made by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from adapters.contract import FetchRequest, Fragment, SourceAnswer, SourceError
from consent.permissions import Given
from core.clock import Clock
from core.errors import ClosedError
from core.sections import SectionSchema, load_sections, policies_folder
from core.vocabulary import Json, Label
from gateway.consenting import Consenting, Grant
from gateway.identity.caller import Caller
from gateway.identity.errors import TokenError
from gateway.naming import naming
from gateway.people import trace
from gateway.people.locator import Person
from gateway.policy.live import AgreementCalendar, LivePolicy, Policy
from gateway.policy.port import PolicyEngine
from gateway.policy.registers import Registers, load_registers
from gateway.policy.remembered import Remembered
from gateway.policy.wasm import WasmEngine, open_engine
from gateway.views.pipeline import Parts, Timing, view
from gateway.views.record import Recording
from gateway.views.values import Ask, View
from tests.support.house import House, house, sqlite_urls

COUNCIL, PRACTICE, CHARITY = "norwich-city-council", "wensum-valley-practice", "harbour-charity"
NHS_NUMBER = "9990000018"
STRANGER_NUMBER = "9990000026"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

RECORDS: Mapping[str, Mapping[str, Mapping[str, Json]]] = {
    COUNCIL: {
        "tenancy": {
            "tenancy_type": "secure",
            "status": "active",
            "address": "1 Made-up Row",
            "uprn": "100000000001",
        },
        "home-condition": {"damp_and_mould": "reported", "heating": "gas"},
        "contact": {"telephone": "01632 960001", "address": "1 Made-up Row", "postcode": "NR99 9AA"},
        "debts": {"arrears_band": "under-500"},
    },
    PRACTICE: {
        "contact": {"telephone": "01632 960001", "address": "1 Made-up Row"},
        "communication-needs": {"preferred_language": "Polish", "interpreter_required": True},
        "health-summary": {},
    },
    CHARITY: {
        "contact": {"safe_contact": "text only", "preferred_channel": "text"},
        "support-plan": {"status": "active", "lead_role": "adviser"},
    },
}


@cache
def registers() -> Registers:
    """The published registers, read once a test run."""
    return load_registers(policies_folder())


@cache
def compiled_policy() -> WasmEngine:
    """The real policy, compiled once a test run: it takes longer than all the rest of a house."""
    return open_engine(policies_folder(), registers())


@cache
def schemas() -> Mapping[str, SectionSchema]:
    """The published section schemas."""
    return load_sections(policies_folder() / "sections")


def policy_over(known: Registers, engine: PolicyEngine) -> Policy:
    """A policy of these registers and an engine over them, as a gateway that runs without a bundle has it."""
    return Policy(known, schemas(), engine, AgreementCalendar(known))


def written_out(section: str, fields: frozenset[str]) -> frozenset[str]:
    """The names of all fields of a section for `*`: what allows has to name what it allows."""
    return registers().sections[section].fields if "*" in fields else fields


EVERYTHING: Mapping[str, frozenset[str]] = {
    name: section.fields for name, section in registers().sections.items()
}


@dataclass
class FakeSource:
    """A source whose behaviour the test chooses; it remembers what it was asked."""

    id: str
    records: Mapping[str, Mapping[str, Json]]
    label: Label | None = None
    fault: Callable[[], SourceError] | None = None
    delay: float = 0.0
    excess: tuple[Fragment, ...] = ()
    asked: list[FetchRequest] = field(default_factory=list)
    before_answer: Callable[[], None] | None = None

    @property
    def sections(self) -> frozenset[str]:
        return frozenset(self.records)

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        self.asked.append(request)
        await asyncio.sleep(self.delay)
        if self.before_answer is not None:
            await asyncio.to_thread(self.before_answer)
        if self.fault is not None:
            raise self.fault()
        fragments = tuple(
            Fragment(section, name, value, SINCE)
            for section, fields in request.wanted.items()
            for name, value in self.records.get(section, {}).items()
            if name in fields
        )
        return SourceAnswer(self.id, fragments + self.excess, self.label)

    async def probe(self) -> None:
        return None

    async def close(self) -> None:
        return None


@dataclass
class FakeOutages:
    down: set[str] = field(default_factory=set)

    def known_down(self, source: str) -> bool:
        return source in self.down

    async def settle(self, source: str) -> None:
        return None


class FakeVerifier:
    """Believes whom the test names: the authorization header is the caller's key in `callers`."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self.callers = callers

    async def verify(self, authorization_headers: Sequence[str]) -> Caller:
        if len(authorization_headers) != 1 or authorization_headers[0] not in self.callers:
            raise TokenError("invalid_token", "unknown")
        return self.callers[authorization_headers[0]]


STRONG_UNTIL = 2_000_000_000


def caller(
    organisation: str,
    role: str,
    practitioner: str = "a.practitioner",
    scopes: frozenset[str] = frozenset({"views"}),
    strong_until: int | None = None,
) -> Caller:
    return Caller(
        issuer="https://issuer.test",
        organisation=organisation,
        client=f"{organisation}-app",
        practitioner=practitioner,
        role=role,
        scopes=scopes,
        token_id="token",
        acr=None,
        expires_at=2_000_000_000,
        strong_until=strong_until,
    )


CALLERS = {
    "triager": caller("norfolk-county-council", "triager"),
    "prescriber": caller("age-well-norfolk", "social-prescriber"),
    "housing": caller(COUNCIL, "housing-officer"),
    "adviser": caller(CHARITY, "adviser"),
    "norfolk-adviser": caller("norfolk-advice", "adviser"),
    "steadfast": caller("steadfast-support", "floating-support-worker"),
    "newleaf": caller("newleaf-support", "floating-support-worker"),
    # Signed in with a second factor, for an emergency.
    "nurse": caller(
        "norwich-acute-hospital",
        "ae-nurse",
        scopes=frozenset({"break-glass"}),
        strong_until=STRONG_UNTIL,
    ),
    "lead": caller("norfolk-county-council", "safeguarding-lead", scopes=frozenset({"views", "break-glass"})),
    "landlord": caller("brightwater-lettings", "letting-agent", scopes=frozenset({"checks"})),
}


@dataclass
class Walk:
    """One gateway's way of a request, and what the tests turn on it."""

    home: House
    parts: Parts
    consenting: Consenting
    sources: dict[str, FakeSource]
    outages: FakeOutages
    person: Person

    def handle(self, who: str = "triager", nhs_number: str = NHS_NUMBER) -> str:
        return self.home.handles.make(CALLERS[who].organisation, trace.by_nhs_number(nhs_number))

    async def ask(
        self,
        who: str = "triager",
        purpose: str = "early-help-triage",
        *,
        nhs_number: str = NHS_NUMBER,
        sections: frozenset[str] | None = None,
        parts: Parts | None = None,
    ) -> View:
        ask = Ask(self.handle(who, nhs_number), purpose, sections, "to arrange early help")
        return await view(parts or self.parts, [who], ask, "req_test")

    async def allow(
        self,
        who: str = "triager",
        purpose: str = "early-help-triage",
        sections: Mapping[str, frozenset[str]] | None = None,
    ) -> str:
        """The person allows everything (or the sections named) to the caller's organisation; gives the permission's id."""
        named = {name: written_out(name, fields) for name, fields in (sections or EVERYTHING).items()}
        grant = Grant(purpose, CALLERS[who].organisation, named, frozenset(RECORDS), None)
        committed = await self.consenting.give(self.person.key, grant, Given("portal", self.person.id))
        return committed.value.id

    async def stop(self, permission_id: str) -> None:
        await self.consenting.withdraw(self.person.key, permission_id, Given("portal", self.person.id))

    @property
    def engine(self) -> PolicyEngine:
        """The engine that decides."""
        return self.parts.policy.current.engine

    def deciding(
        self, engine: PolicyEngine, known: Registers | None = None, parts: Parts | None = None
    ) -> Parts:
        """The parts with another engine, over other registers where they are given."""
        return self.under(policy_over(known or registers(), engine), parts)

    def under(self, policy: Policy, parts: Parts | None = None) -> Parts:
        """The parts with another policy."""
        return replace(parts or self.parts, policy=LivePolicy(policy))

    def without(self, **changes: object) -> Parts:
        """The parts with a protection replaced."""
        return replace(self.parts, **changes)  # type: ignore[arg-type] # the companions of promises swap single parts


@asynccontextmanager
async def walk(
    folder: Path,
    urls: tuple[str, str] | None = None,
    label: Label = Label.UNRESTRICTED,
    clock: Clock | None = None,
) -> AsyncIterator[Walk]:
    """Open a way of a request over fresh databases, with one known person whom all three sources hold."""
    with house(*(urls or sqlite_urls(folder)), clock) as home:
        engine = compiled_policy()
        with home.database.write() as tx:
            home.authority.put(tx, engine.revision)
        person = home.person(NHS_NUMBER, **{name: f"record-at-{name}" for name in RECORDS})
        if label is not Label.UNKNOWN:
            with home.database.write() as tx:
                home.locator.observe_label(tx, person, label, home.clock.now())
        sources = {name: FakeSource(name, records) for name, records in RECORDS.items()}
        outages = FakeOutages()
        recording = Recording(
            home.committer, home.ledger, home.authority, home.locator, home.keys, home.clock
        )
        parts = Parts(
            verifier=FakeVerifier(CALLERS),
            authority=home.authority,
            handles=home.handles,
            locator=home.locator,
            ledger=home.ledger,
            policy=LivePolicy(policy_over(registers(), Remembered(engine))),
            sources=sources,
            outages=outages,
            sections=schemas(),
            recording=recording,
            database=home.database,
            clock=home.clock,
            timing=Timing(0.3, 0.4),
        )
        consenting = Consenting(
            home.ledger, home.committer, home.clock, partial(naming, home.locator, home.handles)
        )
        yield Walk(home, parts, consenting, sources, outages, person)


def closed(part: str) -> ClosedError:
    return ClosedError(part, "made to fail by a test")
