"""Referrals and cases for tests. Everybody is made up; the NHS number is one of the sandbox's."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, select

from hub.interact.tables import Case
from tests.unit.hub.fakes import Call, Desk

NUMBER = "9990000018"
REFERRAL = "ref_" + "a" * 24
SENT = {
    "id": REFERRAL,
    "status": "sent",
    "to": "age-well-norfolk",
    "purpose": "interact-home-health",
    "sent_at": "2026-11-23T09:30:00Z",
    "held_until": "2026-12-21T09:30:00Z",
    "commitment": "0" * 64,
    "receipt": {},
}

FORM = {
    "to": "age-well-norfolk",
    "agreed": "yes",
    "how": "spoken",
    "team": "all",
    "named": "norwich-city-council",
    "contact": "yes",
    "name": "Mary Sandbox",
    "birth_date-day": "27",
    "birth_date-month": "3",
    "birth_date-year": "1952",
    "address": "1 Test Street, Norwich, NR1 1AA",
    "telephone": "01632 960001",
    "why": "Mould in the bedroom and a bad chest",
    "what_matters": "My garden",
    "themes": "damp",
    "urgency": "soon",
}


def listed(status: str = "sent", name: str = REFERRAL, **more: Any) -> dict[str, Any]:
    """A referral as a list shows it."""
    return {
        "id": name,
        "from": "wensum-valley-practice",
        "to": "age-well-norfolk",
        "purpose": "interact-home-health",
        "service": None,
        "status": status,
        "urgency": "soon",
        "themes": ["damp"],
        "sent_at": "2026-11-23T09:00:00Z",
        "changed_at": "2026-11-23T09:00:00Z",
        "held_until": "2026-12-21T09:00:00Z",
        "commitment": "0" * 64,
        **more,
    }


def full(**more: Any) -> dict[str, Any]:
    """The same with what it says."""
    more = {"with": ["norwich-city-council"], **more}
    return listed(
        person="handle-at-age-well",
        content={
            "about": {
                "name": "Mary Sandbox",
                "birth_date": "1952-03-27",
                "nhs_number": NUMBER,
                "telephone": "01632 960001",
                "address": "1 Test Street, Norwich, NR1 1AA",
                "safe_contact": "After 2pm",
            },
            "why": "Mould in the bedroom and a bad chest",
            "what_matters": "My garden",
            "themes": ["damp"],
            "urgency": "soon",
        },
        **more,
    )


def inbox_of(*referrals: dict[str, Any]) -> Any:
    """Answers GET /v1/referrals: what is in the inbox, all or by its status; nothing is in the outbox."""

    def answer(call: Call) -> dict[str, Any]:
        found = [
            {name: value for name, value in one.items() if name not in {"content", "person"}}
            for one in referrals
            if call.query["box"] == "in"
            and call.query.get("status") in {None, one["status"]}
            and call.token == f"application-of-{one['to']}-hub"
        ]
        return {"referrals": found, "next": None}

    return answer


def arrives(desk: Desk) -> None:
    """A referral waits for Age Well Norfolk at the gateway."""
    answers = desk.gateway.answers
    answers["GET /v1/referrals"] = inbox_of(full())
    answers[f"GET /v1/referrals/{REFERRAL}"] = full()
    for step in ("collection", "acceptance", "refusal", "closing"):
        answers[f"POST /v1/referrals/{REFERRAL}/{step}"] = listed()


async def take_in(desk: Desk, **more: Any) -> str:
    """Let the referral arrive; gives the case's id."""
    arrives(desk)
    desk.gateway.answers[f"GET /v1/referrals/{REFERRAL}"] = full(**more)
    organisation = desk.hub.parts.partners.organisation("age-well-norfolk")
    assert organisation is not None
    assert await desk.hub.background.inbox.look(organisation) == 1
    desk.gateway.answers["GET /v1/referrals"] = {"referrals": [], "next": None}
    return case(desk).id


def case(desk: Desk) -> Case:
    """The only case."""
    return desk.hub.parts.database.read_now(lambda session: session.exec(select(Case)).one())


def rows(desk: Desk, table: Any) -> list[Any]:
    """All rows of a table."""

    def read(session: Session) -> list[Any]:
        return list(session.exec(select(table)))

    return desk.hub.parts.database.read_now(read)
