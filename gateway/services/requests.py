"""Requests served: what waits for a resident, what they would show by the live policy, and the resident's answers.

The session's resident id alone chooses the person. What can be allowed is what was asked, within what the agreements in
force and the engine that decides would open today: a request that was made under wider terms opens no more than today's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import Connection

from audit import leaf as leaves
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Committed
from consent.permissions import Given, NoRowError, Permission
from consent.portal.ports import Done, NotPossible, Offer, Resident
from consent.portal.ports import Kind as KindOfInformation
from consent.portal.requests_ports import Asked, AskedState, Reply, RequestServices, Seen, Waiting
from consent.requests.deciding import is_waiting, said_yes
from consent.requests.values import Answer, ConsentRequest, RequestError
from core.keys import MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from core.times import from_ms
from core.unit_of_work import Written
from core.vocabulary import Kind as PermissionKind
from gateway.asking import Asking, of_all_sources, opened_by_yes
from gateway.consenting import Consenting, Grant
from gateway.policy.port import Asker, Question, Subject
from gateway.policy.port import Permission as PolicyPermission
from gateway.policy.register_values import Registers
from gateway.services.acting import Acting
from gateway.services.mandate import mandate_of
from gateway.services.permitting import Permitting
from gateway.services.requests_within import RequestsWithin
from gateway.services.words import Wording
from gateway.views.pipeline import in_charge, subject_of
from gateway.views.values import Allowed, InCharge

Opens = Mapping[str, Mapping[str, frozenset[str]]]
"""source -> section -> fields."""

NOTHING_HERE = to_tell("There is nothing of yours here any more.")
_SCOPES = frozenset({"views"})
_REFERENCE = "OT-"
DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class ResidentRequests:
    """Implements `consent.portal.requests_ports.RequestServices`. acting: knows who acts for whom."""

    asking: Asking
    consenting: Consenting
    acting: Acting | None = None

    def serving(self, resident: Resident) -> RequestServices:
        """See `RequestServices.serving`."""
        if resident.acting is None:
            return self
        mandate = mandate_of(self.acting, self.asking.views.ledger, resident)
        return RequestsWithin(self, mandate)

    async def waiting(self, person: str) -> tuple[Waiting, ...]:
        """See `RequestServices.waiting`."""
        found = await asyncio.to_thread(self.of, person)
        words, now = Wording(self._registers_now()), self.asking.clock.now()
        return tuple(
            Waiting(
                one.id,
                words.organisation(one.organisation),
                words.purpose(one.purpose),
                one.asked,
                one.expires,
            )
            for one in reversed(found)
            if is_waiting(one, now)
        )

    async def asked(self, person: str, request_id: str) -> Asked | None:
        """See `RequestServices.asked`."""
        request = await self._request(person, request_id)
        if request is None:
            return None
        authority = await in_charge(self.asking.views)
        opens = await self._opens(authority, request)
        offer = self._offer(authority, request, opens)
        subject = await asyncio.to_thread(self._subject, person, authority)
        return Asked(
            id=request.id,
            offer=offer,
            seen={} if subject is None else await self._seen(subject, authority, request, opens),
            instead=() if subject is None else _instead(subject, authority, request),
            role_words=Wording(authority.policy.registers).role(request.role),
            reason=request.reason,
            asked=request.asked,
            answer_by=request.expires,
            state=_state(request, offer, self.asking.clock.now()),
            answered=None if request.answer is None else request.answer.at,
        )

    async def allow(self, person: str, request_id: str, reply: Reply) -> Done:
        """See `RequestServices.allow`."""
        return await self.allow_as(person, request_id, reply, Given("portal", person), None)

    async def allow_as(
        self, person: str, request_id: str, reply: Reply, by: Given, latest: datetime | None
    ) -> Done:
        """The same, given by somebody, and ending no later than that."""
        request = await self._waiting(person, request_id)
        authority = await in_charge(self.asking.views)
        opens = await self._opens(authority, request)
        offer = self._offer(authority, request, opens)
        if not reply.sections or not reply.sections <= {kind.section for kind in offer.kinds}:
            raise NotPossible(to_tell("Choose only what they asked for. Look at the page again."))
        if offer.longest_days is None or not 1 <= reply.days <= offer.longest_days:
            raise NotPossible(to_tell("That is longer than they asked for. Choose a shorter time."))
        now = self.asking.clock.now()
        until = now + timedelta(days=reply.days)
        until = until if latest is None else min(until, latest)
        sections = of_all_sources(opens)
        grant = Grant(
            purpose=request.purpose,
            recipient=request.organisation,
            sections={name: sections[name] for name in sorted(reply.sections)},
            sources=frozenset(
                source for source, shown in opens.items() if not reply.sections.isdisjoint(shown)
            ),
            until=until,
        )
        key = await asyncio.to_thread(self._key, person)

        def answered(tx: Connection, key: SubjectKey, permission: Permission) -> None:
            answer = Answer("allowed", permission.from_)
            self.asking.requests.answer(tx, key, request.id, answer, needed_until=until)

        try:
            committed = await self.consenting.give(key, grant, by, answered)
        except (RequestError, NoRowError) as error:
            _refuse(error)
        return self._done(authority, committed)

    async def decline(self, person: str, request_id: str) -> None:
        """See `RequestServices.decline`."""
        await self.decline_as(person, request_id, Given("portal", person))

    async def decline_as(self, person: str, request_id: str, by: Given) -> None:
        """The same, said by somebody."""
        request = await self._waiting(person, request_id)
        key = await asyncio.to_thread(self._key, person)
        now = self.asking.clock.now()
        entry = seal_entry(_declined(request, by), key)

        def work(tx: Connection) -> Written[None, SealedEntry]:
            answer = Answer("not-allowed", now)
            self.asking.requests.answer(tx, key, request.id, answer, needed_until=now)
            return Written(None, (entry,))

        try:
            await self.asking.committer.append(Append(work, changes=True))
        except RequestError as error:
            _refuse(error)

    # By the live policy --------------------------------------------------------------------------------------------

    async def _opens(self, authority: InCharge, request: ConsentRequest) -> Opens:
        """What a yes would open today, and no more than was asked: source -> section -> fields."""
        asker = _asker(request)
        today = await opened_by_yes(self.asking.views, authority, asker, request.purpose, None)
        return {
            source: shared
            for source, sections in today.items()
            if source in request.sources
            and (
                shared := {
                    name: fields & request.sections[name]
                    for name, fields in sections.items()
                    if fields & request.sections.get(name, frozenset())
                }
            )
        }

    async def _seen(
        self, subject: Subject, authority: InCharge, request: ConsentRequest, opens: Opens
    ) -> dict[str, tuple[Seen, ...]]:
        """What they would see of this very person, had they said yes to all of it: as the engine decides it."""
        if not opens:
            return {}
        policy, now = authority.policy, self.asking.clock.now()
        yes = PolicyPermission(
            id="asked",
            kind=PermissionKind.CONFIDENTIALITY_CONSENT.value,
            purposes=frozenset({request.purpose}),
            sections=of_all_sources(opens),
            sources=frozenset(opens),
            recipients=frozenset({request.organisation}),
        )
        # A yes takes the place of whatever was said before to the same organisation for the same purpose.
        before = tuple(one for one in subject.permissions if not _same(one, request))
        question = Question(
            asker=_asker(request),
            purpose=request.purpose,
            sections=None,
            agreements=policy.calendar.in_force(now),
            subject=replace(subject, permissions=(*before, yes)),
            suspended=authority.suspended,
        )
        decision = await policy.engine.decide(question)
        words = Wording(policy.registers)
        seen: dict[str, list[Seen]] = {}
        for permit in decision.permits:
            for section, fields in permit.sections.items():
                shown = fields & opens.get(permit.source, {}).get(section, frozenset())
                if shown:
                    named = Seen(words.organisation(permit.source), words.fields(section, shown))
                    seen.setdefault(section, []).append(named)
        return {name: tuple(sorted(ones, key=lambda one: one.source_name)) for name, ones in seen.items()}

    def _subject(self, person: str, authority: InCharge) -> Subject | None:
        views, now = self.asking.views, self.asking.clock.now()
        row = views.locator.by_id(person)
        if row is None:
            return None
        standing = views.ledger.standing(row.key)
        return subject_of(row, Allowed(standing, None), authority.policy.calendar, now)

    def _offer(self, authority: InCharge, request: ConsentRequest, opens: Opens) -> Offer:
        """What can be allowed of a request now; without a kind where nothing can."""
        registers = authority.policy.registers
        words, purpose = Wording(registers), registers.purposes.get(request.purpose)
        longest = None if purpose is None else purpose.maximum_days
        return Offer(
            organisation=request.organisation,
            organisation_name=words.organisation(request.organisation),
            purpose=request.purpose,
            purpose_title=words.purpose(request.purpose),
            purpose_words="" if purpose is None else purpose.plain_words,
            legal_text="" if purpose is None else purpose.legal_text,
            kinds=tuple(
                KindOfInformation(
                    section,
                    registers.sections[section].title,
                    words.fields(section, fields),
                    tuple(
                        sorted(words.organisation(one) for one, shown in opens.items() if section in shown)
                    ),
                )
                for section, fields in sorted(of_all_sources(opens).items())
            ),
            longest_days=request.days if longest is None else min(request.days, longest),
        )

    # What rests ----------------------------------------------------------------------------------------------------

    async def _request(self, person: str, request_id: str) -> ConsentRequest | None:
        found = await asyncio.to_thread(self.of, person)
        return next((one for one in found if one.id == request_id), None)

    async def _waiting(self, person: str, request_id: str) -> ConsentRequest:
        found = await self._request(person, request_id)
        if found is None:
            raise NotPossible(NOTHING_HERE)
        if not is_waiting(found, self.asking.clock.now()):
            raise NotPossible(to_tell("You answered this already, or the time to answer is over."))
        return found

    def _done(self, authority: InCharge, committed: Committed[Permission]) -> Done:
        receipt = committed.receipts[-1]
        at = from_ms(leaves.parse(receipt.leaf).time_ms)
        permitted = Permitting(authority.policy.registers, at).permitted(committed.value)
        return Done(f"{_REFERENCE}{receipt.index}", at, receipt.text, permitted)

    def _registers_now(self) -> Registers:
        return self.asking.views.policy.registers

    def _key(self, person: str) -> SubjectKey:
        try:
            return self.asking.keys.get(person)
        except MissingKeyError as error:
            raise NotPossible(NOTHING_HERE) from error

    def of(self, person: str) -> tuple[ConsentRequest, ...]:
        """All that rests of a person's requests; nothing of somebody who was erased. Blocks."""
        try:
            return self.asking.requests.of(self.asking.keys.get(person))
        except MissingKeyError:
            return ()


