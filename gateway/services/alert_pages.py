"""The console's pages of alerts and of today, put together for `gateway.pages`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from fastapi import APIRouter

from audit.alerts.hours import Hours
from audit.console import alerts as console_alerts
from audit.console import today
from audit.console.context import Console
from consent.ledger import Ledger
from gateway.alerting.looks import OrganisationLooks
from gateway.alerting.scanning import Scanning
from gateway.alerting.store import Alerts
from gateway.alerting.ties import Ties, is_source
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.services.alerts import AlertDesk
from gateway.services.console import OfficerServices
from gateway.services.noting import Noting

ConsolePages: TypeAlias = Callable[[APIRouter, Console], None]


@dataclass(frozen=True, slots=True)
class AlertPages:
    """What these pages are made of, beside what the console's own services read with."""

    officers: OfficerServices
    locator: Locator
    ledger: Ledger
    handles: Handles
    hours: Hours

    def for_officers(self, asked: today.Asked) -> tuple[ConsolePages, ...]:
        """The console's. asked: where residents' questions come from."""
        desk = self.desk()
        return (
            partial(console_alerts.add_pages, alerts=desk),
            partial(today.add_pages, alerts=desk, asked=asked),
        )

    def desk(self) -> AlertDesk:
        """The services of both."""
        officers = self.officers
        database = officers.reviews.database
        scanning = Scanning(
            database=database,
            looks=OrganisationLooks(database, officers.reader),
            ties=Ties(
                officers.keys,
                self.locator,
                self.ledger,
                officers.clock,
                lambda organisation: is_source(officers.registers, organisation),
            ),
            tags=self.handles.tags,
            hours=self.hours,
            keys=officers.keys,
            clock=officers.clock,
        )
        return AlertDesk(officers, Noting(officers.committer, officers.keys), Alerts(database), scanning)
