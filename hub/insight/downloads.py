"""Downloads: one table as CSV (RFC 4180), and what it means as CSVW (W3C, Metadata Vocabulary for Tabular Data, 2015).

One line a figure, all periods. A figure that is not shown is empty, with the marker [c] in the next column (Government
Analysis Function: "c" for confidential): it may be zero.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import orjson

from hub.insight.counting import ALL, Cell, Reading, Table
from hub.insight.protecting import BASE, shown
from hub.insight.themes import CORE20_SOURCE, PARTNERSHIP_SOURCE, PLUS_SOURCE
from hub.places.areas import ATTRIBUTION

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

LICENCE: Final = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
HIDDEN: Final = "[c]"
_COLUMNS: Final = ("period", "row_code", "row", "column_code", "column", "count", "marker")


def cells_in_order(table: Table, reading: Reading, periods: Sequence[str]) -> list[tuple[Cell, str, str]]:
    """Every cell that the table has, shown or not, with the titles of its row and column: its shape tells nothing."""
    rows = {**reading.titles(table.rows), ALL: "All"}
    columns = reading.titles("kind") if table.only is None else {**reading.titles("theme"), ALL: "All"}
    return [
        (Cell(table.code, period, row, column), row_title, column_title)
        for period in periods
        for row, row_title in rows.items()
        for column, column_title in columns.items()
    ]


def csv_of(
    table: Table, reading: Reading, periods: Sequence[str], figures: Mapping[Cell, int], threshold: int
) -> bytes:
    """The table as CSV, UTF-8, lines ended by CR LF, with a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for cell, row_title, column_title in cells_in_order(table, reading, periods):
        figure = shown(figures.get(cell, 0), threshold)
        told, marker = ("", HIDDEN) if figure is None else (str(figure), "")
        writer.writerow((cell.period, cell.row, row_title, cell.column, column_title, told, marker))
    return text.getvalue().encode()


def metadata_of(
    table: Table, reading: Reading, until: str, published_at: datetime, first: datetime, threshold: int
) -> bytes:
    """The CSVW metadata of the table, as JSON. until: the last month that is counted, "2026-10"."""
    index = (
        []
        if reading.joined is None
        else [f"IMD {reading.joined.release}, by LSOAs of {reading.joined.vintage}"]
    )
    places = (
        [f"LSOAs of {reading.geography.vintage}, put into wards by a point within each", *index]
        if reading.geography.lsoas
        else []
    )
    described: dict[str, Json] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{table.code}.csv",
        "dc:title": table.title,
        "dc:description": f"{table.question} Counts of events that organisations reported, until {until}.",
        "dc:issued": {"@value": first.isoformat(), "@type": "xsd:dateTime"},
        "dc:modified": {"@value": published_at.isoformat(), "@type": "xsd:dateTime"},
        "dc:temporal": until,
        "dc:license": {"@id": LICENCE},
        "dc:rights": ATTRIBUTION if places else "Open Government Licence v3.0",
        "dc:source": [PARTNERSHIP_SOURCE, CORE20_SOURCE, PLUS_SOURCE, *places],
        "rdfs:comment": [
            f"Every count is a multiple of {BASE}: events were rounded before they were added up, so tables agree.",
            f"A count is shown when it is over {threshold}; {HIDDEN} marks one that is not. It may be zero.",
            "A month is published once; late events are part of later batches and revise it then.",
            "Counts show where people were met, not where need is.",
        ],
        "dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\r\n"]},
        "tableSchema": {
            "columns": [
                _column("period", "The month, quarter or year", "string", required=True),
                _column("row_code", "Code of the row; all: every row", "string", required=True),
                _column("row", "The row in words", "string", required=True),
                _column("column_code", "Code of the column; all: every column", "string", required=True),
                _column("column", "The column in words", "string", required=True),
                _column("count", "How many events, rounded", "nonNegativeInteger"),
                _column("marker", f"{HIDDEN} where the count is not shown", "string"),
            ],
            "primaryKey": ["period", "row_code", "column_code"],
        },
    }
    return orjson.dumps(described, option=orjson.OPT_INDENT_2)


def _column(name: str, description: str, datatype: str, *, required: bool = False) -> dict[str, Json]:
    titles = name.replace("_", " ")
    return {
        "name": name,
        "titles": [name, titles] if titles != name else name,
        "dc:description": description,
        "datatype": datatype,
        "required": required,
    }
