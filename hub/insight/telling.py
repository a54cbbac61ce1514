"""The one door of area insight: `heard`, which is told what happens in other features (hub/happenings.py), and `tell`.

    tell(session, "referral", case_themes, organisation="age-well-norfolk", day=today)
    tell(session, "need", ["damp"], organisation=..., day=..., person=Circumstances(label="U", lsoa="E01026791"))

Both run in the transaction that changes a case or a referral. A place counts only with the person's label: without one it is
dropped (see hub/insight/events.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from sqlmodel import Session

from hub.happenings import Happening, What
from hub.insight.events import UNRESTRICTED, Circumstances, Kind
from hub.insight.recording import record

__all__ = ["UNKNOWN", "Circumstances", "What", "heard", "tell"]

UNKNOWN: Final = Circumstances(label=None)


def tell(
    session: Session,
    what: What,
    themes: Iterable[str],
    *,
    organisation: str | None,
    day: date,
    person: Circumstances = UNKNOWN,
) -> None:
    """Count that it happened, once for each theme. organisation: who reports it; only that it reported is kept."""
    record(session, Kind(what), themes, person, organisation, day)


def heard(session: Session, happening: Happening) -> None:
    """Count what happened in another feature. See `hub.parts.Feature.heard`."""
    label = UNRESTRICTED if happening.area_may_be_told else None
    tell(
        session,
        happening.what,
        happening.themes,
        organisation=happening.organisation,
        day=happening.day,
        person=Circumstances(label=label, lsoa=happening.area),
    )
