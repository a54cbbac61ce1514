"""Support's plans for others: each served by whoever wrote it, while the support runs, and no more than asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.tables import Outgoing
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import Desk
from tests.unit.hub.support.making import (
    BODY,
    FLOATING,
    NEWLEAF,
    NUMBER,
    PARTNERS,
    TRUST,
    arrives,
    arriving,
    begun,
    cases,
    handed,
    planned,
    rows,
    support_desk,
    worker,
)

KEY = "a-key-of-sixteen-characters"
FIELDS = ("category", "status", "goals", "start_date", "review_date", "lead_role", "why", "what_matters")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """As everywhere, but the trust and Newleaf are sources, and Steadfast is none."""
    (tmp_path / "source.key").write_text(KEY)
    organisations = [dict(one) for one in PARTNERS["organisations"]]
    for one in organisations[:2]:
        one["scope"] = "referrals pointers"
    partners: dict[str, Any] = {**PARTNERS, "organisations": organisations}
    found = support_desk(tmp_path, partners, tmp_path / "source.key")
    found.gateway.answers |= {"PUT /v1/pointers": None, "DELETE /v1/pointers": None}
    yield found
    found.hub.parts.database.close()


async def ask(desk: Desk, organisation: str = TRUST, key: str = KEY, *fields: str) -> Answer:
    """The gateway asks an organisation for the plan of the first case."""
    reference = f"support:{cases(desk)[0].id}"
    question = {"reference": reference, "include": ["plan"], "fields": {"plan": fields or FIELDS}}
    headers = {"content-type": "application/json", "x-api-key": key}
    address = f"/source/{organisation}/query"
    return await Browser(desk.hub.app).ask("POST", address, orjson.dumps(question), headers)


async def supported(desk: Desk, **more: str) -> str:
    """Somebody with a plan at the trust; gives the case's address."""
    ana = worker(desk)
    address = await begun(desk, ana, **more)
    await planned(desk, ana, address, "Sleep through the night", "See my daughter")
    return address


async def test_the_plan_is_served_by_whoever_wrote_it_and_nothing_else_of_the_case(desk: Desk) -> None:
    await supported(desk)
    answer = await ask(desk)
    assert orjson.loads(answer.text) == {
        "reference": f"support:{cases(desk)[0].id}",
        "asAt": "2026-11-23T09:30:00+00:00",
        "plan": {
            "category": "Going home from hospital",
            "status": "active",
            "goals": "Sleep through the night\nSee my daughter",
            "start_date": "2026-11-23",
            "lead_role": "Ward link worker",
        },
    }
    assert "Ring the housing team" not in answer.text, "steps are the team's own"
    assert orjson.loads((await ask(desk, TRUST, KEY, "status")).text)["plan"] == {"status": "active"}


async def test_another_organisation_does_not_answer_with_it_nor_anybody_without_the_key(desk: Desk) -> None:
    await supported(desk)
    assert (await ask(desk, NEWLEAF)).status == 404
    assert (await ask(desk, "nobody")).status == 404
    assert (await ask(desk, key="another")).status == 401


async def test_the_gateway_is_told_once_that_a_plan_is_held_and_at_the_end_that_it_is_not(desk: Desk) -> None:
    address = await supported(desk)
    reference = f"support:{cases(desk)[0].id}"
    (held,) = desk.gateway.called("PUT", "/v1/pointers")
    assert held.body == {"reference": reference, "nhs_number": NUMBER}
    assert held.token == f"application-of-{TRUST}-hub"
    await desk.post(worker(desk), f"{address}/closing", outcomes="moved")
    (released,) = desk.gateway.called("DELETE", "/v1/pointers")
    assert released.body == {"reference": reference}
    assert (await ask(desk)).status == 404


async def test_of_somebody_who_cannot_be_identified_nothing_is_told(desk: Desk) -> None:
    address = await supported(desk, nhs_number="", address="")
    await desk.post(worker(desk), f"{address}/closing", outcomes="moved")
    assert [one.path for one in desk.gateway.calls if one.path == "/v1/pointers"] == []


async def test_from_the_second_of_the_end_on_the_plan_is_served_to_nobody(desk: Desk) -> None:
    await supported(desk)
    desk.clock.go_on(days=92, seconds=-1)
    assert (await ask(desk)).status == 200
    desk.clock.go_on(seconds=1)
    assert (await ask(desk)).status == 404


async def test_what_was_handed_over_is_served_once_it_is_taken_on_and_no_more_once_it_is_stopped(
    desk: Desk,
) -> None:
    await arrives(desk, arriving(BODY))
    assert (await ask(desk, NEWLEAF)).status == 404
    assert desk.gateway.called("PUT", "/v1/pointers") == []
    address = f"/support/cases/{cases(desk)[0].id}"
    await desk.post(worker(desk, NEWLEAF, FLOATING, "zoe"), f"{address}/taking-on")
    plan = orjson.loads((await ask(desk, NEWLEAF)).text)["plan"]
    assert plan == {
        "category": "A little support at home",
        "status": "active",
        "goals": "Sleep through the night",
        "start_date": "2026-11-23",
        "review_date": "2027-05-24",
        "lead_role": "Floating support worker",
    }
    assert len(desk.gateway.called("PUT", "/v1/pointers")) == 1
    await arrives(desk, arriving(BODY, status="withdrawn"))
    assert (await ask(desk, NEWLEAF)).status == 404


async def test_a_plan_whose_goals_are_all_reached_names_none(desk: Desk) -> None:
    address = await handed(desk)
    zoe = worker(desk, NEWLEAF, FLOATING)
    goal = (await zoe.get(address)).text.partition("/goals/")[2].partition("/")[0]
    desk.clock.go_on(days=1)
    await desk.post(worker(desk, NEWLEAF, FLOATING, "zoe"), f"{address}/goals/{goal}/reached")
    answer = orjson.loads((await ask(desk, NEWLEAF)).text)
    assert "goals" not in answer["plan"]
    assert answer["asAt"] == "2026-11-24T09:30:00+00:00"


async def test_while_the_gateway_is_away_the_page_says_what_waits(desk: Desk) -> None:
    desk.gateway.away = True
    address = await supported(desk)
    assert (
        "until then others cannot see it, whatever the person allowed"
        in (await worker(desk).get(address)).words
    )
    await desk.post(worker(desk), f"{address}/closing", outcomes="moved")
    desk.gateway.away = False
    desk.clock.go_on(minutes=1)
    await desk.hub.parts.outbox.send_due()
    assert [one.method for one in desk.gateway.calls if one.path == "/v1/pointers"] == ["PUT", "DELETE"]
    assert {row.state for row in rows(desk, Outgoing)} == {"sent"}
