"""The searchable side of entries as CSV (RFC 4180) with its metadata (W3C CSV on the Web, Metadata Vocabulary). Pure."""

from __future__ import annotations

import csv
import io

from audit.export.rows import Row
from core.times import from_ms
from core.vocabulary import Json

COLUMNS = ("index", "time", "kind", "outcome", "recipient", "role", "purpose", "organisations")
_TITLES = {
    "index": ("Entry", "integer", "Its place in the log, from 0"),
    "time": ("Time", "dateTime", "When its batch was written, UTC"),
    "kind": ("Kind", "string", "What happened (docs/audit-log.md)"),
    "outcome": ("Outcome", "string", "How it ended (docs/audit-log.md)"),
    "recipient": ("Recipient", "string", "The organisation that asked"),
    "role": ("Role", "string", "The role in which it was asked"),
    "purpose": ("Purpose", "string", "The purpose, by its code in the register"),
    "organisations": ("Organisations", "string", "Every organisation that the entry concerns"),
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def header() -> str:
    """The first line."""
    return line(COLUMNS)


def row_text(row: Row) -> str:
    """An entry's line; empty cells where nothing stands beside its leaf."""
    stored = row.stored
    if stored is None:
        return line((str(row.index), *("" for _ in COLUMNS[1:])))
    at = from_ms(stored.at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    cells = (stored.kind, stored.outcome, stored.recipient or "", stored.role or "", stored.purpose or "")
    return line((str(row.index), at, *map(inert, (*cells, " ".join(row.organisations)))))


def metadata(url: str) -> dict[str, Json]:
    """The metadata of a table at an address relative to it, as `<file>-metadata.json`."""
    columns: list[Json] = [
        {
            "name": name,
            "titles": [name, title],
            "datatype": {"base": "string", "format": r"[^\s]+"} if name == "kind" else datatype,
            "required": name in {"index", "time", "kind", "outcome"},
            "dc:description": words,
            **({"separator": " "} if name == "organisations" else {}),
        }
        for name, (title, datatype, words) in _TITLES.items()
    ]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dialect": {"header": True, "delimiter": ",", "lineTerminators": ["\r\n"], "encoding": "utf-8"},
        "tableSchema": {"columns": columns, "primaryKey": "index"},
    }


def inert(cell: str) -> str:
    """Spreadsheets take such a cell for a formula; nothing of ours begins so, and what does was not written by us."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def line(cells: tuple[str, ...]) -> str:
    """One line of a table (RFC 4180), with its end."""
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
