"""The published family of tables, fixed here: nobody can ask for another cut, so no cut can be subtracted from another.

Each table counts events by a row, a column and a period, with the margins of its rows and, where its columns can be added
up, of its columns. A cell is the address of one figure anywhere in the family. `Reading.cells_of` says which figures one
event is part of; counting and protecting (which knows nothing of tables) are both sums along it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from hub.insight.deprivation import Joined
from hub.insight.events import KIND_TITLES, NO_FIXED_ABODE, NOT_SAID, Event, Kind
from hub.insight.themes import AGES, GROUPS, THEME_TITLES
from hub.places.areas import NOWHERE, Area, Geography

ALL: Final = "all"
ELSEWHERE: Final = "elsewhere"
NO_GROUP: Final = "no-group-said"
CORE20: Final = "core20"
NOT_CORE20: Final = "not-core20"

BUCKET_TITLES: Final = {
    NO_FIXED_ABODE: "No fixed address",
    NOT_SAID: "Not said, or not safe to say",
    ELSEWHERE: "Elsewhere",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One published table. rows: a dimension of `Reading.rows`. only: the one kind it counts; else a column for each."""

    code: str
    title: str
    question: str
    rows: str
    period: str
    only: Kind | None = None


TABLES: Final = (
    Table("themes", "Themes by month", "What do people need, and what came of it?", "theme", "month"),
    Table("wards", "Wards by quarter", "Where do people need help?", "ward", "quarter"),
    Table(
        "ward-needs",
        "Needs by ward and theme",
        "Which needs stand out in which ward?",
        "ward",
        "quarter",
        Kind.NEED,
    ),
    Table(
        "ward-refusals",
        "Refusals by ward and theme",
        "Where was help refused, and with what?",
        "ward",
        "quarter",
        Kind.REFUSAL,
    ),
    Table("small-areas", "Small areas by year", "Which small areas should we look at?", "lsoa", "year"),
    Table(
        "deprivation",
        "Most deprived areas by quarter",
        "Do we reach the most deprived fifth?",
        "deprivation",
        "quarter",
    ),
    Table("ages", "Ages by quarter", "Which ages need help?", "age", "quarter"),
    Table(
        "groups",
        "Core20PLUS5 groups by quarter",
        "Do we reach the groups we said we would?",
        "group",
        "quarter",
    ),
)
TABLE_BY_CODE: Final = {table.code: table for table in TABLES}


class Cell(NamedTuple):
    """The address of one figure. row and column may be ALL."""

    table: str
    period: str
    row: str
    column: str


TOTAL: Final = Cell(ALL, ALL, ALL, ALL)


def period_of(month: str, period: str) -> str:
    """The month "2026-11" as itself, its quarter "2026-Q4" or its year "2026"."""
    year, number = month.split("-")
    return {"month": month, "quarter": f"{year}-Q{(int(number) + 2) // 3}", "year": year}[period]


@dataclass(frozen=True, slots=True)
class Reading:
    """How events fall into rows. joined: None where no index of their vintage is at hand; its table is then left out."""

    geography: Geography = NOWHERE
    joined: Joined | None = None

    @property
    def series(self) -> str:
        """The name of this way of reading. Figures of two ways are never added up: another geography begins anew."""
        index = "no index" if self.joined is None else f"IMD {self.joined.release}"
        return f"{self.geography.district or 'no district'}, {self.geography.vintage}, {index}"

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that can be made."""
        return tuple(table for table in TABLES if table.rows != "deprivation" or self.joined is not None)

    def cells_of(self, event: Event) -> tuple[Cell, ...]:
        """Every figure that the event is part of, each once, margins and the grand total too."""
        found = [TOTAL]
        for table in self.tables:
            if table.only not in {None, event.kind}:
                continue
            period = period_of(event.month, table.period)
            # Kinds are not added up: a need and its referral are two sayings of one story.
            columns = (event.kind.value,) if table.only is None else (event.theme, ALL)
            rows = (*self.rows(table.rows, event), ALL)
            found += [Cell(table.code, period, row, column) for row in rows for column in columns]
        return tuple(found)

    def rows(self, dimension: str, event: Event) -> tuple[str, ...]:
        """The rows of a dimension that an event falls into: one, or several for groups."""
        of: Mapping[str, Callable[[], tuple[str, ...]]] = {
            "theme": lambda: (event.theme,),
            "ward": lambda: (self._place(event, self._ward(event)),),
            "lsoa": lambda: (self._within_ward(event, event.area if self._ours(event) else None),),
            "deprivation": lambda: (self._within_ward(event, self._core20(event)),),
            "age": lambda: (event.age,),
            "group": lambda: event.groups or (NO_GROUP,),
        }
        return of[dimension]()

    def titles(self, dimension: str) -> dict[str, str]:
        """Every row that a dimension can have, in order, with its title, so that a table's shape tells nothing."""
        places = {
            "ward": {code: area.name for code, area in self.geography.wards.items()},
            "lsoa": {code: self._in_ward(area) for code, area in self.geography.lsoas.items()},
            "deprivation": {CORE20: "Most deprived fifth of England", NOT_CORE20: "Other areas"},
        }
        if dimension in places:
            return places[dimension] | BUCKET_TITLES
        return {
            "theme": THEME_TITLES,
            "age": {code: code.replace("-plus", " or over").replace("-", " to ") for code in AGES}
            | {NOT_SAID: "Not said"},
            "group": GROUPS | {NO_GROUP: "No group said"},
            "kind": {kind.value: title for kind, title in KIND_TITLES.items()},
        }[dimension]

    def _in_ward(self, lsoa: Area) -> str:
        ward = self.geography.wards.get(lsoa.ward or "")
        return lsoa.name if ward is None else f"{lsoa.name}, {ward.name}"

    def _ours(self, event: Event) -> bool:
        return event.vintage == self.geography.vintage and event.area in self.geography.lsoas

    def _core20(self, event: Event) -> str | None:
        if self.joined is None or event.vintage != self.joined.vintage:
            return None
        found = self.joined.is_core20(event.area)
        return None if found is None else CORE20 if found else NOT_CORE20

    def _ward(self, event: Event) -> str | None:
        if event.area in self.geography.wards:
            return event.area
        return self.geography.ward_of(event.area, event.vintage)

    def _within_ward(self, event: Event, found: str | None) -> str:
        # Where only the ward is known, nobody said where in it.
        return NOT_SAID if event.area in self.geography.wards else self._place(event, found)

    @staticmethod
    def _place(event: Event, found: str | None) -> str:
        return event.area if event.area in {NO_FIXED_ABODE, NOT_SAID} else found or ELSEWHERE


def add_up(counts: Mapping[Event, int], cells_of: Callable[[Event], Iterable[Cell]]) -> Counter[Cell]:
    """Every figure of the family."""
    figures: Counter[Cell] = Counter()
    for event, count in counts.items():
        for cell in cells_of(event):
            figures[cell] += count
    return figures
