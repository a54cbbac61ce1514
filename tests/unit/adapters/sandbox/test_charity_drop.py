"""The charity's files."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from nhs_number.validate import is_valid
from openpyxl import load_workbook

from adapters.sandbox.charity_drop import (
    COLUMNS,
    CSV_NAME,
    DIRTY,
    SHEET,
    XLSX_NAME,
    dirty_rows,
    rows,
    write_drop,
)
from adapters.sandbox.people import CAST, generate

PEOPLE = generate()
KNOWN = [p for p in PEOPLE if p.charity is not None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_drop(tmp_path / "drop", PEOPLE)
    return tmp_path / "drop"


def read_csv(folder: Path) -> list[list[str]]:
    with (folder / CSV_NAME).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_drop_is_two_files_and_nothing_half_written(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {CSV_NAME, XLSX_NAME}
    assert write_drop(folder, PEOPLE) == (folder / CSV_NAME, folder / XLSX_NAME)


def test_the_csv_has_a_byte_order_mark_and_one_row_a_case(folder: Path) -> None:
    assert (folder / CSV_NAME).read_bytes().startswith(b"\xef\xbb\xbfCase Ref,")
    header, *body = read_csv(folder)
    assert tuple(header) == COLUMNS
    assert len(body) == len(KNOWN) + len(dirty_rows())


def test_a_good_row_says_what_the_charity_knows() -> None:
    person = PEOPLE[CAST["everything"]]
    assert person.charity is not None
    assert person.charity.plan is not None
    row = dict(zip(COLUMNS, next(iter(rows([person]))), strict=True))
    assert all(row.values())
    assert row["Case Ref"] == person.charity.case_number
    assert row["NHS No"] == "999 128 8163"
    assert row["DOB"] == "12/03/1984"
    assert row["Interpreter?"] == "Yes"
    assert row["Support status"] in {"Active", "On hold"}
    assert [part.split(" | ")[0] for part in row["Other services"].split("; ")] == [
        service.name for service in person.charity.services
    ]
    assert row["Goals"].split("; ") == list(person.charity.plan.goals)


def test_some_rows_have_spaces_that_mean_nothing_and_some_people_have_no_plan() -> None:
    good = list(rows(PEOPLE))
    assert any(row[0] != row[0].strip() for row in good)
    assert {row[0].strip() for row in good} == {p.charity.case_number for p in KNOWN if p.charity}
    support = COLUMNS.index("Support type")
    assert any(not row[support].strip() for row in good)


def test_dirty_rows_are_dirty_and_belong_to_nobody() -> None:
    by_case: dict[str, list[dict[str, str]]] = {}
    for row in dirty_rows():
        by_case.setdefault(row[0], []).append(dict(zip(COLUMNS, row, strict=False)))
    assert set(by_case) == set(DIRTY)
    assert set(DIRTY).isdisjoint({p.charity.case_number for p in KNOWN if p.charity})
    with pytest.raises(ValueError, match="day is out of range"):
        dt.datetime.strptime(by_case["HH-D00001"][0]["Support start"], "%d/%m/%Y").replace(tzinfo=dt.UTC)
    assert not is_valid(by_case["HH-D00003"][0]["NHS No"].replace(" ", ""))
    assert "Row updated" not in by_case["HH-D00004"][0]
    first, second = by_case["HH-D00005"]
    assert first != second


def test_the_workbook_holds_the_same_rows_with_dates_and_numbers_of_its_own(folder: Path) -> None:
    sheet = load_workbook(folder / XLSX_NAME)[SHEET]
    header, *body = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert tuple(header) == COLUMNS
    plain = read_csv(folder)[1:]
    assert len(body) == len(plain)
    first = dict(zip(COLUMNS, body[0], strict=True))
    assert first["Case Ref"] == plain[0][0]
    assert first["DOB"] == dt.datetime(1984, 3, 12)  # noqa: DTZ001 - a cell has no time zone
    assert first["NHS No"] == 9991288163
    dirty = next(row for row in body if row[0] == "HH-D00001")
    assert dirty[COLUMNS.index("Support start")] == "31/02/2026"
    assert dirty[COLUMNS.index("NHS No")] is None
