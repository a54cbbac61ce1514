from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.insight import deprivation
from hub.insight.deprivation import Deprivation, join
from hub.places import areas
from hub.places.errors import GeographyError, VintageError
from hub.places.shapes import holds, inner_point, shape_of
from tests.unit.hub.insight.towns import MIDDLE, POOR, RICH, WEST, geography, square

NORWICH = "E07000148"


@pytest.fixture
def folder(real_data: Path) -> Path:
    return real_data / "norfolk-geography"


def test_norwich_has_83_small_areas_of_2011_and_85_of_2021_each_in_one_of_13_wards(folder: Path) -> None:
    for vintage, count in ((2011, 83), (2021, 85)):
        found = areas.load(folder, NORWICH, vintage)
        assert (len(found.lsoas), len(found.wards)) == (count, 13)
        assert {area.ward for area in found.lsoas.values()} == set(found.wards)


def test_the_index_of_2019_joins_to_areas_of_2011_and_finds_the_most_deprived_fifth(folder: Path) -> None:
    joined = join(areas.load(folder, NORWICH, 2011), deprivation.load(folder, 2019))
    assert len(joined.deciles) == 83
    assert 20 < sum(bool(joined.is_core20(code)) for code in joined.deciles) < 50
    assert joined.is_core20("E01000001") is None


def test_the_index_of_2019_is_refused_to_areas_of_2021_with_the_way_out(folder: Path) -> None:
    found = areas.load(folder, NORWICH, 2021)
    with pytest.raises(
        VintageError, match=r"LSOAs of 2011, these areas are LSOAs of 2021: join them to IMD 2025"
    ):
        join(found, deprivation.load(folder, 2019))


def test_the_index_of_2025_is_refused_to_areas_of_2011() -> None:
    with pytest.raises(VintageError, match="join them to IMD 2019"):
        join(geography(2011), Deprivation(2025, 2021, {POOR: 1, MIDDLE: 1, RICH: 1}))


def test_an_area_without_a_decile_is_refused_rather_than_left_out() -> None:
    with pytest.raises(GeographyError, match="lacks 1 of 3"):
        join(geography(2021), Deprivation(2025, 2021, {POOR: 1, MIDDLE: 1}))


def test_a_release_whose_column_is_of_another_vintage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "imd2025_england_lsoa21_norfolk.csv").write_text("lsoa11_code,IMD_decile\nE01000001,1\n")
    with pytest.raises(GeographyError, match="lsoa21_code"):
        deprivation.load(tmp_path, 2025)


def test_the_release_that_fits_is_taken_where_the_folder_has_it(folder: Path, tmp_path: Path) -> None:
    found = deprivation.available(folder, 2011)
    assert found is not None
    assert found.release == 2019
    assert deprivation.available(folder, 2021) is None
    (tmp_path / "imd2025_england_lsoa21_norfolk.csv").write_text("lsoa21_code,IMD_decile\nE01000001,2.0\n")
    assert deprivation.available(tmp_path, 2021) == Deprivation(2025, 2021, {"E01000001": 2})


def test_an_area_of_the_other_vintage_has_no_ward_here() -> None:
    found = geography(2021)
    assert found.ward_of(POOR, 2021) == WEST
    assert found.ward_of(POOR, 2011) is None
    assert found.ward_of("E01999999", 2021) is None


def test_a_folder_that_is_not_what_it_should_be_says_so(tmp_path: Path) -> None:
    with pytest.raises(GeographyError, match="not of 2001"):
        areas.load(tmp_path, NORWICH, 2001)
    with pytest.raises(GeographyError, match=r"ward_E07000148\.geojson is missing"):
        areas.load(tmp_path, NORWICH, 2021)
    ward, small = tmp_path / f"ward_{NORWICH}.geojson", tmp_path / f"lsoa_{NORWICH}.geojson"
    ward.write_text("[]")
    with pytest.raises(GeographyError, match="no GeoJSON"):
        areas.load(tmp_path, NORWICH, 2021)
    ward.write_text(json.dumps({"features": []}))
    with pytest.raises(GeographyError, match="no areas"):
        areas.load(tmp_path, NORWICH, 2021)
    ward.write_text(_feature({"WD25CD": "W1", "WD25NM": "Mancroft"}))
    small.write_text(_feature({"LSOA11CD": POOR, "LSOA11NM": "Norwich 001A"}))
    with pytest.raises(GeographyError, match="another vintage"):
        areas.load(tmp_path, NORWICH, 2021)
    with pytest.raises(GeographyError, match=r"lsoa_norfolk_from_boundaries\.csv is missing"):
        areas.load(tmp_path, NORWICH, 2011)
    (tmp_path / "lsoa_norfolk_from_boundaries.csv").write_text(
        f"vintage,lad_code,LSOA11CD,LSOA11NM,LONG,LAT\n2011,{NORWICH},{POOR},Norwich 001A,,\n"
    )
    with pytest.raises(GeographyError, match="a name or a point"):
        areas.load(tmp_path, NORWICH, 2011)


def _feature(properties: dict[str, str]) -> str:
    ring = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return json.dumps({"features": [{"properties": properties, "geometry": geometry}]})


def test_a_point_is_within_a_shape_but_not_within_its_hole() -> None:
    ((outer,),) = square(0, 0, 4)
    ((hole,),) = square(1, 1)
    ring = ((outer, hole),)
    assert holds(ring, (3, 3))
    assert not holds(ring, (1.5, 1.5))
    assert not holds(ring, (5, 2))
    assert holds(ring, inner_point(ring))


def test_a_boundary_that_is_no_polygon_is_refused() -> None:
    for geometry in (
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"type": "MultiPolygon", "coordinates": [[[[1]]]]},
        None,
    ):
        with pytest.raises(GeographyError):
            shape_of(geometry)
