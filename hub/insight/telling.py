"""The one door of area insight: `heard_with`, which makes what is told of other features' changes (hub/happenings.py).

It runs in the transaction that changes a case or a referral. A place counts only where it may
(see hub/places/choosing.py); the postcode goes no further than here.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session

from hub.happenings import NO_FIXED_ADDRESS, Happening, Heard, Known
from hub.insight.events import Circumstances, Event, Kind, events_of
from hub.insight.recording import correct, record
from hub.insight.settings import Insight


def heard_with(get_insight: Callable[[], Insight]) -> Heard:
    """Count what happened in another feature, by this geography. See `hub.parts.Feature.heard`."""

    def heard(session: Session, happening: Happening) -> None:
        insight = get_insight()
        events = _events(insight, happening, happening.known)
        if happening.instead_of is not None:
            correct(session, _events(insight, happening, happening.instead_of), events)
            return
        record(session, events, happening.organisation, happening.day)

    return heard


def circumstances(insight: Insight, known: Known) -> Circumstances:
    """What counts go by, of what the team's record says."""
    return Circumstances(
        may_be_placed=known.place_may_be_counted,
        area=_area(insight, known),
        vintage=insight.reading.geography.vintage,
        no_fixed_abode=known.place == NO_FIXED_ADDRESS,
        born=known.born,
        groups=known.groups,
    )


def _area(insight: Insight, known: Known) -> str | None:
    """The postcode's small area; the ward that a worker chose where that is another one, or there is none."""
    geography = insight.reading.geography
    lsoa = insight.postcodes.get(known.postcode or "")
    ward = known.place if known.place in geography.wards else None
    if lsoa is None or (ward is not None and geography.lsoas[lsoa].ward != ward):
        return ward
    return lsoa


def _events(insight: Insight, happening: Happening, known: Known) -> tuple[Event, ...]:
    return events_of(Kind(happening.what), happening.themes, happening.day, circumstances(insight, known))
