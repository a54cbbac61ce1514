"""The front door's house for tests: who works there, what the fake gateway answers, and forms filled in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sqlmodel import Session, select

from hub.front_door import council
from hub.front_door.feature import COUNCIL_FEATURE, DUTY_FEATURE, FEATURE
from hub.front_door.tables import Came, Item, Person
from hub.gateway_answers import AboutPerson, Content, Referral
from hub.received import Received
from hub.tables import Arrived
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import Call, Desk, hub_in

HUB, COUNTY, HOSPITAL, COUNCIL = (
    "norwich-help-hub",
    "norfolk-county-council",
    "norwich-acute-hospital",
    "norwich-city-council",
)
PLANTED = "planted-and-to-be-found-nowhere"
PARTNERS: dict[str, Any] = {
    "organisations": [
        {"id": one, "title": title, "client": f"{one}-hub"}
        for one, title in (
            (HUB, "Norwich Help Hub"),
            (COUNTY, "Norfolk County Council"),
            (HOSPITAL, "Norwich Acute Hospital"),
            (COUNCIL, "Norwich City Council"),
        )
    ],
    "teams": {
        "front-door": {
            "members": [
                {"organisation": HUB, "role": "hub-triager", "title": "Help hub triager"},
                {"organisation": HUB, "role": "community-connector", "title": "Community connector"},
                {"organisation": COUNTY, "role": "triager", "title": "County triager"},
            ],
            "receives": {"early-help-triage": [HUB]},
        },
        "duty-to-refer": {
            "members": [{"organisation": HOSPITAL, "role": "ae-nurse", "title": "Nurse"}],
        },
        "duty-received": {
            "members": [
                {"organisation": COUNCIL, "role": "housing-officer", "title": "Housing options officer"},
                {"organisation": COUNTY, "role": "housing-officer", "title": "Housing options officer"},
            ],
            "receives": {"duty-to-refer": [COUNCIL]},
        },
    },
}
CONCERN = {
    "themes": "damp",
    "words": "The bedroom wall is black.",
    "soon": "soon",
    "about": "me",
    "reach": "01632 960123",
    "safe": "Mornings, leave no message",
    "name": "Ana",
}
SERVICES = {
    "services": [
        {
            "id": "svc-debt",
            "name": "Money advice",
            "status": "active",
            "organisation": "Norfolk Advice (sandbox)",
            "organisation_id": "norfolk-advice",
            "description": "Help with debts.",
            "needs": [{"code": "money", "name": "Money", "taxonomy": None}],
            "eligibility": {"minimum_age": 18, "maximum_age": 70, "words": "Anybody"},
            "places": {
                "areas": ["Norwich"],
                "sites": [{"name": "Hall", "address": None, "town": "Norwich", "postcode": None}],
            },
            "contact": {"telephone": "01632 960001", "email": "advice@norfolk-advice.oncetold.test"},
            "url": "https://norfolk-advice.oncetold.test",
        },
        {
            "id": "svc-club",
            "name": "Lunch club",
            "status": "active",
            "organisation": "St Anne's",
            "organisation_id": None,
            "contact": {"telephone": "01632 960002", "email": None},
        },
        {"id": "svc-shut", "name": "Tea room", "status": "temporarily closed"},
    ],
    "next": "svc-shut",
}


def front_door_in(folder: Path, loopback: str | None = None) -> Desk:
    """A hub with both features, whose fake gateway answers what they ask. loopback: see `hub_in`."""
    desk = hub_in(folder, (FEATURE, DUTY_FEATURE, COUNCIL_FEATURE), PARTNERS, loopback)
    desk.gateway.answers |= {
        "POST /v1/people/trace": _handle,
        "POST /v1/views": helpers_of,
        "GET /v1/sections": [],
        "GET /v1/directory/services": SERVICES,
        "GET /v1/purposes": [_purpose("agreed-referral"), _purpose("income-debt-advice")],
        "POST /v1/referrals": _sent,
        "POST /v1/consents": _said,
    }
    return desk


def triager(desk: Desk, subject: str = "wes", name: str = "Wes Cutter") -> Browser:
    return desk.sign_in(HUB, "hub-triager", name=name, subject=subject)


def connector(desk: Desk) -> Browser:
    return desk.sign_in(HUB, "community-connector", name="Xan Pingo", subject="xan")


def county(desk: Desk) -> Browser:
    return desk.sign_in(COUNTY, "triager", name="Hal Broad", subject="hal")


def nurse(desk: Desk) -> Browser:
    return desk.sign_in(HOSPITAL, "ae-nurse", name="Kit Marram", subject="kit")


def officer(desk: Desk, organisation: str = COUNCIL) -> Browser:
    return desk.sign_in(organisation, "housing-officer", name="Ada Thorpe", subject="ada")


def told_of_ida(
    desk: Desk, letter: str = "d", sender: str = HOSPITAL, urgency: str = "urgent", **about: str
) -> str:
    """The address of a notification that came to the council."""
    said = replace(AboutPerson("Ida Made-up", telephone="01632 960555"), **cast("Any", about))
    referral = Referral(
        id="ref_" + letter * 24,
        sender=sender,
        to=COUNCIL,
        purpose="duty-to-refer",
        status="sent",
        urgency=urgency,
        themes=("housing",),
        sent_at=desk.clock.now(),
        changed_at=desk.clock.now(),
    )
    for step in ("acceptance", "refusal", "closing"):
        desk.gateway.answers[f"POST /v1/referrals/{referral.id}/{step}"] = {}
    received = Received(referral, Content(said, "They have nowhere to live now."), "handle")

    def work(session: Session) -> str:
        session.add(
            Arrived(
                referral=referral.id,
                organisation=COUNCIL,
                sender=sender,
                purpose="duty-to-refer",
                feature="duty-received",
                status="collected",
                arrived_at=desk.clock.now(),
            )
        )
        council.receive(session, received, desk.clock.now())
        session.flush()
        return session.exec(select(Came.id).where(Came.referral == referral.id)).one()

    return f"/duty-received/{desk.hub.parts.database.write_now(work)}"


def all_items(desk: Desk) -> list[Item]:
    return list(desk.hub.parts.database.read_now(lambda session: session.exec(select(Item)).all()))


def people(desk: Desk) -> list[Person]:
    return list(desk.hub.parts.database.read_now(lambda session: session.exec(select(Person)).all()))


def rows(desk: Desk, table: type[Any]) -> list[Any]:
    def work(session: Session) -> list[Any]:
        return list(session.exec(select(table)).all())

    return desk.hub.parts.database.read_now(work)


async def an_item(desk: Desk, browser: Browser | None = None, **concern: str) -> str:
    """The address of an item; taken by the browser where one is given."""
    answer = await desk.browser().post("/concern", {**CONCERN, **concern})
    assert answer.status == 303, answer.words
    address = f"/front-door/items/{all_items(desk)[-1].id}"
    if browser is not None:
        assert (await desk.post(browser, f"{address}/claim", seen="")).status == 303
    return address


async def with_person(desk: Desk, browser: Browser, address: str, number: str, called: str) -> str:
    """The address of a person who was added to the item."""
    answer: Answer = await desk.post(browser, f"{address}/people/new", called=called, nhs_number=number)
    assert answer.status == 303, answer.words
    return f"{address}/people/{next(one.id for one in people(desk) if one.called == called)}"


def listed(**takes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Organisations as GET /v1/organisations tells them to the caller; `_` in a name for `-`."""
    return [
        {
            "organisation": name.replace("_", "-"),
            "title": name,
            "kind": "council",
            "specified_authority": "hospital" in name,
            "takes_referrals_for": list(purposes),
        }
        for name, purposes in takes.items()
    ]


