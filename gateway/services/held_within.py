"""The parts of a representative's download: what is within their scope, and nothing of the person beyond that.

There is no part of the person's story, settings, questions, sign-ins, of what they hide, nor of who knows them: by those
somebody dangerous would find them. Of a line of the log comes its proof, not what it says in full (`ActingWithin.proof`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from consent.ledger import Event
from consent.portal.downloading_ports import HeldPart, HeldRow
from consent.portal.ports import HISTORY_PAGE, Look, PortalServices
from consent.representing.store import Held
from consent.requests.deciding import is_waiting
from consent.requests.store import Requests
from core.keys import SubjectKey
from core.pages.words import Words
from core.storage import Database
from core.vocabulary import JsonObject
from gateway.policy.live import LivePolicy
from gateway.services.held_beside import PEOPLE, without
from gateway.services.held_parts import History, decision_row, key_of
from gateway.services.mandate import Mandate
from gateway.services.representatives import AREAS, CAPACITIES
from gateway.services.words import Wording


@dataclass(frozen=True, slots=True)
class FewWithin:
    """A part of a handful of rows, as `gateway.services.held_beside.Few`."""

    mandate: Mandate
    name: str
    told: Callable[[Words], tuple[str, str]]
    read: Callable[[SubjectKey, Words], Iterable[HeldRow]]

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return self.told(_)[0]

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return self.told(_)[1]

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        key = await key_of(self.mandate.keys, person)
        if key is None:
            return
        for row in await asyncio.to_thread(lambda: list(self.read(key, _))):
            yield row


@dataclass(frozen=True, slots=True)
class HistoryWithin:
    """The lines of the history that they may see, each with its proof. lines: makes rows; portal: what they may see."""

    lines: History
    portal: PortalServices
    name: str = "history"

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return _("Who looked")

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return _("Looks at what you may decide about, each with the proof that nobody changed it.")

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        key = await key_of(self.lines.keys, person)
        before: int | None = None
        while key is not None:
            looks = await self.portal.history(person, before)
            for row in await asyncio.to_thread(self._rows, key, looks, _):
                yield row
            if len(looks) < HISTORY_PAGE:
                return
            before = looks[-1].index

    def _rows(self, key: SubjectKey, looks: Sequence[Look], _: Words) -> list[HeldRow]:
        rows = [row for look in looks if (row := self.lines.row(_, key, look)) is not None]
        return [replace(row, data={**row.data, "opening": None}) for row in rows]


@dataclass(frozen=True, slots=True)
class _At:
    database: Database
    policy: LivePolicy
    mandate: Mandate

    def decisions(self, key: SubjectKey, _: Words) -> Iterable[HeldRow]:
        ids = {one.id for one in self.mandate.ledger.standing(key).permissions}
        for event in reversed(self.mandate.ledger.history(key)):
            if self._theirs(event):
                stands = event.what == "given" and event.permission.id in ids
                row = decision_row(_, self.policy.registers, _untold(event, self.mandate), stands=stands)
                yield replace(row, heading=f"{_heading(_, event)}, {_.moment(event.at)}")

    def requests(self, key: SubjectKey, _: Words) -> Iterable[HeldRow]:
        words, now = Wording(self.policy.registers), self.mandate.acting.clock.now()
        for one in Requests(self.database).of(key):
            if is_waiting(one, now) and self.mandate.about(one.sections):
                facts = (
                    (_("Why"), _.told(words.purpose(one.purpose))),
                    (_("What kind of information"), _.listed(_.all_told(words.sections(one.sections)))),
                    (_("In their words"), one.reason),
                    (_("When"), _.moment(one.asked)),
                )
                yield HeldRow(words.organisation(one.organisation), facts, one.to_json())

    def authority(self, key: SubjectKey, _: Words) -> Iterable[HeldRow]:
        for held in self.mandate.acting.representations.of_person(key):
            if held.authority.id == self.mandate.authority.authority:
                yield self._authority(held, _)

    def _authority(self, held: Held, _: Words) -> HeldRow:
        authority = held.authority
        facts = (
            (_("You act as"), _.told(CAPACITIES[authority.capacity])),
            (_("About"), _.listed([_.told(AREAS[area]) for area in sorted(authority.areas)])),
            (
                _("Written down by"),
                Wording(self.policy.registers).organisation(authority.recorded.organisation),
            ),
        )
        # The day of birth is what the person told somebody, and no representative needs it from here.
        data = cast("JsonObject", without(authority.to_json(), PEOPLE | {"born"}))
        return HeldRow(_("What you may decide"), facts, data)

    def _theirs(self, event: Event) -> bool:
        mandate, permission = self.mandate, event.permission
        said = permission.kind.allows or mandate.said(permission)
        return said and mandate.sees(permission) and not mandate.childs_own(event.by)


def parts_within(
    database: Database, policy: LivePolicy, lines: History, portal: PortalServices, mandate: Mandate
) -> Sequence[HeldPart]:
    """All of them, in the order of the file. portal: the portal's services within the mandate."""
    at = _At(database, policy, mandate)
    return (
        FewWithin(mandate, "decisions", _decisions_told, at.decisions),
        HistoryWithin(lines, portal),
        FewWithin(mandate, "requests", _requests_told, at.requests),
        FewWithin(mandate, "acting", _authority_told, at.authority),
    )


def _untold(event: Event, mandate: Mandate) -> Event:
    """Without words of anybody's but the representative's own."""
    if mandate.said(event.permission):
        return event
    permission = replace(event.permission, given=event.permission.given.untold())
    return replace(event, permission=permission, by=event.by.untold())


def _heading(_: Words, event: Event) -> str:
    begun = event.what == "given"
    if event.permission.kind.refuses:
        return _("Said no") if begun else _("Took back a no")
    return _("Allowed") if begun else _("Stopped")


def _decisions_told(_: Words) -> tuple[str, str]:
    return _("What was decided"), _("What was allowed or stopped of what you may decide about.")


def _requests_told(_: Words) -> tuple[str, str]:
    return _("What waits for an answer"), _("Organisations that ask to look at what you may decide about.")


def _authority_told(_: Words) -> tuple[str, str]:
    return _("What you may decide"), _("As what you act, about what, until when, and who wrote it down.")
