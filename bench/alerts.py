"""`python -m bench.alerts`: each rule's precision and recall on a made-up year with planted misuse, the same for each seed.

    python -m bench.alerts [--seed 5] [--days 364]

The looks go through what a gateway runs: noticed in their moment, sealed into the log's tables, gone through day by day, and
every alert is answered the next day as it is. Only the log's tree and the policy are left out. Last it says what noticing
costs a look. It fails where a rule finds none of the misuse that is its own: docs/alerts.md gives the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection, column, select, table, text, update

from audit import leaf
from audit.alerts.facts import Rule
from audit.alerts.hours import Hours
from audit.entries import Draft, Kind, seal_entry
from audit.facets import facet_number
from audit.reader import LogReader
from audit.store import LogStore
from bench.alerts_year import (
    DAYS,
    FIRST,
    HOLIDAYS,
    PEOPLE,
    WORKPLACES,
    Look,
    Person,
    Practitioner,
    Year,
    make_year,
)
from core.clock import SystemClock
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.words import london_day
from core.storage import Database
from core.times import to_ms
from core.vocabulary import Json, Label
from gateway.alerting.looks import OrganisationLooks
from gateway.alerting.noticing import NOTHING, Looked, Noticed, Noticing
from gateway.alerting.scanning import Scanning
from gateway.alerting.store import EXPLAINED, MISUSE
from gateway.identity.caller import Caller
from gateway.migrations import migrate
from gateway.people import locator
from gateway.people.tags import Tags, names_of
from gateway.views.values import ViewSection

ISSUER = "https://issuer.test"
_ALERT = table("alert", *map(column, ("index", "rule", "closed_ms", "outcome")))


class HeldKeys(KeyStore):
    """Keys in memory: a key store of its own would only be waited for here."""

    def __init__(self) -> None:
        self._held: dict[str, SubjectKey] = {}
        self._tags: dict[bytes, SubjectKey] = {}

    def get_or_create(self, subject: str) -> SubjectKey:
        """A key made now, or the one that was."""
        if subject not in self._held:
            key = SubjectKey(subject, os.urandom(32), os.urandom(16))
            self._held[subject], self._tags[key.tag] = key, key
        return self._held[subject]

    def by_tag(self, tag: bytes) -> SubjectKey:
        """The key with a tag."""
        if tag not in self._tags:
            raise MissingKeyError
        return self._tags[tag]


class YearClock(SystemClock):
    """The year's own clock."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime.combine(FIRST, datetime.min.time()).astimezone()

    def now(self) -> datetime:
        """Now, in the year."""
        return self.at


@dataclass(frozen=True, slots=True)
class YearTies:
    """`gateway.alerting.scanning.Tied`, of the year."""

    year: Year
    keys: HeldKeys
    clock: YearClock

    def tied(self, tag: bytes, organisation: str) -> bool:
        """Whether the organisation has registered its record by now."""
        number = int(self.keys.by_tag(tag).subject.removeprefix("p_"))
        since = self.year.tied.get((organisation, number))
        return since is not None and since <= london_day(self.clock.now())


