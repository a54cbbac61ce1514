"""The areas of one district and one vintage: LSOAs with their names, wards and boundaries, read from a folder.

LSOAs were drawn for the census of 2011 and again for that of 2021. Most codes are the same in both, which is what makes a
wrong join dangerous: it works for most areas and is silently wrong for the rest (Norwich has 83 of 2011 and 85 of 2021).
So every set of areas says its vintage, and joins are made by `deprivation.join` only, which refuses two vintages.

The folder is named at run time (HUB_GEOGRAPHY_FOLDER) and is no part of the program. Its files are those of the ONS Open
Geography portal as filtered for Norfolk: lsoa_DISTRICT.geojson and ward_DISTRICT.geojson (boundaries; the LSOAs' are of
2021), lsoa_norfolk_from_boundaries.csv (codes and names of both vintages, with points for 2011).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hub.places.errors import GeographyError
from hub.places.shapes import Point, Shape, holds, inner_point, shape_of

VINTAGES: Final = (2011, 2021)
ATTRIBUTION: Final = (
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data © Crown copyright and database right."
)


@dataclass(frozen=True, slots=True)
class Area:
    """One LSOA or ward. shape: empty where only a point is known. ward: for an LSOA, the ward that holds its point."""

    code: str
    name: str
    shape: Shape = field(default=(), repr=False)
    ward: str | None = None


@dataclass(frozen=True, slots=True)
class Geography:
    """One district's areas of one vintage. lsoas and wards by code, in the order of their names."""

    district: str
    vintage: int
    lsoas: Mapping[str, Area]
    wards: Mapping[str, Area]

    def ward_of(self, lsoa: str, vintage: int) -> str | None:
        """The ward of an LSOA; None for an area elsewhere, of the other vintage, or whose ward is not known."""
        if vintage != self.vintage:
            return None
        found = self.lsoas.get(lsoa)
        return None if found is None else found.ward


NOWHERE: Final = Geography(district="", vintage=2021, lsoas={}, wards={})


def load(folder: Path, district: str, vintage: int) -> Geography:
    """Read one district's areas. Raises GeographyError where a file is missing, unreadable, or holds none of them."""
    if vintage not in VINTAGES:
        raise GeographyError(f"LSOAs are of 2011 or 2021, not of {vintage}")
    wards = _by_name(
        Area(_code(one, "WD25CD"), one["WD25NM"], shape)
        for one, shape in _features(folder / f"ward_{district}.geojson")
    )
    return Geography(district, vintage, _by_name(_lsoas(folder, district, vintage, wards)), wards)


def _lsoas(folder: Path, district: str, vintage: int, wards: Mapping[str, Area]) -> Iterable[Area]:
    if vintage == 2021:
        for one, shape in _features(folder / f"lsoa_{district}.geojson"):
            yield Area(_code(one, "LSOA21CD"), one["LSOA21NM"], shape, _ward_at(inner_point(shape), wards))
        return
    for row in rows_of(folder / "lsoa_norfolk_from_boundaries.csv"):
        if (row.get("vintage"), row.get("lad_code")) == ("2011", district):
            try:
                point = (float(row["LONG"]), float(row["LAT"]))
                yield Area(row["LSOA11CD"], row["LSOA11NM"], (), _ward_at(point, wards))
            except (KeyError, ValueError) as wrong:
                raise GeographyError("the list of LSOAs lacks a code, a name or a point") from wrong


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows by column name."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as wrong:
        raise GeographyError(f"{path.name} is missing or cannot be read") from wrong


def _features(path: Path) -> Iterable[tuple[dict[str, str], Shape]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [(one["properties"], shape_of(one["geometry"])) for one in content["features"]]
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise GeographyError(f"{path.name} is missing or is no GeoJSON of boundaries") from wrong


def _code(properties: Mapping[str, str], name: str) -> str:
    try:
        return properties[name]
    except KeyError as wrong:
        raise GeographyError(f"boundaries of another vintage: they have no {name}") from wrong


def _ward_at(point: Point, wards: Mapping[str, Area]) -> str | None:
    return next((ward.code for ward in wards.values() if holds(ward.shape, point)), None)


def _by_name(areas: Iterable[Area]) -> dict[str, Area]:
    found = {area.code: area for area in sorted(areas, key=lambda area: area.name)}
    if not found:
        raise GeographyError("the folder holds no areas of this district and vintage")
    return found
