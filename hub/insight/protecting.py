"""Disclosure control: why no figure, and no sum or difference of figures, tells about one person.

The method: controlled rounding of the events themselves, before anything is added up (L. H. Cox and L. R. Ernst,
"Controlled rounding", INFOR 20(4), 1982).

1. A month's new events are counted: so many of each equal kind. Each count is replaced by a multiple of 5 next to it, so
   that all published figures come out close to the truth (`protect`).
2. Every figure anywhere (each row, column, margin, ward, month, quarter, year) is a sum of these replaced counts and of
   nothing else. Tables add up exactly, to each other too.
3. A figure is shown only when it is over the threshold (`shown`). A true count under the threshold never is.
4. A batch is never computed again. Late events are part of the next batch, and revise earlier periods in the open.

Why it holds. Call the replaced counts D. Had the truth been D itself, `protect` would have given D: multiples of 5 are
left as they are. So whatever has been published, now or ever, in whatever cut, also fits a truth in which every count is 0
or at least 5; and, for any count, one in which it is 1 or 2 higher (too little for one more unit of 5). Hence nobody can
show that a count lies between 1 and 4, nor name any count exactly, with any computer, knowing this program. That is what
secondary suppression is for, without its search: what differencing brings back is D, never the truth.
tests/unit/hub/insight/test_attack.py publishes these other truths and finds the same figures, bit for bit.

Zero is treated like 1 to 4. Were a zero shown, every figure that is not shown would be known to be at least 1; and "nobody
here asked for help with violence at home" is itself a thing to know about a street.

What it does not promise: it speaks of what can be known for certain, not of what can be guessed; and somebody who knows all
other events of a batch already learns more. Differential privacy bounds both. It was weighed (OpenDP 0.16, MIT) and left:
its noise is drawn per figure, so that tables contradict each other and zeros show as people; and each month of
publication spends budget of the same residents, without end. docs/insight.md says more.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

BASE: Final = 5
DEFAULT_THRESHOLD: Final = 5

B = TypeVar("B")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Batch(Generic[B, C]):
    """One published batch. counts: the replaced counts, those over 0. owed: truth less published, of every figure so far.

    `counts` may be told to everybody; `owed` and the true counts to nobody.
    """

    counts: Mapping[B, int]
    owed: Mapping[C, int] = field(repr=False)


def protect(
    true: Mapping[B, int],
    cells_of: Callable[[B], Iterable[C]],
    total: C,
    owed: Mapping[C, int],
    name: str,
) -> Batch[B, C]:
    """Replace a batch's counts by multiples of 5, each the next below or above, so that every figure stays near the truth.

    cells_of: the figures that one count is part of. total: the figure that all are part of. owed: what the batches before
    still owe to each figure. name: of the batch; breaks ties, so that no place is favoured for its name.

    First everything is rounded down. Then units of 5 go one by one to the count whose figures are owed most, at most one
    to each, until the grand total is right to within 2. No figure is ever raised that is not owed something: so none is
    published 5 or more above its truth, and a truth under the threshold never comes to be shown.
    """
    counts = {count_of: value - value % BASE for count_of, value in true.items()}
    debts = Counter(owed)
    cells = {count_of: tuple(cells_of(count_of)) for count_of, value in true.items() if value % BASE}
    for count_of, figures in cells.items():
        for figure in figures:
            debts[figure] += true[count_of] % BASE
    # Debts only fall, so an entry that is still right when it comes up is the best of all (lazy greedy).
    heap = [
        (-sum(debts[one] for one in figures), _lot(name, count_of), count_of)
        for count_of, figures in cells.items()
    ]
    heapq.heapify(heap)
    units = (debts[total] + BASE // 2) // BASE
    while heap and units > 0:
        promised, lot, count_of = heapq.heappop(heap)
        figures = cells[count_of]
        if any(debts[one] < 1 for one in figures):
            continue
        now = -sum(debts[one] for one in figures)
        if now > promised:
            heapq.heappush(heap, (now, lot, count_of))
            continue
        counts[count_of] += BASE
        units -= 1
        for figure in figures:
            debts[figure] -= BASE
    return Batch(
        {count_of: count for count_of, count in counts.items() if count},
        {figure: debt for figure, debt in debts.items() if debt},
    )


def shown(figure: int, threshold: int = DEFAULT_THRESHOLD) -> int | None:
    """A figure as it is shown: None when it is not over the threshold. 0 and "a few" look alike."""
    return figure if figure > threshold else None


def valid_threshold(threshold: int) -> int:
    """A threshold that the proof covers: a multiple of 5, at least 5. Raises ValueError otherwise."""
    if threshold < BASE or threshold % BASE:
        raise ValueError(f"the threshold must be a multiple of {BASE} and at least {BASE}")
    return threshold


def _lot(name: str, count_of: object) -> bytes:
    return hashlib.sha256(f"{name}\n{count_of!r}".encode()).digest()
