"""The officers' console, served: the entries of the officer's own organisation, each look at them written in the log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request

from audit.checkpoint import open_checkpoint
from audit.committer import Committer
from audit.console.overviews import Overview
from audit.console.ports import (
    SEARCH_PAGE,
    Decision,
    FilterOptions,
    Filters,
    Item,
    LogState,
    NotDecided,
    Officer,
    Option,
    Review,
    ReviewKind,
    Row,
    Task,
    Verified,
    Waiting,
)
from audit.console.samples import Samples
from audit.entries import Draft, Kind, seal_entry
from audit.errors import VerificationError
from audit.log import Append
from audit.note import VerifierKey
from audit.reader import LogReader, Query
from audit.store import LogStore
from core.clock import Clock
from core.keys import KeyStore
from core.times import from_ms, to_ms
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Registers
from gateway.reviews.deciding import Deciding
from gateway.reviews.sampling import Sampling
from gateway.reviews.store import Reviews, StoredTask
from gateway.services.entries import INDEX_MAXIMUM, checked
from gateway.services.items import KINDS, Items, outcome_title
from gateway.services.overview import OverviewDesk
from gateway.services.reviewing import ReviewDesk
from gateway.services.samples import SampleDesk
from gateway.services.words import Wording, seen_words
from gateway.signin.service import SignIn
from gateway.views.record import is_code

_LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class OfficerServices:
    """Implements `audit.console.ports.ConsoleServices`."""

    signin: SignIn
    reader: LogReader
    store: LogStore
    keys: KeyStore
    committer: Committer
    policy: LivePolicy
    clock: Clock
    log_key: VerifierKey
    reviews: Reviews
    other_log_keys: tuple[VerifierKey, ...] = ()

    @property
    def registers(self) -> Registers:
        """The registers of the policy that decides now."""
        return self.policy.registers

    @property
    def items(self) -> Items:
        """Entries, told in the words of the registers that hold now."""
        return Items(self.reader, self.reviews, self.registers)

    @property
    def desk(self) -> ReviewDesk:
        """The reviews."""
        return ReviewDesk(
            self.items, self.reviews, Deciding(self.committer, self.clock), self.keys, self.clock
        )

    @property
    def sample_desk(self) -> SampleDesk:
        """What is drawn by chance."""
        return SampleDesk(
            Sampling(self.reviews.database, self.reader, self.committer, self.keys, self.clock), self.clock
        )

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
            kinds=tuple(Option(kind.value, title) for kind, title in KINDS.items()),
            outcomes=tuple(Option(code, outcome_title(code)) for code in outcomes),
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
        return await asyncio.to_thread(self.items.item, index, officer.organisation)

    async def verify(self, officer: Officer, index: int) -> Verified:
        """See `ConsoleServices.verify`."""
        now = self.clock.now()
        try:
            witnesses = await asyncio.to_thread(self._verify, index)
        except VerificationError:
            return Verified(
                ok=False, words="The proof does not hold. Keep this page and tell the log's keeper.", at=now
            )
        return Verified(
            ok=True,
            words=f"The entry stands in the log, unchanged, under its signed checkpoint.{seen_words(witnesses)}",
            at=now,
        )

    async def waiting(self, officer: Officer) -> Waiting:
        """See `ConsoleServices.waiting`."""
        return await asyncio.to_thread(self.desk.waiting, officer.organisation)

    async def tasks(self, officer: Officer) -> tuple[Task, ...]:
        """See `ConsoleServices.tasks`."""
        await self._note(officer, "searched", {"reviews": "waiting"})
        return await asyncio.to_thread(self.desk.tasks, officer.organisation)

    async def review(self, officer: Officer, kind: ReviewKind, index: int) -> Review | None:
        """See `ConsoleServices.review`."""
        task = await self._own_task(officer, kind, index)
        # Whose organisation has no part in it is refused there, and that is written down.
        item = await self.item(officer, index)
        if task is None or item is None:
            return None
        return await asyncio.to_thread(self.desk.review, officer.id, task, item)

    async def decide(self, officer: Officer, kind: ReviewKind, index: int, decision: Decision) -> None:
        """See `ConsoleServices.decide`."""
        task = await self._own_task(officer, kind, index)
        entry = await asyncio.to_thread(self.reader.entry, index)
        if task is None or entry is None:
            raise NotDecided("There is nothing for your organisation to decide here.")
        await self.desk.decide(officer.id, task, entry, decision)

    async def overview(self, officer: Officer) -> Overview:
        """See `ConsoleServices.overview`."""
        await self._note(officer, "searched", {"overview": "counts"})
        desk = OverviewDesk(self.reader, Wording(self.registers), self.clock)
        return await asyncio.to_thread(desk.overview, officer.organisation)

    async def samples(self, officer: Officer) -> Samples:
        """See `ConsoleServices.samples`."""
        await self._note(officer, "searched", {"samples": "draws"})
        return await asyncio.to_thread(self.sample_desk.samples, officer.organisation)

    async def draw(self, officer: Officer, percent: int) -> None:
        """See `ConsoleServices.draw`."""
        await self.sample_desk.draw(officer.id, officer.organisation, percent)

    async def _own_task(self, officer: Officer, kind: ReviewKind, index: int) -> StoredTask | None:
        """The officer's organisation alone says which review it is: no address names another's."""
        if index > INDEX_MAXIMUM:
            return None
        return await asyncio.to_thread(self.reviews.task, index, kind, officer.organisation)

    async def log_state(self) -> LogState:
        """See `ConsoleServices.log_state`."""
        head = await asyncio.to_thread(self.store.head)
        if head is None:
            return LogState(0, None, "")
        checkpoint = open_checkpoint(head.checkpoint, [self.log_key, *self.other_log_keys])
        return LogState(checkpoint.size, from_ms(head.at_ms), head.checkpoint)

    def _verify(self, index: int) -> int:
        """How many witnesses have seen the log that holds it. Raises `VerificationError` where the proof does not hold."""
        entry, receipt = self.reader.entry(index), self.reader.receipt(index)
        if entry is None:
            raise VerificationError("the entry's detail is gone")
        checked(self.reader, entry, receipt, self.log_key, *self.other_log_keys)
        return len(receipt.witnesses)

    def _search(self, query: Query) -> tuple[Row, ...]:
        code = query.text.upper()
        if not is_code(code):
            return tuple(map(self.items.row, self.reader.search(query)))
        found = map(self.items.row, self.reader.search(replace(query, text="", code=code)))
        # What is sealed under a key that was erased is about nobody any more, whatever its index still says.
        return tuple(row for row in found if row.person_pseudonym == code)

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
