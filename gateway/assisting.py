"""Writing down what somebody said: a spoken yes or no, with its evidence, its entry, and the paper's code.

    1 offered          what a yes would open, of somebody who is made up: whatever cannot be allowed is refused here, about
                       nobody. A no is never refused so: stopping must be possible whatever became of an agreement
    2 resolve          whom the handle means, or nobody: then the decision is about nobody, and takes the same steps
    3 one unit of work the person's row is held, all that was ever said is put in order (consent/assisted/merging.py), and
                       the last statement stands; evidence, change, code and one entry stand or fall together
    4 answer           the same for everybody, at a whole multiple of `ANSWERED_EVERY`

One entry, whatever happened: how much the public log grew must not tell that something stood before (promise 4).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

import orjson
import structlog
from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Receipt
from consent.assisted import merging, store
from consent.assisted.values import Evidence, Spoken
from consent.ledger import Ledger
from consent.permissions import Given, NoRowError, Permission
from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.times import to_ms, until_release
from core.unit_of_work import Written
from core.vocabulary import Json
from core.vocabulary import Kind as PermissionKind
from gateway.asking import USUAL_DAYS, of_all_sources, opened_by_yes
from gateway.codes import code_for, mac_of
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.policy.port import Refusal
from gateway.views.pipeline import Parts, asker_of, decide, in_charge, resolve
from gateway.views.record import person_code, subject_key
from gateway.views.values import ALLOWED_NOTHING, Ask, Context, RefusedError

logger = structlog.get_logger(__name__)

ANSWERED_EVERY: Final = 0.1
"""Seconds. A decision is answered at whole multiples: how much there was to write must not tell who is known."""
YES, NO = "said-yes", "said-no"
Took = Literal["stood", "overtaken", "again"]
"""What became of it: it stands; something said later stands; it had arrived before."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a practitioner heard. person: a handle. sections: None for all that a yes opens, and for a no.

    days: for how long from when it was said; None for as long as the purpose allows. reference: the application's own id of
    it, so that one sent twice is one. timed: whether the application told when it was said.
    """

    person: str
    purpose: str
    yes: bool
    sections: frozenset[str] | None
    days: int | None
    said_at: datetime
    evidence: Evidence
    reference: str
    timed: bool = True


@dataclass(frozen=True, slots=True)
class WrittenDown:
    """What the practitioner's application is told, of known and unknown people alike. code: for the paper, of a yes."""

    receipt: Receipt
    code: str | None
    sections: frozenset[str]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a yes opens: section -> fields, from these sources, until then."""

    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    until: datetime


@dataclass(frozen=True, slots=True)
class Assisting:
    """Writes decisions down."""

    views: Parts

    @property
    def ledger(self) -> Ledger:
        """What stands for the people."""
        return self.views.ledger

    async def write_down(self, caller: Caller, heard: Heard, correlation_id: str) -> WrittenDown:
        """Write one decision down. Raises `RefusedError` for a yes that nobody could give; `ClosedError`."""
        started = self.views.clock.monotonic()
        terms = await self._terms(caller, heard, correlation_id, started) if heard.yes else None
        person = await self._whom(caller, heard, correlation_id)
        spoken = Spoken(
            id=self._id(caller, heard),
            yes=heard.yes,
            recipient=caller.organisation,
            purpose=heard.purpose,
            said_at=heard.said_at,
            until=None if terms is None else terms.until,
            evidence=heard.evidence,
        )
        permission = None if terms is None else _permission(caller, spoken, terms)
        draft = _draft(caller, heard, permission, correlation_id)
        receipt = await self._append(caller, person, spoken, permission, draft)
        await asyncio.sleep(until_release(self.views.clock.monotonic() - started, ANSWERED_EVERY))
        return WrittenDown(
            receipt=receipt,
            code=code_for(self.views.handles, spoken.id) if heard.yes else None,
            sections=frozenset() if terms is None else frozenset(terms.sections),
            until=spoken.until,
        )

    async def _append(
        self,
        caller: Caller,
        person: Person | None,
        spoken: Spoken,
        permission: Permission | None,
        draft: Draft,
    ) -> Receipt:
        committer = self.views.recording.committer

        def of(key: SubjectKey, tx: Connection) -> Written[None, SealedEntry]:
            took = self._take(tx, key, spoken, permission)
            return Written(None, (seal_entry(_told(draft, took), key),))

        if person is not None:
            try:
                return (await committer.append(Append(partial(of, person.key), changes=True))).receipts[0]
            except (NoRowError, BrokenRowError) as error:
                # Erased since, or not to be read: nobody, until an operator has mended the row.
                logger.error("person.unreadable", part=type(error).__name__)
        key = subject_key(self.views.recording.keys, caller.organisation, None)
        nobody = seal_entry(_told(draft, "stood"), key)

        def about_nobody(_: Connection) -> Written[None, SealedEntry]:
            return Written(None, (nobody,))

        return (await committer.append(Append(about_nobody, changes=True))).receipts[0]

    def _take(self, tx: Connection, key: SubjectKey, spoken: Spoken, permission: Permission | None) -> Took:
        """Put it among all that was said, inside the transaction that holds the person's row."""
        now = self.views.clock.now()
        pair = (spoken.recipient, spoken.purpose)
        standing = self.ledger.standing_in(tx, key).permissions
        written = store.kept(tx, key)
        if any(one.id == spoken.id for one in written):
            return "again"
        statement = merging.of_spoken(spoken)
        before = [
            *merging.of_history(self.ledger.history_in(tx, key), *pair),
            *(merging.of_spoken(one) for one in written if (one.recipient, one.purpose) == pair),
        ]
        counts = merging.counts(statement, before)
        by = Given(merging.ASSISTED, spoken.evidence.practitioner)
        if permission is None:
            ended = merging.ended_by(statement, standing, *pair)
        else:
            ended = tuple(one.id for one in standing if counts and merging.is_just(one, *pair))
        for one in ended:
            self.ledger.withdraw(tx, key, one, by, now)
        if permission is not None and counts:
            self.ledger.give(tx, key, permission, now)
            mac = mac_of(self.views.handles, code_for(self.views.handles, spoken.id))
            store.keep_code(tx, key, mac, permission.id, permission.until or spoken.rests_until)
        store.keep(tx, key, spoken)
        return "stood" if counts or ended else "overtaken"

    async def _whom(self, caller: Caller, heard: Heard, correlation_id: str) -> Person | None:
        try:
            return await resolve(self.views, caller, _as_view(heard))
        except BrokenRowError as broken:
            # A 503 for one person alone would tell that we know them.
            logger.error("person.unreadable", part=broken.part, correlation=correlation_id)
            return None

    async def _terms(self, caller: Caller, heard: Heard, correlation_id: str, started: float) -> Terms:
        """What a yes opens. Raises `RefusedError`, about nobody: already in the log."""
        authority = await in_charge(self.views)
        # Whether they may also look is another scope's question.
        asking = replace(caller, scopes=caller.scopes | {"views"})
        context = Context(authority, asking, _as_view(heard), None, ALLOWED_NOTHING, started, correlation_id)
        await decide(self.views, context)
        asker = asker_of(asking, self.views.clock.now())
        opens = await opened_by_yes(self.views, authority, asker, heard.purpose, heard.sections)
        sections = of_all_sources(opens)
        missing = (heard.sections or frozenset()) - sections.keys()
        longest = authority.policy.registers.purposes[heard.purpose].maximum_days
        days = heard.days or longest or USUAL_DAYS
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
            return Terms(sections, frozenset(opens), heard.said_at + timedelta(days=days))
        await self._refuse(caller, heard, refusal, correlation_id)
        raise RefusedError(refusal)

    async def _refuse(self, caller: Caller, heard: Heard, refusal: Refusal, correlation_id: str) -> None:
        draft = Draft(
            kind=Kind.REFUSAL,
            outcome=refusal.code,
            organisations=frozenset({caller.organisation}),
            detail=_who(caller, heard, correlation_id),
            recipient=caller.organisation,
            role=caller.role,
            purpose=heard.purpose,
        )
        entry = seal_entry(draft, subject_key(self.views.recording.keys, caller.organisation, None))
        await self.views.recording.committer.append(Append(lambda _: Written(None, (entry,))))

    def _id(self, caller: Caller, heard: Heard) -> str:
        """Follows from who sent it and all that it says: sent again, it is the same, and its paper too."""
        said = [
            caller.organisation,
            heard.reference,
            heard.person,
            heard.purpose,
            heard.yes,
            None if heard.sections is None else sorted(heard.sections),
            heard.days,
            to_ms(heard.said_at) if heard.timed else None,
            heard.evidence.to_json(),
        ]
        digest = hashlib.sha256(orjson.dumps(said)).hexdigest()
        return self.views.handles.blind_index(f"spoken|{digest}").hex()[:32]


