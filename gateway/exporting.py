"""Exports over a gateway's own storage: NDJSON, CSV, FHIR, evidence packs. Each is itself written in the log first.

An officer's export holds only entries that concern their organisation, and opens only what their console would show them:
what nothing was shown of stays silent, and so does which sources knew the person and failed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Literal

import orjson

from audit.entries import Draft, Kind, Opening, seal_entry
from audit.errors import VerificationError
from audit.export import fhir, table
from audit.export.lines import EntryLine, Header, write_line
from audit.export.packing import ENTRIES_MAXIMUM, PackError, PackSigning, Told, pack_signing, write_pack
from audit.export.rows import ExportRows, Row, Selection
from audit.export.writing import Exporting, May, everybody
from audit.log import Append, Log
from audit.note import VerifierKey
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import KeyStore
from core.storage import Database
from core.times import to_ms
from core.unit_of_work import only
from gateway.policy.uk_days import end_of_day, start_of_day
from gateway.secrets import load_secrets
from gateway.settings import Settings

Format = Literal["ndjson", "csv", "fhir", "pack"]
FORMATS: tuple[Format, ...] = ("ndjson", "csv", "fhir", "pack")
OUTCOME = "exported"
_SHOWN = frozenset({"disclosed", "confirmed"})


class ExportingError(OnceToldError):
    """The export cannot be made; the message says what to change."""


def officers_may_open(row: Row, opening: Opening) -> bool:
    """Whether officers of an organisation that an entry concerns may have all of its detail.

    Of a look that showed nothing the detail says why, and of one that showed something which other sources failed: both tell
    who knows the person. Of a permission it names every recipient.
    """
    if row.stored is None:
        return False
    if row.stored.kind in {Kind.ADMINISTRATION.value, Kind.AUDIT_READ.value}:
        return True
    looked = row.stored.kind in {Kind.DISCLOSURE.value, Kind.BREAK_GLASS.value}
    return looked and row.stored.outcome in _SHOWN and not _detail_of(opening).get("failures")


def _detail_of(opening: Opening) -> Mapping[str, object]:
    """What an entry says beside its columns: `gateway.services` reads it alike, but builds on this module."""
    detail = opening.detail.get("detail")
    return detail if isinstance(detail, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Exports:
    """Makes exports of one log. signing: for its evidence packs. other_keys: those that signed before, or sign beside it."""

    rows: ExportRows
    signing: PackSigning
    clock: Clock
    other_keys: tuple[VerifierKey, ...] = ()

    def write(
        self, out: BinaryIO, form: Format, selection: Selection, may_open: May | None, concerning: str = ""
    ) -> int:
        """Write an export; gives the number of its entries. Raises `PackError`, `VerificationError`."""
        if form == "pack":
            return self.pack(out, selection, may_open, concerning)
        if form == "ndjson":
            count = 0
            for line in self._exporting.lines(selection, may_open, self.clock.now()):
                count += isinstance(line, EntryLine)
                out.write(write_line(line))
            return count
        rows = self.rows.entries(selection, self.rows.head().frontier.size)
        return self._csv(out, rows) if form == "csv" else self._fhir(out, rows, may_open)

    def pack(self, out: BinaryIO, selection: Selection, may_open: May | None, concerning: str) -> int:
        """Write an evidence pack. concerning: for whom and about what, in one line. Raises as `write`."""
        if selection.whole:
            raise PackError("a pack is of one organisation, one entry or one time: say which")
        now = self.clock.now()
        header: Header | None = None
        lines: list[EntryLine] = []
        for line in self._exporting.lines(selection, may_open, now):
            if isinstance(line, Header):
                header = line
            elif isinstance(line, EntryLine):
                lines.append(line)
                if len(lines) > ENTRIES_MAXIMUM:
                    raise PackError(f"a pack holds at most {ENTRIES_MAXIMUM} entries: choose another period")
        if header is None:
            raise VerificationError("there is no log")
        chosen = list(self.rows.entries(selection, header.size))
        csv, events = io.BytesIO(), io.BytesIO()
        self._csv(csv, iter(chosen))
        self._fhir(events, iter(chosen), may_open)
        beside = {
            "entries.csv": csv.getvalue(),
            "entries.csv-metadata.json": _json(table.metadata("entries.csv")),
            "audit-events.json": events.getvalue(),
        }
        write_pack(out, header, lines, beside, Told(concerning, now), self.signing)
        return len(lines)

    @property
    def _exporting(self) -> Exporting:
        return Exporting(self.rows, self.signing.verifier_key, self.other_keys)

    def _csv(self, out: BinaryIO, rows: Iterator[Row]) -> int:
        out.write(table.header().encode())
        count = 0
        for row in rows:
            out.write(table.row_text(row).encode())
            count += 1
        return count

    def _fhir(self, out: BinaryIO, rows: Iterator[Row], may_open: May | None) -> int:
        """One Bundle, written entry by entry."""
        start = orjson.dumps(fhir.bundle_start(self.signing.name))
        out.write(start[:-1] + b',"entry":[')
        count = 0
        for row in rows:
            if row.stored is None:
                # Nothing is known of it but its leaf, which is no event.
                continue
            event = fhir.audit_event(row, self._opening(row, may_open), self.signing.name)
            full = {"fullUrl": f"urn:uuid:{event['id']}", "resource": event}
            out.write((b"," if count else b"") + b"\n" + orjson.dumps(full, default=dict))
            count += 1
        out.write(b"]}\n")
        return count

    def _opening(self, row: Row, may_open: May | None) -> Opening | None:
        if may_open is None:
            return None
        try:
            opening = self.rows.opening(row)
        except VerificationError:
            return None
        return opening if opening is not None and may_open(row, opening) else None


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator's exports at the command line."""

    log: Log
    keys: KeyStore
    exports: Exports

    def export(self, path: Path, form: Format, selection: Selection, *, openings: bool) -> int:
        """Write an export to a new file, readable by its owner only, after the log tells of it; gives its entries."""
        may_open: May | None = None
        if form == "pack" or openings:
            may_open = everybody if selection.organisation is None else officers_may_open
        concerning = _concerning(selection)
        with _new_file(path) as out:
            # Told before the first byte: an export that nobody is told of is what must not happen.
            self._tell(form, selection, opened=may_open is not None)
            count = self.exports.write(out, form, selection, may_open, concerning)
        if form == "csv":
            with _new_file(path.with_name(f"{path.name}-metadata.json")) as out:
                out.write(_json(table.metadata(path.name)))
        return count

    def _tell(self, form: Format, selection: Selection, *, opened: bool) -> None:
        about = frozenset[str]() if selection.organisation is None else frozenset({selection.organisation})
        draft = Draft(
            kind=Kind.AUDIT_READ,
            outcome=OUTCOME,
            organisations=about,
            detail={"by": "operator", "format": form, "opened": opened, **asdict(selection)},
        )
        entry = seal_entry(draft, self.keys.get_or_create("org:operator"))
        self.log.append(Append(only(None, entry)))


