"""Drawing looks by chance for routine checks: announced in the log first, and by the announcement's own leaf.

Nobody who checks can choose what is checked: which looks are drawn follows from the leaf, which nobody knows before it is
committed; a week is drawn once; and whoever has the leaf and the week's places can draw again and compare. (The log's
keeper could try salts before committing one; a check by the keeper of themselves is not what this is for.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, column, func, insert, select, table, update

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.facets import Facet
from audit.log import Append
from audit.reader import LogReader
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import KeyStore, MissingKeyError
from core.storage import Database
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.reviews.store import ERASED, SAMPLE

OUTCOME: Final = "sample-announced"
PERCENTS: Final = (1, 2, 5, 10, 20)
MOST: Final = 500
"""As many looks are drawn at most: what nobody has time to check is not checked."""
CHECK_WITHIN: Final = timedelta(days=14)

_LOOKS = frozenset({Kind.DISCLOSURE.value, Kind.BREAK_GLASS.value})
_DRAW = table(
    "sample_draw",
    *(
        column(name)
        for name in (
            "organisation",
            "from_ms",
            "until_ms",
            "percent",
            "index",
            "first",
            "before",
            "looks",
            "drawn",
        )
    ),
)
_TASK = table(
    "review_task",
    *(
        column(name)
        for name in ("index", "kind", "organisation", "opened_ms", "due_ms", "closed_ms", "outcome")
    ),
)
_DETAIL = table("log_entry_detail", column("index"), column("tag"))
_PERSON = table("person_state", column("person"))


class DrawnAlreadyError(OnceToldError):
    """The week was drawn; drawing until it suits is what must not be."""


@dataclass(frozen=True, slots=True)
class Week:
    """Which week is drawn: from its first millisecond to the first one after it."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class StoredDraw:
    """One draw as it stands; see `gateway.reviews.tables.SampleDraw`."""

    organisation: str
    from_ms: int
    until_ms: int
    percent: int
    index: int
    first: int | None
    before: int | None
    looks: int | None
    drawn: int | None


