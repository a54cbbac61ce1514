"""What a page of one table says, from published figures alone: the choice of period, picture, table, warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from hub.insight import coverage, pictures
from hub.insight.counting import ALL, BUCKET_TITLES, NO_GROUP, Cell, Reading, Table, add_up, period_of
from hub.insight.events import KIND_TITLES, NOT_SAID, Kind
from hub.insight.protecting import shown
from hub.insight.recording import Published
from hub.insight.settings import Insight

_MONTHS: Final = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]
_PICTURE: Final = "insight-picture"
# Wards are found by their name and number, ages by their order; all else is looked for by size.
_IN_ORDER: Final = frozenset({"ward", "age"})
_UNSAID: Final = frozenset({NOT_SAID, NO_GROUP})


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: a period, or what the picture shows."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row. figures: in the order of the columns, None where too few. number: its number on the map."""

    code: str
    title: str
    figures: tuple[int | None, ...]
    number: int | None = None

    def largest(self, columns: Sequence[Choice]) -> list[str]:
        """The figures that are shown with their columns, the largest first, without the first column: it is their sum."""
        told = sorted(
            (-figure, column.title)
            for column, figure in zip(columns[1:], self.figures[1:], strict=True)
            if figure
        )
        return [f"{title} {-figure:,}" for figure, title in told]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One class of the map: its square, and what it means."""

    swatch: Markup
    means: str


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the page of a table needs. heading: what the picture shows. columns: those of the table, each with its place
    in `Row.figures`. rest: whether the figures of the other columns stand in one cell. few: titles of the rows with nothing
    to show. off_map: rows with a figure that have no place on the map, in words.
    """

    periods: tuple[Choice, ...]
    period: Choice
    choices: tuple[Choice, ...]
    chosen: Choice
    heading: str
    columns: tuple[tuple[int, Choice], ...]
    rest: bool
    rows: tuple[Row, ...]
    few: tuple[str, ...]
    off_map: tuple[str, ...]
    picture: Markup | None
    key: tuple[KeyLine, ...]
    warnings: tuple[str, ...]
    thin: tuple[str, ...]


