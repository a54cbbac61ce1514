"""FHIR Consents in and out of the ledger, for the operator: an organisation hands over what a person said there.

An import is a decision like any other: one unit of work with its log entry, recorded as imported by that organisation, with
the document's name and digest as evidence, and only under an agreement in force to which the organisation is a party. The
same document again takes the place of what was imported from it before. What the person said here since wins over what they
said there before. An export stands in the log before it is handed out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from consent.fhir.concordance import ODS, ORGANISATION, Code, Concordance
from consent.fhir.errors import UnrepresentableError
from consent.fhir.reading import Imported, read_consent
from consent.fhir.within import Term, within
from consent.fhir.writing import write_bundle, write_consent
from consent.ledger import Event, Ledger
from consent.permissions import Given, Permission
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import SubjectKey
from core.unit_of_work import only
from core.vocabulary import Json, PermissionRule
from gateway.consenting import Consenting
from gateway.people import trace
from gateway.people.locator import Locator, Person
from gateway.policy.register_values import Agreement, Registers, Status, agreements_in_force

DOCUMENT_BYTES = 256 * 1024
NAME_MAXIMUM = 200


class DocumentError(OnceToldError):
    """The document cannot be taken in or given out so; the message says what to change, and nothing of a person."""


class LaterWordError(DocumentError):
    """The person decided about it here after the document was made."""

    def __init__(self) -> None:
        super().__init__(
            "the person has decided about this here since the document was made, and that counts"
        )


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What was recorded. narrowed: whether the text names more than the agreement does. entries: their places in the log."""

    permissions: tuple[Permission, ...]
    narrowed: bool
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ConsentDocuments:
    """Takes FHIR Consents in and gives them out."""

    consenting: Consenting
    ledger: Ledger
    locator: Locator
    registers: Registers
    clock: Clock

    async def take_in(
        self,
        document: bytes,
        nhs_number: str,
        organisation: str,
        agreement: str,
        concordance: Concordance | None = None,
    ) -> TakenIn:
        """Record what a document decides. nhs_number: of whom it is, as whoever hands it over has checked.

        Raises `DocumentError`, `UnrepresentableError`, `trace.TraceError`; `ClosedError` where the log does not commit.
        """
        now = self.clock.now()
        terms = terms_of(self.registers, self._agreement(agreement, organisation, now), now)
        imported = read_consent(_read(document), known_to(self.registers, concordance or Concordance()))
        if imported.custodians != frozenset({organisation}):
            raise UnrepresentableError(
                "Consent.organization", "an organisation hands over what it keeps itself, and nothing else"
            )
        person = self._person(nhs_number)
        _is_about(imported, nhs_number)
        _names_what_is_known(self.registers, imported)
        if len(imported.document) > NAME_MAXIMUM:
            raise UnrepresentableError(
                "Consent.identifier", f"at most {NAME_MAXIMUM} characters are expected"
            )
        evidence = f"{imported.document} sha256:{hashlib.sha256(document).hexdigest()}"
        by = Given("imported", organisation, imported.capacity, evidence=evidence)
        limited = within(imported, terms, by, now)

        def replaces(one: Permission) -> bool:
            same_place = (one.given.how, one.given.by) == (by.how, by.by)
            return same_place and one.given.evidence.startswith(f"{imported.document} sha256:")

        def later_word(tx: Connection, key: SubjectKey, one: Permission) -> None:
            history = self.ledger.history_in(tx, key)
            if one.kind.allows and any(_overrules(event, one, imported.said) for event in history):
                raise LaterWordError

        committed = await self.consenting.decide(person.key, limited.permissions, by, replaces, later_word)
        places = tuple(receipt.index for receipt in committed.receipts)
        return TakenIn(committed.value, limited.narrowed, places)

    async def give_out(self, nhs_number: str, reason: str) -> dict[str, Json]:
        """What stands for a person, as a Bundle of Consents; the log tells of it first. Raises as `take_in` does."""
        person = self._person(nhs_number)
        standing = self.ledger.standing(person.key).permissions
        detail: dict[str, Json] = {"what": "consents", "reason": reason, "permissions": len(standing)}
        draft = Draft(Kind.AUDIT_READ, "exported", frozenset(), detail)
        await self.consenting.committer.append(Append(only(None, seal_entry(draft, person.key))))
        names, digits = directory_of(self.registers), trace_number(nhs_number)
        return write_bundle([write_consent(one, names, digits) for one in standing])

    def _agreement(self, name: str, organisation: str, now: datetime) -> Agreement:
        found = self.registers.agreements.get(name)
        if found is None or name not in agreements_in_force(self.registers, now):
            raise DocumentError("no agreement of that id is in force")
        if found.status is not Status.ACTIVE:
            raise DocumentError("the agreement is for nobody new any more")
        if organisation not in found.parties:
            raise DocumentError("the organisation is not a party to the agreement")
        return found

    def _person(self, nhs_number: str) -> Person:
        person = self.locator.by_nhs_number(nhs_number)
        if person is None:
            raise DocumentError("nobody is known by that number")
        return person


