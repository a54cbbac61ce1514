"""When figures are too thin to lean on, said beside them. Reckoned from published figures and from who reported only.

Counts here show where people were met, not where need is. Three things make that plain:
- few organisations reported in a month;
- one that reported the month before fell silent: a fall may be only that;
- hardly anybody was met in a ward for the number of people who live there.

Residents are reckoned by the number of small areas: an LSOA has 1,000 to 3,000 residents (Office for National Statistics),
and 1,500 is taken for each. The folder of geography holds no counts of residents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from hub.places.areas import Geography

FEW_ORGANISATIONS: Final = 3
RESIDENTS_OF_LSOA: Final = 1500
FEW_PER_THOUSAND: Final = 2


def silent(
    months: Iterable[str],
    reporters: Mapping[str, frozenset[str]],
    title: Callable[[str], str],
    month_title: Callable[[str], str],
) -> list[str]:
    """Warnings about who reported in these months. title: what to call an organisation. month_title: "October 2026"."""
    found = []
    for month in sorted(months):
        here = reporters.get(month, frozenset())
        if len(here) < FEW_ORGANISATIONS:
            count = {0: "No organisation", 1: "Only one organisation"}.get(
                len(here), f"Only {len(here)} organisations"
            )
            found.append(
                f"{count} reported in {month_title(month)}: most of what happened is not counted here."
            )
        gone = sorted(title(one) for one in reporters.get(_before(month), frozenset()) - here)
        if gone:
            found.append(
                f"{' and '.join(gone)} reported the month before and not in {month_title(month)}: "
                "lower figures may be only that."
            )
    return found


def thin_wards(geography: Geography, met: Mapping[str, int]) -> list[str]:
    """Names of wards where fewer than 2 in 1,000 residents were met. met: published figures by ward, all of one kind."""
    areas: dict[str, int] = {}
    for area in geography.lsoas.values():
        if area.ward is not None:
            areas[area.ward] = areas.get(area.ward, 0) + 1
    return [
        ward.name
        for code, ward in geography.wards.items()
        if met.get(code, 0) * 1000 < FEW_PER_THOUSAND * RESIDENTS_OF_LSOA * areas.get(code, 0)
    ]


def _before(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"