def month_title(month: str) -> str:
    """A month in words: "2026-10" is October 2026."""
    year, number = month.split("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def period_title(period: str, until: str) -> str:
    """A period in words; one that goes on after the last published month says so."""
    if "-Q" in period:
        year, quarter = period.split("-Q")
        last = int(quarter) * 3
        title = f"{_MONTHS[last - 3]} to {_MONTHS[last - 1]} {year}"
        ends = f"{year}-{last:02}"
    elif "-" in period:
        return month_title(period)
    else:
        title, ends = period, f"{period}-12"
    return title if ends <= until else f"{title}, so far"


def months_between(first: str, last: str) -> list[str]:
    """All months from the first to the last, both in: "2026-11", "2026-12", "2027-01"."""
    year, month = (int(part) for part in first.split("-"))
    found = []
    while f"{year}-{month:02}" <= last:
        found.append(f"{year}-{month:02}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def periods_of(table: Table, published: Published) -> tuple[Choice, ...]:
    """The periods that a table has, newest first."""
    first = min((event.month for event in published.together()), default=published.until)
    codes = {period_of(month, table.period): None for month in months_between(first, published.until)}
    return tuple(Choice(code, period_title(code, published.until)) for code in reversed(codes))


def show(
    table: Table,
    insight: Insight,
    published: Published,
    organisation_title: Callable[[str], str],
    period: str,
    chosen: str,
) -> Shown:
    """The page. A period or column that the table does not have gives the first one. Something must be published."""
    reading = insight.reading
    figures = add_up(published.together(), reading.cells_of)
    periods = periods_of(table, published)
    at = next((one for one in periods if one.code == period), periods[0])
    columns = _columns(table, reading)
    column = next((one for one in columns if one.code == chosen), columns[0])

    def figure(row: str, column_code: str) -> int | None:
        return shown(figures.get(Cell(table.code, at.code, row, column_code), 0), insight.threshold)

    places = reading.geography.wards if table.rows == "ward" else reading.geography.lsoas
    rows = [
        Row(code, title, tuple(figure(code, one.code) for one in columns), _number(table, code, list(places)))
        for code, title in {ALL: "All", **reading.titles(table.rows)}.items()
    ]
    picked = columns.index(column)
    kept = [row for row in rows if row.code == ALL or any(one is not None for one in row.figures)]
    if table.rows not in _IN_ORDER:
        buckets = {*BUCKET_TITLES, ALL}
        # All first, then the largest, then those who have no place.
        kept.sort(key=lambda row: (row.code != ALL, row.code in buckets, -(row.figures[picked] or 0)))
    heading = f"{_subject(table, column)}, {at.title}"
    picture, key = _picture(table, reading, rows, picked, heading)
    months = months_between(min(published.at), published.until)
    return Shown(
        periods,
        at,
        columns,
        column,
        heading,
        _columns_shown(table, columns, picked),
        table.only is not None,
        tuple(kept),
        tuple(
            row.title if row.number is None else f"{row.number} {row.title}"
            for row in rows
            if row not in kept
        ),
        tuple(
            f"{row.title} {row.figures[picked]:,}"
            for row in rows
            if key and row.code in BUCKET_TITLES and row.figures[picked] is not None
        ),
        picture,
        key,
        tuple(
            coverage.silent(
                [month for month in months if period_of(month, table.period) == at.code],
                published.reporters,
                organisation_title,
                month_title,
            )
        ),
        tuple(_thin(reading, figures, at.code)) if table.code == "wards" else (),
    )


def _subject(table: Table, column: Choice) -> str:
    """What a figure counts: "Needs", or where the columns are themes "Needs: damp and mould"."""
    if table.only is None:
        return column.title
    return f"{KIND_TITLES[table.only]}: {column.title[0].lower()}{column.title[1:]}"


def _columns_shown(table: Table, columns: Sequence[Choice], picked: int) -> tuple[tuple[int, Choice], ...]:
    """All; or where they are themes, their sum and the one that the picture shows."""
    numbered = tuple(enumerate(columns))
    return numbered if table.only is None else tuple(numbered[at] for at in sorted({0, picked}))


def _columns(table: Table, reading: Reading) -> tuple[Choice, ...]:
    titles = reading.titles("kind") if table.only is None else {ALL: "All themes", **reading.titles("theme")}
    return tuple(Choice(code, title) for code, title in titles.items())


def _number(table: Table, code: str, places: Sequence[str]) -> int | None:
    return places.index(code) + 1 if table.rows == "ward" and code in places else None


def _thin(reading: Reading, figures: Mapping[Cell, int], period: str) -> list[str]:
    met = {
        code: shown(figures.get(Cell("wards", period, code, Kind.NEED.value), 0)) or 0
        for code in reading.geography.wards
    }
    thin = coverage.thin_wards(reading.geography, met)
    return ["any ward"] if len(thin) == len(reading.geography.wards) > 1 else thin


def _picture(
    table: Table, reading: Reading, rows: Sequence[Row], picked: int, what: str
) -> tuple[Markup | None, tuple[KeyLine, ...]]:
    figures = {row.code: row.figures[picked] for row in rows if row.code != ALL}
    counted = [figure for figure in figures.values() if figure is not None]
    if not counted:
        return None, ()
    geography = reading.geography
    areas = list((geography.wards if table.rows == "ward" else geography.lsoas).values())
    if table.rows in {"ward", "lsoa"} and areas and all(area.shape for area in areas):
        ours = {area.code: figures[area.code] for area in areas}
        told = [figure for figure in ours.values() if figure is not None]
        best = max(areas, key=lambda area: ours[area.code] or 0)
        places = "wards" if table.rows == "ward" else "small areas"
        title = f"Map of {places}: {what}"
        most = f"Most in {best.name}: {ours[best.code]:,}. " if told else ""
        picture = pictures.map_of(
            _PICTURE,
            areas,
            ours,
            {row.code: str(row.number) for row in rows if row.number is not None},
            title=title,
            description=f"{most}{len(told)} of {len(areas)} {places} have enough to show. "
            "The table below has the same figures, and those without a place on the map.",
            outlines=list(geography.wards.values()) if table.rows == "lsoa" else [],
        )
        key = pictures.key_of(list(ours.values()), pictures.classes_of(told))
        return picture, tuple(
            KeyLine(pictures.swatch(f"key-{one.number}", one.number), one.means) for one in key
        )
    known = [row for row in rows if figures.get(row.code) is not None]
    # Beside "not said", which is often most, the bars that matter would all look alike; the table has it.
    said = [row for row in known if row.code not in _UNSAID] or known
    order = [(row.title, row.figures[picked]) for row in said]
    if table.rows not in _IN_ORDER:
        order.sort(key=lambda pair: -(pair[1] or 0))
    sorting = "in the order of the table" if table.rows in _IN_ORDER else "the longest first"
    bars = "1 bar" if len(order) == 1 else f"{len(order)} bars, {sorting}"
    description = f"{bars}. The table below has every figure."
    return pictures.bars(_PICTURE, order, title=f"Bars: {what}", description=description), ()
