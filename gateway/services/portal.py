"""The residents' portal, served: what stands for the person, what the law allows, who looked, and the proofs.

A resident's id comes from their session alone. Whatever is shown was opened with that person's own key, so an entry of
somebody else cannot be shown by mistake: it does not open.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from starlette.requests import Request

from audit import leaf as leaves
from audit.entries import Kind as EntryKind
from audit.errors import VerificationError
from audit.log import Receipt
from audit.note import VerifierKey
from audit.reader import LogReader
from audit.text import from_base64, to_base64
from audit.verify import verify_receipt
from consent import permissions
from consent.ledger import Ledger
from consent.permissions import Given, NoRowError, NotStandingError, Permission
from consent.portal.ports import (
    Choice,
    Complete,
    Done,
    LawAllows,
    Look,
    NotPossible,
    Offer,
    Overview,
    Permitted,
    Proof,
    ReceiptCheck,
    Resident,
)
from consent.portal.ports import Kind as KindOfInformation
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.times import from_ms
from core.vocabulary import PermissionRule
from gateway.consenting import Consenting, Grant
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Agreement, Registers, Status, agreements_in_force
from gateway.reviews.store import Reviews, is_told
from gateway.services.completeness import Completeness
from gateway.services.entries import INDEX_MAXIMUM, checked, mapping, opened
from gateway.services.looks import KINDS, Looks
from gateway.services.words import Wording, seen_words
from gateway.signin.service import SignIn

T = TypeVar("T")
_REFERENCE = "OT-"


@dataclass(frozen=True, slots=True)
class ResidentServices:
    """Implements `consent.portal.ports.PortalServices`."""

    signin: SignIn
    ledger: Ledger
    keys: KeyStore
    reader: LogReader
    consenting: Consenting
    policy: LivePolicy
    clock: Clock
    log_key: VerifierKey
    reviews: Reviews
    other_log_keys: tuple[VerifierKey, ...] = ()

    @property
    def registers(self) -> Registers:
        """The registers of the policy that decides now."""
        return self.policy.registers

    async def signed_in(self, request: Request) -> Resident | None:
        """See `PortalServices.signed_in`."""
        session = await self.signin.current(request, "portal")
        if session is None:
            return None
        return Resident(session.subject, session.name, session.csrf, session.assurance)

    def sign_in_url(self, request: Request) -> str:
        """See `PortalServices.sign_in_url`."""
        return self.signin.sign_in_url(request, "portal")

    def sign_out_url(self, request: Request) -> str:
        """See `PortalServices.sign_out_url`."""
        return "/signin/out"

    def csrf_ok(self, request: Request, token: str) -> bool:
        """See `PortalServices.csrf_ok`."""
        return self.signin.csrf_ok(request, "portal", token)

    async def overview(self, person: str) -> Overview:
        """See `PortalServices.overview`."""
        return await self._with_key(person, self._overview, Overview((), self._law_allows()))

    async def offers(self, person: str) -> tuple[Offer, ...]:
        """See `PortalServices.offers`."""
        return self._offers()

    async def allow(self, person: str, choice: Choice) -> Done:
        """See `PortalServices.allow`."""
        offer = next(
            (
                one
                for one in self._offers()
                if (one.organisation, one.purpose) == (choice.organisation, choice.purpose)
            ),
            None,
        )
        if offer is None or not choice.sections <= {kind.section for kind in offer.kinds}:
            raise NotPossible("That can no longer be allowed. Look at the list again.")
        if not choice.sections or choice.days < 1:
            raise NotPossible("Choose what they can see, and for how long.")
        if offer.longest_days is not None and choice.days > offer.longest_days:
            raise NotPossible(f"You can allow this for {offer.longest_days} days at most.")
        grant = Grant(
            purpose=choice.purpose,
            recipient=choice.organisation,
            sections=self._fields(choice),
            sources=self._sources(choice.organisation, choice.purpose),
            until=self.clock.now() + timedelta(days=choice.days),
        )
        key = await asyncio.to_thread(self._key, person)
        try:
            committed = await self.consenting.give(key, grant, Given("portal", person))
        except NoRowError as error:
            raise NotPossible("What we held about you was erased. Sign in again to start anew.") from error
        return self._done(committed.receipts[-1], committed.value, "allowed")

    async def stop(self, person: str, permission_id: str) -> Done:
        """See `PortalServices.stop`."""
        key = await asyncio.to_thread(self._key, person)
        try:
            committed = await self.consenting.withdraw(key, permission_id, Given("portal", person))
        except NotStandingError as error:
            raise NotPossible("That was stopped already, or it has ended. Nobody looks under it.") from error
        return self._done(committed.receipts[0], committed.value, "stopped")

    async def done(self, person: str, reference: str) -> Done | None:
        """See `PortalServices.done`."""
        index = reference.removeprefix(_REFERENCE)
        if not (
            reference.startswith(_REFERENCE) and index.isascii() and index.isdigit() and len(index) <= 18
        ):
            return None
        return await self._with_key(person, lambda key: self._done_before(key, int(index)), None)

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        """See `PortalServices.history`."""
        return await self._with_key(person, lambda key: self._history(key, before), ())

    async def complete(self, person: str) -> Complete | None:
        """See `PortalServices.complete`."""
        return await self._with_key(person, self._complete, None)

    async def proof(self, person: str, index: int) -> Proof | None:
        """See `PortalServices.proof`."""
        return await self._with_key(person, lambda key: self._proof(key, index), None)

    async def check_receipt(self, text: str, leaf: str) -> ReceiptCheck:
        """See `PortalServices.check_receipt`."""
        receipt = text.replace("\r\n", "\n").strip("\n") + "\n"
        raw = from_base64("".join(leaf.split()))
        try:
            if raw is None:
                raise VerificationError("no leaf")
            verified = verify_receipt(receipt, raw, [self.log_key, *self.other_log_keys])
        except VerificationError:
            words = "This is not a true receipt of our log, or part of it is missing. Copy all of it and try again."
            return ReceiptCheck(checked=False, checked_words=words, at=None)
        words = "This receipt is true: the line stands in our log and was not changed."
        return ReceiptCheck(checked=True, checked_words=words, at=verified.time)

    # What stands ---------------------------------------------------------------------------------------------------

    def _overview(self, key: SubjectKey) -> Overview:
        looked = self.reader.last_looks(key.tag, is_told)
        standing = permissions.in_force(self.ledger.standing(key).permissions, self.clock.now())
        shown = tuple(self._permitted(one, looked) for one in standing if one.kind.allows)
        return Overview(shown, self._law_allows())

    def _permitted(
        self, permission: Permission, looked: dict[tuple[str, str], int] | None = None
    ) -> Permitted:
        words = Wording(self.registers)
        recipient, purpose = min(permission.recipients), min(permission.purposes)
        register = self.registers.purposes.get(purpose)
        last = (looked or {}).get((recipient, purpose))
        return Permitted(
            id=permission.id,
            organisation_name=words.organisation(recipient),
            purpose_title=words.purpose(purpose),
            purpose_words="" if register is None else register.plain_words,
            kinds=words.sections(permission.sections),
            sources=tuple(sorted(words.organisation(one) for one in permission.sources if one != "*")),
            since=permission.from_,
            until=permission.until,
            last_looked=None if last is None else from_ms(last),
        )

    def _law_allows(self) -> tuple[LawAllows, ...]:
        words = Wording(self.registers)
        who: dict[str, set[str]] = {}
        for agreement, recipient, purpose in self._terms():
            if any(
                agreement.rule(section) is not PermissionRule.PERMISSION for section in agreement.sections
            ):
                who.setdefault(purpose, set()).add(words.organisation(recipient))
        return tuple(
            LawAllows(
                purpose_title=words.purpose(purpose),
                organisation_names=tuple(sorted(names)),
                why=self.registers.purposes[purpose].legal_text,
                object_to=f"Tell {min(names)}."
                if len(names) == 1
                else "Tell the one that you do not agree with.",
            )
            for purpose, names in sorted(who.items(), key=lambda item: words.purpose(item[0]))
        )

    def _offers(self) -> tuple[Offer, ...]:
        words = Wording(self.registers)
        return tuple(
            Offer(
                organisation=recipient,
                organisation_name=words.organisation(recipient),
                purpose=purpose,
                purpose_title=words.purpose(purpose),
                purpose_words=self.registers.purposes[purpose].plain_words,
                legal_text=self.registers.purposes[purpose].legal_text,
                kinds=self._kinds(agreement, purpose),
                longest_days=self.registers.purposes[purpose].maximum_days,
            )
            for agreement, recipient, purpose in self._terms()
            # Under an agreement that is being wound down, a new yes would open nothing.
            if agreement.status is Status.ACTIVE
            and any(agreement.rule(section) is PermissionRule.PERMISSION for section in agreement.sections)
        )

    def _kinds(self, agreement: Agreement, purpose: str) -> tuple[KindOfInformation, ...]:
        words = Wording(self.registers)
        most = self.registers.purposes[purpose].sections
        found = []
        for section, fields in sorted(agreement.sections.items()):
            if agreement.rule(section) is not PermissionRule.PERMISSION:
                continue
            shown = fields & most.get(section, frozenset())
            sources = [
                one.organisation
                for one in agreement.sources
                if one.sections.get(section, frozenset()) & shown
                and not self.registers.organisations[one.organisation].hidden
            ]
            if shown and sources:
                names = tuple(sorted(words.organisation(one) for one in sources))
                title = self.registers.sections[section].title
                found.append(KindOfInformation(section, title, words.fields(section, shown), names))
        return tuple(found)

    def _terms(self) -> list[tuple[Agreement, str, str]]:
        """Every agreement in force, by recipient and purpose."""
        in_force = agreements_in_force(self.registers, self.clock.now())
        return [
            (self.registers.agreements[name], terms.organisation, purpose)
            for name in sorted(in_force)
            for terms in self.registers.agreements[name].recipients
            for purpose in sorted(self.registers.agreements[name].purposes)
        ]

    def _sources(self, recipient: str, purpose: str) -> frozenset[str]:
        """The sources that a permission names: never a hidden one, which the person would have to name themselves."""
        named = {
            one.organisation
            for agreement, asks, why in self._terms()
            if (asks, why) == (recipient, purpose)
            for one in agreement.sources
        }
        return frozenset(one for one in named if not self.registers.organisations[one].hidden)

    def _fields(self, choice: Choice) -> dict[str, frozenset[str]]:
        """The fields that the chosen sections show today, by name: one that an agreement adds later needs a new yes."""
        most = self.registers.purposes[choice.purpose].sections
        found: dict[str, frozenset[str]] = {}
        for agreement, recipient, purpose in self._terms():
            if (recipient, purpose) == (choice.organisation, choice.purpose):
                for section in sorted(choice.sections & agreement.sections.keys()):
                    shown = agreement.sections[section] & most.get(section, frozenset())
                    found[section] = found.get(section, frozenset()) | shown
        return found

    # What happened -------------------------------------------------------------------------------------------------

    def _history(self, key: SubjectKey, before: int | None) -> tuple[Look, ...]:
        newest = None if before is None else min(before, INDEX_MAXIMUM)
        return Looks(self.reader, self.reviews, self.registers).history(key, newest)

    def _complete(self, key: SubjectKey) -> Complete:
        return Completeness(self.reader, self.reviews, self.registers, self.clock).of(key, KINDS)

    def _proof(self, key: SubjectKey, index: int) -> Proof | None:
        entry = self.reader.entry(index, is_told) if index <= INDEX_MAXIMUM else None
        if entry is None or entry.tag != key.tag:
            return None
        receipt = self.reader.receipt(index)
        opening, holds = None, True
        try:
            opening = checked(self.reader, entry, receipt, self.log_key, *self.other_log_keys)
        except VerificationError:
            holds = False
        good, bad = (
            "Nobody has changed it since it was written down.",
            "It does not hold. Please tell us at once.",
        )
        return Proof(
            index=index,
            receipt_text=receipt.text,
            leaf_b64=to_base64(receipt.leaf),
            opening_json=""
            if opening is None
            else json.dumps(opening.to_json(), indent=2, ensure_ascii=False),
            checked=holds,
            checked_words=f"{good}{seen_words(len(receipt.witnesses))}" if holds else bad,
        )

    def _done_before(self, key: SubjectKey, index: int) -> Done | None:
        entry = self.reader.entry(index)
        if entry is None or entry.tag != key.tag or entry.kind != EntryKind.CONSENT.value:
            return None
        opening = opened(self.reader, entry)
        if opening is None:
            return None
        permission = Permission.from_json(mapping(mapping(opening.detail.get("detail")).get("permission")))
        return self._done(
            self.reader.receipt(index), permission, "allowed" if entry.outcome == "given" else "stopped"
        )

    def _done(self, receipt: Receipt, permission: Permission, what: Literal["allowed", "stopped"]) -> Done:
        at: datetime = from_ms(leaves.parse(receipt.leaf).time_ms)
        return Done(f"{_REFERENCE}{receipt.index}", at, receipt.text, self._permitted(permission), what)

    # Keys ----------------------------------------------------------------------------------------------------------

    def _key(self, person: str) -> SubjectKey:
        try:
            return self.keys.get(person)
        except MissingKeyError as error:
            raise NotPossible("There is nothing of yours here any more.") from error

    async def _with_key(self, person: str, function: Callable[[SubjectKey], T], otherwise: T) -> T:
        def run() -> T:
            try:
                key = self.keys.get(person)
            except MissingKeyError:
                return otherwise
            return function(key)

        return await asyncio.to_thread(run)
