"""Saying no to what the law allows without a yes, served: what stops, what stays, what was said, and its receipts.

The session's resident id alone chooses the person. What a no stops is what `policies/rego/permission.rego` stops: whatever
stands under a rule that heeds a no; what stands under `none` stays, and is said to stay. A representative's no is about
their scope alone, so it never stops who looks for alerts and risks; and they take back what they said themselves alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from audit import leaf as leaves
from audit.entries import Kind as EntryKind
from audit.log import Receipt
from audit.reader import LogReader
from consent import permissions
from consent.ledger import Ledger
from consent.permissions import ANY, Given, NoRowError, NotStandingError, Permission
from consent.portal.objecting_ports import LawLook, NoDone, ObjectingServices, SaidNo
from consent.portal.ports import NotPossible, Resident
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from core.times import from_ms
from core.vocabulary import PermissionRule
from gateway.consenting import Consenting, Refusal
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Registers
from gateway.services.acting import Acting
from gateway.services.entries import INDEX_MAXIMUM, detail_of, mapping, opened
from gateway.services.mandate import Mandate, mandate_of
from gateway.services.permitting import Permitting
from gateway.services.words import Wording

REFERENCE = "OT-"
EVERYTHING = {"*": ANY}
"""All sections and fields, those too that an agreement adds later: a no holds until it is taken back."""


@dataclass(frozen=True, slots=True)
class Law:
    """What an organisation may see for a purpose without a yes: sections that a no stops, and those that it does not."""

    stops: frozenset[str]
    stays: frozenset[str]


@dataclass(frozen=True, slots=True)
class Objections:
    """Implements `consent.portal.objecting_ports.ObjectingServices`.

    acting: knows who acts for whom. mandate: of the one representative whom it serves; None for the person themselves.
    """

    ledger: Ledger
    keys: KeyStore
    reader: LogReader
    consenting: Consenting
    policy: LivePolicy
    clock: Clock
    acting: Acting | None = None
    mandate: Mandate | None = None

    def serving(self, resident: Resident) -> ObjectingServices:
        """See `ObjectingServices.serving`."""
        if resident.acting is None:
            return self
        return replace(self, mandate=mandate_of(self.acting, self.ledger, resident))

    async def law_looks(self, person: str) -> tuple[LawLook, ...]:
        """See `ObjectingServices.law_looks`."""
        standing = await asyncio.to_thread(self._standing, person)
        registers = self.policy.registers
        return tuple(
            _law_look(registers, recipient, purpose, law, standing, own=self.mandate is None)
            for (recipient, purpose), law in sorted(self._law(registers).items())
        )

    async def said(self, person: str) -> tuple[SaidNo, ...]:
        """See `ObjectingServices.said`."""
        standing = await asyncio.to_thread(self._standing, person)
        return tuple(self._said(one) for one in standing if not one.kind.allows)

    async def _assert_said(self, person: str, said_id: str) -> None:
        """Raise `NotPossible` for what is not on the list of whoever is signed in."""
        if said_id in {one.id for one in await self.said(person)}:
            return
        if self.mandate is not None and said_id in {one.id for one in await self.mandate.standing()}:
            await self.mandate.refuse("take-back")
        raise NotPossible(to_tell("You took that back already, or its time is over."))

    async def object(self, person: str, organisation: str, purpose: str, why: str) -> NoDone:
        """See `ObjectingServices.object`."""
        law = self._law(self.policy.registers).get((organisation, purpose))
        if law is None or not law.stops:
            raise NotPossible(to_tell("This cannot be stopped here. The page says whom you can tell."))
        stopped = EVERYTHING if self.mandate is None else dict.fromkeys(sorted(law.stops), ANY)
        key = await asyncio.to_thread(self._key, person)
        refusal = Refusal(frozenset({purpose}), frozenset({organisation}), stopped)
        try:
            committed = await self.consenting.object(key, refusal, replace(self._given(person), why=why))
        except NoRowError as error:
            raise NotPossible(
                to_tell("What we held about you was erased. Sign in again to start anew.")
            ) from error
        return self._done(committed.receipts[-1], committed.value, begun=True)

    async def take_back(self, person: str, said_id: str) -> NoDone:
        """See `ObjectingServices.take_back`."""
        await self._assert_said(person, said_id)
        key = await asyncio.to_thread(self._key, person)
        try:
            committed = await self.consenting.withdraw(key, said_id, self._given(person))
        except NotStandingError as error:
            raise NotPossible(to_tell("You took that back already, or its time is over.")) from error
        return self._done(committed.receipts[0], committed.value, begun=False)

    async def done(self, person: str, reference: str) -> NoDone | None:
        """See `ObjectingServices.done`."""
        index = reference.removeprefix(REFERENCE)
        if not (reference.startswith(REFERENCE) and index.isascii() and index.isdigit() and len(index) <= 18):
            return None
        return await asyncio.to_thread(self._done_before, person, int(index))

    # What stands ---------------------------------------------------------------------------------------------------

    def _law(self, registers: Registers) -> dict[tuple[str, str], Law]:
        """By recipient and purpose: what may be seen without a yes under the agreements in force."""
        found: dict[tuple[str, str], Law] = {}
        for agreement, recipient, purpose in Permitting(registers, self.clock.now()).terms():
            most = registers.purposes[purpose].sections
            shown = {
                name for name, fields in agreement.sections.items() if fields & most.get(name, frozenset())
            }
            law = Law(
                frozenset(one for one in shown if agreement.rule(one) is PermissionRule.NO_OBJECTION),
                frozenset(one for one in shown if agreement.rule(one) is PermissionRule.NONE),
            )
            if law.stops or law.stays:
                before = found.get((recipient, purpose), Law(frozenset(), frozenset()))
                found[recipient, purpose] = Law(before.stops | law.stops, before.stays | law.stays)
        if self.mandate is None:
            return found
        scope = self.mandate.authority.sections
        return {
            pair: Law(law.stops & scope, law.stays & scope)
            for pair, law in found.items()
            if (law.stops | law.stays) & scope
        }

    def _said(self, permission: Permission) -> SaidNo:
        registers = self.policy.registers
        words, law = Wording(registers), self._law(registers)
        pairs = [
            law[recipient, purpose].stays
            for recipient, purpose in law
            if permission.kind.refuses
            and _covers(permission.recipients, recipient)
            and _covers(permission.purposes, purpose)
        ]
        named = frozenset[str]().union(*pairs)
        if "*" not in permission.sections:
            named &= permission.sections.keys()
        return SaidNo(
            id=permission.id,
            what="no" if permission.kind.refuses else "processing",
            organisation_names=tuple(sorted(words.organisation(one) for one in permission.recipients - ANY)),
            purpose_titles=tuple(sorted(words.purpose(one) for one in permission.purposes - ANY)),
            kinds=words.sections(permission.sections),
            since=permission.from_,
            until=permission.until,
            stays=words.sections(named),
            why=permission.given.why,
        )

    def _standing(self, person: str) -> tuple[Permission, ...]:
        """What is in force for the person; nothing of somebody who was erased."""
        try:
            key = self.keys.get(person)
        except MissingKeyError:
            return ()
        standing = permissions.in_force(self.ledger.standing(key).permissions, self.clock.now())
        mandate = self.mandate
        if mandate is None:
            return standing
        return tuple(one for one in standing if mandate.said(one) and mandate.about(one.sections))

    def _given(self, person: str) -> Given:
        return Given("portal", person) if self.mandate is None else self.mandate.given

    # What happened -------------------------------------------------------------------------------------------------

    def _done_before(self, person: str, index: int) -> NoDone | None:
        try:
            key = self.keys.get(person)
        except MissingKeyError:
            return None
        entry = self.reader.entry(index) if index <= INDEX_MAXIMUM else None
        if entry is None or entry.tag != key.tag or entry.kind != EntryKind.CONSENT.value:
            return None
        detail = detail_of(opened(self.reader, entry))
        decided = mapping(detail.get("permission"))
        # A change of what the person told of themselves, or of how to reach them, is no decision about a look.
        by = mapping(detail.get("by")).get("by")
        if not decided or (self.mandate is not None and by != self.mandate.authority.by):
            return None
        permission = Permission.from_json(decided)
        if permission.kind.allows:
            return None
        return self._done(
            self.reader.receipt(index), permission, begun=entry.outcome not in {"taken-back", "withdrawn"}
        )

    def _done(self, receipt: Receipt, permission: Permission, *, begun: bool) -> NoDone:
        at = from_ms(leaves.parse(receipt.leaf).time_ms)
        return NoDone(
            reference=f"{REFERENCE}{receipt.index}",
            at=at,
            receipt=receipt.text,
            what="said-no" if begun else "took-back",
            about=self._said(permission),
        )

    def _key(self, person: str) -> SubjectKey:
        try:
            return self.keys.get(person)
        except MissingKeyError as error:
            raise NotPossible(to_tell("There is nothing of yours here any more.")) from error


def _law_look(
    registers: Registers,
    recipient: str,
    purpose: str,
    law: Law,
    standing: Iterable[Permission],
    *,
    own: bool,
) -> LawLook:
    """own: for the person themselves, whose no is to everything and ends a yes; a representative's does neither."""
    words = Wording(registers)
    about = [
        one
        for one in standing
        if _covers(one.recipients, recipient) and _covers(one.purposes, purpose) and (_all_of(one) or not own)
    ]
    register = registers.purposes[purpose]
    return LawLook(
        organisation=recipient,
        organisation_name=words.organisation(recipient),
        purpose=purpose,
        purpose_title=register.title,
        purpose_words=register.plain_words,
        why_law=register.legal_text,
        stops=words.sections(law.stops - law.stays),
        stays=words.sections(law.stays),
        said_no=next((one.id for one in about if one.kind.refuses), None),
        allowed=own and any(one.kind.allows for one in about),
    )


def _covers(names: frozenset[str], name: str) -> bool:
    return name in names or "*" in names


def _all_of(permission: Permission) -> bool:
    """Whether a no is one to everything (one that an import limits leaves something to say no to); any yes is meant."""
    return permission.kind.allows or (
        "*" in permission.sections.get("*", frozenset()) and "*" in permission.sources
    )
