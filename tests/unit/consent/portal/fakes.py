"""Fake services of the portal: the person's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from fastapi import Request

from consent.portal.ports import (
    HISTORY_PAGE,
    About,
    Check,
    Choice,
    Complete,
    CouldLook,
    Done,
    Kind,
    LawAllows,
    Look,
    NotPossible,
    Offer,
    Overview,
    Permitted,
    Proof,
    ReceiptCheck,
    Resident,
    Said,
    ToldLater,
    Way,
    What,
    WhoCouldLook,
)
from core.errors import ClosedError

NOW = datetime(2026, 10, 20, 15, 7, tzinfo=UTC)
TOKEN = "form-token-0123456789"
LONG_NAME = "Norfolskie Stowarzyszenie Przeciwdziałania Bezdomności Razem"
RECEIPT = """c2sp.org/tlog-proof@v1
index 41017
3vrWbTtmsH1eZVuWS8R4K3Yb1CTvXzqH7sFdP0q9NxM=
kQm8Qm2tU3yP4N2bS0nQ3mWlXkqz0y3K1b0Yl2aB5cE=

oncetold.example/log
41018
5YQeZ1bZg3lE6g3tE0c3oZ0V3Zkq6x2yqvR2Q1k8n4I=

— oncetold.example/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
LEAF = "b25jZXRvbGQtbGVhZi12MQAAAZKj3vrWbTtmsH1eZVuWS8R4K3Yb1CTvXzqH7sFdP0q9NxM"
OPENING = '{"salt": "kQm8Qm2tU3yP4N2bS0nQ3mWlXkqz0y3K1b0Yl2aB5cE=", "detail": {"kind": "disclosure", "outcome": "shown"}}'

ONE = Permitted(
    id="p1",
    organisation_name="Harbour Help",
    purpose_title="Help with money and debts",
    purpose_words="An adviser looks at what you owe, so that you need not tell it again.",
    kinds=("Money you owe", "Your home"),
    sources=("Norwich City Council",),
    since=NOW - timedelta(days=40),
    until=NOW + timedelta(days=51),
    last_looked=NOW - timedelta(days=1, hours=2),
)
LONG = Permitted(
    id="p2",
    organisation_name=LONG_NAME,
    purpose_title="Pomoc najniebezpieczniejszym konstantynopolitańczykowianeczkom",
    purpose_words="Someone helps you to find food and to keep your home warm.",
    kinds=(
        "Twoje najważniejsze przeciwwskazania zdrowotne",
        "How to reach you",
        "What you need to talk with us",
    ),
    sources=("Wensum Valley Practice", "Norwich City Council", LONG_NAME),
    since=NOW - timedelta(days=3),
    until=None,
    last_looked=None,
)
THIRD = Permitted(
    id="p3",
    organisation_name="Age Well Norfolk",
    purpose_title="Company and things to do",
    purpose_words="Someone helps you to find people and things to do near you.",
    kinds=("How to reach you",),
    sources=("Wensum Valley Practice",),
    since=NOW,
    until=NOW + timedelta(days=365),
    last_looked=NOW,
)
HOSTILE = Permitted(
    id='p"4',
    organisation_name="<script>alert(1)</script>",
    purpose_title='"><img src=x onerror=alert(2)>',
    purpose_words="<b>bold</b>",
    kinds=("<i>kind</i>", "second"),
    sources=("<u>source</u>",),
    since=NOW,
    until=None,
    last_looked=None,
)
LAW = LawAllows(
    purpose_title="Keeping adults safe",
    organisation_names=("Norfolk County Council",),
    why="If someone may be hurting you, the council must find out more (Care Act 2014, section 42).",
    object_to="Write to the data protection officer of Norfolk County Council, dpo@norfolk.example, or call 0300 000 0000.",
)
OFFERS = (
    Offer(
        organisation="harbour-charity",
        organisation_name="Harbour Help",
        purpose="income-debt-advice",
        purpose_title="Help with money and debts",
        purpose_words="An adviser looks at what you owe, so that you need not tell it again.",
        legal_text="They may only look because you say yes, and only for this.",
        kinds=(
            Kind(
                "debts",
                "Money you owe",
                ("How much rent you owe", "How you pay it back"),
                ("Norwich City Council",),
            ),
            Kind(
                "tenancy",
                "Your home",
                ("Who owns your home", "Since when you live there", "How many bedrooms it has"),
                ("Norwich City Council",),
            ),
        ),
        longest_days=730,
    ),
    Offer(
        organisation="association",
        organisation_name=LONG_NAME,
        purpose="food-fuel-help",
        purpose_title="Pomoc najniebezpieczniejszym konstantynopolitańczykowianeczkom",
        purpose_words="Someone helps you to find food and to keep your home warm.",
        legal_text="They may only look because you say yes, and only for this.",
        kinds=(
            Kind(
                "contact",
                "Twoje najważniejsze przeciwwskazania zdrowotne",
                ("Telephone", "Address"),
                ("Wensum Valley Practice", LONG_NAME),
            ),
        ),
        longest_days=30,
    ),
)

