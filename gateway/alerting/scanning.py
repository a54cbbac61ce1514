"""Goes through an organisation's looks, one finished London day at a time, and asks what only a day or weeks can show.

Each day is gone through once: the alerts, what its practitioners did, and the day that is next are written in one
transaction, which finds the day still unwritten or leaves everything as it was. So it may run beside itself, in the nightly
job and when officers open their page. What it costs follows from that day's looks, not from the log's length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median_high
from typing import Final, Protocol

from sqlalchemy import Connection, column, delete, func, insert, select, table, update
from sqlalchemy.exc import IntegrityError

from audit.alerts.facts import NO_HABIT, Aftermath, Day, Habit, LookFacts
from audit.alerts.hours import Hours
from audit.alerts.no_relationship import AFTER_DAYS
from audit.alerts.rules import AFTERWARDS, judge
from core.clock import Clock
from core.keys import KeyStore
from core.pages.words import LONDON, london_day
from core.sealing import seal_json
from core.storage import Database
from core.times import from_ms, to_ms
from gateway.alerting.looks import OrganisationLooks, Seen, by_practitioner
from gateway.alerting.noticing import about
from gateway.alerting.store import Opening, open_alert
from gateway.people.tags import Tags

HABIT_DAYS: Final = 56
"""Eight weeks: long enough for a rota to come round."""
KNOWN_WELL: Final = 50
"""An organisation with more entries about somebody is at work with them."""

_SCAN = table("alert_scan", column("organisation"), column("next_day"))
_DAY = table(
    "practitioner_day",
    *(
        column(name)
        for name in ("organisation", "day", "practitioner", "looks", "people", "unshown", "unsocial")
    ),
)


class Tied(Protocol):
    """`gateway.alerting.ties.Ties`; the measured year of `bench.alerts` has one of its own."""

    def tied(self, tag: bytes, organisation: str) -> bool:
        """Whether anything ties the organisation to whom entries with that tag are about."""
        ...


@dataclass(frozen=True, slots=True)
class _Found:
    """An alert to be, and the look that it stands beside."""

    index: int
    opening: Opening


@dataclass(frozen=True, slots=True)
class _Did:
    """What one practitioner did on a day."""

    practitioner: bytes
    looks: int
    people: int
    unshown: int
    unsocial: int


@dataclass(frozen=True, slots=True)
class Scanning:
    """Goes through."""

    database: Database
    looks: OrganisationLooks
    ties: Tied
    tags: Tags
    hours: Hours
    keys: KeyStore
    clock: Clock

    def gone_through(self, organisation: str) -> date | None:
        """The last day that was gone through; None where none was."""
        with self.database.read() as tx:
            next_day = tx.execute(
                select(_SCAN.c.next_day).where(_SCAN.c.organisation == organisation)
            ).scalar_one_or_none()
        return None if next_day is None else date.fromordinal(next_day - 1)

    def catch_up(self, organisation: str, most_days: int) -> int:
        """Go through at most so many days that are over, the oldest first; gives how many. Safe to repeat."""
        today = london_day(self.clock.now())
        done = 0
        for _ in range(most_days):
            last = self.gone_through(organisation)
            # What is older than a habit remembers is left as it is: nobody could compare it with anything.
            oldest = today - timedelta(days=HABIT_DAYS)
            day = oldest if last is None else max(last + timedelta(days=1), oldest)
            if day >= today or not self._go_through(organisation, day, last):
                break
            done += 1
        return done

    def _go_through(self, organisation: str, day: date, last: date | None) -> bool:
        of_day = by_practitioner(self._on(organisation, day))
        habits = self._habits(organisation, day)
        did: list[_Did] = []
        found: list[_Found] = []
        for who, looks in of_day.items():
            tag = self.tags.practitioner(organisation, *who)
            unsocial = [one for one in looks if self.hours.unsocial(organisation, from_ms(one.at_ms))]
            did.append(_did(tag, looks, len(unsocial)))
            found += self._of_day(organisation, looks, unsocial, habits.get(tag, NO_HABIT))
        found += self._nothing_came_of(organisation, day - timedelta(days=AFTER_DAYS))
        now = self.clock.now()
        try:
            with self.database.write() as tx:
                if not _advance(tx, organisation, day, last):
                    return False
                _keep(tx, organisation, day, did)
                for one in found:
                    open_alert(tx, one.index, organisation, one.opening, now)
        except IntegrityError:
            # Another wrote the organisation's very first day in the same moment.
            return False
        return True

    def _of_day(
        self, organisation: str, looks: list[Seen], unsocial: list[Seen], before: Habit
    ) -> Iterable[_Found]:
        people, unshown = _people(looks)
        day = Day(len(people), len(unshown))
        nothing = [one for one in looks if not one.shown]
        # Of a whole day its last look tells, or the last one of which nothing was shown.
        last = nothing[-1] if nothing and 2 * day.unshown >= day.people else looks[-1]
        yield from self._judged(organisation, last, LookFacts(last.shown, before=before, day=day))
        if unsocial:
            # A night that has an emergency in it is a night at work.
            emergency = any(one.emergency for one in unsocial)
            facts = LookFacts(unsocial[0].shown, emergency, unsocial=True, before=before)
            yield from self._judged(organisation, unsocial[0], facts)

    def _nothing_came_of(self, organisation: str, day: date) -> Iterable[_Found]:
        for look in self._on(organisation, day):
            if not look.shown or look.emergency or look.allowed:
                continue
            known = self.looks.of_code(organisation, look.code, KNOWN_WELL)
            # Where it was not the first, that one was asked about, or work goes on.
            if not known or known[0].index < look.index:
                continue
            others = {one.who for one in known} - {look.who}
            # The rows of the person are opened only where nothing else tells.
            tied = bool(others) or self.ties.tied(look.tag, organisation)
            after = Aftermath(tied, len(others), len(known) - len(others))
            yield from self._judged(organisation, look, LookFacts(shown=True, after=after))

    def _judged(self, organisation: str, look: Seen, facts: LookFacts) -> Iterable[_Found]:
        for alert in judge(facts, AFTERWARDS):
            key = self.keys.get_or_create(f"org:{organisation}")
            sealed = seal_json(key.key, dict(alert.numbers), numbers_context(look.index, alert.rule.value))
            of = about(self.tags, alert.rule, organisation, look.who, look.code)
            yield _Found(look.index, Opening(alert.rule, of, sealed))

    def _on(self, organisation: str, day: date) -> list[Seen]:
        since, until = (_midnight(one) for one in (day, day + timedelta(days=1)))
        return list(self.looks.between(organisation, to_ms(since), to_ms(until)))

    def _habits(self, organisation: str, day: date) -> Mapping[bytes, Habit]:
        wanted = select(_DAY).where(
            _DAY.c.organisation == organisation,
            _DAY.c.day >= day.toordinal() - HABIT_DAYS,
            _DAY.c.day < day.toordinal(),
        )
        days: dict[bytes, list[_Did]] = {}
        with self.database.read() as tx:
            for row in tx.execute(wanted):
                one = _Did(bytes(row.practitioner), row.looks, row.people, row.unshown, row.unsocial)
                days.setdefault(one.practitioner, []).append(one)
        return {tag: _habit(of_days) for tag, of_days in days.items()}


def numbers_context(index: int, rule: str) -> str:
    """What an alert's sealed numbers are bound to."""
    return f"alert|{index}|{rule}"


