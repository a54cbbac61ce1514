"""How often the gateway is asked: what waits every round, what became of the rest more seldom, and nobody in vain."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.demo.hub import TEAMS
from hub.features import FEATURES
from hub.gateway import GatewayAwayError
from hub.oidc import ProviderAwayError
from hub.outbox import nothing, told
from hub.rhythm import LONGEST_PAUSE, Rhythm
from hub.tables import Outgoing
from tests.unit.hub.fakes import ISSUER, NOW, Call, Desk, hub_in
from tests.unit.hub.interact.making import FORM, SENT, arrives, inbox_of, listed, rows, take_in

ROUND = timedelta(seconds=5)
RECEIVER = "age-well-norfolk"


def sandbox() -> dict[str, Any]:
    """Partners as the sandbox has them: who receives what."""
    teams = {
        name: {
            "receives": {purpose: list(at) for purpose, at in receives.items()},
            "members": [{"organisation": at, "role": role, "title": title} for at, role, title in members],
        }
        for name, (receives, members) in TEAMS.items()
    }
    named = {at for _, members in TEAMS.values() for at, _, _ in members}
    named |= {at for receives, _ in TEAMS.values() for receivers in receives.values() for at in receivers}
    organisations = [{"id": one, "title": one, "client": f"{one}-hub"} for one in sorted(named)]
    return {"organisations": organisations, "teams": teams}


async def a_minute(desk: Desk) -> Counter[tuple[str, str]]:
    """What is asked in the rounds of one minute: (box, status) -> how often."""
    desk.gateway.calls.clear()
    for _ in range(12):
        desk.clock.go_on(seconds=5)
        await desk.hub.background.look()
    return Counter(
        (one.query["box"], one.query.get("status", "")) for one in desk.gateway.called("GET", "/v1/referrals")
    )


async def test_in_the_sandbox_only_who_receives_is_asked_for_and_only_what_waits(tmp_path: Path) -> None:
    desk = hub_in(tmp_path, FEATURES, sandbox())
    receiving = desk.hub.parts.partners.receiving
    assert await a_minute(desk) == {("in", "sent"): 12 * len(receiving)}
    assert len(receiving) < len(desk.hub.parts.partners.organisations)
    desk.hub.parts.database.close()


async def test_what_became_of_a_referral_is_asked_for_each_minute_until_it_has_ended(desk: Desk) -> None:
    arrives(desk)
    await desk.hub.background.look()
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(listed("accepted"))
    await desk.hub.background.look()
    assert (await a_minute(desk))["in", ""] == 1
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(listed("closed"))
    assert (await a_minute(desk))["in", ""] == 1
    assert (await a_minute(desk))["in", ""] == 0


async def test_once_the_gateway_was_told_something_all_lists_are_asked_for_at_once(desk: Desk) -> None:
    desk.gateway.answers["POST /v1/referrals"] = SENT
    carys = desk.sign_in("wensum-valley-practice", "care-coordinator", name="Carys Heron", subject="carys")
    await desk.hub.background.look()
    await desk.post(carys, "/interact/refer", **FORM)
    desk.gateway.calls.clear()
    await desk.hub.background.look()
    assert {one.query["box"] for one in desk.gateway.called("GET", "/v1/referrals")} == {"in", "out"}
    desk.gateway.calls.clear()
    await desk.hub.background.look()
    assert {one.query["box"] for one in desk.gateway.called("GET", "/v1/referrals")} == {"in"}


async def test_an_organisation_without_an_answer_is_asked_for_after_ever_longer_pauses(desk: Desk) -> None:
    asked: list[float] = []

    def away(_: Call) -> GatewayAwayError:
        asked.append((desk.clock.now() - NOW).total_seconds())
        return GatewayAwayError("cut")

    desk.gateway.answers["GET /v1/referrals"] = away
    for _ in range(40):
        await desk.hub.background.look()
        desk.clock.go_on(seconds=5)
    assert asked == [0, 5, 15, 35, 75, 135, 195]


async def test_what_an_organisation_says_waits_while_its_sign_in_service_is_away(desk: Desk) -> None:
    case_id = await take_in(desk)
    # Its own token is over, and no other is to be had.
    desk.clock.go_on(hours=1)
    desk.service.fetched[f"{ISSUER}/token"] = ProviderAwayError("fake")
    await desk.post(desk.sign_in(), f"/interact/cases/{case_id}/taking-on")
    (row,) = rows(desk, Outgoing)
    assert (row.state, told(row).state, row.tries) == ("waiting", "not-sent-yet", 1)


async def test_what_one_organisations_referral_breaks_leaves_the_others_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    async def broken(_: object, organisation: Any) -> int:
        looked.append(organisation.id)
        raise LookupError

    monkeypatch.setattr(type(desk.hub.background.inbox), "follow", broken)
    with capture_logs() as logs:
        await desk.hub.background.look()
    assert len(looked) == len(desk.hub.parts.partners.organisations)
    assert [one["error"] for one in logs] == ["LookupError"] * len(looked)


def test_turns_come_round() -> None:
    rhythm = Rhythm(ROUND)
    assert rhythm.is_followed_now(RECEIVER, NOW)
    rhythm.followed(RECEIVER, NOW)
    assert not rhythm.is_followed_now(RECEIVER, NOW)
    assert rhythm.is_followed_now(RECEIVER, NOW + LONGEST_PAUSE)
    rhythm.hurry()
    assert rhythm.is_followed_now(RECEIVER, NOW)


def test_a_hub_that_looks_more_often_asks_more_often_what_became_of_referrals() -> None:
    for seconds, longest in ((0.5, 6), (5, 60), (90, 60)):
        rhythm = Rhythm(timedelta(seconds=seconds))
        rhythm.followed(RECEIVER, NOW)
        assert not rhythm.is_followed_now(RECEIVER, NOW + timedelta(seconds=longest - 1))
        assert rhythm.is_followed_now(RECEIVER, NOW + timedelta(seconds=longest))


def test_pauses_double_up_to_a_minute_and_end_with_an_answer() -> None:
    rhythm = Rhythm(ROUND)
    for _ in range(20):
        rhythm.away(RECEIVER, NOW)
    assert not rhythm.may_ask(RECEIVER, NOW + LONGEST_PAUSE - ROUND)
    assert rhythm.may_ask(RECEIVER, NOW + LONGEST_PAUSE)
    assert rhythm.may_ask("another", NOW)
    rhythm.answered(RECEIVER)
    assert rhythm.may_ask(RECEIVER, NOW)
    rhythm.away(RECEIVER, NOW)
    assert rhythm.may_ask(RECEIVER, NOW + ROUND), "counted from the beginning again"
    rhythm.hurry()
    assert rhythm.may_ask(RECEIVER, NOW)
    nothing()