def _handle(call: Call) -> dict[str, str]:
    by = call.body.get("nhs_number") or call.body["demographics"]["family_name"]
    return {"person": f"handle-of-{by}-for-{call.token}"}


def helpers_of(call: Call) -> dict[str, Any]:
    """A view in which each handle has a helper of its own."""
    return {
        "purpose": call.body["purpose"],
        "sections": [
            {
                "section": "involved-services",
                "source": "norwich-city-council",
                "as_of": "2026-11-20T10:00:00Z",
                "basis": {},
                "data": {"services": [{"name": f"{PLANTED} {call.body['person'][:20]}"}]},
            }
        ],
        "unavailable": ["harbour-charity"],
        "notice": "What is not shown may still exist: not shown does not mean none.",
    }


def _purpose(code: str) -> dict[str, Any]:
    return {
        "purpose": code,
        "title": f"Title of {code}",
        "plain_words": "",
        "legal_text": "",
        "permission_rule": "permission",
        "maximum_days": 28,
        "sections": {},
    }


def _sent(call: Call) -> dict[str, Any]:
    return {
        "id": "ref_" + "a" * 24,
        "status": "sent",
        "to": call.body["to"],
        "purpose": call.body["purpose"],
        "sent_at": "2026-11-23T09:30:00Z",
        "held_until": "2026-12-21T09:30:00Z",
        "commitment": "00",
    }


def _said(call: Call) -> dict[str, Any]:
    yes = call.body["decision"] == "yes"
    return {
        "notice": "Written down.",
        "until": "2027-02-21T09:30:00Z" if yes else None,
        "paper": {"code": "K7PM-4X2Q", "text": "You said yes.", "html": "<p>"} if yes else None,
    }