ALLOWED_WAY = Way(
    who=("Adviser", "Social prescriber"),
    purpose_title="Help with money and debts",
    purpose_words="To help you with money, benefits and debts.",
    kinds=OFFERS[0].kinds,
    questions=(),
    until=NOW + timedelta(days=51),
    stop="p1",
    why_law="",
    object_to="",
)
CHECK_WAY = Way(
    who=("Letting agent",),
    purpose_title="Saying yes for you to a landlord",
    purpose_words="To tell a landlord yes to a question, without showing them anything else.",
    kinds=(OFFERS[0].kinds[0],),
    questions=("Does this person owe their landlord no rent?",),
    until=None,
    stop=None,
    why_law="",
    object_to="",
)
LAW_WAY = replace(
    ALLOWED_WAY,
    who=("Social worker",),
    purpose_title="Keeping someone safe",
    purpose_words="To find out whether someone is in danger and keep them safe.",
    kinds=OFFERS[1].kinds,
    until=None,
    stop=None,
    why_law="The council must do this by law (Care Act 2014 section 42). You can ask who looked and why.",
)
NOBODY_COULD = WhoCouldLook((), (), (), ())
MANY_COULD = WhoCouldLook(
    allowed=(
        CouldLook(
            "Harbour Help", (ALLOWED_WAY, replace(ALLOWED_WAY, who=("Volunteer",), kinds=OFFERS[1].kinds))
        ),
        CouldLook(LONG_NAME, (CHECK_WAY,)),
    ),
    unless_no=(
        CouldLook(
            "Norwich City Council",
            (replace(LAW_WAY, who=("Housing officer",), object_to="Tell Norwich City Council."),),
        ),
    ),
    law=(CouldLook("Norfolk County Council", (LAW_WAY,)),),
    emergency=(
        CouldLook("Norfolk County Council", (replace(LAW_WAY, purpose_title="An emergency"),)),
        CouldLook(LONG_NAME, (replace(LAW_WAY, purpose_title="An emergency", who=("Nurse in A&E",)),)),
    ),
)
COULD_LOOK = {
    "many": MANY_COULD,
    "one": replace(NOBODY_COULD, allowed=(CouldLook("Harbour Help", (ALLOWED_WAY,)),)),
    "law": replace(NOBODY_COULD, emergency=MANY_COULD.emergency),
    "full": replace(MANY_COULD, complete=False),
    "hostile": replace(
        NOBODY_COULD,
        allowed=(
            CouldLook(
                "<script>alert(1)</script>",
                (
                    replace(
                        ALLOWED_WAY,
                        purpose_title='"><img src=x onerror=alert(2)>',
                        who=("<b>bold</b>",),
                        stop='p"4',
                    ),
                ),
            ),
        ),
    ),
}


def look(index: int, what: What, at: datetime, organisation: str = "Harbour Help") -> Look:
    """A line of the history."""
    kinds = {
        "looked": ("Money you owe", "Your home"),
        "emergency": ("Your health",),
        "changed": ("Your home",),
    }
    allowed_by = {
        "looked": "You, on 10 September 2026",
        "emergency": "An emergency",
        "changed": "",
        "allowed": "",
        "stopped": "",
        "tried": "",
        "checked": "",
    }
    return Look(
        index=index,
        at=at,
        what=what,
        organisation_name=organisation,
        role_words="You" if what in {"changed", "allowed", "stopped"} else "An adviser",
        purpose_title="Help with money and debts",
        kinds=kinds.get(what, ()),
        allowed_by=allowed_by[what],
    )


