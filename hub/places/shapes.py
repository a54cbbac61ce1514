"""Boundaries as plain tuples: read from GeoJSON, and asked whether a point lies within.

A ring is a closed line of (longitude, latitude) in degrees, WGS 84 (RFC 7946); a polygon is its outer ring and its holes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, TypeAlias

from hub.places.errors import GeographyError

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[Point, ...]
Polygon: TypeAlias = tuple[Ring, ...]
Shape: TypeAlias = tuple[Polygon, ...]

_SCAN_LINES: Final = 9


def shape_of(geometry: object) -> Shape:
    """The shape of a GeoJSON Polygon or MultiPolygon. Anything else is a GeographyError."""
    match geometry:
        case {"type": "Polygon", "coordinates": list(rings)}:
            polygons = [rings]
        case {"type": "MultiPolygon", "coordinates": list(many)}:
            polygons = many
        case _:
            raise GeographyError("a boundary is neither a Polygon nor a MultiPolygon")
    try:
        return tuple(
            tuple(tuple((float(point[0]), float(point[1])) for point in ring) for ring in polygon)
            for polygon in polygons
        )
    except (IndexError, TypeError, ValueError) as wrong:
        raise GeographyError("a boundary has coordinates that are no numbers") from wrong


def points_of(shape: Shape) -> Iterator[Point]:
    """Every point of the shape's outer and inner rings."""
    return (point for polygon in shape for ring in polygon for point in ring)


def holds(shape: Shape, point: Point) -> bool:
    """Whether the point lies within: an odd number of crossings to its east (holes count themselves out)."""
    return sum(1 for crossing in _crossings(shape, point[1]) if crossing > point[0]) % 2 == 1


def inner_point(shape: Shape) -> Point:
    """A point well within the shape: the middle of the widest stretch on a few lines from west to east.

    Not the population-weighted centroid of ONS's best fit: boundaries alone do not tell where people live.
    """
    latitudes = [latitude for _, latitude in points_of(shape)]
    low, high = min(latitudes), max(latitudes)
    widest = (0.0, (0.0, 0.0))
    for line in range(1, _SCAN_LINES + 1):
        latitude = low + (high - low) * line / (_SCAN_LINES + 1)
        ordered = sorted(_crossings(shape, latitude))
        for west, east in zip(ordered[::2], ordered[1::2], strict=False):
            widest = max(widest, (east - west, ((west + east) / 2, latitude)))
    return widest[1]


def _crossings(shape: Shape, latitude: float) -> Iterator[float]:
    for polygon in shape:
        for ring in polygon:
            for (x1, y1), (x2, y2) in pairwise(ring):
                if (y1 > latitude) != (y2 > latitude):
                    yield x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
