"""The Index of Multiple Deprivation, and the one place where it is joined to areas.

IMD 2019 is by LSOAs of 2011, IMD 2025 by LSOAs of 2021 (MHCLG, English Indices of Deprivation). `join` refuses any other
pair. A decile of 1 is the most deprived tenth of England; Core20 is deciles 1 and 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.places.areas import Geography, rows_of
from hub.places.errors import GeographyError, VintageError

VINTAGE_OF_RELEASE: Final = {2019: 2011, 2025: 2021}
CORE20_DECILES: Final = 2


@dataclass(frozen=True, slots=True)
class Deprivation:
    """One release of the index. vintage: of the LSOAs that it is by. deciles: by LSOA, 1 (most deprived) to 10."""

    release: int
    vintage: int
    deciles: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Joined:
    """Deciles of areas of the same vintage, whole: every area has one."""

    release: int
    vintage: int
    deciles: Mapping[str, int]

    def is_core20(self, lsoa: str) -> bool | None:
        """Whether the area is among England's most deprived fifth; None for an area that is not ours."""
        decile = self.deciles.get(lsoa)
        return None if decile is None else decile <= CORE20_DECILES


def load(folder: Path, release: int) -> Deprivation:
    """Read a release for Norfolk. GeographyError where it is missing, or its column says another vintage than its name."""
    vintage = VINTAGE_OF_RELEASE[release]
    column = f"lsoa{vintage % 100}_code"
    rows = rows_of(folder / f"imd{release}_england_lsoa{vintage % 100}_norfolk.csv")
    try:
        return Deprivation(release, vintage, {row[column]: int(float(row["IMD_decile"])) for row in rows})
    except (KeyError, ValueError) as wrong:
        raise GeographyError(f"IMD {release} should have the columns {column} and IMD_decile") from wrong


def available(folder: Path, vintage: int) -> Deprivation | None:
    """The release that fits a vintage, where the folder has it."""
    release = next(year for year, of in VINTAGE_OF_RELEASE.items() if of == vintage)
    name = f"imd{release}_england_lsoa{vintage % 100}_norfolk.csv"
    return load(folder, release) if (folder / name).is_file() else None


def join(geography: Geography, deprivation: Deprivation) -> Joined:
    """Areas with their deciles. Raises VintageError across vintages, GeographyError where an area has no decile."""
    if geography.vintage != deprivation.vintage:
        fitting = next(
            (year for year, of in VINTAGE_OF_RELEASE.items() if of == geography.vintage), "another release"
        )
        raise VintageError(
            f"IMD {deprivation.release} is by LSOAs of {deprivation.vintage}, these areas are LSOAs of "
            f"{geography.vintage}: join them to IMD {fitting} instead"
        )
    missing = [code for code in geography.lsoas if code not in deprivation.deciles]
    if missing:
        raise GeographyError(
            f"IMD {deprivation.release} lacks {len(missing)} of {len(geography.lsoas)} areas"
        )
    return Joined(
        deprivation.release,
        deprivation.vintage,
        {code: deprivation.deciles[code] for code in geography.lsoas},
    )