def _people(looks: Iterable[Seen]) -> tuple[set[str], set[str]]:
    """Whom somebody looked for, and of whom of them nothing was shown all day."""
    people = {one.code for one in looks}
    return people, people - {one.code for one in looks if one.shown}


def _did(tag: bytes, looks: list[Seen], unsocial: int) -> _Did:
    people, unshown = _people(looks)
    return _Did(tag, len(looks), len(people), len(unshown), unsocial)


def _habit(days: list[_Did]) -> Habit:
    return Habit(
        days=len(days),
        looks=sum(one.looks for one in days),
        unsocial=sum(one.unsocial for one in days),
        usual_people=median_high([one.people for one in days]),
        most_people=max(one.people for one in days),
        most_unshown=max(one.unshown for one in days),
    )


def _advance(tx: Connection, organisation: str, day: date, last: date | None) -> bool:
    """Make the next day the one that is next; False where another has gone through this one meanwhile."""
    if last is None:
        known = select(func.count()).select_from(_SCAN).where(_SCAN.c.organisation == organisation)
        if tx.execute(known).scalar_one():
            return False
        tx.execute(insert(_SCAN).values(organisation=organisation, next_day=day.toordinal() + 1))
        return True
    moving = update(_SCAN).where(
        _SCAN.c.organisation == organisation, _SCAN.c.next_day == last.toordinal() + 1
    )
    return tx.execute(moving.values(next_day=day.toordinal() + 1)).rowcount == 1


def _keep(tx: Connection, organisation: str, day: date, did: Iterable[_Did]) -> None:
    """Keep what was done that day for comparing, and no longer what nobody compares with any more."""
    old = delete(_DAY).where(_DAY.c.organisation == organisation, _DAY.c.day < day.toordinal() - HABIT_DAYS)
    tx.execute(old)
    rows = [
        {
            "organisation": organisation,
            "day": day.toordinal(),
            "practitioner": one.practitioner,
            "looks": one.looks,
            "people": one.people,
            "unshown": one.unshown,
            "unsocial": one.unsocial,
        }
        for one in did
    ]
    if rows:
        tx.execute(insert(_DAY), rows)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)
