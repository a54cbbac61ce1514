"""One view, told from top to bottom.

    1 authenticate   who asks                      access token -> Caller
    2 resolve        whom a handle means           handle -> Person (one sealed row), or nobody
    3 consent        what stands for them now      one sealed row with its revision
    4 decide         one policy decision           -> permitted fields by source; what nobody may have is refused (403)
                                                   right after step 1, so that a refusal says nothing about the person
    5 fetch          the sources in parallel       permitted fields only, one deadline for all
    6 minimise       drop what was not permitted   labels that arrived count for ALL answers; validate
    7 record         audit or nothing              the guard holds inside the append's transaction; durable commit
    8 answer         the view                      a wholly empty one at its fixed release time

A person who is unknown, silent, hidden or erased takes the same steps as everyone else: with nothing to fetch.
Every failure of a step that a disclosure depends on is a `ClosedError`: nothing leaves (promise 5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from adapters.contract import Source
from consent import permissions
from consent.ledger import Ledger
from core.clock import Clock
from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.sections import SectionSchema
from core.storage import Database, off_loop
from core.times import until_release
from core.vocabulary import Label
from gateway.identity.caller import Caller
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Person
from gateway.policy.port import STRANGER, Asker, PolicyEngine, Question, Subject
from gateway.policy.port import Permission as PolicyPermission
from gateway.views.fetch import Outages, fetch
from gateway.views.minimise import minimise
from gateway.views.record import Recording, record, record_refusal
from gateway.views.values import ALLOWED_NOTHING, Allowed, Ask, Context, Recorded, RefusedError, Ruling, View

logger = structlog.get_logger(__name__)
NOBODY = SubjectKey("nobody", b"", b"")
"""A subject that has no row anywhere."""


class Authenticates(Protocol):
    """Step 1: `gateway.identity.verifier.TokenVerifier`."""

    async def verify(self, authorization_headers: Sequence[str]) -> Caller:
        """The caller, or `TokenError`; `ClosedError` when an issuer's keys are in doubt."""
        ...


class Agreements(Protocol):
    """The agreements by time: which are in force, and when that next changes."""

    def in_force(self, at: datetime) -> frozenset[str]:
        """Ids of the agreements in force."""
        ...

    def next_change(self, at: datetime) -> datetime | None:
        """When an agreement next begins or ends."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds after a request's start. An empty view is released at one fixed time, never before the fetch deadline."""

    fetch_deadline: float = 1.5
    empty_release: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.fetch_deadline < self.empty_release:
            raise ValueError("an empty view must be released after the fetch deadline")

    def until_release(self, elapsed: float) -> float:
        """Seconds to wait: to the release time or, where that has passed, to its next whole multiple.

        A gateway that is behind its time must not begin to tell by it who has records to be fetched.
        """
        return until_release(elapsed, self.empty_release)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the steps use. Composed once, in gateway/compose.py."""

    verifier: Authenticates
    handles: Handles
    locator: Locator
    ledger: Ledger
    engine: PolicyEngine
    agreements: Agreements
    sources: Mapping[str, Source]
    outages: Outages
    sections: Mapping[str, SectionSchema]
    recording: Recording
    database: Database
    clock: Clock
    timing: Timing


async def view(parts: Parts, authorization: Sequence[str], ask: Ask, correlation_id: str) -> View:
    """Answer one request.

    Raises `TokenError`, `RefusedError` (403, with what to fix) or `ClosedError` (503 to all alike).
    """
    started = parts.clock.monotonic()
    caller = await parts.verifier.verify(authorization)
    await refuse_whoever_it_is(parts, Context(caller, ask, None, ALLOWED_NOTHING, started, correlation_id))
    try:
        person = await resolve(parts, caller, ask)
        allowed = await consent(parts, person)
    except BrokenRowError as broken:
        # A 503 for one person alone would tell that we know them: they are nobody until an operator has mended the row.
        logger.error("person.unreadable", part=broken.part, correlation=correlation_id)
        person, allowed = None, ALLOWED_NOTHING
    context = Context(caller, ask, person, allowed, started, correlation_id)
    ruling = await decide(parts, context)
    fetched = await fetch(parts.sources, parts.outages, ruling.decision, context, parts.timing.fetch_deadline)
    minimal = minimise(
        ruling.decision, fetched, parts.sections, Label.UNKNOWN if person is None else person.label
    )
    recorded = await record(parts.recording, context, ruling, fetched, minimal)
    return await answer(parts, context, ruling, recorded)


async def refuse_whoever_it_is(parts: Parts, context: Context) -> None:
    """Refuse what nobody may have, before the person is looked at: so that a 403 takes as long whoever they are."""
    await decide(parts, context)


async def resolve(parts: Parts, caller: Caller, ask: Ask) -> Person | None:
    """Step 2. Nobody: a handle this recipient was never given, an ambiguous one, an unknown or erased person."""
    mac = parts.handles.open(caller.organisation, ask.person)
    return None if mac is None else await off_loop(parts.database, parts.locator.find, mac)


async def consent(parts: Parts, person: Person | None) -> Allowed:
    """Step 3. For nobody too the store is asked: one that is down is down for all alike."""
    if person is None:
        await off_loop(parts.database, parts.ledger.standing, NOBODY)
        return ALLOWED_NOTHING
    standing = await off_loop(parts.database, parts.ledger.standing, person.key)
    return Allowed(standing, permissions.next_change(standing.permissions, parts.clock.now()))


async def decide(parts: Parts, context: Context) -> Ruling:
    """Step 4. A refusal that does not depend on the person is recorded and raised as `RefusedError`."""
    now = parts.clock.now()
    question = Question(
        asker=asker_of(context.caller),
        purpose=context.ask.purpose,
        sections=context.ask.sections,
        agreements=parts.agreements.in_force(now),
        subject=subject_of(context.person, context.allowed, now),
    )
    decision = await parts.engine.decide(question)
    if decision.refusal is not None:
        await record_refusal(parts.recording, context, decision)
        raise RefusedError(decision.refusal)
    ends = (context.allowed.next_change, parts.agreements.next_change(now))
    return Ruling(decision, min((end for end in ends if end is not None), default=None))


async def answer(parts: Parts, context: Context, ruling: Ruling, recorded: Recorded) -> View:
    """Step 8. Outages are told from the sources' health alone, so they read alike for every person (promise 9)."""
    if not recorded.sections:
        elapsed = parts.clock.monotonic() - context.started
        await asyncio.sleep(parts.timing.until_release(elapsed))
    named = ruling.decision.named_sources & parts.sources.keys()
    unavailable = sorted(name for name in named if parts.outages.known_down(name))
    return View(context.ask.purpose, recorded.sections, tuple(unavailable), recorded.receipt)


def asker_of(caller: Caller) -> Asker:
    """The caller as the policy sees them: no name, no subject id."""
    return Asker(caller.organisation, caller.client, caller.role, caller.scopes)


def subject_of(person: Person | None, allowed: Allowed, now: datetime) -> Subject:
    """The person as the policy sees them: label, pointers, and what is in force at this moment."""
    if person is None:
        return STRANGER
    in_force = permissions.in_force(allowed.standing.permissions, now)
    return Subject(
        label=person.label_at_time(now),
        pointers=frozenset(person.pointers),
        permissions=tuple(
            PolicyPermission(
                id=one.id,
                kind=one.kind.value,
                purposes=one.purposes,
                sections=one.sections,
                sources=one.sources,
                recipients=one.recipients,
            )
            for one in in_force
        ),
    )
