"""The parts of a download that rest in the ledger, the log and the locator: decisions, history, receipts, who knows one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from audit.entries import Kind
from audit.reader import LogReader, StoredEntry
from audit.text import to_base64
from consent.ledger import Event, Ledger
from consent.permissions import Permission
from consent.portal.downloading_ports import HeldRow
from consent.portal.ports import HISTORY_PAGE, Look
from consent.portal.receipts_ports import RECEIPTS_PAGE
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.words import Words
from core.times import from_ms, to_ms
from core.vocabulary import Json, JsonObject, Label
from gateway.people.locator import Locator
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Registers
from gateway.reviews.store import Reviews, is_told, stands_in_history
from gateway.services.consent_receipts import ConsentReceipts
from gateway.services.entries import opened
from gateway.services.looks import KINDS, Looks
from gateway.services.words import Wording

Page: TypeAlias = tuple[Sequence[HeldRow], int | None]
"""Rows, and the place before which the next ones stand; None at the end."""

OTHER_KINDS = tuple(kind.value for kind in Kind if kind.value not in KINDS)
"""Kinds of entries that do not stand in the portal's history, and are the person's all the same: sign-ins, registrations."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The ledger: every decision in its order, and whether it still stands."""

    keys: KeyStore
    ledger: Ledger
    policy: LivePolicy
    name: str = "decisions"

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return _("What you decided")

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return _("Everything you allowed, stopped or said no to, and what stands now.")

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        key = await key_of(self.keys, person)
        if key is None:
            return
        events = await asyncio.to_thread(self.ledger.history, key)
        standing = await asyncio.to_thread(self.ledger.standing, key)
        ids = {one.id for one in standing.permissions}
        for event in reversed(events):
            stands = event.what == "given" and event.permission.id in ids
            yield decision_row(_, self.policy.registers, event, stands=stands)


@dataclass(frozen=True, slots=True)
class History:
    """Every line of the log about the person that they are told of, with what opens it and its proof."""

    keys: KeyStore
    reader: LogReader
    reviews: Reviews
    policy: LivePolicy
    name: str = "history"

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return _("Who looked")

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return _("Every look, every try and every change, each with the proof that nobody changed it.")

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        key = await key_of(self.keys, person)
        if key is None:
            return
        looks = Looks(self.reader, self.reviews, self.policy.registers)

        def page(before: int | None) -> Page:
            told = looks.history(key, before)
            rows = [row for one in told if (row := self.row(_, key, one)) is not None]
            return rows, told[-1].index if len(told) >= HISTORY_PAGE else None

        async for row in pages(page):
            yield row

    def row(self, _: Words, key: SubjectKey, look: Look) -> HeldRow | None:
        """A line of the portal's history with its proof; blocks."""
        entry = self.reader.entry(look.index, is_told)
        if entry is None or entry.tag != key.tag:
            return None
        # What the person did to what is theirs concerns no organisation.
        own = look.organisation_name == "You"
        facts = [
            (_("Who"), "" if own else _.told(look.role_words)),
            (_("Why"), ". ".join(_.told(text) for text in (look.purpose_title, look.because) if text)),
            (_("What kind of information"), _.listed(_.all_told(look.kinds))),
            (_("Allowed by"), _.told(look.allowed_by)),
        ]
        if look.told_later is not None:
            facts.append((_("Told you later"), _.told(look.told_later.why)))
        words = {
            "organisation": _.told(look.organisation_name),
            "what": _what(_, look.what),
            "when": _.moment(look.at),
        }
        heading = _("%(what)s, %(when)s") if own else _("%(organisation)s: %(what)s, %(when)s")
        told = heading % words
        return line(self.reader, entry, told[:1].upper() + told[1:], facts)


@dataclass(frozen=True, slots=True)
class OtherLines:
    """Lines of the log that the portal's history does not show: sign-ins, and who began to know the person."""

    keys: KeyStore
    reader: LogReader
    policy: LivePolicy
    name: str = "other-lines"

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return _("What else was written down")

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return _("When you signed in, and when an organisation told us that it knows you.")

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        key = await key_of(self.keys, person)
        if key is None:
            return
        words = Wording(self.policy.registers)

        def page(before: int | None) -> Page:
            entries = self.reader.of_tag(key.tag, OTHER_KINDS, before, HISTORY_PAGE, stands_in_history)
            rows = [self._row(_, words, entry) for entry in entries]
            return rows, entries[-1].index if len(entries) >= HISTORY_PAGE else None

        async for row in pages(page):
            yield row

    def _row(self, _: Words, words: Wording, entry: StoredEntry) -> HeldRow:
        what = (
            _("You signed in") if entry.kind == Kind.SIGN_IN.value else _("An organisation told us about you")
        )
        facts = [(_("Who"), words.organisation(entry.recipient) if entry.recipient else "")]
        return line(self.reader, entry, f"{what}, {_.moment(from_ms(entry.at_ms))}", facts)


@dataclass(frozen=True, slots=True)
class SignedReceipts:
    """The signed receipt of each decision."""

    keys: KeyStore
    receipts: ConsentReceipts
    name: str = "receipts"

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return _("Receipts")

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return _("The signed receipt of each of your decisions.")

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        before: int | None = None
        while True:
            lines = await self.receipts.receipts(person, before)
            for one in lines:
                issued = await self.receipts.receipt(person, one.reference)
                if issued is not None:
                    heading = f"{one.reference}: {_.moment(one.at)}"
                    facts = (
                        (_("Who"), _.listed(_.all_told(issued.paper.organisations))),
                        (_("Why"), _.listed(_.all_told(issued.paper.purposes))),
                        (_("The signed receipt"), _("It stands in receipts.json.")),
                    )
                    data: JsonObject = {
                        "reference": one.reference,
                        "receipt": issued.token,
                        "organisations": list(issued.paper.organisations),
                    }
                    yield HeldRow(heading, facts, data, index=one.index)
            if len(lines) < RECEIPTS_PAGE:
                return
            before = lines[-1].index


