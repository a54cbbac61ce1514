"""The officers' console, served: the entries of the officer's own organisation, each look at them written in the log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request

from audit.checkpoint import open_checkpoint
from audit.committer import Committer
from audit.console.ports import (
    SEARCH_PAGE,
    FilterOptions,
    Filters,
    Item,
    LogState,
    Officer,
    Option,
    Row,
    SourceFields,
    Verified,
)
from audit.entries import Draft, Kind, seal_entry
from audit.errors import VerificationError
from audit.log import Append
from audit.note import VerifierKey
from audit.reader import LogReader, Query, StoredEntry
from audit.store import LogStore
from audit.text import to_base64
from core.clock import Clock
from core.keys import KeyStore
from core.times import from_ms, to_ms
from core.unit_of_work import only
from core.vocabulary import Json, JsonObject
from gateway.policy.register_values import Registers
from gateway.services.entries import INDEX_MAXIMUM, checked, mapping, opened, text, texts
from gateway.services.words import Wording
from gateway.signin.service import SignIn
from gateway.views.record import is_code

CODE_PAGE, CODE_PAGES = 200, 10
"""A person's code is looked for among the newest 2,000 entries that fit the other filters."""

_LONDON = ZoneInfo("Europe/London")
_KINDS = {
    Kind.DISCLOSURE: "Look",
    Kind.REFUSAL: "Refusal",
    Kind.CONSENT: "Change of permission",
    Kind.POINTER: "Record registered",
    Kind.SIGN_IN: "Sign-in",
    Kind.AUDIT_READ: "Look at the log",
}
_OUTCOMES = {
    "disclosed": "Shown",
    "empty": "Nothing shown",
    "given": "Allowed",
    "withdrawn": "Stopped by the person",
    "registered": "Registered",
    "revoked": "Taken back",
    "signed-in": "Signed in",
    "searched": "Searched",
    "opened": "Opened",
}