@dataclass
class Run:
    """One year going by. truth: place -> incident; days: (practitioner, day) -> kinds of misuse on it."""

    year: Year
    database: Database
    keys: HeldKeys
    clock: YearClock
    noticing: Noticing
    scanning: Scanning
    truth: dict[int, int] = field(default_factory=dict)
    whose: dict[int, tuple[int, date]] = field(default_factory=dict)
    days: dict[tuple[int, date], set[int]] = field(default_factory=dict)
    found: list[tuple[Rule, int, int | None]] = field(default_factory=list)
    nanoseconds: list[int] = field(default_factory=list)
    known: dict[int, locator.Person] = field(default_factory=dict)

    async def go(self, days: int) -> None:
        """Let the days pass."""
        end = FIRST + timedelta(days=days)
        for day, looks in groupby(self.year.looks, key=lambda one: london_day(one.at)):
            if day >= end:
                break
            noticed = [(look, await self._notice(look)) for look in looks]
            with self.database.write() as tx:
                for look, found in noticed:
                    index = len(self.whose)
                    self.whose[index] = (look.who, day)
                    if look.incident is not None:
                        self.truth[index] = look.incident
                        self.days.setdefault((look.who, day), set()).add(look.incident)
                    self._write(tx, index, look)
                    found.write(tx, index)
            self.clock.at = datetime.combine(day + timedelta(days=1), datetime.min.time()).astimezone()
            for workplace in WORKPLACES:
                self.scanning.catch_up(workplace.id, 60)
            self._answer()

    async def _notice(self, look: Look) -> Noticed:
        looked = self._looked(look)
        if looked is None:
            return NOTHING
        self.clock.at = look.at
        started = time.perf_counter_ns()
        found = await self.noticing.notice(looked)
        self.nanoseconds.append(time.perf_counter_ns() - started)
        return found

    def _looked(self, look: Look) -> Looked | None:
        """The look as the gateway notices it; None where nothing was shown, and so nothing is."""
        if not look.shown:
            return None
        who, person = self.year.staff[look.who], self.year.people[look.person]
        sections = []
        if person.died is not None and person.died <= london_day(look.at):
            sections.append(_section("identity", {"deceased": True}))
        if look.closed is not None:
            sections.append(_section("support-plan", {"status": "completed" if look.closed else "active"}))
        return Looked(
            _caller(who),
            self._person(person),
            _code(who.workplace.id, look.person),
            sections,
            look.emergency,
            look.allowed,
            look.at,
        )

    def _person(self, person: Person) -> locator.Person:
        if person.number not in self.known:
            self.known[person.number] = self._registered(person)
        return self.known[person.number]

    def _registered(self, person: Person) -> locator.Person:
        tags = self.noticing.tags
        names = tags.registered(names_of(person.family, person.given)) if person.registered else ()
        accounts = {
            one.workplace.id: {tags.staff(one.workplace.id, ISSUER, str(one.number)): 2**50}
            for one in self.year.staff
            if one.told and one.person == person.number
        }
        key = self.keys.get_or_create(f"p_{person.number}")
        return locator.Person(
            key.subject, {}, Label.UNRESTRICTED, None, key, names={"source": names}, staff=accounts
        )

    def _write(self, tx: Connection, index: int, look: Look) -> None:
        organisation = self.year.staff[look.who].workplace.id
        kind = Kind.BREAK_GLASS if look.emergency else Kind.DISCLOSURE if look.shown else Kind.REFUSAL
        code = _code(organisation, look.person)
        detail: dict[str, Json] = {
            "person": code,
            "practitioner": str(look.who),
            "issuer": ISSUER,
            "emergency": "life-at-risk" if look.emergency else None,
            "sections": {"source": {"tenancy": ["status"]}} if look.shown else {},
            "relied_on": ["c_1"] if look.allowed else [],
        }
        outcome = "disclosed" if look.shown else "empty"
        draft = Draft(kind, outcome, frozenset({organisation}), detail, organisation, "adviser", "help")
        known = look.person < PEOPLE
        key = self.keys.get_or_create(f"p_{look.person}" if known else f"org:{organisation}")
        entry, at_ms = seal_entry(draft, key), to_ms(look.at)
        facet = facet_number(kind.value, outcome, organisation, "adviser", "help")
        tx.execute(_ENTRY, {"index": index, "leaf": leaf.make(at_ms, entry.commitment)})
        tx.execute(
            _DETAIL,
            {
                "index": index,
                "at_ms": at_ms,
                "kind": kind.value,
                "outcome": outcome,
                "recipient": organisation,
                "tag": entry.tag,
                "sealed": entry.sealed,
            },
        )
        tx.execute(
            _ORGANISATION, {"organisation": organisation, "index": index, "facet": facet, "code": code}
        )

    def _answer(self) -> None:
        """Officers find out what it was."""
        with self.database.write() as tx:
            waiting = tx.execute(select(_ALERT.c.index, _ALERT.c.rule).where(_ALERT.c.closed_ms.is_(None)))
            for index, rule in waiting.all():
                incident = self._incident(index, Rule(rule))
                self.found.append((Rule(rule), index, incident))
                outcome = EXPLAINED if incident is None else MISUSE
                closing = update(_ALERT).where(_ALERT.c.index == index, _ALERT.c.rule == rule)
                tx.execute(closing.values(closed_ms=to_ms(self.clock.at), outcome=outcome))

    def _incident(self, index: int, rule: Rule) -> int | None:
        """The misuse that an alert leads to: of its look or, where it is about a day, of the same kind on that day."""
        if index in self.truth:
            return self.truth[index]
        of_day = self.days.get(self.whose[index], set())
        return min((one for one in of_day if self.year.incidents[one] is rule), default=None)


