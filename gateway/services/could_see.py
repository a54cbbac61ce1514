"""Who could look at a resident, served: what the live policy says of each recipient, in the words that residents read.

The session's resident id alone chooses the person. What is told is what `gateway.views.pipeline` would decide on now: the
same engine, agreements, permissions, pointers and label. A representative is told what lies within their scope, and never by
whom it is held: that names who knows the person, and so where they live and who helps them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from consent.permissions import Permission
from consent.portal.ports import CouldLook, CouldSeeServices, Kind, Resident, Way, WhoCouldLook
from core.pages.telling import to_tell
from gateway.policy.could_see import Because, CouldSee, Row, Standing, could_see
from gateway.policy.live import AgreementCalendar
from gateway.policy.port import Subject
from gateway.policy.register_values import Registers
from gateway.services.acting import Acting
from gateway.services.mandate import Mandate, mandate_of
from gateway.services.words import Wording
from gateway.views.pipeline import Parts, in_charge, subject_of
from gateway.views.values import Allowed

NOBODY = WhoCouldLook((), (), (), ())


@dataclass(frozen=True, slots=True)
class PolicyServices:
    """Implements `consent.portal.ports.CouldSeeServices`. acting: knows who acts for whom."""

    views: Parts
    acting: Acting | None = None

    def serving(self, resident: Resident) -> CouldSeeServices:
        """See `CouldSeeServices.serving`."""
        if resident.acting is None:
            return self
        return PolicyWithin(self, mandate_of(self.acting, self.views.ledger, resident))

    async def who_could_look(self, person: str) -> WhoCouldLook:
        """See `CouldSeeServices.who_could_look`."""
        found = await self.asked(person)
        return NOBODY if found is None else in_words(*found)

    async def asked(self, person: str) -> tuple[Registers, CouldSee, tuple[Permission, ...]] | None:
        """What the policy says, by which registers and to which permissions; None where the person is not known any more."""
        authority = await in_charge(self.views)
        policy, now = authority.policy, self.views.clock.now()
        known = await asyncio.to_thread(self._known, person, policy.calendar, now)
        if known is None:
            return None
        subject, permissions = known
        standing = Standing(policy.registers, policy.calendar.in_force(now), authority.suspended)
        return policy.registers, await could_see(policy.engine, standing, subject), permissions

    def _known(
        self, person: str, calendar: AgreementCalendar, now: datetime
    ) -> tuple[Subject, tuple[Permission, ...]] | None:
        row = self.views.locator.by_id(person)
        if row is None:
            return None
        standing = self.views.ledger.standing(row.key)
        return subject_of(row, Allowed(standing, None), calendar, now), standing.permissions


@dataclass(frozen=True, slots=True)
class PolicyWithin:
    """The same for one representative."""

    own: PolicyServices
    mandate: Mandate

    def serving(self, resident: Resident) -> CouldSeeServices:
        """See `CouldSeeServices.serving`."""
        return self.own.serving(resident)

    async def who_could_look(self, person: str) -> WhoCouldLook:
        """Who could look at what is within the scope, by whatever stands but by what a child decided themselves."""
        found = await self.own.asked(person)
        if found is None:
            return NOBODY
        registers, could, permissions = found
        theirs = frozenset(one.id for one in permissions if self.mandate.sees(one))
        rows = tuple(
            replace(row, shown=shown)
            for row in could.rows
            if theirs.issuperset(row.permissions) and (shown := self._shown(row))
        )
        return _without_sources(in_words(registers, replace(could, rows=_once(rows)), permissions))

    def _shown(self, row: Row) -> dict[str, dict[str, frozenset[str]]]:
        scope = self.mandate.authority.sections
        cut = {
            source: {name: fields for name, fields in sections.items() if name in scope}
            for source, sections in row.shown.items()
        }
        return {source: sections for source, sections in cut.items() if sections}


def _once(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows of which whatever set them apart is beyond a scope stand once."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        shown = tuple(
            sorted(
                (source, section, tuple(sorted(fields)))
                for source, sections in row.shown.items()
                for section, fields in sections.items()
            )
        )
        key = (row.organisation, row.purpose, row.because, shown, row.permissions, row.check, row.emergency)
        before = found.get(key)
        roles = row.roles if before is None else tuple(sorted({*before.roles, *row.roles}))
        found[key] = replace(row, roles=roles)
    return tuple(found.values())


def _without_sources(found: WhoCouldLook) -> WhoCouldLook:
    def cut(organisations: tuple[CouldLook, ...]) -> tuple[CouldLook, ...]:
        return tuple(
            replace(one, ways=_each_once(replace(way, kinds=_of_anybody(way.kinds)) for way in one.ways))
            for one in organisations
        )

    return replace(
        found,
        allowed=cut(found.allowed),
        unless_no=cut(found.unless_no),
        law=cut(found.law),
        emergency=cut(found.emergency),
    )


def _each_once(ways: Iterable[Way]) -> tuple[Way, ...]:
    return tuple(dict.fromkeys(ways))


def _of_anybody(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Each kind once, with all that any source would show of it: two lists would tell that two sources know the person."""
    fields: dict[str, set[str]] = {}
    titles: dict[str, str] = {}
    for kind in kinds:
        fields.setdefault(kind.section, set()).update(kind.fields)
        titles[kind.section] = kind.title
    return tuple(Kind(name, titles[name], tuple(sorted(fields[name])), ()) for name in fields)


