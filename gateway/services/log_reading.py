"""The log, read by an organisation's officers through the API: their own organisation's entries, and every read an entry.

As in the console: the read is in the log before anything of it is answered, and another organisation's entry is refused
like one that there is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.committer import Committer
from audit.console.ports import Item
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
from core.times import from_ms
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.exporting import officers_may_open
from gateway.identity.caller import Caller
from gateway.policy.register_values import Registers
from gateway.reviews.store import Reviews
from gateway.services.entries import INDEX_MAXIMUM, detail_of, mapping, opened, texts
from gateway.services.items import Items
from gateway.signin.admission import OFFICER

SEARCHED, OPENED, REFUSED, PROVED = "searched", "opened", "refused", "proved"
"""The outcomes of the entries that tell of reads (docs/audit-log.md)."""


@dataclass(frozen=True, slots=True)
class LogParts:
    """What reads. cosigned: the newest checkpoint that witnesses have seen, if any."""

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
    """A page of entries, each with the code of its person, empty where there is none.

    next: the index before which the next page begins; None on the last one.
    """

    entries: tuple[tuple[StoredEntry, str], ...]
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


async def entries(parts: LogParts, reading: Reading, asked: Query) -> Listed:
    """The newest entries that concern the officer's organisation and fit. Raises `ClosedError`.

    asked: of the officer's own organisation, whatever it names.
    """
    filters: dict[str, Json] = {"kind": asked.kind, "outcome": asked.outcome, "purpose": asked.purpose}
    await _note(parts, reading, SEARCHED, filters)
    return await asyncio.to_thread(_listed, parts, replace(asked, organisation=reading.caller.organisation))


async def entry(parts: LogParts, reading: Reading, index: int) -> Opened | None:
    """One entry; None where there is none that concerns the officer's organisation. Raises `ClosedError`."""
    organisation = reading.caller.organisation
    possible = index <= INDEX_MAXIMUM
    if not possible or not await asyncio.to_thread(parts.reader.concerns, index, organisation):
        await _note(parts, reading, REFUSED, {"entry": index if possible else None})
        return None
    await _note(parts, reading, OPENED, {"entry": index})
    return await asyncio.to_thread(_opened, parts, index, organisation)


async def state(parts: LogParts, reading: Reading) -> State:
    """The log as it stands, this read included. Raises `ClosedError`."""
    await _note(parts, reading, PROVED, {"proof": "checkpoint"})
    return await asyncio.to_thread(_state, parts)


async def inclusion(parts: LogParts, reading: Reading, index: int, size: int) -> Inclusion | None:
    """That an entry stands in the log of a size; None where the log does not reach it. Raises `ClosedError`."""
    await _note(parts, reading, PROVED, {"proof": "inclusion", "entry": index, "size": size})
    return await asyncio.to_thread(parts.proofs.inclusion, index, size)


async def consistency(parts: LogParts, reading: Reading, first: int, second: int) -> Consistency | None:
    """That one size of the log continues another; None where the log has no such sizes. Raises `ClosedError`."""
    await _note(parts, reading, PROVED, {"proof": "consistency", "from": first, "to": second})
    return await asyncio.to_thread(parts.proofs.consistency, first, second)


def summary(stored: StoredEntry, person: str) -> dict[str, object]:
    """An entry as a list of the contract shows it. person: the code, empty where there is none."""
    return {
        "index": stored.index,
        "at": from_ms(stored.at_ms),
        "kind": stored.kind,
        "outcome": stored.outcome,
        "recipient": stored.recipient,
        "role": stored.role,
        "purpose": stored.purpose,
        "person": person or None,
    }


def full(found: Opened) -> dict[str, object]:
    """An entry in full as the contract writes it."""
    item, hold = found.item, found.item.hold
    return {
        **summary(found.stored, item.row.person_pseudonym),
        "shown": found.shown,
        "basis": item.basis,
        "clause": item.clause,
        "decision": item.decision,
        "reason": item.reason,
        "emergency": item.emergency,
        "person_said": item.person_said,
        "hold": None
        if hold is None
        else {
            "reason": hold.reason,
            "look_again": hold.look_again,
            "countersigned": hold.countersigned,
            "released": hold.released,
        },
        "reviews": [
            {"kind": one.kind, "outcome": one.outcome, "at": one.at, "index": one.index}
            for one in item.reviews
        ],
        "about": item.about,
        "words": item.words,
        "leaf": item.leaf,
        "receipt": item.receipt,
    }


def event(parts: LogParts, stored: StoredEntry) -> Mapping[str, Json]:
    """An entry as a FHIR AuditEvent, with what an officer's export would hold of it."""
    exported = ExportedRow(stored.index, stored.leaf, stored, ())
    opening = opened(parts.reader, stored)
    shown = opening if opening is not None and officers_may_open(exported, opening) else None
    return audit_event(exported, shown, parts.log_keys[0].name)


def _listed(parts: LogParts, asked: Query) -> Listed:
    items = _items(parts)
    # One entry more than a page holds says that there is another page.
    found = parts.reader.search(replace(asked, limit=asked.limit + 1))
    rows = ((one, items.row(one).person_pseudonym) for one in found[: asked.limit])
    # What is sealed under a key that was erased is about nobody any more, whatever its index still says.
    shown = tuple((one, person) for one, person in rows if asked.code is None or person == asked.code)
    return Listed(shown, found[asked.limit - 1].index if len(found) > asked.limit else None)


def _items(parts: LogParts) -> Items:
    return Items(parts.reader, parts.reviews, parts.registers())


def _opened(parts: LogParts, index: int, organisation: str) -> Opened | None:
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


def _state(parts: LogParts) -> State:
    head = parts.store.head()
    if head is None:
        raise ClosedError("audit log", "not begun")
    return State(head, open_checkpoint(head.checkpoint, parts.log_keys), parts.cosigned())


async def _note(parts: LogParts, reading: Reading, outcome: str, what: Mapping[str, Json]) -> None:
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
