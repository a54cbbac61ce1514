"""Asking a resident to allow something: what an organisation may ask, the request with its entry, and what it is told.

    1 authenticate, 4 decide    as for a view, about nobody: whatever depends on the person comes after every refusal
    2 offered                   what a yes would open, of somebody who is made up: that alone can be asked for
    3 resolve                   whom the handle means, or nobody: then the request is about nobody, and takes the same steps
    4 one unit of work          the request, its entry, its message and its idempotency key stand or fall together
    5 answer                    an id and its end, the same for everybody, at a whole multiple of `ANSWERED_EVERY`

Nothing in the answer, nor in what GET tells later, depends on whether the person is known, said no, was asked too often, or
was erased (promise 4): the id alone tells when the request ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.ledger import Ledger
from consent.requests.deciding import may_ask, state_at
from consent.requests.store import Requests, opened
from consent.requests.values import Cap, ConsentRequest, State
from core.clock import Clock
from core.errors import BrokenRowError, OnceToldError
from core.keys import KeyStore, MissingKeyError
from core.storage import off_loop
from core.times import until_release
from core.unit_of_work import Written, only
from core.vocabulary import Json
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About
from gateway.idempotency.store import Idempotency, Once
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.policy.explaining import Hypothesis, Policy, question_of, shown, without
from gateway.policy.port import Asker, Refusal
from gateway.request_ids import Named, RequestIds
from gateway.views.pipeline import NOBODY, Parts, asker_of, decide, in_charge, resolve
from gateway.views.record import person_code, subject_key
from gateway.views.values import ALLOWED_NOTHING, Ask, Context, InCharge, RefusedError

logger = structlog.get_logger(__name__)

ANSWERED_EVERY = 0.1
"""Seconds. Whatever a request takes, it is answered at whole multiples: a row more or less must not tell who is known."""
REQUESTED = "requested"
"""Outcome of the entry that tells of a request, whether it was passed on or not."""
USUAL_DAYS = 365
"""For how long is asked where neither the request nor the purpose says."""


class NotAskedError(OnceToldError):
    """There is no such request of this organisation."""

    def __init__(self) -> None:
        super().__init__("no such request of this organisation")


@dataclass(frozen=True, slots=True)
class Wish:
    """What an organisation wants to ask. person: a handle. days: for how long; None for as long as the purpose allows.

    sections: None for all that a yes would open. reason: for the person to read.
    """

    person: str
    purpose: str
    sections: frozenset[str] | None
    days: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What a yes would open: section -> fields, from these sources, for so many days."""

    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    days: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the asking organisation is told of its request."""

    id: str
    state: State
    expires: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """Takes requests, and tells what came of them."""

    views: Parts
    requests: Requests
    outbox: Outbox
    idempotency: Idempotency
    ids: RequestIds
    cap: Cap

    @property
    def committer(self) -> Committer:
        """Of the log."""
        return self.views.recording.committer

    @property
    def keys(self) -> KeyStore:
        """Of the people."""
        return self.views.recording.keys

    @property
    def ledger(self) -> Ledger:
        """What stands for the people."""
        return self.views.ledger

    @property
    def clock(self) -> Clock:
        """The gateway's."""
        return self.views.clock

    async def ask(self, caller: Caller, wish: Wish, once: Once | None, correlation_id: str) -> Told:
        """Pass a request on, where that may be; told alike where it may not.

        once: the request's Idempotency-Key, if it has one. Raises `RefusedError` for what nobody may ask,
        `OtherRequestError` for a key that was used for another request, `ClosedError`.
        """
        started = self.clock.monotonic()
        offered = await self._offered(caller, wish, correlation_id, started)
        person = await self._whom(caller, wish, correlation_id)
        now = self.clock.now()
        public, named = self.ids.make(caller.organisation, now + self.cap.open_for)
        request = _request(caller, wish, offered, named, now)
        key = subject_key(self.keys, caller.organisation, person)
        entry = seal_entry(_draft(caller, wish, request, correlation_id), key)

        def work(tx: Connection) -> Written[str, SealedEntry]:
            made = None if once is None else self.idempotency.made(tx, once, now)
            if made is not None:
                return Written(made, ())
            asks = self._passes_on(tx, person, request, now)
            self.requests.add(tx, key, request, now + self.cap.kept_for, passed_on=asks)
            if asks:
                self.outbox.put(tx, key.subject, About.REQUEST, now)
            if once is not None:
                self.idempotency.keep(tx, once, public, now)
            return Written(public, (entry,))

        made = (await self.committer.append(Append(work, changes=True))).value
        await asyncio.sleep(until_release(self.clock.monotonic() - started, ANSWERED_EVERY))
        found = self.ids.open(caller.organisation, made) or named
        return Told(made, State.WAITING, found.expires)

    def _passes_on(
        self, tx: Connection, person: Person | None, request: ConsentRequest, now: datetime
    ) -> bool:
        try:
            before = self.requests.of_in(tx, NOBODY if person is None else person.key)
        except BrokenRowError as broken:
            # A 503 for one person alone would tell that we know them: nobody is asked until an operator has mended the row.
            logger.error("request.unreadable", part=broken.part)
            return False
        return person is not None and may_ask(before, request.organisation, request.purpose, now, self.cap)

    async def state(self, caller: Caller, request_id: str) -> Told:
        """What came of a request. Raises `NotAskedError` for one that is not this organisation's; `ClosedError`."""
        started = self.clock.monotonic()
        named = self.ids.open(caller.organisation, request_id)
        if named is None:
            raise NotAskedError
        state = await off_loop(self.views.database, self._state, named)
        await asyncio.sleep(until_release(self.clock.monotonic() - started, ANSWERED_EVERY))
        return Told(request_id, state, named.expires)

    def _state(self, named: Named) -> State:
        stored, now = self.requests.stored(named.id), self.clock.now()
        if stored is None:
            return state_at(None, named.expires, (), now)
        try:
            key = self.keys.get(stored.subject)
            request, standing = opened(stored, key), self.ledger.standing(key)
        except (MissingKeyError, BrokenRowError):
            return state_at(None, named.expires, (), now)
        return state_at(request, named.expires, standing.permissions, now)

    async def _whom(self, caller: Caller, wish: Wish, correlation_id: str) -> Person | None:
        try:
            return await resolve(self.views, caller, _as_view(wish))
        except BrokenRowError as broken:
            # A 503 for one person alone would tell that we know them.
            logger.error("person.unreadable", part=broken.part, correlation=correlation_id)
            return None

    async def _offered(self, caller: Caller, wish: Wish, correlation_id: str, started: float) -> Offered:
        """What a yes would open. Raises `RefusedError`, about nobody: already in the log."""
        authority = await in_charge(self.views)
        ask = _as_view(wish)
        # As for a view: what the policy refuses whoever the person is, it refuses and records here.
        await decide(
            self.views, Context(authority, caller, ask, None, ALLOWED_NOTHING, started, correlation_id)
        )
        asker = asker_of(caller, self.clock.now())
        opens = await opened_by_yes(self.views, authority, asker, wish.purpose, wish.sections)
        sections = of_all_sources(opens)
        missing = (wish.sections or frozenset()) - sections.keys()
        longest = authority.policy.registers.purposes[wish.purpose].maximum_days
        days = wish.days or longest or USUAL_DAYS
        if missing or not sections:
            which = f" Leave these out: {', '.join(sorted(missing))}." if sections else ""
            refusal = Refusal(
                "nothing-to-ask", f"A yes of the person would show you nothing more of what you name.{which}"
            )
        elif longest is not None and days > longest:
            refusal = Refusal(
                "asked-too-long", f"For this purpose a person can allow {longest} days at most."
            )
        else:
            return Offered(sections, frozenset(opens), days)
        await self._record_refusal(caller, wish, refusal, correlation_id)
        raise RefusedError(refusal)

    async def _record_refusal(
        self, caller: Caller, wish: Wish, refusal: Refusal, correlation_id: str
    ) -> None:
        draft = Draft(
            kind=Kind.REFUSAL,
            outcome=refusal.code,
            organisations=frozenset({caller.organisation}),
            detail=_who(caller, wish, correlation_id),
            recipient=caller.organisation,
            role=caller.role,
            purpose=wish.purpose,
        )
        key = subject_key(self.keys, caller.organisation, None)
        await self.committer.append(Append(only(None, seal_entry(draft, key))))