@dataclass(frozen=True, slots=True)
class WhoKnows:
    """The person's row: which organisations know them, by which number of their own, and the label of each."""

    locator: Locator
    policy: LivePolicy
    name: str = "who-knows-you"

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return _("Who knows you")

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return _("Which organisations told us that they know you, and the number they have for you.")

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        found = await asyncio.to_thread(self.locator.by_id, person)
        if found is None:
            return
        words = Wording(self.policy.registers)
        for source, reference in sorted(found.pointers.items()):
            facts = ((_("Their number for you"), reference),)
            data: JsonObject = {"source": source, "reference": reference}
            yield HeldRow(words.organisation(source), facts, data, frozenset({source}))
        for source, (label, at) in sorted(found.labels.items()):
            labelled: JsonObject = {"source": source, "label": label.value, "at": to_ms(at)}
            told = ((_("Is your address protected?"), _label(_, label)), (_("Since"), _.moment(at)))
            yield HeldRow(words.organisation(source), told, labelled, frozenset({source}), secret=True)
        if found.nhs is not None:
            kept = _("We do not keep the number. We keep a code made of it, by which we find you.")
            yield HeldRow(_("Your NHS number"), ((_("What we keep"), kept),), {"nhs_number": "index only"})


async def key_of(keys: KeyStore, person: str) -> SubjectKey | None:
    """The person's key; None for whoever was erased."""
    try:
        return await asyncio.to_thread(keys.get, person)
    except MissingKeyError:
        return None


async def pages(page: Callable[[int | None], Page]) -> AsyncIterator[HeldRow]:
    """Rows page by page, each read on a thread."""
    rows, before = await asyncio.to_thread(page, None)
    while True:
        for row in rows:
            yield row
        if before is None:
            return
        rows, before = await asyncio.to_thread(page, before)


def line(reader: LogReader, entry: StoredEntry, heading: str, facts: Sequence[tuple[str, str]]) -> HeldRow:
    """A line of the log with all by which a stranger checks it."""
    receipt = reader.receipt(entry.index)
    opening = opened(reader, entry)
    data: dict[str, Json] = {
        "index": entry.index,
        "at": entry.at_ms,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "recipient": entry.recipient,
        "role": entry.role,
        "purpose": entry.purpose,
        "leaf": to_base64(receipt.leaf),
        "receipt": receipt.text,
        "opening": None if opening is None else opening.to_json(),
    }
    told = tuple(fact for fact in facts if fact[1])
    return HeldRow(heading, told, data, frozenset({entry.recipient or ""}), index=entry.index)


def without_ids(permission: Permission) -> dict[str, Json]:
    """A permission without the internal ids of people: whoever acted for somebody is a person too."""
    value = permission.to_json()
    given = {name: one for name, one in cast("JsonObject", value["given"]).items() if name != "by"}
    return {**value, "given": given}


def decision_row(_: Words, registers: Registers, event: Event, *, stands: bool) -> HeldRow:
    """One event of the ledger, told to the person themselves."""
    words, permission = Wording(registers), event.permission
    yes = not permission.kind.refuses
    begun = event.what == "given"
    what = (
        (_("You allowed this") if begun else _("You stopped this"))
        if yes
        else (_("You said no") if begun else _("You took back your no"))
    )
    names = permission.recipients | permission.sources
    facts = (
        (_("Who"), _names(_, words, permission.recipients)),
        (_("Why"), _.listed([_.told(words.purpose(one)) or one for one in sorted(permission.purposes)])),
        (_("What kind of information"), _.listed(_.all_told(words.sections(permission.sections)))),
        (_("From"), _names(_, words, permission.sources)),
        (_("Until"), _.moment(permission.until) if permission.until else _("It is stopped")),
        (_("In your words"), event.by.why),
        (_("Does it stand now?"), _("Yes") if stands else _("No")),
    )
    data: JsonObject = {
        "revision": event.revision,
        "at": to_ms(event.at),
        "what": event.what,
        "stands": stands,
        "permission": without_ids(permission),
        "by": {"how": event.by.how, "capacity": event.by.capacity, "why": event.by.why},
    }
    heading = f"{what}, {_.moment(event.at)}"
    return HeldRow(heading, tuple(fact for fact in facts if fact[1]), data, names)


def _names(_: Words, words: Wording, codes: frozenset[str]) -> str:
    return _("Everybody who takes part") if "*" in codes else _.listed(sorted(map(words.organisation, codes)))


def _label(_: Words, label: Label) -> str:
    return {
        Label.UNRESTRICTED: _("No"),
        Label.RESTRICTED: _("Yes"),
        Label.VERY_RESTRICTED: _("Yes, and more than that"),
        Label.REDACTED: _("They took the record back"),
    }.get(label, _("They do not know"))


def _what(_: Words, what: str) -> str:
    return {
        "looked": _("looked"),
        "tried": _("tried to look, and was not shown anything"),
        "emergency": _("looked in an emergency, without asking first"),
        "allowed": _("you allowed this"),
        "stopped": _("you stopped this"),
        "said-no": _("you said no"),
        "took-back": _("you took back your no"),
        "requested": _("asked you to allow something"),
        "declined": _("you did not allow it"),
        "checked": _("checked a look at you"),
        "story": _("you changed your story"),
        "story-deleted": _("you deleted your story"),
        "settings": _("you changed your settings"),
        "downloaded": _("you downloaded everything"),
    }.get(what, _("something was changed"))