def in_words(registers: Registers, found: CouldSee, permissions: Iterable[Permission]) -> WhoCouldLook:
    """The rows by the four kinds that a resident tells apart, and by organisation."""
    given = {one.id: one for one in permissions}
    usual = [row for row in found.rows if not row.emergency]

    def because(reason: Because) -> tuple[CouldLook, ...]:
        return _by_organisation(registers, [row for row in usual if row.because is reason], given)

    return WhoCouldLook(
        allowed=because(Because.ALLOWED),
        unless_no=because(Because.NO_OBJECTION),
        law=because(Because.LAW),
        emergency=_by_organisation(registers, [row for row in found.rows if row.emergency], given),
        complete=found.complete,
    )


def _by_organisation(
    registers: Registers, rows: Iterable[Row], given: dict[str, Permission]
) -> tuple[CouldLook, ...]:
    words = Wording(registers)
    ways: dict[str, list[Way]] = {}
    for row in rows:
        ways.setdefault(words.organisation(row.organisation), []).append(_way(registers, row, given))
    return tuple(CouldLook(name, tuple(found)) for name, found in sorted(ways.items()))


def _way(registers: Registers, row: Row, given: dict[str, Permission]) -> Way:
    words = Wording(registers)
    purpose = registers.purposes[row.purpose]
    check = None if row.check is None else registers.checks[row.check]
    ends = [given[one].until for one in row.permissions]
    last = max((end for end in ends if end is not None), default=None)
    organisation = words.organisation(row.organisation)
    return Way(
        who=tuple(sorted(words.role(role) for role in row.roles)),
        purpose_title=purpose.title,
        purpose_words=purpose.plain_words,
        kinds=_kinds(registers, row),
        questions=() if check is None else (check.plain_words,),
        until=None if None in ends else last,
        stop=min(row.permissions) if len(row.permissions) == 1 else None,
        why_law="" if row.because is Because.ALLOWED else purpose.legal_text,
        object_to=to_tell("Tell %(name)s.", name=organisation) if row.because is Because.NO_OBJECTION else "",
        say_no=""
        if row.because is Because.ALLOWED
        else f"/portal/say-no/{quote(row.organisation)}/{quote(row.purpose)}",
    )


def _kinds(registers: Registers, row: Row) -> tuple[Kind, ...]:
    """Exactly what is shown: a section stands once for all sources that would show the same fields of it."""
    words = Wording(registers)
    sources: dict[tuple[str, frozenset[str]], list[str]] = {}
    for source, sections in row.shown.items():
        for section, fields in sections.items():
            sources.setdefault((section, fields), []).append(words.organisation(source))
    kinds = (
        Kind(section, registers.sections[section].title, words.fields(section, fields), tuple(sorted(names)))
        for (section, fields), names in sources.items()
    )
    return tuple(sorted(kinds, key=lambda kind: (kind.title, kind.sources)))
