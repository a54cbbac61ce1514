"""From a postcode to its small area, by whichever lookup the operator put in the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.places.errors import GeographyError, VintageError
from hub.places.postcodes import load, postcode_in
from hub.places.settings import NO_PLACES, PlacesSettings, places_for
from tests.unit.hub.insight.towns import MIDDLE, POOR, geography

NAME = "PCD_OA21_LSOA21_MSOA21_LAD_NOV24_UK_LU.csv"
COLUMNS = '"pcd7","pcd8","pcds","oa21cd","lsoa21cd","ladcd","lsoa21nmw"'


def lookup(folder: Path, *rows: tuple[str, str], columns: str = COLUMNS, name: str = NAME) -> None:
    lines = [f'"x","x","{postcode}","E00000001","{lsoa}","E07000148","M\xf4n"' for postcode, lsoa in rows]
    (folder / name).write_bytes("\r\n".join([columns, *lines, "torn"]).encode("latin-1"))


def test_postcodes_of_the_district_alone_are_kept(tmp_path: Path) -> None:
    assert load(tmp_path, geography()) == {}
    lookup(tmp_path, ("NR1 1AA", POOR), ("nr2 4ab", MIDDLE), ("AB1 0AA", "S01006514"))
    assert load(tmp_path, geography()) == {"NR11AA": POOR, "NR24AB": MIDDLE}


def test_a_lookup_of_the_other_vintage_is_refused(tmp_path: Path) -> None:
    lookup(tmp_path, ("NR1 1AA", POOR))
    with pytest.raises(VintageError, match="not by LSOAs of 2011"):
        load(tmp_path, geography(2011))


@pytest.mark.parametrize("columns", ['"pcds","oa21cd"', '"postcode","lsoa21cd"', ""])
def test_what_is_no_lookup_of_postcodes_is_refused(tmp_path: Path, columns: str) -> None:
    lookup(tmp_path, ("NR1 1AA", POOR), columns=columns)
    with pytest.raises(GeographyError, match="should have the columns pcds and lsoa21cd"):
        load(tmp_path, geography())


def test_a_lookup_of_another_district_a_second_one_and_one_that_cannot_be_read_are_refused(
    tmp_path: Path,
) -> None:
    lookup(tmp_path, ("AB1 0AA", "S01006514"))
    with pytest.raises(GeographyError, match="no postcodes of this district"):
        load(tmp_path, geography())
    lookup(tmp_path, ("NR1 1AA", POOR), name="pcd_lsoa_old.csv")
    with pytest.raises(GeographyError, match="more than one"):
        load(tmp_path, geography())
    (tmp_path / NAME).unlink()
    (tmp_path / "pcd_lsoa_old.csv").unlink()
    (tmp_path / "pcd_lsoa.csv").mkdir()
    with pytest.raises(GeographyError, match="cannot be read"):
        load(tmp_path, geography())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 Test Street, Norwich, NR1 1AA", "NR11AA"),
        ("NR2 4AB\nnow at nr11aa", "NR11AA"),
        ("London, SW1A 1AA", "SW1A1AA"),
        ("1 Test Street", None),
        ("", None),
        (None, None),
    ],
)
def test_an_addresss_last_postcode_is_found(text: str | None, found: str | None) -> None:
    assert postcode_in(text) == found


def test_a_folder_gives_wards_to_choose_and_none_gives_none(real_data: Path) -> None:
    assert places_for(PlacesSettings()) == NO_PLACES
    assert NO_PLACES.wards == {}
    norwich = places_for(PlacesSettings(geography_folder=real_data / "norfolk-geography"))
    assert len(norwich.wards) == 13
    assert norwich.postcodes == {}