@dataclass(frozen=True, slots=True)
class OfficerServices:
    """Implements `audit.console.ports.ConsoleServices`."""

    signin: SignIn
    reader: LogReader
    store: LogStore
    keys: KeyStore
    committer: Committer
    registers: Registers
    clock: Clock
    log_key: VerifierKey

    async def signed_in(self, request: Request) -> Officer | None:
        """See `ConsoleServices.signed_in`."""
        session = await self.signin.current(request, "console")
        if session is None or session.organisation is None:
            return None
        name = Wording(self.registers).organisation(session.organisation)
        return Officer(session.subject, session.name, session.organisation, name, session.csrf)

    def sign_in_url(self, request: Request) -> str:
        """See `ConsoleServices.sign_in_url`."""
        return self.signin.sign_in_url(request, "console")

    def sign_out_url(self, request: Request) -> str:
        """See `ConsoleServices.sign_out_url`."""
        return "/signin/out"

    def csrf_ok(self, request: Request, token: str) -> bool:
        """See `ConsoleServices.csrf_ok`."""
        return self.signin.csrf_ok(request, "console", token)

    async def options(self, officer: Officer) -> FilterOptions:
        """See `ConsoleServices.options`."""
        outcomes = await asyncio.to_thread(self.reader.outcomes, officer.organisation)
        return FilterOptions(
            kinds=tuple(Option(kind.value, title) for kind, title in _KINDS.items()),
            outcomes=tuple(
                Option(code, _OUTCOMES.get(code, code.replace("-", " ").capitalize())) for code in outcomes
            ),
            purposes=tuple(Option(one.id, one.title) for one in self.registers.purposes.values()),
        )

    async def search(self, officer: Officer, filters: Filters) -> tuple[Row, ...]:
        """See `ConsoleServices.search`."""
        query = Query(
            organisation=officer.organisation,
            kind=filters.kind,
            outcome=filters.outcome,
            purpose=filters.purpose,
            text=filters.text,
            from_ms=None if filters.from_day is None else to_ms(_midnight(filters.from_day)),
            until_ms=_after(filters.to_day),
            before=None if filters.before is None else min(filters.before, INDEX_MAXIMUM),
            limit=SEARCH_PAGE,
        )
        await self._note(
            officer,
            "searched",
            {"kind": filters.kind, "outcome": filters.outcome, "purpose": filters.purpose},
        )
        return await asyncio.to_thread(self._search, query)

    async def item(self, officer: Officer, index: int) -> Item | None:
        """See `ConsoleServices.item`."""
        possible = index <= INDEX_MAXIMUM
        if not possible or not await asyncio.to_thread(self.reader.concerns, index, officer.organisation):
            await self._note(officer, "refused", {"entry": index if possible else None})
            return None
        await self._note(officer, "opened", {"entry": index})
        return await asyncio.to_thread(self._item, index)

    async def verify(self, officer: Officer, index: int) -> Verified:
        """See `ConsoleServices.verify`."""
        now = self.clock.now()
        try:
            await asyncio.to_thread(self._verify, index)
        except VerificationError:
            return Verified(
                ok=False, words="The proof does not hold. Keep this page and tell the log's keeper.", at=now
            )
        return Verified(
            ok=True, words="The entry stands in the log, unchanged, under its signed checkpoint.", at=now
        )

    async def log_state(self) -> LogState:
        """See `ConsoleServices.log_state`."""
        head = await asyncio.to_thread(self.store.head)
        if head is None:
            return LogState(0, None, "")
        checkpoint = open_checkpoint(head.checkpoint, [self.log_key])
        return LogState(checkpoint.size, from_ms(head.at_ms), head.checkpoint)

    def _verify(self, index: int) -> None:
        entry, receipt = self.reader.entry(index), self.reader.receipt(index)
        if entry is None:
            raise VerificationError("the entry's detail is gone")
        checked(self.reader, entry, receipt, self.log_key)

    def _search(self, query: Query) -> tuple[Row, ...]:
        code = query.text.upper()
        if not is_code(code):
            return tuple(self._row(entry) for entry in self.reader.search(query))
        # The person's code stands in the sealed detail only, so it is looked for entry by entry, newest first.
        rows: list[Row] = []
        page, before = replace(query, text="", limit=CODE_PAGE), query.before
        for _ in range(CODE_PAGES):
            entries = self.reader.search(replace(page, before=before))
            rows += (row for row in map(self._row, entries) if row.person_pseudonym == code)
            if len(entries) < CODE_PAGE or len(rows) >= SEARCH_PAGE:
                break
            before = entries[-1].index
        return tuple(rows[:SEARCH_PAGE])

    def _row(self, entry: StoredEntry) -> Row:
        words = Wording(self.registers)
        opening = opened(self.reader, entry)
        return Row(
            index=entry.index,
            at=from_ms(entry.at_ms),
            kind=entry.kind,
            outcome=entry.outcome,
            recipient_name="" if entry.recipient is None else words.organisation(entry.recipient),
            role=words.role(entry.role),
            purpose_title=words.purpose(entry.purpose),
            person_pseudonym=""
            if opening is None
            else text(mapping(opening.detail.get("detail")).get("person")),
        )

    def _item(self, index: int) -> Item | None:
        entry = self.reader.entry(index)
        if entry is None:
            return None
        opening = opened(self.reader, entry)
        detail: JsonObject = {} if opening is None else mapping(opening.detail.get("detail"))
        basis = [mapping(one) for one in mapping(detail.get("basis")).values()]
        receipt = self.reader.receipt(index)
        relied = texts(detail.get("relied_on"))
        return Item(
            row=self._row(entry),
            fields=_fields(Wording(self.registers), mapping(detail.get("sections"))),
            basis="; ".join(dict.fromkeys(_basis(one) for one in basis)),
            clause="; ".join(
                dict.fromkeys(
                    f"{text(one.get('agreement'))}, clause {text(one.get('clause'))}" for one in basis
                )
            ),
            decision=_OUTCOMES.get(entry.outcome, entry.outcome.replace("-", " ").capitalize()),
            reason=text(detail.get("reason")),
            person_said=_said(relied) if entry.kind == Kind.DISCLOSURE.value else "",
            proof_state=f"In the log as entry {index}, under the signed checkpoint below",
            leaf=to_base64(receipt.leaf),
            receipt=receipt.text,
        )

    async def _note(self, officer: Officer, outcome: str, what: dict[str, Json]) -> None:
        draft = Draft(
            kind=Kind.AUDIT_READ,
            outcome=outcome,
            organisations=frozenset({officer.organisation}),
            detail={"officer": officer.id, **what},
            recipient=officer.organisation,
            role="officer",
        )
        key = await asyncio.to_thread(self.keys.get_or_create, f"org:{officer.organisation}")
        await self.committer.append(Append(only(None, seal_entry(draft, key))))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _LONDON)


def _after(day: date | None) -> int | None:
    """The first millisecond after a day; None where the calendar ends with it."""
    return None if day is None or day == date.max else to_ms(_midnight(day + timedelta(days=1)))


def _fields(words: Wording, shown: JsonObject) -> tuple[SourceFields, ...]:
    return tuple(
        SourceFields(
            words.organisation(source),
            tuple(
                f"{section}.{name}"
                for section, names in sorted(mapping(sections).items())
                for name in texts(names)
            ),
        )
        for source, sections in sorted(shown.items())
    )


def _basis(basis: JsonObject) -> str:
    article_6 = mapping(mapping(basis.get("article_6")).get("recipient"))
    article_9 = mapping(basis.get("article_9"))
    parts = [f"{text(article_6.get('point'))} {text(article_6.get('law'))}"]
    if article_9:
        parts.append(f"{text(article_9.get('condition'))} {text(article_9.get('law'))}")
    confidentiality = mapping(basis.get("confidentiality"))
    if confidentiality:
        parts.append(f"confidentiality: {text(confidentiality.get('gate'))}")
    return ", ".join(part.strip() for part in parts)


def _said(relied: tuple[str, ...]) -> str:
    """Of a look that showed something. Of one that showed nothing it would tell the asker's officers what silence hides."""
    if relied:
        return (
            f"They had allowed it ({len(relied)} permission in force)"
            if len(relied) == 1
            else (f"They had allowed it ({len(relied)} permissions in force)")
        )
    return "They had allowed nothing that this could rest on"
