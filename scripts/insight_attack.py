"""Attack the published tables of area insight, and print in one line what was learned.

    python -m scripts.insight_attack [--rounds 1000] [--seed 7]

Each round makes up a small town with sparse counts, by small areas and by wards alone, closes two months (the second with
late events of the first), and publishes after each. The attacker knows the program, and asks a random set of queries:
figures of any table, margins, the same figure before and after (repeated queries). From them it reasons with certainty:
every query is a linear constraint on the true counts, nested queries are subtracted (differencing), and bounds are
tightened until nothing changes. With linkage it also knows the true sum of each theme from somebody's annual report, or,
as an insider, a quarter of the true counts.

A count under the threshold is RECOVERED when its true value is 1 to threshold - 1 and the attacker's bounds lie within 1
to threshold - 1: then it is sure that somebody is there, and that they are few. Counted are the base and every figure.

Four ways of publishing are attacked alike: `open` (suppression off), `hidden` (figures under the threshold hidden, no
more), `rounded` (hidden, and each figure rounded by itself), and `ours`. Against ours the attacker is given more than is
published: all replaced counts, also of figures that are not shown. And since bounds only show that THIS attacker failed,
`ours` is also published from other truths (see hub/insight/protecting.py): the figures must be the same.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeAlias

import typer

from hub.insight.counting import TOTAL, Cell, Reading, add_up
from hub.insight.deprivation import Joined
from hub.insight.events import NO_FIXED_ABODE, NOT_SAID, Event, Kind
from hub.insight.protecting import BASE, DEFAULT_THRESHOLD, Batch, protect
from hub.insight.themes import AGES
from hub.places.areas import Area, Geography

Base: TypeAlias = int  # the number of one count in its town
Bounds: TypeAlias = list[tuple[int, int]]
Query: TypeAlias = tuple[int, Cell]  # after which batch, which figure
MOST: Final = 60  # events that the attacker thinks possible in one count, at most
WAYS: Final = ("open", "hidden", "rounded", "ours", "ours and a report", "ours and an insider")
_LSOAS: Final = tuple(f"E0100000{number}" for number in range(1, 7))
_WARDS: Final = ("E05000001", "E05000002")
_MONTHS: Final = ("2026-10", "2026-11")
_THEMES: Final = ("housing", "money", "loneliness")
READING: Final = Reading(
    Geography(
        "E07000000",
        2021,
        {code: Area(code, code, (), _WARDS[number % 2]) for number, code in enumerate(_LSOAS)},
        {ward: Area(ward, ward) for ward in _WARDS},
    ),
    Joined(2025, 2021, {code: 1 + number for number, code in enumerate(_LSOAS)}),
)

# One event falls into the same figures each time.
CELLS_OF: Final = functools.cache(READING.cells_of)


@dataclass(frozen=True, slots=True)
class Constraint:
    """The sum of some true counts lies between two numbers."""

    of: frozenset[Base]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Town:
    """What truly happened. bases: the batch and event of each count. members: which counts a figure is the sum of."""

    truth: tuple[Counter[Event], ...]
    queries: tuple[Query, ...]
    bases: tuple[tuple[int, Event], ...] = field(repr=False)
    values: tuple[int, ...] = field(repr=False)
    members: Mapping[Query, frozenset[Base]] = field(repr=False)

    def value(self, of: frozenset[Base]) -> int:
        """The true sum of some counts."""
        return sum(self.values[base] for base in of)

    def targets(self) -> set[frozenset[Base]]:
        """Everything that the attacker would like to know: each count, and each figure."""
        return {frozenset({base}) for base in range(len(self.bases))} | set(self.members.values())


@dataclass(slots=True)
class Findings:
    """What the attacks learned. recovered and small: by way; small is how many counts under the threshold there were."""

    rounds: int = 0
    small: int = 0
    recovered: Counter[str] = field(default_factory=Counter)
    told_apart: int = 0
    shown_too_small: int = 0

    def line(self) -> str:
        """The figures in one line."""
        ways = ", ".join(f"{way} {self.recovered[way]}" for way in WAYS)
        return (
            f"insight attack: {self.rounds} query sets, {self.small} counts of 1 to {DEFAULT_THRESHOLD - 1}; "
            f"recovered: {ways}; other truths told apart: {self.told_apart}; "
            f"shown under the threshold: {self.shown_too_small}"
        )


def publish(truth: Sequence[Mapping[Event, int]]) -> list[Batch[Event, Cell]]:
    """Our way, batch after batch."""
    batches: list[Batch[Event, Cell]] = []
    for number, counts in enumerate(truth):
        owed = batches[-1].owed if batches else {}
        batches.append(protect(counts, CELLS_OF, TOTAL, owed, str(number)))
    return batches


def attack(town: Town, way: str, dice: random.Random) -> int:
    """How many counts under the threshold this way of publishing lets the attacker recover."""
    known: dict[Base, int] = {}
    if way == "ours and an insider":
        known = {base: value for base, value in enumerate(town.values) if dice.random() < 0.25}
    reported = [] if way != "ours and a report" else _report(town)
    told = [*_published(town, way), *reported]
    told += [Constraint(frozenset({base}), value, value) for base, value in known.items()]
    direct = _merged([*told, *_differences(told)])
    bounds: Bounds = [(0, MOST)] * len(town.bases)
    _tighten(bounds, list(direct.values()))
    recovered = 0
    for of in town.targets() - {constraint.of for constraint in reported}:
        if 1 <= town.value(of) < DEFAULT_THRESHOLD and of.isdisjoint(known):
            low, high = _bounds_of(of, bounds, direct.get(of))
            recovered += low >= 1 and high < DEFAULT_THRESHOLD
    return recovered


def _report(town: Town) -> list[Constraint]:
    """The true sum of each theme, as an annual report would tell it: never a small one."""
    sums = [
        frozenset(base for base, (_, event) in enumerate(town.bases) if event.theme == theme)
        for theme in _THEMES
    ]
    return [
        Constraint(of, town.value(of), town.value(of)) for of in sums if town.value(of) >= DEFAULT_THRESHOLD
    ]


def _published(town: Town, way: str) -> list[Constraint]:
    if not way.startswith("ours"):
        return [_answer(town, query, way) for query in town.queries]
    batches = publish(town.truth)
    near = [batches[batch].counts.get(event, 0) for batch, event in town.bases]
    made = [
        Constraint(frozenset({base}), max(0, count - BASE + 1), count + BASE - 1)
        for base, count in enumerate(near)
    ]
    for query in (*town.queries, *((batch, TOTAL) for batch in range(len(batches)))):
        of = town.members[query]
        figure = sum(near[base] for base in of)
        # No figure is published 5 or more too high; and the attacker is told when all units found a place.
        settled = query[1] == TOTAL and town.value(of) - figure <= BASE // 2
        low = figure - BASE // 2 if query[1] == TOTAL else figure - BASE + 1
        made.append(Constraint(of, max(0, low), figure + BASE // 2 if settled else len(of) * MOST))
    return made


def _answer(town: Town, query: Query, way: str) -> Constraint:
    of = town.members[query]
    value = town.value(of)
    if way == "open":
        return Constraint(of, value, value)
    if value < DEFAULT_THRESHOLD:
        return Constraint(of, 0, DEFAULT_THRESHOLD - 1)
    if way == "hidden":
        return Constraint(of, value, value)
    rounded = (value + BASE // 2) // BASE * BASE
    return Constraint(of, rounded - BASE // 2, rounded + BASE // 2)


def _merged(constraints: Sequence[Constraint]) -> dict[frozenset[Base], Constraint]:
    """One constraint a sum, as tight as all that is known of it; the smallest sums first."""
    merged: dict[frozenset[Base], Constraint] = {}
    for one in sorted(constraints, key=lambda constraint: len(constraint.of)):
        known = merged.get(one.of, one)
        merged[one.of] = Constraint(one.of, max(one.low, known.low), min(one.high, known.high))
    return merged


def _differences(constraints: Sequence[Constraint]) -> list[Constraint]:
    """What is left of a query when a smaller one within it is taken away: both the smaller tables and the earlier ones."""
    unique = {constraint.of: constraint for constraint in constraints if len(constraint.of) > 1}
    return [
        Constraint(whole.of - part.of, max(0, whole.low - part.high), whole.high - part.low)
        for whole in unique.values()
        for part in unique.values()
        if part.of < whole.of
    ]


def _tighten(bounds: Bounds, constraints: Sequence[Constraint]) -> None:
    """Bound every count by what each constraint leaves it when the others take their most or their least."""
    lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
    changed = True
    while changed:
        changed = False
        for constraint in constraints:
            least = sum([lows[base] for base in constraint.of])
            most = sum([highs[base] for base in constraint.of])
            if least >= constraint.low and most <= constraint.high:
                continue
            spare, need = constraint.high - least, constraint.low - most
            for base in constraint.of:
                low, high = lows[base], highs[base]
                if high > low + spare:
                    highs[base], changed = low + spare, True
                if low < high + need:
                    lows[base], changed = high + need, True
    bounds[:] = zip(lows, highs, strict=True)


def _bounds_of(of: frozenset[Base], bounds: Bounds, told: Constraint | None) -> tuple[int, int]:
    low, high = sum(bounds[base][0] for base in of), sum(bounds[base][1] for base in of)
    return (low, high) if told is None else (max(low, told.low), min(high, told.high))


def make_town(dice: random.Random) -> Town:
    """A random town with sparse counts, and a random set of queries to it."""
    possible = [
        Event(Kind.NEED, theme, area, 2021, month, age, groups)
        for month in _MONTHS
        for number, theme in enumerate(_THEMES)
        # Of some only the ward is known; ages and groups part the counts across the places.
        for area, age, groups in (
            *((lsoa, AGES[(number + at) % 2], ()) for at, lsoa in enumerate(_LSOAS)),
            *((ward, AGES[0], ()) for ward in _WARDS),
            (NO_FIXED_ABODE, NOT_SAID, ("homelessness",)),
        )
    ]
    # The first batch closes the first month; the second one holds the second month and what came late.
    every = [(0, event) for event in possible if event.month == _MONTHS[0]]
    every += [(1, event) for event in possible]
    truth = (Counter[Event](), Counter[Event]())
    busy = dice.choice((1, 2, 4, 8))
    for batch, event in every:
        late = batch == 1 and event.month == _MONTHS[0]
        truth[batch][event] = dice.choices(
            (0, 1, 2, dice.randrange(3 * busy + 1)), (6 * (1 + late), 2, 1, busy)
        )[0]
    members: dict[Query, set[Base]] = {}
    for base, (batch, event) in enumerate(every):
        for cell in CELLS_OF(event):
            for after in range(batch, 2):
                members.setdefault((after, cell), set()).add(base)
    frozen = {query: frozenset(of) for query, of in members.items()}
    asked = dice.sample(sorted(frozen), dice.randrange(20, len(frozen)))
    values = tuple(truth[batch][event] for batch, event in every)
    return Town(truth, tuple(asked), tuple(every), values, frozen)


def other_truths(
    batches: Sequence[Batch[Event, Cell]], town: Town, dice: random.Random
) -> list[list[Counter[Event]]]:
    """Truths that publish alike: one without any small count, and one with one more event in any one count."""
    without = [Counter(dict(batch.counts)) for batch in batches]
    more = [Counter(counts) for counts in without]
    batch, event = dice.choice(town.bases)
    more[batch][event] += dice.choice((1, 2))
    return [without, more]


def run(rounds: int, seed: int) -> Findings:
    """All rounds; the same seed gives the same figures."""
    dice = random.Random(seed)  # noqa: S311 # made-up towns that can be made again
    findings = Findings()
    for _ in range(rounds):
        town = make_town(dice)
        findings.rounds += 1
        findings.small += sum(1 <= town.value(of) < DEFAULT_THRESHOLD for of in town.targets())
        for way in WAYS:
            findings.recovered[way] += attack(town, way, dice)
        batches = publish(town.truth)
        published = [batch.counts for batch in batches]
        for truth in other_truths(batches, town, dice):
            findings.told_apart += [batch.counts for batch in publish(truth)] != published
        findings.shown_too_small += _shown_too_small(town, batches)
    return findings


def _shown_too_small(town: Town, batches: Sequence[Batch[Event, Cell]]) -> int:
    wrong = 0
    for after in range(len(batches)):
        true, replaced = Counter[Event](), Counter[Event]()
        for number in range(after + 1):
            true.update(town.truth[number])
            replaced.update(batches[number].counts)
        truths = add_up(true, CELLS_OF)
        figures = add_up(replaced, CELLS_OF)
        wrong += sum(
            figure > DEFAULT_THRESHOLD and truths[cell] < DEFAULT_THRESHOLD
            for cell, figure in figures.items()
        )
    return wrong


def main(
    rounds: Annotated[int, typer.Option(help="How many towns and query sets.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 7,
) -> None:
    """Attack the tables and print what was learned."""
    print(run(rounds, seed).line())


if __name__ == "__main__":
    typer.run(main)