def draw(leaf: bytes, places: Sequence[int], percent: int) -> tuple[int, ...]:
    """The places drawn, in order: those whose SHA-256 of seed and place (8 bytes) is smallest; of some, at least one."""
    seed = hashlib.sha256(b"oncetold/sample/v1" + leaf).digest()
    many = min(-(-len(places) * percent // 100), MOST)
    ranked = sorted(places, key=lambda place: hashlib.sha256(seed + place.to_bytes(8)).digest())
    return tuple(sorted(ranked[:many]))


@dataclass(frozen=True, slots=True)
class Sampling:
    """Announces draws and carries them out."""

    database: Database
    reader: LogReader
    committer: Committer
    keys: KeyStore
    clock: Clock

    async def announce(self, officer: str, organisation: str, week: Week, percent: int) -> StoredDraw:
        """Write into the log that this week is drawn. Raises `DrawnAlreadyError`; `ClosedError` when the log cannot commit.

        percent: one of `PERCENTS`.
        """
        detail: dict[str, Json] = {
            "officer": officer,
            "from": week.from_ms,
            "until": week.until_ms,
            "percent": percent,
        }
        draft = Draft(
            Kind.ADMINISTRATION,
            OUTCOME,
            frozenset({organisation}),
            detail,
            recipient=organisation,
            role="officer",
        )
        entry = seal_entry(draft, self.keys.get_or_create(f"org:{organisation}"))

        def work(tx: Connection) -> Written[None, SealedEntry]:
            same = select(_DRAW.c.index).where(
                _DRAW.c.organisation == organisation, _DRAW.c.from_ms == week.from_ms
            )
            # The head's lock is held, so nobody else announces it between this look and the commit.
            if tx.execute(same).first() is not None:
                raise DrawnAlreadyError("the week is drawn")

            def then(tx: Connection, places: Sequence[int]) -> None:
                _add(tx, organisation, week, percent, places[0])

            return Written(None, (entry,), then)

        index = (await self.committer.append(Append(work, changes=True))).receipts[0].index
        return StoredDraw(organisation, week.from_ms, week.until_ms, percent, index, None, None, None, None)

    def carry_out(self, announced: StoredDraw) -> None:
        """Draw, and open a review for each look drawn. Safe to repeat: one that was cut off ends as it would have."""
        entry = self.reader.entry(announced.index)
        if entry is None or announced.drawn is not None:
            return

        def theirs(facet: Facet) -> bool:
            return facet.kind in _LOOKS and facet.recipient == announced.organisation

        places = self.reader.places(announced.organisation, theirs, announced.from_ms, announced.until_ms)
        drawn = draw(entry.leaf, places, announced.percent)
        now = self.clock.now()
        with self.database.write() as tx:
            marking = (
                update(_DRAW)
                .where(
                    _DRAW.c.organisation == announced.organisation,
                    _DRAW.c.from_ms == announced.from_ms,
                    _DRAW.c.drawn.is_(None),
                )
                .values(
                    first=min(places, default=0),
                    before=max(places, default=-1) + 1,
                    looks=len(places),
                    drawn=len(drawn),
                )
            )
            if tx.execute(marking).rowcount == 1:
                _open(tx, announced.organisation, drawn, now, self._gone(tx, drawn))

    def _gone(self, tx: Connection, drawn: Sequence[int]) -> frozenset[int]:
        """Of the looks drawn, those about somebody who was erased: they stay drawn, so that others draw the same.

        Holds the others' rows until the draw is committed: whose erasure comes later finds the review and ends it.
        """
        theirs = select(_DETAIL.c.index, _DETAIL.c.tag).where(_DETAIL.c.index.in_(drawn))
        tags: dict[int, bytes] = {row[0]: bytes(row[1]) for row in tx.execute(theirs)}
        subjects = {tag: self._subject(tag) for tag in set(tags.values())}
        people = sorted({one for one in subjects.values() if one is not None and not one.startswith("org:")})
        held = select(_PERSON.c.person).where(_PERSON.c.person.in_(people)).order_by(_PERSON.c.person)
        standing = set(tx.execute(held.with_for_update(read=True)).scalars())
        erased = {tag for tag, one in subjects.items() if one is None or one in set(people) - standing}
        return frozenset(index for index in drawn if tags.get(index) in erased)

    def _subject(self, tag: bytes) -> str | None:
        try:
            return self.keys.by_tag(tag).subject
        except MissingKeyError:
            return None

    def draws(self, organisation: str, limit: int) -> tuple[StoredDraw, ...]:
        """An organisation's draws, the newest week first."""
        wanted = (
            select(_DRAW)
            .where(_DRAW.c.organisation == organisation)
            .order_by(_DRAW.c.from_ms.desc())
            .limit(limit)
        )
        with self.database.read() as tx:
            return tuple(StoredDraw(*row) for row in tx.execute(wanted))

    def outcomes(self, drawn: StoredDraw) -> dict[str | None, int]:
        """Outcome -> how many of the looks drawn came to it; None: not checked yet."""
        wanted = (
            select(_TASK.c.outcome, func.count())
            .where(
                _TASK.c.kind == SAMPLE,
                _TASK.c.organisation == drawn.organisation,
                _TASK.c.index >= (drawn.first or 0),
                _TASK.c.index < (drawn.before or 0),
            )
            .group_by(_TASK.c.outcome)
        )
        with self.database.read() as tx:
            return {row[0]: row[1] for row in tx.execute(wanted)}


def _add(tx: Connection, organisation: str, week: Week, percent: int, index: int) -> None:
    tx.execute(
        insert(_DRAW).values(
            organisation=organisation,
            from_ms=week.from_ms,
            until_ms=week.until_ms,
            percent=percent,
            index=index,
        )
    )


def _open(
    tx: Connection, organisation: str, drawn: Sequence[int], now: datetime, gone: frozenset[int]
) -> None:
    if drawn:
        tx.execute(
            insert(_TASK),
            [
                {
                    "index": index,
                    "kind": SAMPLE,
                    "organisation": organisation,
                    "opened_ms": to_ms(now),
                    "due_ms": to_ms(now + CHECK_WITHIN),
                    # Nobody can judge a look that nobody can read.
                    "closed_ms": to_ms(now) if index in gone else None,
                    "outcome": ERASED if index in gone else None,
                }
                for index in drawn
            ],
        )