def _as_view(heard: Heard) -> Ask:
    return Ask(heard.person, heard.purpose, heard.sections, "")


def _permission(caller: Caller, spoken: Spoken, terms: Terms) -> Permission:
    return Permission(
        id=f"c_{spoken.id}",
        kind=PermissionKind.CONFIDENTIALITY_CONSENT,
        purposes=frozenset({spoken.purpose}),
        sections=terms.sections,
        sources=terms.sources,
        recipients=frozenset({caller.organisation}),
        # When it was said: what was meant then does not change with when it arrives.
        from_=spoken.said_at,
        until=terms.until,
        given=Given(merging.ASSISTED, spoken.evidence.practitioner),
    )


def _who(caller: Caller, heard: Heard, correlation_id: str) -> dict[str, Json]:
    return {
        "person": person_code(heard.person),
        "practitioner": caller.practitioner,
        "client": caller.client,
        "issuer": caller.issuer,
        "correlation": correlation_id,
    }


def _draft(caller: Caller, heard: Heard, permission: Permission | None, correlation_id: str) -> Draft:
    evidence = {**heard.evidence.to_json(), "said_at": to_ms(heard.said_at)}
    said: dict[str, Json] = {} if permission is None else {"permission": permission.to_json()}
    return Draft(
        kind=Kind.CONSENT,
        outcome=YES if heard.yes else NO,
        organisations=frozenset({caller.organisation}),
        detail={**_who(caller, heard, correlation_id), **said, "evidence": evidence},
        recipient=caller.organisation,
        role=caller.role,
        purpose=heard.purpose,
    )


def _told(draft: Draft, took: Took) -> Draft:
    return replace(draft, detail={**draft.detail, "took": took})
