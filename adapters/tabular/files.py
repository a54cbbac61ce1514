"""Rows of a CSV file or a workbook: all of them in order, or one by its place. Blocking; run in a thread.

The place of a CSV row is the byte at which it begins, so that one row is read without the others. A sheet can only be
read from its top, so its place is the row's number.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from adapters.assembly import UnusableError
from adapters.converters import Raw

FILE_MAXIMUM: Final = 256 * 1024 * 1024
"""Bytes of a file, unpacked."""
ROWS_MAXIMUM: Final = 500_000
_BOM: Final = b"\xef\xbb\xbf"


class FileError(Exception):
    """The file as a whole cannot be used. Says nothing of its content."""


@dataclass(frozen=True, slots=True)
class Row:
    """number: of the record in the file, from 1, headings counted. place: see module. problem: why it cannot be used.
    whole: whether the file writes empty cells too, so that a short row is a broken one.
    """

    number: int
    place: int
    cells: Sequence[Raw]
    problem: str = ""
    whole: bool = True


class Table(Protocol):
    """A kind of file."""

    def rows(self, path: Path) -> Iterator[Row]:
        """All rows. Raises `FileError`, OSError."""
        ...

    def row(self, path: Path, place: int) -> Sequence[Raw]:
        """One row by its place. Raises `FileError`, OSError, `UnusableError`."""
        ...


@dataclass(frozen=True, slots=True)
class CsvTable:
    """RFC 4180 with any one-character delimiter. encoding: utf-8 (with or without byte order mark), cp1252 ..."""

    delimiter: str = ","
    encoding: str = "utf-8"

    def rows(self, path: Path) -> Iterator[Row]:
        """See `Table.rows`."""
        with path.open("rb") as file:
            if file.seek(0, 2) > FILE_MAXIMUM:
                raise FileError("the file is too large")
            file.seek(len(_BOM) if _begins_with_bom(file) else 0)
            lines = _Lines(file, self.encoding)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            number = 0
            while True:
                place, lines.broken, problem = lines.place, False, ""
                try:
                    cells: list[Raw] = [*next(reader)]
                except StopIteration:
                    return
                except csv.Error:
                    cells, problem = [], "is not well-formed CSV"
                    reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
                if lines.broken:
                    problem = f"is not {self.encoding} text"
                number += 1
                if cells or problem:
                    yield Row(number, place, cells, problem)

    def row(self, path: Path, place: int) -> Sequence[Raw]:
        """See `Table.row`."""
        with path.open("rb") as file:
            file.seek(place)
            lines = _Lines(file, self.encoding)
            try:
                return next(csv.reader(lines, delimiter=self.delimiter, strict=True), [])
            except csv.Error:
                raise UnusableError("is not well-formed CSV") from None


class _Lines:
    """The decoded lines of a file, with the byte at which the next one begins."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._encoding = encoding
        self.place = file.tell()
        self.broken = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._file.readline()
        if not raw:
            raise StopIteration
        self.place += len(raw)
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            self.broken = True
            return raw.decode(self._encoding, errors="replace")


@dataclass(frozen=True, slots=True)
class XlsxTable:
    """An Office Open XML workbook (ECMA-376). sheet: its name, "" for the first."""

    sheet: str = ""

    def rows(self, path: Path) -> Iterator[Row]:
        """See `Table.rows`."""
        for number, cells in enumerate(self._values(path, 1), 1):
            if any(cell is not None for cell in cells):
                yield Row(number, number, cells, whole=False)

    def row(self, path: Path, place: int) -> Sequence[Raw]:
        """See `Table.row`."""
        return next(self._values(path, place), ())

    def _values(self, path: Path, first: int) -> Iterator[Sequence[Raw]]:
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(item.file_size for item in archive.infolist()) > FILE_MAXIMUM:
                    raise FileError("the workbook is too large")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError):
            raise FileError("is not a workbook") from None
        try:
            if self.sheet and self.sheet not in book.sheetnames:
                raise FileError("the sheet is missing")
            sheet = book[self.sheet or book.sheetnames[0]]
            for cells in sheet.iter_rows(min_row=first, values_only=True):
                yield [_cell(value) for value in cells]
        finally:
            book.close()


def _begins_with_bom(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(len(_BOM)) == _BOM


def _cell(value: object) -> Raw:
    if value is None or isinstance(value, str | bool | int | float | date):
        return value
    return str(value)