@contextmanager
def operating(settings: Settings, clock: Clock) -> Iterator[Operator]:
    """The operator's exports over the gateway's own storage."""
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys = KeyStore(key_database, secrets.key_encryption_key)
    try:
        yield Operator(
            Log(database, secrets.signer, clock, settings.log_origin),
            keys,
            Exports(ExportRows(database, keys), pack_signing(secrets.signer), clock, secrets.other_log_keys),
        )
    finally:
        database.close()
        key_database.close()


def selection_of(
    since: date | None,
    until: date | None,
    organisation: str | None = None,
    kind: str | None = None,
    entry: int | None = None,
) -> Selection:
    """A selection by UK days, both included. Raises `ExportingError` for a kind that there is not."""
    if kind is not None and kind not in {one.value for one in Kind}:
        raise ExportingError(f"no kind {kind}: there are {', '.join(Kind)}")
    return Selection(
        since_ms=None if since is None else to_ms(start_of_day(since)),
        until_ms=None if until is None else to_ms(end_of_day(until)),
        organisation=organisation,
        kind=kind,
        index=entry,
    )


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ExportingError(f"{path} exists already; an export never overwrites") from error
    except OSError as error:
        raise ExportingError(f"{path} cannot be written: {type(error).__name__}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
    except BaseException:
        # Half an export looks like a whole one to whoever only sees its name.
        path.unlink(missing_ok=True)
        raise


def _concerning(selection: Selection) -> str:
    parts = [
        selection.organisation or "every organisation",
        *([] if selection.index is None else [f"entry {selection.index}"]),
        *([] if selection.kind is None else [f"kind {selection.kind}"]),
    ]
    return ", ".join(parts)


def _json(value: Mapping[str, object]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)
