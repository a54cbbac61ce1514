"""A gateway that notices, its officers' desk of alerts, and people with names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from audit.alerts.facts import Rule
from audit.alerts.hours import Hours
from audit.console.alerts_ports import AlertTask
from audit.log import Append
from core.vocabulary import Json
from gateway.alerting.noticing import Noticing
from gateway.identity.caller import Caller
from gateway.people.locator import Registration
from gateway.people.registering import register
from gateway.people.trace import Demographics
from gateway.services.alert_pages import AlertPages
from gateway.services.alerts import AlertDesk
from gateway.views.pipeline import Parts, view
from gateway.views.values import Ask, View
from tests.support.walk import CALLERS, CHARITY, COUNCIL, NHS_NUMBER, FakeVerifier
from tests.unit.gateway.services.looking import officer
from tests.unit.gateway.services.served import COUNTY, Served

DAY = 24 * 3600.0


def noticing(served: Served, **callers: Caller) -> Parts:
    """The parts of a gateway that notices, with these callers in place of the usual ones."""
    home = served.way.home
    recording = replace(
        served.way.parts.recording, noticing=Noticing(home.handles.tags, Hours(), home.database)
    )
    verifier = FakeVerifier({**CALLERS, **callers})
    return replace(served.way.parts, recording=recording, verifier=verifier)


def triager(**changes: object) -> Caller:
    return replace(CALLERS["triager"], **changes)  # type: ignore[arg-type] # the tests name the fields


def desk(served: Served, hours: Hours | None = None) -> AlertDesk:
    home = served.way.home
    return AlertPages(served.officers, home.locator, home.ledger, home.handles, hours or Hours()).desk()


def name_person(served: Served, family: str, given: str = "Maren") -> None:
    """The council says how the person is called."""
    home = served.way.home
    said = Demographics(family, given, (served.clock.now() - timedelta(days=9_000)).date(), "NR99 9AA")
    registration = Registration(COUNCIL, f"record-at-{COUNCIL}", NHS_NUMBER, said)
    person = home.locator.prepare(registration)
    work = partial(register, home.locator, home.ledger, person, registration, served.clock.now(), ())
    home.log.append(Append(work, changes=True))


def works_for(served: Served, organisation: str, account: str, issuer: str = "https://issuer.test") -> None:
    """An organisation says that the person works there."""
    home = served.way.home
    person = home.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    tag = home.handles.tags.staff(organisation, issuer, account)
    with home.database.write() as tx:
        home.locator.works_there(tx, person, organisation, tag, served.clock.now())


def plan(served: Served, status: str) -> None:
    """What the charity says of the person's plan."""
    source = served.way.sources[CHARITY]
    records: dict[str, Mapping[str, Json]] = {**source.records, "support-plan": {"status": status}}
    source.records = records


async def look(served: Served, parts: Parts, who: str = "triager", number: str = NHS_NUMBER) -> View:
    ask = Ask(served.way.handle(who, number), "early-help-triage", None, "to arrange early help")
    return await view(parts, [who], ask, "req_test")


async def waiting(served: Served, organisation: str = COUNTY) -> list[tuple[Rule, int]]:
    found: list[AlertTask] = list(await desk(served).tasks(officer(organisation)))
    return [(one.rule, one.row.index) for one in found]
