"""The one door of area insight for the other features: `tell`, in the transaction that changes a case or a referral.

    tell(session, "referral", case_themes, organisation="age-well-norfolk", day=today)
    tell(session, "need", ["damp"], organisation=..., day=..., person=Circumstances(label="U", lsoa="E01026791"))

Give a place only with the person's label: without one it is dropped (see hub/insight/events.py). Give no words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

from sqlmodel import Session

from hub.insight.events import Circumstances, Kind
from hub.insight.recording import record

__all__ = ["UNKNOWN", "Circumstances", "What", "tell"]

What = Literal["need", "referral", "refusal", "outcome"]
UNKNOWN: Final = Circumstances(label=None)


def tell(
    session: Session,
    what: What,
    themes: Iterable[str],
    *,
    organisation: str,
    day: date,
    person: Circumstances = UNKNOWN,
) -> None:
    """Count that it happened, once for each theme. organisation: who reports it; only that it reported is kept."""
    record(session, Kind(what), themes, person, organisation, day)
