"""Who could look at a resident, served: what the live policy says of each recipient, in the words that residents read.

The session's resident id alone chooses the person. What is told is what `gateway.views.pipeline` would decide on now: the
same engine, agreements, permissions, pointers and label.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from consent.permissions import Permission
from consent.portal.ports import CouldLook, Kind, Way, WhoCouldLook
from core.pages.telling import to_tell
from gateway.policy.could_see import Because, CouldSee, Row, Standing, could_see
from gateway.policy.live import AgreementCalendar
from gateway.policy.port import Subject
from gateway.policy.register_values import Registers
from gateway.services.words import Wording
from gateway.views.pipeline import Parts, in_charge, subject_of
from gateway.views.values import Allowed

NOBODY = WhoCouldLook((), (), (), ())


@dataclass(frozen=True, slots=True)
class PolicyServices:
    """Implements `consent.portal.ports.CouldSeeServices`."""

    views: Parts

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
