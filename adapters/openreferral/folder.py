"""The directory from a file or a folder: JSON, CSV tables, or a data package that names them. Reads files; blocking.

A folder is read flat: every `*.json` in it, and its CSV files where there is a table of services. What a file holds that
does not fit is quarantined with the file's name; the rest is served.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from adapters.openreferral.documents import fullest, read_document
from adapters.openreferral.services import Refusals
from adapters.openreferral.tables import NUMBERS, TABLES_ENDING, WANTED, number
from adapters.openreferral.values import Quarantined, Service, ServiceDirectory
from adapters.tabular.files import CsvTable, FileError
from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject

FILE_MAXIMUM: Final = 64 * 1024 * 1024
"""Bytes of a JSON file."""
_PACKAGE: Final = "datapackage.json"


class DirectoryError(OnceToldError):
    """No directory can be read there at all; the message says why, with the path as it was given."""


def read_directory(path: Path) -> ServiceDirectory:
    """The directory. Raises `DirectoryError` where nothing is there or nothing in it can be read."""
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = sorted(path.glob("*.json"))
        if any((path / (name + TABLES_ENDING)).is_file() for name in ("services", "service")):
            files.append(path)
    else:
        raise DirectoryError(f"{path}: there is no such file or folder")
    services: list[Service] = []
    quarantined: list[Quarantined] = []
    read = 0
    for file in files:
        refusals = Refusals(file.name)
        document = _document(file, refusals)
        if document is not None:
            read += 1
            services += read_document(document, refusals)
        quarantined += refusals.found
    if not read:
        raise DirectoryError(f"{path}: nothing in it can be read as Open Referral data")
    return ServiceDirectory(fullest(services), tuple(quarantined))


def _document(file: Path, refusals: Refusals) -> Json:
    """What a file holds, tables as an object of lists; None, and a refusal noted, where it cannot be read."""
    if file.is_dir():
        return _tables(file, _in_folder(file), refusals)
    if file.suffix == TABLES_ENDING:
        return _tables(file.parent, {file.stem: file.name}, refusals)
    try:
        if file.stat().st_size > FILE_MAXIMUM:
            raise FileError("the file is too large")
        value: Json = orjson.loads(file.read_bytes())
    except (ValueError, OSError, FileError) as error:
        # The parser's own words repeat what it read.
        reason = str(error) if isinstance(error, FileError) else "it cannot be read as JSON"
        refusals.note("document", {}, "", reason)
        return None
    if file.name == _PACKAGE and isinstance(value, Mapping):
        return _tables(file.parent, _in_package(value, refusals), refusals)
    return value


def _in_folder(folder: Path) -> dict[str, str]:
    return {one.stem: one.name for one in sorted(folder.glob(f"*{TABLES_ENDING}")) if one.stem in WANTED}


def _in_package(package: JsonObject, refusals: Refusals) -> dict[str, str]:
    """Table -> file of a Frictionless data package. Only files beside it: a path may not lead elsewhere."""
    resources = package.get("resources")
    found: dict[str, str] = {}
    for one in resources if isinstance(resources, list) else ():
        name, path = (one.get("name"), one.get("path")) if isinstance(one, Mapping) else (None, None)
        if not isinstance(name, str) or not isinstance(path, str) or Path(path).name != path:
            refusals.note("resource", {}, "path", "a name and the name of a file beside it are expected")
        elif name in WANTED:
            found[name] = path
    return found


def _tables(folder: Path, files: Mapping[str, str], refusals: Refusals) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for table, name in files.items():
        try:
            found[table + TABLES_ENDING] = _rows(folder / name, table, refusals)
        except (FileError, OSError):
            refusals.note(table, {}, "", "the file cannot be read")
    return found


def _rows(path: Path, table: str, refusals: Refusals) -> list[Json]:
    rows = CsvTable().rows(path)
    headings = next(rows, None)
    if headings is None or headings.problem:
        raise FileError("it has no headings")
    names = [str(one).strip() for one in headings.cells]
    found: list[Json] = []
    for row in rows:
        if row.problem or len(row.cells) != len(names):
            refusals.note(
                table, {}, "", f"row {row.number} {row.problem or 'has not as many cells as headings'}"
            )
            continue
        cells = ((name, str(cell)) for name, cell in zip(names, row.cells, strict=True))
        found.append(
            {name: number(cell) if name in NUMBERS else cell for name, cell in cells if cell.strip()}
        )
    return found
