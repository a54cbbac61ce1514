"""The charity's file drop of the sandbox (harbour-charity): `harbour-cases.csv` and the same rows as `.xlsx`.

The CSV is UTF-8 with a byte order mark, comma-separated, quoted where needed, one case a row; the workbook has one sheet
"Cases", real dates in its date columns and NHS numbers as numbers. Columns, and what stands in them:

    Case Ref            HH-104233; the charity's own id, with which it registers its pointers
    First name, Surname, DOB (dd/mm/yyyy), NHS No ("999 128 8163" or empty), Post code
    Main language       in words
    Interpreter?        Yes or No
    Adjustments         parted by semicolons
    Safe to contact     free text
    Contact by          Phone, Text, Email or Post
    Other services      "name | kind | dd/mm/yyyy" parted by semicolons
    Support type, Support status (Active, On hold), Goals (parted by semicolons), Support start, Next review, Lead worker
    Row updated         dd/mm/yyyy

A person without a plan has the six support columns empty. Some good rows have spaces around their values, which mean
nothing. The last rows are those of DIRTY: no adapter may serve them, and none belongs to anybody in the sandbox.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from openpyxl import Workbook

from adapters.sandbox.person import CharityRecord, Person

CSV_NAME: Final = "harbour-cases.csv"
XLSX_NAME: Final = "harbour-cases.xlsx"
SHEET: Final = "Cases"
COLUMNS: Final = (
    "Case Ref",
    "First name",
    "Surname",
    "DOB",
    "NHS No",
    "Post code",
    "Main language",
    "Interpreter?",
    "Adjustments",
    "Safe to contact",
    "Contact by",
    "Other services",
    "Support type",
    "Support status",
    "Goals",
    "Support start",
    "Next review",
    "Lead worker",
    "Row updated",
)
DATE_COLUMNS: Final = frozenset({"DOB", "Support start", "Next review", "Row updated"})

Row = tuple[str, ...]

_CHANNELS: Final = {"telephone": "Phone", "text": "Text", "email": "Email", "letter": "Post"}
_STATUSES: Final = {"active": "Active", "on-hold": "On hold"}

DIRTY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "HH-D00001": "Support start is no day of the calendar (31/02/2026)",
        "": "no case number",
        "HH-D00003": "NHS number fails its check digit",
        "HH-D00004": "the row ends before its last columns",
        "HH-D00005": "two rows with one case number that say different things",
    }
)
"""Case number of a dirty row -> what is wrong with it."""


def rows(people: Iterable[Person]) -> Iterator[Row]:
    """The good rows, in the order of the people; every fifth has spaces around its values."""
    known = [(person, person.charity) for person in people if person.charity is not None]
    for at, (person, record) in enumerate(known):
        row = _row(person, record)
        yield tuple(f" {cell}  " for cell in row) if at % 5 == 4 else row


def dirty_rows() -> tuple[Row, ...]:
    """The rows of DIRTY, about nobody."""

    def row(case: str, **changes: str) -> Row:
        cells = dict(zip(COLUMNS, ("",) * len(COLUMNS), strict=True)) | {
            "Case Ref": case,
            "First name": "Nobody",
            "Surname": "Atall",
            "DOB": "01/04/1970",
            "Contact by": "Post",
            "Main language": "English",
            "Interpreter?": "No",
            "Row updated": "01/11/2026",
        }
        return tuple((cells | {name.replace("_", " "): value for name, value in changes.items()}).values())

    return (
        row("HH-D00001", Support_type="Managing money", Support_status="Active", Support_start="31/02/2026"),
        row(""),
        row("HH-D00003", NHS_No="999 000 0000"),
        row("HH-D00004")[:6],
        row("HH-D00005", Contact_by="Phone"),
        row("HH-D00005", Contact_by="Email"),
    )


def write_drop(folder: Path, people: Iterable[Person]) -> tuple[Path, Path]:
    """Write both files into the folder (made where it is missing); answers their paths, CSV first.

    Each file appears whole or not at all: it is written beside its place and then moved there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = (*rows(people), *dirty_rows())
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(content)
    return (
        _place(folder / CSV_NAME, text.getvalue().encode("utf-8-sig")),
        _place(folder / XLSX_NAME, _workbook(content)),
    )


def _place(path: Path, content: bytes) -> Path:
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    os.replace(beside, path)
    return path


def _workbook(content: Sequence[Row]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(COLUMNS)
    for row in content:
        sheet.append([_cell(name, text) for name, text in zip(COLUMNS, row, strict=False)])
    stamp = datetime(2026, 11, 23, tzinfo=UTC).replace(tzinfo=None)
    book.properties.created = book.properties.modified = stamp
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(name: str, text: str) -> str | int | date | None:
    """A cell as somebody's spreadsheet would hold it; what cannot be a date or a number stays text."""
    bare = text.strip()
    if not bare:
        return None
    if name == "NHS No":
        return int(bare.replace(" ", ""))
    if name in DATE_COLUMNS:
        try:
            return datetime.strptime(bare, "%d/%m/%Y").replace(tzinfo=UTC).date()
        except ValueError:
            return text
    return text


def _row(person: Person, record: CharityRecord) -> Row:
    number = record.nhs_number or ""
    plan = record.plan
    support = ("",) * 6
    if plan is not None:
        support = (
            plan.category,
            _STATUSES[plan.status],
            "; ".join(plan.goals),
            _uk(plan.start),
            _uk(plan.review),
            plan.lead,
        )
    return (
        record.case_number,
        " ".join(person.given_names),
        person.family_name,
        _uk(person.birth_date),
        f"{number[:3]} {number[3:6]} {number[6:]}".strip(),
        person.address.postcode,
        person.language.name,
        "Yes" if person.interpreter_required else "No",
        "; ".join(record.adjustments),
        record.safe_contact,
        _CHANNELS[record.channel],
        "; ".join(f"{item.name} | {item.kind} | {_uk(item.since)}" for item in record.services),
        *support,
        _uk(record.updated),
    )


def _uk(day: date) -> str:
    return day.strftime("%d/%m/%Y")
