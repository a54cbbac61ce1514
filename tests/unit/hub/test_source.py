"""The hub as a source: the gateway's own adapter asks it, and gets what was asked for and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.source import SourceKeyError, read_key
from hub.tables import Outgoing
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import PARTNERS, Desk, empty_view, hub_in
from tests.unit.hub.interact.making import NUMBER, case, rows, take_in

KEY = "a-key-of-sixteen-characters"


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "source.key").write_text(KEY + "\n")
    organisations = [dict(one) for one in PARTNERS["organisations"]]
    organisations[1]["scope"] = "referrals pointers"
    partners: dict[str, Any] = {**PARTNERS, "organisations": organisations}
    found = hub_in(tmp_path, partners=partners, source_key=tmp_path / "source.key")
    found.gateway.answers |= {
        "GET /v1/sections": [],
        "POST /v1/views": empty_view,
        "PUT /v1/pointers": None,
        "DELETE /v1/pointers": None,
    }
    yield found
    found.hub.parts.database.close()


async def ask(desk: Desk, question: object, key: str = KEY) -> Answer:
    headers = {"content-type": "application/json", "x-api-key": key}
    body = question if isinstance(question, bytes) else orjson.dumps(question)
    return await Browser(desk.hub.app).ask("POST", "/source/age-well-norfolk/query", body, headers)


async def planned(desk: Desk) -> str:
    """A case with a plan; gives the reference by which the gateway asks."""
    await take_in(desk)
    joy = desk.sign_in()
    place = f"/interact/cases/{case(desk).id}"
    await desk.post(joy, f"{place}/plan", goals="A dry bedroom\nMy garden", status="active")
    return f"interact:{case(desk).id}"


def question(reference: str, *fields: str) -> dict[str, object]:
    return {"reference": reference, "include": ["plan"], "fields": {"plan": list(fields)}}


async def test_the_plan_is_answered_field_by_field_as_asked(serving: Desk) -> None:
    reference = await planned(serving)
    answer = await ask(serving, question(reference, "status", "goals", "review_date", "written_by"))
    assert orjson.loads(answer.text) == {
        "reference": reference,
        "asAt": "2026-11-23T09:30:00+00:00",
        "plan": {"status": "active", "goals": "A dry bedroom\nMy garden"},
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_the_gateway_is_told_that_a_plan_is_held_and_later_that_it_is_not(serving: Desk) -> None:
    reference = await planned(serving)
    (call,) = serving.gateway.called("PUT", "/v1/pointers")
    assert call.body == {"reference": reference, "nhs_number": NUMBER}
    assert call.token == "application-of-age-well-norfolk-hub"
    assert "scope" in serving.service.posted[0]
    assert serving.service.posted[0]["scope"] == ["referrals pointers"]
    joy = serving.sign_in()
    place = f"/interact/cases/{case(serving).id}"
    review = {"review-day": "1", "review-month": "2", "review-year": "2027"}
    await serving.post(joy, f"{place}/plan", goals="A dry bedroom", status="active", **review)
    assert len(serving.gateway.called("PUT", "/v1/pointers")) == 1
    whole = orjson.loads((await ask(serving, question(reference, "review_date"))).text)
    assert whole["plan"] == {"review_date": "2027-02-01"}
    await serving.post(joy, f"{place}/closing", outcomes="moved")
    assert serving.gateway.called("DELETE", "/v1/pointers")[0].body == {"reference": reference}
    assert (await ask(serving, question(reference, "status"))).status == 404


async def test_a_pointer_that_waits_goes_before_its_own_end(serving: Desk) -> None:
    await take_in(serving)
    joy = serving.sign_in()
    place = f"/interact/cases/{case(serving).id}"
    serving.gateway.away = True
    await serving.post(joy, f"{place}/plan", goals="A dry bedroom", status="active")
    assert "until then others cannot see it" in (await joy.get(place)).words
    await serving.post(joy, f"{place}/closing", outcomes="moved")
    serving.gateway.away = False
    serving.clock.go_on(minutes=1)
    await serving.hub.parts.outbox.send_due()
    pointers = [one.method for one in serving.gateway.calls if one.path == "/v1/pointers"]
    assert pointers == ["PUT", "DELETE"]
    assert {row.state for row in rows(serving, Outgoing)} == {"sent"}


async def test_an_organisation_that_is_no_source_registers_nothing(desk: Desk) -> None:
    desk.gateway.answers |= {"GET /v1/sections": [], "POST /v1/views": empty_view}
    await planned(desk)
    assert desk.gateway.called("PUT", "/v1/pointers") == []
    assert (await ask(desk, question("x"))).status == 404, "without a key there is no source"


async def test_without_the_key_nothing_is_told(serving: Desk) -> None:
    reference = await planned(serving)
    assert (await ask(serving, question(reference, "status"), key="another")).status == 401
    browser = Browser(serving.hub.app)
    assert (await browser.get("/source/age-well-norfolk/health")).status == 401
    assert (
        await browser.ask("GET", "/source/age-well-norfolk/health", b"", {"x-api-key": KEY})
    ).status == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"not json", 400),
        ({"reference": "interact:x"}, 400),
        (b"x" * 20_000, 400),
        ({"reference": "interact:unknown", "include": [], "fields": {}}, 404),
        ({"reference": "nowhere:x", "include": [], "fields": {}}, 404),
    ],
)
async def test_what_is_no_question_or_not_held_is_told_apart_by_status_alone(
    serving: Desk, asked: object, status: int
) -> None:
    assert (await ask(serving, asked)).status == status


async def test_a_question_without_the_plan_gets_none(serving: Desk) -> None:
    reference = await planned(serving)
    answer = await ask(serving, {"reference": reference, "include": [], "fields": {}})
    assert "plan" not in orjson.loads(answer.text)


def test_a_key_that_is_missing_or_short_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SourceKeyError, match="cannot be read"):
        read_key(tmp_path / "nowhere")
    (tmp_path / "short").write_text("short")
    with pytest.raises(SourceKeyError, match="16 characters"):
        read_key(tmp_path / "short")
    assert read_key(None) is None
