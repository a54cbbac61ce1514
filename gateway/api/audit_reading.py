"""The log, read by an organisation's officers through the API: their own organisation's entries, and every read an entry.

As in the console: the read is in the log before anything of it is answered, and another organisation's entry is refused
like one that there is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.committer import Committer
from audit.console.ports import Item, Row
from audit.entries import Draft, Kind, seal_entry
from audit.export.fhir import audit_event
from audit.export.rows import Row as ExportedRow
from audit.log import Append
from audit.note import VerifierKey
from audit.proofs import Consistency, Inclusion, Proofs
from audit.reader import LogReader, Query, StoredEntry
from audit.store import Head, LogStore
from audit.witness.kept import Cosigned
from core.errors import ClosedError
from core.keys import KeyStore
from core.times import to_ms
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.api.audit_models import EntriesQuery
from gateway.exporting import officers_may_open
from gateway.identity.caller import Caller, require_scope
from gateway.policy.register_values import Registers
from gateway.policy.uk_days import start_of_day
from gateway.problems import BadRequestError
from gateway.reviews.store import Reviews
from gateway.services.entries import INDEX_MAXIMUM, detail_of, mapping, opened, texts
from gateway.services.items import Items
from gateway.signin.admission import OFFICER
from gateway.views.pipeline import Authenticates

SCOPE: Final = "audit"
SEARCHED, OPENED, REFUSED, PROVED = "searched", "opened", "refused", "proved"
"""The outcomes of the entries that tell of reads (docs/audit-log.md)."""


@dataclass(frozen=True, slots=True)
class AuditParts:
    """What the endpoints use. cosigned: the newest checkpoint that witnesses have seen, if any."""

    verifier: Authenticates
    reader: LogReader
    store: LogStore
    proofs: Proofs
    reviews: Reviews
    keys: KeyStore
    committer: Committer
    registers: Callable[[], Registers]
    log_keys: tuple[VerifierKey, ...]
    cosigned: Callable[[], Cosigned | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """One request of an officer. correlation: our own name for it."""

    caller: Caller
    correlation: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of entries, each as it stands and as a list of the console shows it.

    next: the index before which the next page begins; None on the last one.
    """

    entries: tuple[tuple[StoredEntry, Row], ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """One entry, as it stands and as the console tells it. shown: what left, by source, section and field."""

    stored: StoredEntry
    item: Item
    shown: Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class State:
    """The log as it stands."""

    head: Head
    checkpoint: Checkpoint
    cosigned: Cosigned | None


def require_officer(caller: Caller) -> None:
    """Raise unless the caller is an officer with the scope: what the console demands of whoever signs in there."""
    require_scope(caller, SCOPE)
    if caller.practitioner is None or caller.role != OFFICER:
        raise BadRequestError("officers-only")


async def entries(parts: AuditParts, reading: Reading, asked: EntriesQuery) -> Listed:
    """The newest entries that concern the officer's organisation and fit. Raises `ClosedError`."""
    filters: dict[str, Json] = {"kind": asked.kind, "outcome": asked.outcome, "purpose": asked.purpose}
    await _note(parts, reading, SEARCHED, filters)
    return await asyncio.to_thread(_listed, parts, reading.caller.organisation, asked)


def query_of(organisation: str, asked: EntriesQuery) -> Query:
    """What is searched for, one entry more than a page holds."""
    return Query(
        organisation=organisation,
        kind=asked.kind,
        outcome=asked.outcome,
        purpose=asked.purpose,
        text=asked.text or "",
        from_ms=None if asked.from_day is None else to_ms(start_of_day(asked.from_day)),
        until_ms=_after(asked.to_day),
        before=asked.cursor,
        limit=asked.limit + 1,
        code=asked.person,
    )


async def entry(parts: AuditParts, reading: Reading, index: int) -> Opened | None:
    """One entry; None where there is none that concerns the officer's organisation. Raises `ClosedError`."""
    organisation = reading.caller.organisation
    possible = index <= INDEX_MAXIMUM
    if not possible or not await asyncio.to_thread(parts.reader.concerns, index, organisation):
        await _note(parts, reading, REFUSED, {"entry": index if possible else None})
        return None
    await _note(parts, reading, OPENED, {"entry": index})
    return await asyncio.to_thread(_opened, parts, index, organisation)


async def state(parts: AuditParts, reading: Reading) -> State:
    """The log as it stands, this read included. Raises `ClosedError`."""
    await _note(parts, reading, PROVED, {"proof": "checkpoint"})
    return await asyncio.to_thread(_state, parts)


async def inclusion(parts: AuditParts, reading: Reading, index: int, size: int) -> Inclusion | None:
    """That an entry stands in the log of a size; None where the log does not reach it. Raises `ClosedError`."""
    await _note(parts, reading, PROVED, {"proof": "inclusion", "entry": index, "size": size})
    return await asyncio.to_thread(parts.proofs.inclusion, index, size)


async def consistency(parts: AuditParts, reading: Reading, first: int, second: int) -> Consistency | None:
    """That one size of the log continues another; None where the log has no such sizes. Raises `ClosedError`."""
    await _note(parts, reading, PROVED, {"proof": "consistency", "from": first, "to": second})
    return await asyncio.to_thread(parts.proofs.consistency, first, second)


def event(parts: AuditParts, stored: StoredEntry) -> Mapping[str, Json]:
    """An entry as a FHIR AuditEvent, with what an officer's export would hold of it."""
    exported = ExportedRow(stored.index, stored.leaf, stored, ())
    opening = opened(parts.reader, stored)
    shown = opening if opening is not None and officers_may_open(exported, opening) else None
    return audit_event(exported, shown, parts.log_keys[0].name)


def _listed(parts: AuditParts, organisation: str, asked: EntriesQuery) -> Listed:
    found, items = parts.reader.search(query_of(organisation, asked)), _items(parts)
    rows = ((one, items.row(one)) for one in found[: asked.limit])
    # What is sealed under a key that was erased is about nobody any more, whatever its index still says.
    shown = tuple(
        (one, row) for one, row in rows if asked.person is None or row.person_pseudonym == asked.person
    )
    # One entry more than a page holds says that there is another page.
    return Listed(shown, found[asked.limit - 1].index if len(found) > asked.limit else None)


def _items(parts: AuditParts) -> Items:
    return Items(parts.reader, parts.reviews, parts.registers())


def _opened(parts: AuditParts, index: int, organisation: str) -> Opened | None:
    stored, item = parts.reader.entry(index), _items(parts).item(index, organisation)
    # Only where somebody took the detail's row away: then there is a leaf, and nothing to tell of it.
    if stored is None or item is None:
        return None
    shown = mapping(detail_of(opened(parts.reader, stored)).get("sections"))
    fields = {
        source: {section: sorted(texts(names)) for section, names in sorted(mapping(one).items())}
        for source, one in sorted(shown.items())
    }
    return Opened(stored, item, fields)


def _state(parts: AuditParts) -> State:
    head = parts.store.head()
    if head is None:
        raise ClosedError("audit log", "not begun")
    return State(head, open_checkpoint(head.checkpoint, parts.log_keys), parts.cosigned())


async def _note(parts: AuditParts, reading: Reading, outcome: str, what: Mapping[str, Json]) -> None:
    caller = reading.caller
    draft = Draft(
        kind=Kind.AUDIT_READ,
        outcome=outcome,
        organisations=frozenset({caller.organisation}),
        detail={
            "officer": caller.practitioner,
            "client": caller.client,
            "issuer": caller.issuer,
            "correlation": reading.correlation,
            **what,
        },
        recipient=caller.organisation,
        role=OFFICER,
    )
    key = await asyncio.to_thread(parts.keys.get_or_create, f"org:{caller.organisation}")
    await parts.committer.append(Append(only(None, seal_entry(draft, key))))


def _after(day: date | None) -> int | None:
    """The first millisecond after a day; None where the calendar ends with it."""
    return None if day is None or day == date.max else to_ms(start_of_day(day + timedelta(days=1)))
