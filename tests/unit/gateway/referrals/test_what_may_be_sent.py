"""What may be sent, listed and asked of referrals, and what is refused with what to mend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.vocabulary import Kind as PermissionKind
from gateway.api import referrals as referrals_api
from tests.support.clock import FakeClock
from tests.support.referring import PURPOSE, RECEIVER, Refers, ids, refers, size
from tests.support.walk import registers, walk


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def desk(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=clock) as way:
        yield refers(way)


async def test_what_is_shared_is_what_was_agreed_and_no_longer_than_the_purpose_allows(
    desk: Refers, clock: FakeClock
) -> None:
    await desk.sent(sharing={"sections": ["contact"], "days": 365})
    (permission,) = desk.standing()
    assert permission.kind is PermissionKind.REFERRAL_AGREEMENT
    assert permission.recipients == {RECEIVER}
    assert permission.sections.keys() == {"contact"}
    sources = {one.organisation for one in registers().agreements[PURPOSE].sources}
    assert permission.sources <= sources
    assert permission.until is not None
    assert permission.until - permission.from_ == timedelta(days=28)
    await desk.sent(sharing={"sections": None, "days": None})
    assert desk.standing()[-1].sections.keys() > {"contact"}
    before = len(desk.standing())
    told = await desk.send(sharing={"sections": []})
    assert (told.status, len(desk.standing())) == (201, before)


async def test_what_no_yes_opens_cannot_be_shared(desk: Refers) -> None:
    for sections, named in ((["debts", "contact"], "debts"), (["made-up"], "what no register has")):
        told = await desk.send(sharing={"sections": sections})
        assert (told.status, told.code) == (403, "nothing-to-ask")
        assert named in str(told.document["detail"])
        assert "made-up" not in str(told.document)


@pytest.mark.parametrize(
    ("who", "changes", "code"),
    [
        ("sender", {"purpose": "made-up"}, "purpose-unknown"),
        ("sender", {"purpose": "break-glass-emergency"}, "break-glass-only"),
        ("sender", {"to": "age-well-norfolk", "purpose": "hospital-link"}, "no-agreement"),
        ("sender", {"to": "nobody-there"}, "no-agreement"),
        ("housing", {}, "no-agreement"),
        (
            "housing",
            {"to": "broadland-district-council", "purpose": "duty-to-refer"},
            "not-a-specified-authority",
        ),
    ],
)
async def test_what_nobody_may_send_is_refused_with_what_to_mend(
    desk: Refers, who: str, changes: dict[str, object], code: str
) -> None:
    before = size(desk)
    told = await desk.call("POST", "/v1/referrals", who, desk.body(**{"person": ..., **changes}))
    assert (told.status, told.code) == (403, code)
    assert size(desk) == before + 1


async def test_a_hospital_may_refer_under_its_duty(desk: Refers) -> None:
    told = await desk.send(
        "hospital", to="norwich-city-council", purpose="duty-to-refer", person=..., sharing={"sections": []}
    )
    assert told.status == 201
    # The Jobcentre's records and questions are for listed purposes alone.
    told = await desk.send("jobcentre", to="norwich-city-council", purpose="duty-to-refer", person=...)
    assert told.status == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"why": ""},
        {"why": "x" * 2001},
        {"themes": ["weather"]},
        {"urgency": "now"},
        {"about": {"name": "A B", "nhs_number": "9990000019"}},
        {"about": {"name": "A\u0000B"}},
        {"about": {}},
        {"agreed": ...},
        {"reference": "has spaces in it"},
        {"service": "a b"},
        {
            "agreed": {
                "how": "guessed",
                "said_at": "2026-11-20T08:00:00Z",
                "words": "w",
                "contact_details": True,
            }
        },
        {
            "agreed": {
                "how": "spoken",
                "said_at": "2020-01-01T00:00:00Z",
                "words": "w",
                "contact_details": True,
            }
        },
        {
            "agreed": {
                "how": "spoken",
                "said_at": "2099-01-01T00:00:00Z",
                "words": "w",
                "contact_details": True,
            }
        },
        {"extra": 1},
    ],
)
async def test_a_body_that_does_not_fit_is_told_where(desk: Refers, changes: dict[str, object]) -> None:
    told = await desk.call("POST", "/v1/referrals", "sender", desk.body(**changes))
    assert (told.status, told.code) == (422, "body-invalid")
    assert told.document["faults"]


async def test_a_sharing_that_has_run_out_already_is_refused(desk: Refers, clock: FakeClock) -> None:
    said = clock.now() - timedelta(days=3)
    agreed = desk.agreed(said_at=said.isoformat())
    told = await desk.send(agreed=agreed, sharing={"days": 2})
    assert (told.status, told.code) == (422, "body-invalid")


async def test_sending_needs_somebody_signed_in_and_everything_its_scope(desk: Refers) -> None:
    told = await desk.send("sender-app")
    assert (told.status, told.code) == (403, "insufficient-scope")
    one = await desk.sent()
    for told in (
        await desk.send("sender-unscoped"),
        await desk.read(one, "receiver-unscoped"),
        await desk.step(one, "collection", "receiver-unscoped"),
        await desk.call("GET", "/v1/referrals?box=in", "receiver-unscoped"),
    ):
        assert (told.status, told.code) == (403, "insufficient-scope")
    # An application that nobody sits before collects what waits.
    assert (await desk.read(one, "receiver-app")).document["content"]
    assert (await desk.step(one, "collection", "receiver-app")).status == 200


async def test_a_list_is_paged_and_filtered(
    desk: Refers, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(referrals_api, "PAGE", 2)
    made = []
    for _ in range(5):
        made.append(await desk.sent(person=...))
        clock.advance(1)
    await desk.step(made[1], "collection")
    found, after = [], ""
    while True:
        page = (await desk.call("GET", f"/v1/referrals?box=out{after}", "sender")).document
        found += ids(page)
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == made[::-1]
    only = (await desk.call("GET", "/v1/referrals?box=in&status=collected", "receiver")).document
    assert ids(only) == [made[1]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?box=both",
        "?box=in&status=lost",
        "?box=in&after=AAAA",
        "?box=in&box=out",
        "?box=in&after=!!",
        "?box=in&more=1",
    ],
)
async def test_a_query_that_does_not_fit_is_told_where(desk: Refers, query: str) -> None:
    told = await desk.call("GET", f"/v1/referrals{query}", "sender")
    assert (told.status, told.code) == (422, "query-invalid")
