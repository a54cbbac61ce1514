"""What is noticed in the moment of a look, when alone it can be known: who looks at whom, and what was shown.

Names are compared as keyed tags, or in memory with what was just shown; nothing of them outlives the request. Of a look that
showed nothing nothing is noticed: an alert would tell the asker's officers what silence hides (promise 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, column, select, table

from audit.alerts.facts import LookFacts, Rule
from audit.alerts.hours import Hours
from audit.alerts.rules import AT_THE_LOOK, OF_A_PAIR, judge
from audit.entries import Kind
from core.storage import Database, Prepared, off_loop
from core.times import from_ms, to_ms
from gateway.alerting.seen import Shown, case_closed, deceased, shown_names
from gateway.alerting.store import Opening, open_alert
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.people.tags import COMMON, Names, Tags, names_of, names_of_line

_LOOKS: Final = (Kind.DISCLOSURE.value, Kind.BREAK_GLASS.value)
_DETAIL = table("log_entry_detail", column("index"), column("at_ms"), column("kind"))
_ORGANISATION = table("log_entry_organisation", *map(column, ("organisation", "index", "code")))
_LAST_LOOK = Prepared(
    select(_DETAIL.c.at_ms)
    .join(_ORGANISATION, _ORGANISATION.c.index == _DETAIL.c.index)
    .where(
        _ORGANISATION.c.organisation == bindparam("organisation"),
        _ORGANISATION.c.code == bindparam("code"),
        _DETAIL.c.kind.in_([bindparam("look"), bindparam("emergency")]),
    )
    .order_by(_ORGANISATION.c.index.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Noticed:
    """The alerts of one look, to stand beside its entry."""

    organisation: str
    at: datetime
    openings: tuple[Opening, ...] = ()

    def write(self, tx: Connection, index: int) -> None:
        """Write them for the entry at a place of the log, in its own transaction."""
        for opening in self.openings:
            open_alert(tx, index, self.organisation, opening, self.at)


NOTHING = Noticed("", from_ms(0))


@dataclass(frozen=True, slots=True)
class Looked:
    """A look that showed something. code: how officers name the person; allowed: by the person's own permission."""

    caller: Caller
    person: Person
    code: str
    sections: Sequence[Shown]
    emergency: bool
    allowed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Noticing:
    """Notices. hours: when organisations are at work."""

    tags: Tags
    hours: Hours
    database: Database

    async def notice(self, look: Looked) -> Noticed:
        """What there is to ask about a look. Raises `ClosedError` where the log cannot be read."""
        caller = look.caller
        if caller.practitioner is None:
            # Nobody can be asked why an application looked.
            return NOTHING
        facts = facts_of(self.tags, self.hours, look)
        if not facts.conspicuous:
            return NOTHING
        since = await off_loop(self.database, self.days_since, caller.organisation, look.code, look.at)
        alerts = judge(replace(facts, days_since=since), AT_THE_LOOK)
        openings = tuple(
            Opening(one.rule, about(self.tags, one.rule, caller.organisation, who_of(caller), look.code))
            for one in alerts
        )
        return Noticed(caller.organisation, look.at, openings)

    def days_since(self, organisation: str, code: str, at: datetime) -> int | None:
        """How many days ago the organisation last looked for the person; None where it never did."""
        rows = self.database.hot(
            _LAST_LOOK, organisation=organisation, code=code, look=_LOOKS[0], emergency=_LOOKS[1]
        )
        return (to_ms(at) - rows[0][0]) // 86_400_000 if rows else None


def facts_of(tags: Tags, hours: Hours, look: Looked) -> LookFacts:
    """All that the request itself tells. Pure."""
    caller, person = look.caller, look.person
    accounts = person.staff.get(caller.organisation)
    own = colleague = False
    if accounts:
        counting = {account for account, until in accounts.items() if to_ms(look.at) < until}
        own = tags.staff(caller.organisation, *who_of(caller)) in counting
        colleague = bool(counting) and not own
    names = names_of(caller.family_name, caller.given_name)
    same, shared = _compared(tags, names, look) if names.whole else (False, frozenset[str]())
    return LookFacts(
        shown=True,
        emergency=look.emergency,
        allowed=look.allowed,
        unsocial=hours.unsocial(caller.organisation, look.at),
        own_record=own,
        same_name=same,
        same_surname=bool(shared),
        common_surname=bool(shared) and shared <= COMMON,
        colleague=colleague,
        deceased=deceased(look.sections),
        case_closed=case_closed(look.sections),
    )


def who_of(caller: Caller) -> tuple[str, str]:
    """Issuer and subject id: one name at two issuers is two practitioners."""
    return caller.issuer, caller.practitioner or ""


def about(tags: Tags, rule: Rule, organisation: str, who: tuple[str, str], code: str) -> bytes:
    """By what the same question is known again: of a pair, or of the practitioner alone."""
    return tags.about(rule.value, organisation, *who, code if rule in OF_A_PAIR else "")


def _compared(tags: Tags, names: Names, look: Looked) -> tuple[bool, frozenset[str]]:
    """Whether first and family name are the person's, and which parts of the family name are."""
    kept = {tag for of_source in look.person.names.values() for tag in of_source}
    shown = [names_of_line(line) for line in shown_names(look.sections)]
    shared = {part for part in names.parts if any(part in one.parts for one in shown)}
    if kept:
        shared |= {part for part, tag in tags.family(names).items() if tag in kept}
    same = bool(names.full) and (
        any(one.full == names.full for one in shown) or (bool(kept) and tags.full(names) in kept)
    )
    return same, frozenset(shared)
