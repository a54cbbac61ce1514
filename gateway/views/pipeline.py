"""One view, told from top to bottom.

    0 authority      which policy decides          one row; whatever changes later, this request keeps to that policy, and
                                                   the guard of step 7 notices. A policy that is not here yet: closed
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
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, cast

import structlog

from adapters.contract import Source
from consent import permissions
from consent.ledger import Ledger
from core.clock import Clock
from core.errors import BrokenRowError, ClosedError
from core.keys import SubjectKey
from core.sections import SectionSchema
from core.storage import Database, off_loop
from core.times import until_release
from core.vocabulary import Label
from gateway.authority import Authority
from gateway.identity.caller import Caller
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Person
from gateway.policy.live import AgreementCalendar, LivePolicy, Policy
from gateway.policy.port import STRANGER, Asker, Decision, Question, Subject
from gateway.policy.port import Permission as PolicyPermission
from gateway.policy.register_values import Check
from gateway.views.fetch import Outages, fetch
from gateway.views.minimise import believed, confirmed_only, minimise
from gateway.views.record import Recording, record, record_refusal
from gateway.views.values import (
    ALLOWED_NOTHING,
    Allowed,
    Ask,
    Checked,
    Context,
    Fetched,
    InCharge,
    Minimal,
    Recorded,
    RefusedError,
    Ruling,
    View,
)

logger = structlog.get_logger(__name__)
NOBODY = SubjectKey("nobody", b"", b"")
"""A subject that has no row anywhere."""


class Authenticates(Protocol):
    """Step 1: `gateway.identity.verifier.TokenVerifier`."""

    async def verify(self, authorization_headers: Sequence[str]) -> Caller:
        """The caller, or `TokenError`; `ClosedError` when an issuer's keys are in doubt."""
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
    authority: Authority
    handles: Handles
    locator: Locator
    ledger: Ledger
    policy: LivePolicy
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
    context, ruling, fetched, minimal = await see(parts, authorization, ask, correlation_id)
    recorded = await record(parts.recording, context, ruling, fetched, minimal)
    return await answer(parts, context, ruling, recorded)


async def check(parts: Parts, authorization: Sequence[str], ask: Ask, correlation_id: str) -> Checked:
    """Answer one check: the same steps, and of what was seen only whether it confirms. Raises as `view` does.

    ask.check: the id of a check; whatever ask.sections says, it reads what the register says.
    """
    context, ruling, fetched, minimal = await see(parts, authorization, ask, correlation_id)
    asked = check_of(context.authority.policy, ask)
    if asked is None:
        # The policy refuses a check that is in no register; were it ever not to, nothing is confirmed.
        raise ClosedError("policy engine", "it lets a check be asked that nobody knows")
    confirming = confirmed_only(minimal, asked.section, asked.field, asked.one_of)
    recorded = await record(parts.recording, context, ruling, fetched, confirming)
    answered = await answer(parts, context, ruling, recorded)
    return Checked(bool(answered.sections), answered.receipt)


async def see(
    parts: Parts, authorization: Sequence[str], ask: Ask, correlation_id: str
) -> tuple[Context, Ruling, Fetched, Minimal]:
    """Steps 0 to 6: what may be seen, nothing of which has left."""
    started = parts.clock.monotonic()
    caller = await parts.verifier.verify(authorization)
    authority = await in_charge(parts)
    ask = written_out(authority.policy, ask)
    nobody = Context(authority, caller, ask, None, ALLOWED_NOTHING, started, correlation_id)
    await refuse_whoever_it_is(parts, nobody)
    try:
        person = await resolve(parts, caller, ask)
        allowed = await consent(parts, person)
    except BrokenRowError as broken:
        # A 503 for one person alone would tell that we know them: they are nobody until an operator has mended the row.
        logger.error("person.unreadable", part=broken.part, correlation=correlation_id)
        person, allowed = None, ALLOWED_NOTHING
    context = replace(nobody, person=person, allowed=allowed)
    ruling = await decide(parts, context)
    answered = await fetch(
        parts.sources, parts.outages, ruling.decision, context, parts.timing.fetch_deadline
    )
    fetched = believed(answered, authority.policy.registers)
    known = Label.UNKNOWN if person is None else person.label
    return context, ruling, fetched, minimise(ruling.decision, fetched, parts.sections, known)


async def in_charge(parts: Parts) -> InCharge:
    """Step 0. Which policy decides and what is suspended, now; closed while this replica has another policy."""
    state = await off_loop(parts.database, parts.authority.state)
    if state is None:
        raise ClosedError("policy", "none is in force")
    return InCharge(state, parts.policy.in_force(state.bundle))


def check_of(policy: Policy, ask: Ask) -> Check | None:
    """The check that is asked, if it is one that the register knows."""
    return None if ask.check is None else policy.calendar.check(ask.check)


def written_out(policy: Policy, ask: Ask) -> Ask:
    """The request with the sections that a check reads; any other request as it is."""
    asked = check_of(policy, ask)
    return ask if asked is None else replace(ask, sections=frozenset({asked.section}))


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
    ask, policy = context.ask, context.authority.policy
    question = Question(
        asker=asker_of(context.caller, now),
        purpose=ask.purpose,
        sections=ask.sections,
        agreements=policy.calendar.in_force(now),
        subject=subject_of(context.person, context.allowed, policy.calendar, now),
        suspended=context.authority.suspended,
        check=ask.check,
        emergency=ask.emergency,
        hold_back=ask.hold_back,
    )
    decision = await policy.engine.decide(question)
    ends = (context.allowed.next_change, policy.calendar.next_change(now))
    ruling = Ruling(decision, min((end for end in ends if end is not None), default=None), question)
    if decision.refusal is not None:
        await record_refusal(parts.recording, context, ruling)
        raise RefusedError(decision.refusal)
    return ruling


async def answer(parts: Parts, context: Context, ruling: Ruling, recorded: Recorded) -> View:
    """Step 8. Outages are told from the sources' health alone, so they read alike for every person (promise 9)."""
    if not recorded.sections:
        elapsed = parts.clock.monotonic() - context.started
        await asyncio.sleep(parts.timing.until_release(elapsed))
    named = ruling.decision.named_sources & parts.sources.keys()
    unavailable = sorted(name for name in named if parts.outages.known_down(name))
    now = parts.clock.now()
    return View(
        context.ask.purpose,
        recorded.sections,
        tuple(unavailable),
        recorded.receipt,
        watermark(context, now) if ruling.decision.obligation("watermark") else None,
        use_until(ruling.decision, now),
    )


def watermark(context: Context, now: datetime) -> str:
    """Whom, what for and when a view was made for; nothing of the person."""
    caller = context.caller
    return f"{caller.organisation}, {caller.role}: {context.ask.purpose}, {now:%Y-%m-%d %H:%M} UTC. Not to be passed on."


def use_until(decision: Decision, now: datetime) -> datetime | None:
    """When a view that expires must no longer be used."""
    expires = decision.obligation("expires")
    return None if expires is None else now + timedelta(minutes=cast("int", expires["minutes"]))


def asker_of(caller: Caller, now: datetime) -> Asker:
    """The caller as the policy sees them: no name, no subject id."""
    strong = caller.strong(now.timestamp())
    return Asker(caller.organisation, caller.client, caller.role, caller.scopes, strong)


def subject_of(
    person: Person | None, allowed: Allowed, agreements: AgreementCalendar, now: datetime
) -> Subject:
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
                precedes=agreements.wound_down_after(one.from_),
            )
            for one in in_force
        ),
    )