def _state(request: ConsentRequest, offer: Offer, now: datetime) -> AskedState:
    if request.answer is not None:
        return "allowed" if said_yes(request) else "not-allowed"
    if not is_waiting(request, now):
        return "expired"
    return "waiting" if offer.kinds else "over"


def _same(permission: PolicyPermission, request: ConsentRequest) -> bool:
    """Whether a yes to the request takes the permission's place."""
    return permission.recipients == {request.organisation} and permission.purposes == {request.purpose}


def _instead(subject: Subject, authority: InCharge, request: ConsentRequest) -> tuple[str, ...]:
    """The kinds of information that the person allows them now, which a yes to the request takes the place of."""
    allowed = {
        section
        for one in subject.permissions
        if _same(one, request) and PermissionKind(one.kind).allows
        for section in one.sections
    }
    return Wording(authority.policy.registers).sections(allowed)


def _asker(request: ConsentRequest) -> Asker:
    # Whoever could look is somebody whose token and sign-in are in order.
    return Asker(request.organisation, "", request.role, _SCOPES, strong=True)


def _declined(request: ConsentRequest, by: Given) -> Draft:
    """Of no organisation, so that nobody's officers find it: whoever asked must not tell a no from silence (promise 4)."""
    return Draft(
        kind=Kind.CONSENT,
        outcome=DECLINED,
        organisations=frozenset(),
        detail={
            "recipient": request.organisation,
            "request": {name: sorted(fields) for name, fields in sorted(request.sections.items())},
            "by": by.untold().to_json(),
        },
        purpose=request.purpose,
    )


def _refuse(error: Exception) -> NoReturn:
    if isinstance(error, NoRowError):
        raise NotPossible(
            to_tell("What we held about you was erased. Sign in again to start anew.")
        ) from error
    raise NotPossible(to_tell("You answered this already, or the time to answer is over.")) from error
