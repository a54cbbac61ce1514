"""Fake services of "I do not agree": the person's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from consent.portal import PortalSettings, build_router, objecting
from consent.portal.objecting_ports import LawLook, NoDone, SaidNo
from consent.portal.ports import NotPossible, Resident
from tests.unit.consent.portal.fakes import LONG_NAME, NOW, RECEIPT, FakePortal

HOUSING = LawLook(
    organisation="norwich-city-council",
    organisation_name="Norwich City Council",
    purpose="homelessness-prevention",
    purpose_title="Helping you keep your home",
    purpose_words="To help you before you lose your home.",
    why_law="The council must help people who may lose their home (Housing Act 1996, section 195).",
    stops=("How to reach you", "Your tenancy", "Money you owe"),
    stays=(),
)
DUTY = LawLook(
    organisation="norfolk-county-council",
    organisation_name="Norfolk County Council",
    purpose="safeguarding-enquiry",
    purpose_title="Keeping adults safe",
    purpose_words="To find out if somebody is hurting you.",
    why_law="If someone may be hurting you, the council must find out more (Care Act 2014, section 42).",
    stops=(),
    stays=("Your health", "Where you live"),
)
MIXED = LawLook(
    organisation="association",
    organisation_name=LONG_NAME,
    purpose="mixed",
    purpose_title="Pomoc najniebezpieczniejszym konstantynopolitańczykowianeczkom",
    purpose_words="To help.",
    why_law="Some of it is a duty.",
    stops=("Your tenancy",),
    stays=("Twoje najważniejsze przeciwwskazania zdrowotne",),
    allowed=True,
)
NO = SaidNo(
    id="n1",
    what="no",
    organisation_names=("Norwich City Council",),
    purpose_titles=("Helping you keep your home",),
    kinds=(),
    since=NOW - timedelta(days=3),
    until=None,
    why="They know my landlord.\nI told them.",
)
WIDE = SaidNo(
    id='n"2',
    what="no",
    organisation_names=(),
    purpose_titles=(),
    kinds=("Your health", "<b>kind</b>"),
    since=NOW - timedelta(days=9),
    until=NOW + timedelta(days=30),
    stays=("Your health",),
    why="<script>alert(1)</script>",
)
PROCESSING = SaidNo(
    id="g1",
    what="processing",
    organisation_names=("Harbour Help", LONG_NAME),
    purpose_titles=("Help with money and debts",),
    kinds=("Money you owe",),
    since=NOW - timedelta(days=9),
    until=None,
)


@dataclass
class FakeObjecting:
    """`ObjectingServices` without a gateway."""

    objected: list[tuple[str, str, str]] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)

    def serving(self, _resident: Resident) -> FakeObjecting:
        return self

    async def law_looks(self, person: str) -> tuple[LawLook, ...]:
        said_no = replace(HOUSING, said_no="n1")
        return {
            "many": (said_no, DUTY, MIXED),
            "none": (),
            "law": (replace(DUTY, said_no="n2"), HOUSING),
        }.get(person, (HOUSING, DUTY, MIXED))

    async def said(self, person: str) -> tuple[SaidNo, ...]:
        return {"many": (NO, WIDE, PROCESSING), "hostile": (WIDE,)}.get(person, ())

    async def object(self, person: str, organisation: str, purpose: str, why: str) -> NoDone:
        if person == "impossible":
            raise NotPossible("This cannot be stopped here. The page says whom you can tell.")
        self.objected.append((organisation, purpose, why))
        return await self._done("OT-17")

    async def take_back(self, person: str, said_id: str) -> NoDone:
        if said_id == "n9":
            raise NotPossible("You took that back already, or its time is over.")
        self.taken_back.append(said_id)
        return await self._done("OT-18")

    async def done(self, person: str, reference: str) -> NoDone | None:
        return await self._done(reference) if reference in {"OT-17", "OT-18", "OT-19", "OT-20"} else None

    async def _done(self, reference: str) -> NoDone:
        about = {"OT-19": WIDE, "OT-20": PROCESSING}.get(reference, NO)
        return NoDone(
            reference=reference,
            at=NOW,
            receipt=RECEIPT,
            what="said-no" if reference in {"OT-17", "OT-19"} else "took-back",
            about=about,
        )


def portal_app(services: FakeObjecting) -> FastAPI:
    """The portal with these pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    groups = (partial(objecting.add_pages, services=services),)
    app.include_router(build_router(FakePortal(), groups, PortalSettings(now=lambda: NOW)))
    return app
