"""Pictures as SVG text, drawn by hand: a map by classes, and bars. Never by colour alone, never without words.

Each class has a pattern of its own, lighter to darker also without colour (WCAG 2.2, 1.4.1); each picture has a title and a
description that says what it shows (SVG 2, 5.7; WAI-ARIA graphics as `role="img"`), and stands above its table. No style
and no script, which the pages' content policy would refuse; all text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final
from xml.sax.saxutils import escape

from markupsafe import Markup

from hub.places.areas import Area
from hub.places.shapes import Point, Shape, inner_point, points_of

WIDTH: Final = 640
_MARGIN: Final = 4
TOO_FEW: Final = "too few to show, or none"
# Letters of a line of text that fit in a picture 280 px wide.
_LINE: Final = 32
_INK: Final = "#3b2a63"
_FONT: Final = 'font-family="system-ui, sans-serif"'
# What one class looks like: the ground, and lines drawn on it, closer and thicker from class to class.
_CLASSES: Final = (
    ("#ffffff", ""),
    ("#e6e1f2", f'<path d="M0 12 L12 0" stroke="{_INK}" stroke-width="1.5"/>'),
    ("#b3a6d6", f'<path d="M0 12 L12 0 M0 0 L12 12" stroke="{_INK}" stroke-width="1.5"/>'),
    ("#3b2a63", '<circle cx="6" cy="6" r="1.6" fill="#ffffff"/>'),
)


@dataclass(frozen=True, slots=True)
class Class:
    """One class of the key: what it means, and its number (0: too few to show)."""

    number: int
    means: str


def classes_of(figures: Sequence[int]) -> tuple[int, ...]:
    """Where classes begin: two bounds that part the shown figures in three, each a figure; fewer where many are alike."""
    ordered = sorted(figures)
    bounds = {ordered[len(ordered) * part // 3] for part in (1, 2)} if ordered else set()
    # The first class begins with the least figure by itself.
    return tuple(sorted(bounds - set(ordered[:1])))


def class_of(figure: int | None, bounds: Sequence[int]) -> int:
    """The class of a figure: 0 when it is not shown, else 1 to 3."""
    return 0 if figure is None else 1 + sum(figure >= bound for bound in bounds)


def key_of(figures: Sequence[int | None], bounds: Sequence[int]) -> list[Class]:
    """The key, from the lightest: only classes that are there, in the words of the figures in them."""
    told = [figure for figure in figures if figure is not None]
    found = [Class(0, TOO_FEW.capitalize())] if len(told) < len(figures) else []
    for number in range(1, len(bounds) + 2):
        members = [figure for figure in told if class_of(figure, bounds) == number]
        if members:
            low, high = min(members), max(members)
            found.append(Class(number, f"{low:,}" if low == high else f"{low:,} to {high:,}"))
    return found


def map_of(
    name: str,
    areas: Sequence[Area],
    figures: Mapping[str, int | None],
    labels: Mapping[str, str],
    *,
    title: str,
    description: str,
    outlines: Sequence[Area] = (),
) -> Markup:
    """A map of areas by the class of their figures. labels: written within an area.

    outlines: larger areas, drawn over it, bolder; the map then ends where they do (one small area of Norwich is a strip of
    river that runs far out of the city, and would leave the city itself too small to read).
    """
    shown = [figure for figure in figures.values() if figure is not None]
    bounds = classes_of(shown)
    corners = [point for area in outlines or areas for point in points_of(area.shape)]
    place = _Place(corners)
    height = math.ceil(max(place(point)[1] for point in corners))
    parts = [_patterns(name)]
    for area in areas:
        figure = figures.get(area.code)
        told = TOO_FEW if figure is None else f"{figure:,}"
        parts.append(
            f'<path d="{_path(area.shape, place)}" fill="url(#{name}-{class_of(figure, bounds)})">'
            f"<title>{escape(area.name)}: {told}</title></path>"
        )
    parts += _borders(areas, place, 0.75 if outlines else 1.5)
    if outlines:
        parts += _borders(outlines, place, 2.5)
    parts += [
        _label(text, place(inner_point(area.shape))) for area in areas if (text := labels.get(area.code))
    ]
    box = f'viewBox="0 0 {WIDTH} {height + _MARGIN}"'
    return _picture(name, f'{box} class="insight-map"', title, description, parts)


def swatch(name: str, number: int) -> Markup:
    """The key's little square for one class; the words stand beside it, so it is hidden from screen readers."""
    parts = f'{_patterns(name)}<rect x="1" y="1" width="34" height="22" fill="url(#{name}-{number})" stroke="{_INK}"/>'
    return Markup(  # noqa: S704 # nothing in it comes from anybody
        f'<svg width="36" height="24" aria-hidden="true" focusable="false">{parts}</svg>'
    )