_ENTRY = text('INSERT INTO log_entry ("index", leaf) VALUES (:index, :leaf)')
_DETAIL = text(
    'INSERT INTO log_entry_detail ("index", at_ms, kind, outcome, recipient, role, purpose, tag, sealed)'
    " VALUES (:index, :at_ms, :kind, :outcome, :recipient, 'adviser', 'help', :tag, :sealed)"
)
_ORGANISATION = text(
    'INSERT INTO log_entry_organisation (organisation, "index", facet, code)'
    " VALUES (:organisation, :index, :facet, :code)"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one rule came to. alerts, right: how many there were, and how many of them led to misuse of whatever kind.

    planted, caught: misuse of the rule's own kind, and how much of it the rule led to; by_any: any rule.
    """

    rule: Rule
    alerts: int
    right: int
    planted: int
    caught: int
    by_any: int


def figures(run: Run) -> tuple[Figures, ...]:
    """Of each rule."""
    happened = Counter(run.year.incidents[one] for one in set(run.truth.values()))
    caught = {(rule, incident) for rule, _, incident in run.found if incident is not None}
    by_any = {incident for _, incident in caught}
    return tuple(
        Figures(
            rule=rule,
            alerts=sum(1 for one in run.found if one[0] is rule),
            right=sum(1 for one in run.found if one[0] is rule and one[2] is not None),
            planted=happened[rule],
            caught=sum(1 for one, incident in caught if one is rule and run.year.incidents[incident] is rule),
            by_any=sum(1 for incident in by_any if run.year.incidents[incident] is rule),
        )
        for rule in Rule
    )


def run_year(seed: int, days: int, folder: Path) -> Run:
    """Let a year go by over a database in a folder."""
    year, keys, clock = make_year(seed), HeldKeys(), YearClock()
    database = Database(f"sqlite:///{folder / 'log.db'}")
    migrate(database, "main")
    hours = Hours(holidays=HOLIDAYS)
    tags = Tags(bytes(32))
    looks = OrganisationLooks(database, LogReader(database, LogStore(database), keys))
    scanning = Scanning(database, looks, YearTies(year, keys, clock), tags, hours, keys, clock)
    run = Run(year, database, keys, clock, Noticing(tags, hours, database), scanning)
    try:
        asyncio.run(run.go(days))
    finally:
        database.close()
    return run


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where a rule is of no use."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--days", type=int, default=DAYS)
    asked = parser.parse_args(arguments)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="oncetold-alerts-") as folder:
        run = run_year(asked.seed, asked.days, Path(folder))
    _say(
        f"seed {asked.seed}: {len(run.whose):,} looks of {len(run.year.staff)} practitioners in {asked.days} days, "
        f"{len(set(run.truth.values()))} incidents of misuse in {len(run.truth)} of them; "
        f"{time.perf_counter() - started:.0f} s"
    )
    _say(
        f"{'rule':<18}{'alerts':>7}{'right':>7}{'precision':>11}{'planted':>9}{'caught':>8}{'recall':>8}{'by any':>8}"
    )
    useless = False
    for one in figures(run):
        useless |= one.planted > 0 and one.caught == 0
        _say(
            f"{one.rule.value:<18}{one.alerts:>7}{one.right:>7}{_share(one.right, one.alerts):>11}{one.planted:>9}"
            f"{one.caught:>8}{_share(one.caught, one.planted):>8}{_share(one.by_any, one.planted):>8}"
        )
    alerts = len(run.found)
    right = sum(1 for one in run.found if one[2] is not None)
    caught = len({one[2] for one in run.found} - {None})
    planted = len(set(run.truth.values()))
    _say(
        f"{'all':<18}{alerts:>7}{right:>7}{_share(right, alerts):>11}{planted:>9}{caught:>8}{_share(caught, planted):>8}"
        f"   one alert in {len(run.whose) // max(alerts, 1)} looks"
    )
    taken = sorted(run.nanoseconds)
    _say(
        f"noticing, microseconds a look that shows something: median {taken[len(taken) // 2] / 1000:.1f}, "
        f"99th of 100 {taken[len(taken) * 99 // 100] / 1000:.1f}"
    )
    return 1 if useless else 0


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def _caller(who: Practitioner) -> Caller:
    return Caller(
        issuer=ISSUER,
        organisation=who.workplace.id,
        client="app",
        practitioner=str(who.number),
        role="adviser",
        scopes=frozenset(),
        token_id="",
        acr=None,
        expires_at=0,
        family_name=who.family,
        given_name=who.given,
    )


def _section(name: str, data: dict[str, Json]) -> ViewSection:
    return ViewSection(name, "source", datetime.now().astimezone(), {}, data)


def _code(organisation: str, person: int) -> str:
    digest = base64.b32encode(hashlib.sha256(f"{organisation}|{person}".encode()).digest()[:5]).decode()
    return f"{digest[:4]}-{digest[4:8]}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
