"""From a postcode to its small area, by the lookup of the Office for National Statistics that lies in the folder.

"Postcode to OA (2021) to LSOA to MSOA to LAD, Best Fit Lookup": a CSV of the United Kingdom, any file named `pcd*lsoa*.csv`.
Its columns say the vintage: `lsoa21cd` is of 2021, `lsoa11cd` of 2011. A lookup of the other vintage than the areas' is
refused: most codes are alike, so that a wrong one would look right.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from hub.places.areas import Geography
from hub.places.errors import GeographyError, VintageError

_POSTCODE: Final = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})\b", re.ASCII)
_COLUMNS: Final = ("pcds", "pcd", "pcd7", "pcd8")
_FILES: Final = "pcd*lsoa*.csv"


def postcode_in(text: str | None) -> str | None:
    """The last postcode in an address, without its space ("NR21AB"); None where there is none."""
    found = _POSTCODE.findall((text or "").upper())
    return "".join(found[-1]) if found else None


def load(folder: Path, geography: Geography) -> Mapping[str, str]:
    """Postcode without its space -> LSOA, of this district alone; empty where the folder has no such file.

    Raises `VintageError` where the file is by areas of another year, `GeographyError` where it is no such lookup.
    """
    files = sorted(one for one in folder.iterdir() if fnmatch(one.name.lower(), _FILES))
    if not files:
        return {}
    if len(files) > 1:
        raise GeographyError(f"more than one lookup of postcodes: {', '.join(one.name for one in files)}")
    try:
        # Only codes are read; names in other columns may be in another encoding.
        with files[0].open(encoding="utf-8-sig", errors="replace", newline="") as file:
            found = dict(_rows(csv.reader(file), files[0].name, geography))
    except OSError as wrong:
        raise GeographyError(f"{files[0].name} cannot be read") from wrong
    if not found:
        raise GeographyError(f"{files[0].name} holds no postcodes of this district")
    return found


def _rows(rows: Iterator[list[str]], name: str, geography: Geography) -> Iterable[tuple[str, str]]:
    columns = [one.strip().lower() for one in next(rows, [])]
    wanted = f"lsoa{geography.vintage % 100}cd"
    postcode = next((columns.index(one) for one in _COLUMNS if one in columns), None)
    if wanted not in columns and any(re.fullmatch(r"lsoa\d\dcd", one) for one in columns):
        raise VintageError(f"{name} is not by LSOAs of {geography.vintage}: it has no column {wanted}")
    if wanted not in columns or postcode is None:
        raise GeographyError(f"{name} should have the columns pcds and {wanted}")
    lsoa = columns.index(wanted)
    for row in rows:
        if len(row) == len(columns) and row[lsoa] in geography.lsoas:
            yield "".join(row[postcode].upper().split()), row[lsoa]