def bars(name: str, figures: Sequence[tuple[str, int | None]], *, title: str, description: str) -> Markup:
    """Bars from left to right, in the order given, with their words above each, broken so that they fit on a phone."""
    most = max((figure for _, figure in figures if figure is not None), default=1)
    parts, down = [_patterns(name)], 0
    for words, figure in figures:
        told = TOO_FEW if figure is None else f"{figure:,}"
        for line in wrap(f"{words}: {told}", _LINE):
            down += 20
            parts.append(
                f'<text x="0" y="{down}" font-size="16" {_FONT} fill="#0b0c0c">{escape(line)}</text>'
            )
        if figure is not None:
            parts.append(
                f'<rect x="0.5" y="{down + 7}" width="{97 * figure / most:.1f}%" height="14" '
                f'fill="url(#{name}-2)" stroke="{_INK}"/>'
            )
        down += 28
    box = f'width="100%" height="{down}" class="insight-bars"'
    return _picture(name, box, title, description, parts)


def _picture(name: str, attributes: str, title: str, description: str, parts: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704 # every text in it was escaped where it was put in
        f'<svg xmlns="http://www.w3.org/2000/svg" {attributes} role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _patterns(name: str) -> str:
    return (
        "<defs>"
        + "".join(
            f'<pattern id="{name}-{number}" width="12" height="12" patternUnits="userSpaceOnUse">'
            f'<rect width="12" height="12" fill="{ground}"/>{drawn}</pattern>'
            for number, (ground, drawn) in enumerate(_CLASSES)
        )
        + "</defs>"
    )


class _Place:
    """Degrees to the picture's units: equirectangular about the middle latitude, north up; enough for one district."""

    def __init__(self, points: Sequence[Point]) -> None:
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, self.north = min(y for _, y in points), max(y for _, y in points)
        self.west = west
        self.squeeze = math.cos(math.radians((south + self.north) / 2))
        self.scale = (WIDTH - 2 * _MARGIN) / ((east - west) * self.squeeze)

    def __call__(self, point: Point) -> Point:
        return (
            (point[0] - self.west) * self.squeeze * self.scale + _MARGIN,
            (self.north - point[1]) * self.scale + _MARGIN,
        )


def _borders(areas: Sequence[Area], place: _Place, width: float) -> list[str]:
    """Ink between two lines of white, so that two dark areas side by side are still two."""
    path = "".join(_path(area.shape, place) for area in areas)
    return [
        f'<path d="{path}" fill="none" stroke="#ffffff" stroke-width="{width * 3}"/>',
        f'<path d="{path}" fill="none" stroke="{_INK}" stroke-width="{width}"/>',
    ]


def _path(shape: Shape, place: _Place) -> str:
    lines = []
    for polygon in shape:
        for ring in polygon:
            steps: list[str] = []
            for point in ring:
                x, y = place(point)
                step = f"{x:.1f} {y:.1f}"
                if not steps or steps[-1] != step:
                    steps.append(step)
            lines.append(f"M{'L'.join(steps)}Z")
    return "".join(lines)


def _label(text: str, at: Point) -> str:
    return (
        f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="19" fill="#ffffff" stroke="{_INK}"/>'
        f'<text x="{at[0]:.1f}" y="{at[1] + 8:.1f}" text-anchor="middle" font-size="23" font-weight="700" {_FONT} '
        f'fill="#0b0c0c">{escape(text)}</text>'
    )