def terms_of(registers: Registers, agreement: Agreement, now: datetime) -> tuple[Term, ...]:
    """What may be allowed under an agreement: what needs a permission, of sources that are not hidden."""
    sources = frozenset(
        one.organisation for one in agreement.sources if not registers.organisations[one.organisation].hidden
    )
    found: list[Term] = []
    for purpose in sorted(agreement.purposes):
        register = registers.purposes[purpose]
        sections = {
            name: fields & register.sections.get(name, frozenset())
            for name, fields in agreement.sections.items()
            if agreement.rule(name) is PermissionRule.PERMISSION
        }
        days = register.maximum_days
        latest = None if days is None else now + timedelta(days=days)
        found += [
            Term(purpose, recipient.organisation, sections, sources, latest)
            for recipient in agreement.recipients
        ]
    return tuple(found)


def known_to(registers: Registers, concordance: Concordance) -> Concordance:
    """The agreed words, with the organisations of the registers by their ODS codes; our own codes have to be known."""
    by_code = {(ODS, one.ods_code): one.id for one in registers.organisations.values() if one.ods_code}
    return replace(concordance, organisations=by_code | dict(concordance.organisations))


def directory_of(registers: Registers) -> Mapping[str, tuple[Code, str]]:
    """Organisation -> how it is written: by its ODS code where it has one; and its name."""
    return {
        one.id: ((ODS, one.ods_code) if one.ods_code else (ORGANISATION, one.id), one.title)
        for one in registers.organisations.values()
    }


def trace_number(nhs_number: str) -> str:
    """The ten digits of a number that was found."""
    return "".join(one for one in nhs_number if one.isdigit())


def _overrules(event: Event, one: Permission, said: datetime | None) -> bool:
    """Whether an event is the person's own word about the same recipient and purpose, from after the document."""
    about = [
        bool(ours & theirs) or "*" in ours
        for ours, theirs in (
            (event.permission.purposes, one.purposes),
            (event.permission.recipients, one.recipients),
        )
    ]
    return event.by.how != "imported" and (said is None or event.at > said) and all(about)


def _names_what_is_known(registers: Registers, imported: Imported) -> None:
    """A no to a name that nobody has here would look as if it stopped something."""
    for decided in imported.decisions:
        for element, names, known in (
            ("purpose", decided.purposes, registers.purposes),
            ("class", frozenset(decided.sections), registers.sections),
            ("actor", decided.recipients | decided.sources, registers.organisations),
        ):
            if not names - {"*"} <= known.keys():
                raise UnrepresentableError(f"Consent.provision.{element}", "it names what is not known here")


def _is_about(imported: Imported, nhs_number: str) -> None:
    handed = trace.by_nhs_number(nhs_number)
    for number in imported.patient_numbers:
        try:
            same = trace.by_nhs_number(number) == handed
        except trace.TraceError:
            same = False
        if not same:
            raise UnrepresentableError("Consent.patient", "it is about somebody else")


def read_json(document: bytes) -> Json:
    """A document's value. Raises `DocumentError`: too long, no JSON, or a name that stands twice in an object."""
    if len(document) > DOCUMENT_BYTES:
        raise DocumentError(f"a document of at most {DOCUMENT_BYTES} bytes is expected")
    try:
        value: Json = json.loads(document.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise DocumentError("JSON is expected, with no name twice in an object") from error
    return value


def _read(document: bytes) -> dict[str, Json]:
    value = read_json(document)
    if not isinstance(value, dict):
        raise DocumentError("a FHIR resource is expected")
    return value


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Of a name that stands twice, readers take one or the other: two of them would read two consents.
        raise ValueError("a name stands twice")
    return found