async def opened_by_yes(
    views: Parts, authority: InCharge, asker: Asker, purpose: str, sections: frozenset[str] | None
) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Source -> section -> fields that somebody's yes would open to this asker and that would be closed without it.

    Of a person who is made up and known to every source that is not hidden: so it tells of nobody.
    """
    policy, now = authority.policy, views.clock.now()
    standing = Policy(policy.registers, policy.calendar.in_force(now), authority.suspended, now)
    yes, no = [
        await policy.engine.decide(
            question_of(Hypothesis(asker, purpose, sections, allowed=allowed), standing)
        )
        for allowed in (True, False)
    ]
    return without(shown(yes), shown(no))


def of_all_sources(opens: Mapping[str, Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """Section -> the fields that any source's share holds."""
    found: dict[str, frozenset[str]] = {}
    for sections in opens.values():
        for section, fields in sections.items():
            found[section] = found.get(section, frozenset()) | fields
    return found


def days_until(last: datetime, now: datetime) -> int:
    """Whole days from now to a moment, begun ones counted; below 1 for the past."""
    return -((now - last) // timedelta(days=1))


def _as_view(wish: Wish) -> Ask:
    return Ask(wish.person, wish.purpose, wish.sections, wish.reason)


def _request(caller: Caller, wish: Wish, offered: Offered, named: Named, now: datetime) -> ConsentRequest:
    return ConsentRequest(
        id=named.id,
        organisation=caller.organisation,
        purpose=wish.purpose,
        sections=offered.sections,
        sources=offered.sources,
        days=offered.days,
        reason=wish.reason,
        role=caller.role,
        asked=now,
        expires=named.expires,
    )


def _who(caller: Caller, wish: Wish, correlation_id: str) -> dict[str, Json]:
    return {
        "person": person_code(wish.person),
        "practitioner": caller.practitioner,
        "client": caller.client,
        "issuer": caller.issuer,
        "reason": wish.reason,
        "correlation": correlation_id,
    }


def _draft(caller: Caller, wish: Wish, request: ConsentRequest, correlation_id: str) -> Draft:
    """The entry: of one that was passed on and of one that was not, the same."""
    return Draft(
        kind=Kind.CONSENT,
        outcome=REQUESTED,
        organisations=frozenset({caller.organisation}),
        detail={
            **_who(caller, wish, correlation_id),
            "request": {name: sorted(fields) for name, fields in sorted(request.sections.items())},
            "days": request.days,
        },
        recipient=caller.organisation,
        role=caller.role,
        purpose=wish.purpose,
    )
