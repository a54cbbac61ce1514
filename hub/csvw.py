"""Tables to take away: what a CSV file means, as CSVW (W3C, Metadata Vocabulary for Tabular Data, 2015), and its headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias

import orjson

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

LICENCE: Final = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
CSV_TYPE: Final = "text/csv; charset=utf-8; header=present"
METADATA_TYPE: Final = "application/csvm+json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. datatype: of XML Schema, as CSVW names it. required: never empty."""

    name: str
    description: str
    datatype: str = "string"
    required: bool = False

    def document(self) -> dict[str, Json]:
        """As CSVW writes it."""
        titles = self.name.replace("_", " ")
        return {
            "name": self.name,
            "titles": [self.name, titles] if titles != self.name else self.name,
            "dc:description": self.description,
            "datatype": self.datatype,
            "required": self.required,
        }


@dataclass(frozen=True, slots=True)
class Described:
    """A table (RFC 4180, UTF-8, with a header). name: of its file, without `.csv`. key: columns that name one row, or none.

    issued, modified: of its figures; None where there is nothing yet. until: the last time it speaks of, or "".
    """

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    comments: tuple[str, ...]
    rights: str = "Open Government Licence v3.0"
    sources: tuple[str, ...] = ()
    issued: date | None = None
    modified: date | None = None
    until: str = ""
    key: tuple[str, ...] = ()


def metadata_of(table: Described) -> bytes:
    """The CSVW metadata, as JSON."""
    schema: dict[str, Json] = {"columns": [one.document() for one in table.columns]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    told: dict[str, Json] = {
        "dc:issued": _moment(table.issued),
        "dc:modified": _moment(table.modified),
        "dc:temporal": table.until or None,
        "dc:source": list(table.sources) or None,
    }
    described: dict[str, Json] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{table.name}.csv",
        "dc:title": table.title,
        "dc:description": table.description,
        **{name: value for name, value in told.items() if value is not None},
        "dc:license": {"@id": LICENCE},
        "dc:rights": table.rights,
        "rdfs:comment": list(table.comments),
        "dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\r\n"]},
        "tableSchema": schema,
    }
    return orjson.dumps(described, option=orjson.OPT_INDENT_2)


def headers_of(file: str, metadata: str | None = None) -> dict[str, str]:
    """Of an answer that is a file to keep. metadata: for a CSV, the address of what describes it."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return (
        headers
        if metadata is None
        else headers | {"Link": f'<{metadata}>; rel="describedby"; type="{METADATA_TYPE}"'}
    )


def _moment(at: date | None) -> Json:
    if at is None:
        return None
    return {"@value": at.isoformat(), "@type": "xsd:dateTime" if isinstance(at, datetime) else "xsd:date"}