LOOKS = (
    look(41017, "looked", NOW - timedelta(hours=2)),
    look(40100, "changed", NOW - timedelta(hours=3)),
    look(40050, "stopped", NOW - timedelta(hours=4)),
    look(40020, "allowed", NOW - timedelta(hours=5)),
    look(39000, "tried", NOW - timedelta(days=1), LONG_NAME),
    replace(
        look(38000, "emergency", NOW - timedelta(days=9), "Norfolk County Council"),
        because="Somebody was found who could not speak for themselves",
        checks=(
            Check("Norfolk County Council", "right"),
            Check("Wensum Valley Practice", "wrong"),
            Check(LONG_NAME, "waiting"),
        ),
        told_later=ToldLater(NOW - timedelta(hours=1), "Telling you now could put you in danger"),
    ),
    replace(look(37000, "emergency", NOW - timedelta(days=10), LONG_NAME), kinds=(), allowed_by=""),
)
CHECKED: tuple[Said, ...] = ("now", "right", "wrong", "later", "still-later")
CHECKS = tuple(
    replace(
        look(41000 - place, "checked", NOW - timedelta(minutes=place)),
        about=About(38000, NOW - timedelta(days=9), said),
    )
    for place, said in enumerate(CHECKED)
)


@dataclass
class FakePortal:
    """`PortalServices` without a gateway. The session is the cookie `state`; "out" is nobody."""

    default_state: str = "many"
    allowed: list[Choice] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    async def signed_in(self, request: Request) -> Resident | None:
        state = request.cookies.get("state", self.default_state)
        if state == "out":
            return None
        name = "Zażółć Konstantynopolitańczykowianeczkówna" if state == "many" else "Sam Taylor"
        return Resident(person=state, name=name, csrf=TOKEN, assurance="P9")

    def sign_in_url(self, request: Request) -> str:
        return "/portal/sign-in"

    def sign_out_url(self, request: Request) -> str:
        return "/portal/sign-out"

    def csrf_ok(self, request: Request, token: str) -> bool:
        return token == TOKEN

    def serving(self, resident: Resident) -> FakePortal:
        return self

    async def overview(self, person: str) -> Overview:
        if person == "closed":
            raise ClosedError("consent ledger", "cannot be read")
        if person == "broken":
            raise RuntimeError("what was being read: 999 000 0000")
        permitted = {"many": (ONE, LONG, THIRD), "one": (ONE,), "hostile": (HOSTILE,)}.get(person, ())
        return Overview(permitted, (LAW,) if person in {"many", "law"} else ())

    async def who_could_look(self, person: str) -> WhoCouldLook:
        if person == "closed":
            raise ClosedError("policy engine", "does not answer")
        return COULD_LOOK.get(person, NOBODY_COULD)

    async def offers(self, person: str) -> tuple[Offer, ...]:
        return () if person == "none" else OFFERS

    async def allow(self, person: str, choice: Choice) -> Done:
        if person == "impossible":
            raise NotPossible("Harbour Help cannot look at the moment. Try again tomorrow.")
        self.allowed.append(choice)
        return self._done("ALLOW-7K2M")

    async def stop(self, person: str, permission_id: str) -> Done:
        if permission_id == "p3":
            raise NotPossible("This was stopped before.")
        self.stopped.append(permission_id)
        return self._done("STOP-4XQ9")

    async def done(self, person: str, reference: str) -> Done | None:
        return self._done(reference) if reference[:5] in {"ALLOW", "STOP-"} else None

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        if person == "full" and before is None:
            return tuple(look(1000 - i, "looked", NOW - timedelta(hours=i)) for i in range(HISTORY_PAGE))
        if person == "checked" and before is None:
            return CHECKS
        if person != "many":
            return ()
        return tuple(one for one in LOOKS if before is None or one.index < before)

    async def complete(self, person: str) -> Complete | None:
        if person == "none":
            return None
        return Complete(date(2026, 9, 1), 214, date(2020, 10, 1) if person == "full" else None)

    async def proof(self, person: str, index: int) -> Proof | None:
        if index not in {one.index for one in LOOKS}:
            return None
        checked = index != 38000
        words = (
            "The line is in the list, and the list was only ever added to." if checked else "Try again later."
        )
        return Proof(index, RECEIPT, LEAF, OPENING, checked, words)

    async def check_receipt(self, text: str, leaf: str) -> ReceiptCheck:
        if text.split() == RECEIPT.split():
            return ReceiptCheck(True, "The line is in the list, and nobody has changed it.", NOW)
        return ReceiptCheck(False, "The receipt and the line do not fit together, or it is not ours.", None)

    def _done(self, reference: str) -> Done:
        permitted = None if reference.endswith("GONE") else LONG if reference.endswith("LONG") else ONE
        what = "allowed" if reference.startswith("ALLOW") else "stopped"
        return Done(reference, NOW, RECEIPT, permitted, "allowed" if what == "allowed" else "stopped")
