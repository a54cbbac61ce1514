"""Breaking the glass over the API, and what then stands in the log, among the reviews and among what is held back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from core.times import to_ms
from tests.support.api import Told, post
from tests.support.clock import FakeClock
from tests.support.walk import CALLERS, Walk

HOSPITAL = CALLERS["nurse"].organisation
PURPOSE = "break-glass-emergency"
WHY = "Found unconscious in Prince of Wales Road"


def asking(way: Walk, who: str = "nurse", **changes: object) -> dict[str, object]:
    body = {"person": way.handle(who), "reason_code": "found-unconscious", "reason": WHY, **changes}
    return {name: value for name, value in body.items() if value is not None}


async def breaks(way: Walk, who: str = "nurse", **changes: object) -> Told:
    return await post(way, "/v1/break-glass", who, asking(way, who, **changes))


@dataclass(frozen=True)
class Task:
    kind: str
    organisation: str
    due_ms: int


def tasks(way: Walk) -> set[Task]:
    with way.home.database.read() as tx:
        rows = tx.execute(text("SELECT kind, organisation, due_ms FROM review_task")).all()
    return {Task(*row) for row in rows}


def held(way: Walk) -> list[tuple[str, int]]:
    with way.home.database.read() as tx:
        return [(row[0], row[1]) for row in tx.execute(text("SELECT reason, look_again_ms FROM held_entry"))]


def fields(told: Told) -> set[tuple[str, str, str]]:
    sections = told.document["sections"]
    assert isinstance(sections, list)
    found = set()
    for one in sections:
        assert isinstance(one, dict)
        data = one["data"]
        assert isinstance(data, dict)
        found |= {(str(one["source"]), str(one["section"]), name) for name in data}
    return found


def in_(clock: FakeClock, **time: float) -> int:
    return to_ms(clock.now() + timedelta(**time))
