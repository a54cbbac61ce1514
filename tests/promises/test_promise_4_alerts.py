"""Promise 4, for alerts: officers of whoever asks must not read in their queue what the empty answer did not say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.alerts.hours import Hours
from audit.log import Append
from consent.permissions import Given
from gateway.alerting.noticing import Noticing
from gateway.people.locator import Registration
from gateway.people.registering import register
from gateway.people.trace import Demographics
from gateway.views import record as recording
from gateway.views.pipeline import Parts, view
from gateway.views.record import Recording
from gateway.views.values import Ask, Context, Fetched, Minimal, Recorded, Ruling
from tests.support.walk import CALLERS, COUNCIL, NHS_NUMBER, STRANGER_NUMBER, FakeVerifier, Walk, walk

FAMILY = "Rarename"


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Walk]:
    """Everything that could be noticed is so: same name, works there, asks at night."""
    async with walk(tmp_path) as found:
        home = found.home
        born = home.clock.now().date().replace(year=1984, day=1)
        said = Demographics(FAMILY, "Ann", born, "NR99 9AA")
        registration = Registration(COUNCIL, f"record-at-{COUNCIL}", NHS_NUMBER, said)
        person = home.locator.prepare(registration)
        work = partial(register, home.locator, home.ledger, person, registration, home.clock.now(), ())
        home.log.append(Append(work, changes=True))
        account = home.handles.tags.staff("norfolk-county-council", "https://issuer.test", "a.practitioner")
        with home.database.write() as tx:
            home.locator.works_there(tx, person, "norfolk-county-council", account, home.clock.now())
        yield found


def parts_of(way: Walk) -> Parts:
    seen = Noticing(way.home.handles.tags, Hours(), way.home.database)
    caller = replace(CALLERS["triager"], family_name=FAMILY, given_name="Ann")
    return replace(
        way.parts,
        verifier=FakeVerifier({**CALLERS, "triager": caller}),
        recording=replace(way.parts.recording, noticing=seen),
    )


async def ask(way: Walk, number: str = NHS_NUMBER) -> bool:
    asked = Ask(way.handle("triager", number), "early-help-triage", None, "to arrange early help")
    return bool((await view(parts_of(way), ["triager"], asked, "req_test")).sections)


def alerts(way: Walk) -> list[str]:
    with way.home.database.read() as tx:
        return list(tx.execute(text("SELECT rule FROM alert ORDER BY rule")).scalars())


async def test_who_is_known_and_said_nothing_opens_no_alert_any_more_than_a_stranger(way: Walk) -> None:
    assert not await ask(way)
    assert not await ask(way, STRANGER_NUMBER)
    assert alerts(way) == []


async def test_who_took_their_permission_back_opens_none_either(way: Walk) -> None:
    permission = await way.allow()
    assert await ask(way)
    opened = alerts(way)
    assert opened == ["own-record"]
    await way.stop(permission)
    assert not await ask(way)
    assert alerts(way) == opened


async def test_a_permission_that_goes_while_the_sources_answer_leaves_no_alert(way: Walk) -> None:
    permission = await way.allow()

    def stopping() -> None:
        key, now = way.person.key, way.home.clock.now()
        with way.home.database.write() as tx:
            way.home.ledger.withdraw(tx, key, permission, Given("portal", way.person.id), now)

    way.sources[COUNCIL].before_answer = stopping
    assert not await ask(way)
    assert alerts(way) == []


async def test_companion_noticed_whatever_was_shown_the_queue_tells_who_is_known(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the protection: the alert of an empty answer says that the person is known, and bears that name."""
    original = recording.record

    async def unprotected(
        parts: Recording, context: Context, ruling: Ruling, fetched: Fetched, minimal: Minimal
    ) -> Recorded:
        person = context.person
        done = await original(parts, context, ruling, fetched, minimal)
        if person is not None and not minimal.sections:
            found = await recording._notice(parts, context, ruling, person, Minimal(), parts.clock.now())
            with way.home.database.write() as tx:
                found.write(tx, done.receipt.index)
        return done

    monkeypatch.setattr("gateway.views.pipeline.record", unprotected)
    assert not await ask(way)
    assert alerts(way) == ["own-record"]
    assert not await ask(way, STRANGER_NUMBER)
    assert alerts(way) == ["own-record"]
