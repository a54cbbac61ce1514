"""Downloads: one table as CSV (RFC 4180), and what it means (hub/csvw.py).

One line a figure, all periods. A figure that is not shown is empty, with the marker [c] in the next column (Government
Analysis Function: "c" for confidential): it may be zero.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from hub.csvw import Column, Described
from hub.insight.counting import ALL, Cell, Reading, Table
from hub.insight.protecting import BASE, shown
from hub.insight.themes import CORE20_SOURCE, PARTNERSHIP_SOURCE, PLUS_SOURCE
from hub.places.areas import ATTRIBUTION

HIDDEN: Final = "[c]"
COLUMNS: Final = (
    Column("period", "The month, quarter or year", required=True),
    Column("row_code", "Code of the row; all: every row", required=True),
    Column("row", "The row in words", required=True),
    Column("column_code", "Code of the column; all: every column", required=True),
    Column("column", "The column in words", required=True),
    Column("count", "How many events, rounded", "nonNegativeInteger"),
    Column("marker", f"{HIDDEN} where the count is not shown"),
)


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
    writer.writerow(one.name for one in COLUMNS)
    for cell, row_title, column_title in cells_in_order(table, reading, periods):
        figure = shown(figures.get(cell, 0), threshold)
        told, marker = ("", HIDDEN) if figure is None else (str(figure), "")
        writer.writerow((cell.period, cell.row, row_title, cell.column, column_title, told, marker))
    return text.getvalue().encode()


def described(
    table: Table, reading: Reading, until: str, published_at: datetime, first: datetime, threshold: int
) -> Described:
    """What the table's file means. until: the last month that is counted, "2026-10"."""
    index = (
        ()
        if reading.joined is None
        else (f"IMD {reading.joined.release}, by LSOAs of {reading.joined.vintage}",)
    )
    places = (
        (f"LSOAs of {reading.geography.vintage}, put into wards by a point within each", *index)
        if reading.geography.lsoas
        else ()
    )
    return Described(
        name=table.code,
        title=table.title,
        description=f"{table.question} Counts of events that organisations reported, until {until}.",
        columns=COLUMNS,
        comments=(
            f"Every count is a multiple of {BASE}: events were rounded before they were added up, so tables agree.",
            f"A count is shown when it is over {threshold}; {HIDDEN} marks one that is not. It may be zero.",
            "A month is published once; late events are part of later batches and revise it then.",
            "Counts show where people were met, not where need is.",
        ),
        rights=ATTRIBUTION if places else "Open Government Licence v3.0",
        sources=(PARTNERSHIP_SOURCE, CORE20_SOURCE, PLUS_SOURCE, *places),
        issued=first,
        modified=published_at,
        until=until,
        key=("period", "row_code", "column_code"),
    )
