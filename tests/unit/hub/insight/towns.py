"""Made-up geography for tests: three small areas in two wards, of the vintage asked for."""

from __future__ import annotations

from hub.insight.counting import Reading
from hub.insight.deprivation import Deprivation, join
from hub.insight.events import Event, Kind
from hub.places.areas import Area, Geography
from hub.places.shapes import Shape

POOR, MIDDLE, RICH = "E01000001", "E01000002", "E01000003"
WEST, EAST = "E05000001", "E05000002"


def square(west: float, south: float, size: float = 1.0) -> Shape:
    east, north = west + size, south + size
    return ((((west, south), (east, south), (east, north), (west, north), (west, south)),),)


def geography(vintage: int = 2021) -> Geography:
    return Geography(
        "E07000148",
        vintage,
        {
            POOR: Area(POOR, "Norwich 001A", square(0, 0), WEST),
            MIDDLE: Area(MIDDLE, "Norwich 001B", square(1, 0), WEST),
            RICH: Area(RICH, "Norwich 002A", square(0, 1, 2), EAST),
        },
        {WEST: Area(WEST, "Mancroft", square(0, 0, 2)), EAST: Area(EAST, "Eaton", square(0, 1, 2))},
    )


def reading(vintage: int = 2021) -> Reading:
    found = geography(vintage)
    release = 2025 if vintage == 2021 else 2019
    return Reading(found, join(found, Deprivation(release, vintage, {POOR: 1, MIDDLE: 3, RICH: 9})))


def event(
    theme: str = "housing",
    area: str = POOR,
    month: str = "2026-10",
    kind: Kind = Kind.NEED,
    groups: tuple[str, ...] = (),
) -> Event:
    return Event(kind, theme, area, 2021, month, "18-34", groups)
