"""A hub with a trust, two support providers and their people; cases that are begun or handed over. Everybody is made up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from hub.support.tables import Case
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import Call, Desk, hub_in

NUMBER = "9990000018"
REFERRAL = "ref_" + "b" * 24
REQUEST = "cr1." + "r" * 70
TRUST, NEWLEAF, STEADFAST = "norfolk-mental-health-trust", "newleaf-support", "steadfast-support"
WARD, FLOATING, OUTREACH = "ward-link-worker", "floating-support-worker", "outreach-worker"

PARTNERS: dict[str, Any] = {
    "organisations": [
        {"id": TRUST, "title": "Norfolk Mental Health Trust", "client": f"{TRUST}-hub"},
        {"id": NEWLEAF, "title": "Newleaf Support", "client": f"{NEWLEAF}-hub"},
        {"id": STEADFAST, "title": "Steadfast Support", "client": f"{STEADFAST}-hub"},
    ],
    "teams": {
        "support": {
            "members": [
                {"organisation": TRUST, "role": WARD, "title": "Ward link worker"},
                {"organisation": TRUST, "role": OUTREACH, "title": "Outreach worker"},
                {"organisation": NEWLEAF, "role": FLOATING, "title": "Floating support worker"},
                {"organisation": STEADFAST, "role": FLOATING, "title": "Floating support worker"},
            ],
            "receives": {
                "hospital-link": [TRUST],
                "low-level-support": [NEWLEAF],
                "intensive-support": [NEWLEAF],
                "assertive-outreach": [TRUST],
            },
        }
    },
}
BEGIN = {
    "name": "Tom Sandbox",
    "nhs_number": NUMBER,
    "birth_date-day": "3",
    "birth_date-month": "4",
    "birth_date-year": "1980",
    "telephone": "01632 960002",
    "safe_contact": "After 2pm",
    "address": "2 Test Street, Norwich, NR1 1AB",
    "district": "norwich",
    "why": "He goes home next week and fears the empty flat",
}
HANDOVER = {
    "target": f"{NEWLEAF} low-level-support",
    "agreed": "yes",
    "how": "spoken",
    "along": "plan",
    "contact": "yes",
    "why": "He goes home and wants somebody to look in",
}


def support_desk(folder: Path, partners: dict[str, Any] = PARTNERS, source_key: Path | None = None) -> Desk:
    desk = hub_in(folder, partners=partners, source_key=source_key)
    desk.gateway.answers |= {
        "POST /v1/referrals": sent,
        "GET /v1/sections": SECTIONS,
        "POST /v1/consent-requests": asked("waiting"),
        f"GET /v1/consent-requests/{REQUEST}": asked("waiting"),
    }
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = support_desk(tmp_path)
    yield found
    found.hub.parts.database.close()


SECTIONS = [
    {
        "section": "contact",
        "version": 1,
        "document": {
            "title": "How to reach them",
            "properties": {
                "telephone": {"title": "Telephone"},
                "safe_contact": {"title": "Safe way to reach them"},
            },
        },
    },
    {
        "section": "substance-use",
        "version": 1,
        "document": {"title": "Drink and drugs", "properties": {"status": {"title": "Status"}}},
    },
]


def sent(call: Call) -> dict[str, Any]:
    return {
        "id": REFERRAL,
        "status": "sent",
        "to": call.body["to"],
        "purpose": call.body["purpose"],
        "sent_at": "2026-11-23T09:30:00Z",
        "held_until": "2026-12-21T09:30:00Z",
        "commitment": "0" * 64,
        "receipt": {},
    }


def asked(state: str) -> dict[str, Any]:
    return {"id": REQUEST, "state": state, "expires": "2027-01-20T09:30:00Z", "notice": ""}


def worker(desk: Desk, organisation: str = TRUST, role: str = WARD, subject: str = "ana") -> Browser:
    return desk.sign_in(organisation, role, name=f"{subject.capitalize()} Loke", subject=subject)


async def begun(desk: Desk, browser: Browser, **more: str) -> str:
    """Begin with somebody; gives the case's address."""
    answer = await desk.post(browser, "/support/begin", **{**BEGIN, **more})
    assert answer.status == 303, answer.words
    return answer.headers["location"]


async def planned(desk: Desk, browser: Browser, address: str, *goals: str) -> None:
    """Write goals down, the first with a step."""
    for what in goals:
        await desk.post(browser, f"{address}/goals", what=what)
    page = await browser.get(address)
    goal = page.text.partition("/goals/")[2].partition("/")[0]
    await desk.post(browser, f"{address}/goals/{goal}/steps", what="Ring the housing team", who="Together")


async def looked(desk: Desk, browser: Browser, address: str) -> Answer:
    """Press "Look at what others hold" on the case's page."""
    return await desk.post(browser, f"{address}/look")


def cases(desk: Desk) -> list[Case]:
    return rows(desk, Case)


def rows(desk: Desk, table: Any) -> list[Any]:
    def read(session: Session) -> list[Any]:
        return list(session.exec(select(table)))

    return desk.hub.parts.database.read_now(read)


def arriving(
    body: dict[str, Any], sender: str = TRUST, status: str = "sent", sent_at: str = "2026-11-23T09:00:00Z"
) -> dict[str, Any]:
    """What was sent, as its receiver reads it."""
    return {
        "id": REFERRAL,
        "from": sender,
        "to": body["to"],
        "purpose": body["purpose"],
        "service": None,
        "status": status,
        "urgency": body["urgency"],
        "themes": body["themes"],
        "sent_at": sent_at,
        "changed_at": sent_at,
        "held_until": "2026-12-21T09:00:00Z",
        "commitment": "0" * 64,
        "person": "handle-at-the-receiver",
        "content": {"about": body["about"], "why": body["why"], "what_matters": body.get("what_matters")},
    }


async def arrives(desk: Desk, referral: dict[str, Any]) -> None:
    """It waits at the gateway, and the receiver's hub takes it in."""
    answers, to = desk.gateway.answers, referral["to"]

    def inbox(call: Call) -> dict[str, Any]:
        mine = (
            call.query["box"] == "in"
            and call.query.get("status") in {None, referral["status"]}
            and call.token == f"application-of-{to}-hub"
        )
        shown = {name: one for name, one in referral.items() if name not in {"content", "person"}}
        return {"referrals": [shown] if mine else [], "next": None}

    answers["GET /v1/referrals"] = inbox
    answers[f"GET /v1/referrals/{REFERRAL}"] = referral
    for step in ("collection", "acceptance", "refusal", "closing", "withdrawal"):
        answers[f"POST /v1/referrals/{REFERRAL}/{step}"] = referral
    await desk.hub.background.look()
    answers["GET /v1/referrals"] = {"referrals": [], "next": None}


BODY: dict[str, Any] = {
    "to": NEWLEAF,
    "purpose": "low-level-support",
    "about": {"name": "Tom Sandbox", "birth_date": "1980-04-03", "nhs_number": NUMBER},
    "why": "He wants somebody to look in\n\nThe plan so far:\nGoal: Sleep through the night\n- Buy curtains (The person)",
    "urgency": "soon",
    "themes": [],
}


async def handed(desk: Desk, **changes: Any) -> str:
    """Somebody was handed over to Newleaf and taken on; gives the case's address."""
    await arrives(desk, arriving({**BODY, **changes}))
    address = f"/support/cases/{cases(desk)[0].id}"
    await desk.post(worker(desk, NEWLEAF, FLOATING, "zoe"), f"{address}/taking-on")
    return address
