"""Alerts, served to officers of the organisation whose practitioner looked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from audit.alerts.facts import Rule
from audit.console.alerts_ports import AlertAnswer, AlertCase, AlertQueue, AlertTask, Answered, Measured
from audit.console.ports import NotDecided, Officer, Waiting
from audit.reader import StoredEntry
from core.keys import MissingKeyError
from core.sealing import SealError, open_json
from core.times import from_ms, to_ms
from gateway.alerting.answering import Answering, AskedAbout
from gateway.alerting.scanning import Scanning, numbers_context
from gateway.alerting.store import EXPLAINED, MISUSE, UNCLEAR, Alerts, StoredAlert
from gateway.reviews.deciding import DecidedAlreadyError, NotADecisionError, OwnLookError
from gateway.services.console import OfficerServices
from gateway.services.entries import INDEX_MAXIMUM, detail_of, mapping, opened, text, texts
from gateway.services.noting import Noting

TASKS_SHOWN: Final = 100
DAYS_AT_ONCE: Final = 3
"""How many days a page goes through at most before it is shown; the nightly job goes through all."""
MEASURED_OVER: Final = timedelta(days=365)

_OUTCOMES: Final[Mapping[AlertAnswer, str]] = {"explained": EXPLAINED, "misuse": MISUSE, "unclear": UNCLEAR}
_ANSWERS: Final[Mapping[str, AlertAnswer]] = {code: answer for answer, code in _OUTCOMES.items()}
_OWN: Final = "You looked yourself, so somebody else of your organisation has to answer this."
_UNREADABLE: Final = (
    "Nobody can see any more who looked, so nobody can answer this here. Tell the log's keeper."
)
_TOO_LATE: Final = "Somebody else has answered this in the meantime. Look at what they found."
_NOT_SO: Final = "This cannot be answered like that. Look at the page again."


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """Implements `audit.console.alerts_ports.AlertServices`, on what the console's own services read with."""

    officers: OfficerServices
    noting: Noting
    alerts: Alerts
    scanning: Scanning

    async def waiting(self, officer: Officer) -> Waiting:
        """See `AlertServices.waiting`."""
        now = to_ms(self.officers.clock.now())
        return Waiting(*await asyncio.to_thread(self.alerts.count, officer.organisation, now))

    async def tasks(self, officer: Officer) -> Sequence[AlertTask]:
        """See `AlertServices.tasks`."""
        await self.noting.note(officer, "searched", {"alerts": "waiting"})
        return await asyncio.to_thread(self._waiting, officer.organisation)

    async def queue(self, officer: Officer) -> AlertQueue:
        """See `AlertServices.queue`."""
        await self.noting.note(officer, "searched", {"alerts": "waiting"})
        return await asyncio.to_thread(self._queue, officer.organisation)

    async def case(self, officer: Officer, rule: Rule, index: int) -> AlertCase | None:
        """See `AlertServices.case`."""
        alert = await self._own(officer, rule, index)
        if alert is None:
            # An entry that concerns the organisation may have no alert; it is refused all the same, and written down.
            place = index if index <= INDEX_MAXIMUM else None
            await self.noting.note(officer, "refused", {"entry": place, "alert": rule.value})
            return None
        item = await self.officers.item(officer, index)
        entry = await asyncio.to_thread(self.officers.reader.entry, index)
        if item is None or entry is None:
            return None
        asked = await asyncio.to_thread(self._asked_about, entry)
        barred = _UNREADABLE if asked is None else _OWN if asked.practitioner == officer.id else ""
        numbers = await asyncio.to_thread(self._numbers, alert)
        return AlertCase(
            rule=rule,
            numbers=numbers,
            item=item,
            task=self._task(alert, entry, numbers) if alert.closed_ms is None else None,
            answered=_answered(alert),
            barred=barred,
            account="" if asked is None else asked.practitioner,
        )

    async def answer(self, officer: Officer, rule: Rule, index: int, answer: AlertAnswer, words: str) -> None:
        """See `AlertServices.answer`."""
        alert = await self._own(officer, rule, index)
        entry = await asyncio.to_thread(self.officers.reader.entry, index)
        if alert is None or entry is None:
            raise NotDecided("There is nothing for your organisation to answer here.")
        asked = await asyncio.to_thread(self._asked_about, entry)
        if asked is None:
            raise NotDecided(_UNREADABLE)
        answering = Answering(self.officers.committer, self.officers.keys, self.officers.clock)
        try:
            await answering.answer(officer.id, alert, asked, _OUTCOMES[answer], words)
        except OwnLookError as error:
            raise NotDecided(_OWN) from error
        except DecidedAlreadyError as error:
            raise NotDecided(_TOO_LATE) from error
        except NotADecisionError as error:
            raise NotDecided(_NOT_SO) from error

    async def _own(self, officer: Officer, rule: Rule, index: int) -> StoredAlert | None:
        """The officer's organisation alone says whose alert it is: no address names another's."""
        if index > INDEX_MAXIMUM:
            return None
        return await asyncio.to_thread(self.alerts.one, index, rule, officer.organisation)

    def _queue(self, organisation: str) -> AlertQueue:
        self.scanning.catch_up(organisation, DAYS_AT_ONCE)
        since = to_ms(self.officers.clock.now() - MEASURED_OVER)
        counts = self.alerts.outcomes(organisation, since)
        measured = (
            Measured(
                rule,
                counts.get((rule, None), 0),
                counts.get((rule, MISUSE), 0),
                counts.get((rule, EXPLAINED), 0),
                counts.get((rule, UNCLEAR), 0),
            )
            for rule in Rule
        )
        return AlertQueue(
            tasks=self._waiting(organisation),
            measured=tuple(one for one in measured if one.open or one.answered),
            gone_through=self.scanning.gone_through(organisation),
        )

    def _waiting(self, organisation: str) -> tuple[AlertTask, ...]:
        found = []
        for alert in self.alerts.waiting(organisation, TASKS_SHOWN):
            entry = self.officers.reader.entry(alert.index)
            if entry is not None:
                found.append(self._task(alert, entry, self._numbers(alert)))
        return tuple(found)

    def _task(self, alert: StoredAlert, entry: StoredEntry, numbers: Mapping[str, int]) -> AlertTask:
        due = from_ms(alert.due_ms)
        left = (due - self.officers.clock.now()) // timedelta(hours=1)
        return AlertTask(alert.rule, self.officers.items.row(entry), numbers, due, left)

    def _numbers(self, alert: StoredAlert) -> Mapping[str, int]:
        """What its sentence says; empty where it cannot be read, and then the sentence is the rule's own."""
        if alert.numbers is None:
            return {}
        key = self.officers.keys.get_or_create(f"org:{alert.organisation}")
        try:
            said = open_json(key.key, alert.numbers, numbers_context(alert.index, alert.rule.value))
        except SealError:
            return {}
        return {name: one for name, one in mapping(said).items() if isinstance(one, int)}

    def _asked_about(self, entry: StoredEntry) -> AskedAbout | None:
        """What has to be known of the look; None where it does not open: then nobody knows whose it was."""
        opening = opened(self.officers.reader, entry)
        practitioner = text(detail_of(opening).get("practitioner"))
        if opening is None or not practitioner:
            return None
        try:
            key = self.officers.keys.by_tag(entry.tag)
        except MissingKeyError:
            return None
        return AskedAbout(
            organisations=frozenset(texts(opening.detail.get("organisations"))),
            practitioner=practitioner,
            person=text(detail_of(opening).get("person")),
            purpose=entry.purpose,
            key=key,
        )


def _answered(alert: StoredAlert) -> Answered | None:
    if alert.closed_ms is None or alert.outcome is None:
        return None
    return Answered(_ANSWERS[alert.outcome], from_ms(alert.closed_ms), alert.closed_entry)
