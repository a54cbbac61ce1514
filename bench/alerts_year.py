"""A year of made-up looks with made-up misuse in it, always the same for one seed: what `bench.alerts` measures by.

The normal looks hold what misuse looks like from outside: common family names, staff who are residents themselves, night
shifts, overtime, cover for holidays, days with a campaign, enquiries that come to nothing, estates of the dead, cases that
are taken up again. How often these happen is guessed, not counted anywhere: real precision is measured
on the alerts' page.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from audit.alerts.facts import Rule
from core.pages.words import LONDON
from gateway.people.tags import COMMON

FIRST: Final = date(2025, 11, 3)
DAYS: Final = 364
LAST: Final = FIRST + timedelta(days=DAYS - 1)
PEOPLE: Final = 6_000
HOLIDAYS: Final = frozenset(
    date.fromisoformat(one)
    for one in ("2025-12-25", "2025-12-26", "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25",
                "2026-08-31")
)  # fmt: skip
"""Of England."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """An organisation: how many work there, for how many people each looks on a day, how many looks the law alone allows."""

    id: str
    staff: int
    looks: float
    allowed: float
    nights: bool = False
    outreach: float = 0.0


WORKPLACES: Final = (
    Workplace("norfolk-county-council", 40, 5.0, 0.5, outreach=0.1),
    Workplace("norwich-city-council", 25, 5.0, 0.5),
    Workplace("norwich-acute-hospital", 24, 4.0, 0.3, nights=True),
    Workplace("norfolk-advice", 12, 4.0, 0.95, outreach=0.2),
)
PLANTED: Final = {
    Rule.OWN_RECORD: 16,
    Rule.SAME_SURNAME: 24,
    Rule.COLLEAGUE: 16,
    Rule.DECEASED: 12,
    Rule.CASE_CLOSED: 16,
    Rule.NO_RELATIONSHIP: 28,
    Rule.OUT_OF_HOURS: 16,
    Rule.VOLUME: 12,
}
"""How much misuse of each kind is in the year: some 140 incidents in some 100,000 looks."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is looked for. registered: a source told their name; works_for: the number of a practitioner, if any."""

    number: int
    given: str
    family: str
    registered: bool
    died: date | None


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Somebody who looks. person: their own number among the people; told: their organisation said that they work there."""

    number: int
    workplace: Workplace
    given: str
    family: str
    person: int | None
    told: bool
    nights: bool
    outreach: bool


@dataclass(frozen=True, slots=True)
class Misused:
    """One look that is misuse."""

    who: Practitioner
    person: int
    day: date
    shown: bool = True
    at: datetime | None = None
    closed: bool | None = None
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """One look. closed: what was shown of a case says that it is over, None where none was shown.

    incident: the number of the misuse that it is part of.
    """

    at: datetime
    who: int
    person: int
    shown: bool = True
    allowed: bool = False
    emergency: bool = False
    closed: bool | None = None
    incident: int | None = None


@dataclass
class Year:
    """All of it. incidents: their kinds; tied: (organisation, person) -> from which day on something ties them."""

    people: list[Person]
    staff: list[Practitioner]
    looks: list[Look] = field(default_factory=list)
    incidents: list[Rule] = field(default_factory=list)
    tied: dict[tuple[str, int], date] = field(default_factory=dict)


def make_year(seed: int) -> Year:
    """The year of a seed."""
    return _Maker(random.Random(seed)).make()


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        # A tenth of all names are half of all people, more or less as in England.
        self.common = sorted(COMMON)
        self.rare = [f"{a}{b}{c}" for a in _HEADS for b in _MIDDLES for c in _TAILS]
        self.given = [f"{a}{b}" for a in _HEADS for b in ("a", "ia", "ek", "olf", "une", "ys")]
        self.year = Year([], [])
        self.caseloads: dict[int, list[tuple[int, date, date]]] = {}

    def make(self) -> Year:
        self.year.people = [self._person(number) for number in range(PEOPLE)]
        number = 0
        for workplace in WORKPLACES:
            for _ in range(workplace.staff):
                self.year.staff.append(self._practitioner(number, workplace))
                number += 1
        for one in self.year.staff:
            self._cases(one)
            self._days(one)
        self._covers()
        for rule, many in PLANTED.items():
            for _ in range(many):
                self._plant(rule)
        self.year.looks.sort(key=lambda look: look.at)
        return self.year

    def _family(self) -> str:
        return self.chance.choice(self.common if self.chance.random() < 0.4 else self.rare)

    def _person(self, number: int) -> Person:
        died = self._day() if self.chance.random() < 0.02 else None
        given, family = self.chance.choice(self.given), self._family()
        return Person(number, given, family, self.chance.random() < 0.85, died)

    def _practitioner(self, number: int, workplace: Workplace) -> Practitioner:
        # Half of those who work there are known to some source themselves.
        own = self.chance.randrange(PEOPLE) if self.chance.random() < 0.5 else None
        given, family = self.chance.choice(self.given), self._family()
        if own is not None:
            self.year.people[own] = Person(own, given, family, self.chance.random() < 0.85, None)
        return Practitioner(
            number,
            workplace,
            given,
            family,
            own,
            told=own is not None and self.chance.random() < 0.7,
            nights=workplace.nights and self.chance.random() < 0.5,
            outreach=self.chance.random() < workplace.outreach,
        )

    def _day(self) -> date:
        return FIRST + timedelta(days=self.chance.randrange(DAYS))

    def _hour(self, who: Practitioner, day: date) -> datetime:
        if who.nights and (day - FIRST).days // 7 % 3 == who.number % 3:
            return _at(day, self.chance.choice((0, 1, 2, 4, 5, 21, 22, 23)), self.chance.randrange(60))
        return _at(day, self.chance.randrange(8, 18), self.chance.randrange(60))

    def _cases(self, who: Practitioner) -> None:
        """The people whom somebody works with: for some weeks each, one after the other."""
        cases = []
        for _ in range(int(who.workplace.looks * 30)):
            person = self.chance.randrange(PEOPLE)
            begin = FIRST + timedelta(days=self.chance.randrange(-60, DAYS))
            end = begin + timedelta(days=self.chance.randrange(10, 90))
            cases.append((person, begin, end))
            if self.chance.random() < 0.97:
                self.year.tied.setdefault((who.workplace.id, person), begin)
        self.caseloads[who.number] = cases

    def _days(self, who: Practitioner) -> None:
        for offset in range(DAYS):
            day = FIRST + timedelta(days=offset)
            on_nights = who.nights and offset // 7 % 3 == who.number % 3
            off = day.weekday() > 4 or (day in HOLIDAYS and self.chance.random() < 0.95)
            if (off and not on_nights) or self.chance.random() < 0.12:
                continue
            for _ in range(self._many(who.workplace.looks)):
                self._work(who, day)
            if who.outreach:
                for _ in range(self._many(4)):
                    self._look(who, self.chance.randrange(PEOPLE, PEOPLE + 5_000), day, shown=False)
            if self.chance.random() < 0.004:
                # Something has to be finished this evening.
                self._work(who, day, _at(day, self.chance.randrange(20, 23), 15))
            if self.chance.random() < 0.0015:
                # A campaign: a list of people is gone through.
                for _ in range(self.chance.randrange(15, 40)):
                    self._work(who, day)

    def _work(self, who: Practitioner, day: date, at: datetime | None = None) -> None:
        open_now = [case for case in self.caseloads[who.number] if case[1] <= day <= case[2]]
        chance = self.chance.random()
        if chance < 0.86 and open_now:
            person, _, end = self.chance.choice(open_now)
            self._look(who, person, day, at=at, closed=(end - day).days < 14)
        elif chance < 0.90:
            # A colleague's case.
            other = self.chance.choice([one for one in self.year.staff if one.workplace is who.workplace])
            known = self.caseloads.get(other.number) or self.caseloads[who.number]
            self._look(who, self.chance.choice(known)[0], day, at=at)
        elif chance < 0.96:
            # Somebody new, of whom nothing is known here or elsewhere.
            self._look(who, self.chance.randrange(PEOPLE, PEOPLE + 5_000), day, at=at, shown=False)
        elif chance < 0.992:
            # An enquiry that comes to nothing: a first talk, sometimes a second one, and help by somebody else.
            person = self.chance.randrange(PEOPLE)
            self._look(who, person, day, at=at)
            for again in range(1, self.chance.choices((1, 2, 3), (75, 20, 5))[0]):
                later = day + timedelta(days=again)
                if later <= LAST and later.weekday() < 5 and later not in HOLIDAYS:
                    self._look(who, person, later)
        else:
            # A case of long ago: an invoice, a complaint, the next winter.
            past = [case for case in self.caseloads[who.number] if (day - case[2]).days > 30]
            if past:
                self._look(who, self.chance.choice(past)[0], day, at=at, closed=self.chance.random() < 0.5)

    def _covers(self) -> None:
        """Twice a year everybody does a colleague's work for a week on top of their own."""
        for who in self.year.staff:
            for _ in range(2):
                monday = self._day()
                for offset in range(5):
                    day = monday + timedelta(days=offset)
                    if day.weekday() < 5 and day not in HOLIDAYS and day <= LAST:
                        for _ in range(self._many(who.workplace.looks)):
                            self._work(who, day)

    def _look(
        self,
        who: Practitioner,
        person: int,
        day: date,
        *,
        at: datetime | None = None,
        shown: bool = True,
        allowed: bool | None = None,
        closed: bool | None = None,
        incident: int | None = None,
    ) -> None:
        at = at or self._hour(who, day)
        if allowed is None:
            allowed = shown and self.chance.random() < who.workplace.allowed
        if person < PEOPLE and shown and incident is None and not self._done_after_death(person, day):
            return
        emergency = who.nights and incident is None and self.chance.random() < 0.02
        # What is shown of a case is not always its state.
        told = closed if self.chance.random() < 0.6 else None
        self.year.looks.append(Look(at, who.number, person, shown, allowed, emergency, told, incident))

    def _done_after_death(self, person: int, day: date) -> bool:
        """After a death there is some work left, and most of it within a month."""
        died = self.year.people[person].died
        if died is None or day <= died:
            return True
        return self.chance.random() < (0.8 if (day - died).days <= 30 else 0.15)

    def _many(self, mean: float) -> int:
        return max(0, round(self.chance.gauss(mean, mean**0.5)))

    # Misuse ----------------------------------------------------------------------------------------------------------

    def _plant(self, rule: Rule) -> None:
        planters: dict[Rule, Callable[[Practitioner, date], list[Misused]]] = {
            Rule.OWN_RECORD: self._own_record,
            Rule.SAME_SURNAME: self._family_member,
            Rule.COLLEAGUE: self._colleague,
            Rule.DECEASED: self._dead,
            Rule.CASE_CLOSED: self._after_a_case,
            Rule.NO_RELATIONSHIP: self._stranger,
            Rule.OUT_OF_HOURS: self._at_night,
            Rule.VOLUME: self._many_people,
        }
        number = len(self.year.incidents)
        # In the first weeks nothing is known of anybody's habits: so it is in every new installation, and measured too.
        for one in planters[rule](self.chance.choice(self.year.staff), self._day()):
            day = min(one.day, LAST)
            self._look(
                one.who,
                one.person,
                day,
                at=one.at,
                shown=one.shown,
                allowed=one.allowed,
                closed=one.closed,
                incident=number,
            )
        self.year.incidents.append(rule)

    def _own_record(self, _who: Practitioner, day: date) -> list[Misused]:
        who = self.chance.choice([one for one in self.year.staff if one.person is not None])
        return [Misused(who, who.person or 0, day)]

    def _family_member(self, who: Practitioner, day: date) -> list[Misused]:
        """Two in three of a family bear the same name."""
        number = self.chance.randrange(PEOPLE)
        if self.chance.random() < 0.66:
            known = self.year.people[number]
            self.year.people[number] = Person(number, known.given, who.family, known.registered, None)
        return [Misused(who, number, day, allowed=self._allowed())]

    def _colleague(self, who: Practitioner, day: date) -> list[Misused]:
        others = [
            one.person
            for one in self.year.staff
            if one.workplace is who.workplace and one is not who and one.person is not None
        ]
        return [Misused(who, self.chance.choice(others), day, allowed=self._allowed())]

    def _dead(self, who: Practitioner, _day: date) -> list[Misused]:
        dead = [(one.number, one.died) for one in self.year.people if one.died is not None]
        person, died = self.chance.choice(dead)
        return [Misused(who, person, died + timedelta(days=self.chance.randrange(5, 200)))]

    def _after_a_case(self, who: Practitioner, _day: date) -> list[Misused]:
        past = [case for case in self.caseloads[who.number] if case[2] < LAST - timedelta(days=60)]
        person, _, end = self.chance.choice(past)
        day = max(FIRST, end + timedelta(days=self.chance.randrange(20, 250)))
        return [Misused(who, person, day, closed=True, allowed=self._allowed())]

    def _stranger(self, who: Practitioner, day: date) -> list[Misused]:
        """A neighbour, a new partner, somebody in the news; or guesses of whom the gateway might know."""
        if self.chance.random() < 0.3:
            return [
                Misused(who, self._unknown(), day, shown=False) for _ in range(self.chance.randrange(6, 15))
            ]
        person = self._living(day)
        times = self.chance.choice((1, 1, 2, 4))
        return [Misused(who, person, day + timedelta(days=again)) for again in range(times)]

    def _at_night(self, who: Practitioner, day: date) -> list[Misused]:
        hours = [self.chance.choice((5, 21, 22, 23)) for _ in range(self.chance.randrange(1, 5))]
        return [Misused(who, self._living(day), day, at=_at(day, hour, 40)) for hour in hours]

    def _many_people(self, who: Practitioner, day: date) -> list[Misused]:
        return [Misused(who, self._living(day), day) for _ in range(self.chance.randrange(10, 40))]

    def _allowed(self) -> bool:
        """Three in ten had allowed the organisation to look, for another's work."""
        return self.chance.random() < 0.3

    def _unknown(self) -> int:
        return self.chance.randrange(PEOPLE, PEOPLE + 5_000)

    def _living(self, day: date) -> int:
        while True:
            one = self.year.people[self.chance.randrange(PEOPLE)]
            if one.died is None or one.died > day:
                return one.number


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


_HEADS = ("Bar", "Cor", "Dal", "Eld", "Fen", "Gar", "Hol", "Ket", "Lin", "Mar", "Nor", "Orm", "Pen", "Rud", "Sel", "Tav",
          "Ul", "Wen", "Yar", "Zel")  # fmt: skip
_MIDDLES = ("a", "be", "ci", "do", "ga", "lo", "ma", "ne", "ri", "su")
_TAILS = ("by", "cott", "dale", "ford", "ham", "ley", "nik", "sen", "ska", "thorpe", "vic", "worth")
