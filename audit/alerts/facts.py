"""What the rules are told of a look, and what they answer. No name, no identifier, no value of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Rule(StrEnum):
    """Why an alert is there."""

    OWN_RECORD = "own-record"
    SAME_SURNAME = "same-surname"
    COLLEAGUE = "colleague"
    DECEASED = "deceased"
    CASE_CLOSED = "case-closed"
    NO_RELATIONSHIP = "no-relationship"
    OUT_OF_HOURS = "out-of-hours"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Alert:
    """A reason to ask. numbers: what its sentence says beside the rule's own words."""

    rule: Rule
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Habit:
    """What a practitioner did in the weeks before: on how many days they looked, how often, how often out of hours.

    usual_people: the median of how many people they looked for on such a day; most_people, most_unshown: on any one day.
    """

    days: int
    looks: int
    unsocial: int
    usual_people: int
    most_people: int
    most_unshown: int


NO_HABIT = Habit(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Day:
    """A practitioner's day, once it is over: for how many people they looked, and of how many they were shown nothing."""

    people: int
    unshown: int


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What came of an organisation's first look at somebody, four weeks later.

    tied: the organisation holds a record of the person, or the person has allowed it something. others: how many other
    practitioners of the organisation looked for the person; looks: how often this one did.
    """

    tied: bool
    others: int
    looks: int


@dataclass(frozen=True, slots=True)
class LookFacts:
    """One look.

    shown: something left. Where nothing did, nothing that depends on the person is told here either: an alert must not say
        what silence hides (promise 4).
    emergency: a break-glass, which officers review whatever the rules say.
    allowed: it rested on the person's own permission, not on the law alone.
    unsocial: out of hours, on a weekend or a bank holiday.
    own_record: the organisation says that practitioner and person are one; same_name: first and family name are the same.
    same_surname: they share a family name or a part of one; common_surname: one that very many people have.
    colleague: the organisation says that the person works there.
    deceased, case_closed: what was shown says that the person died; that all that was shown of cases is over.
    days_since: days since the organisation last looked for the person; None where it never did.
    """

    shown: bool
    emergency: bool = False
    allowed: bool = False
    unsocial: bool = False
    own_record: bool = False
    same_name: bool = False
    same_surname: bool = False
    common_surname: bool = False
    colleague: bool = False
    deceased: bool = False
    case_closed: bool = False
    days_since: int | None = None
    before: Habit = NO_HABIT
    day: Day | None = None
    after: Aftermath | None = None

    @property
    def conspicuous(self) -> bool:
        """Whether it is worth finding out when the organisation last looked for the person."""
        return self.shown and (
            self.own_record
            or self.same_name
            or self.same_surname
            or self.colleague
            or self.deceased
            or self.case_closed
        )

    def resumed_after(self, days: int) -> bool:
        """Whether the organisation had not looked for the person for so many days, or never."""
        return self.days_since is None or self.days_since >= days
