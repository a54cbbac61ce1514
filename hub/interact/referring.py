"""Referring somebody, by whoever is signed in; and what became of one's referrals, as it truly is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select, text

from hub.accepting import accepting
from hub.doors import Entered
from hub.errors import NotHereError
from hub.interact.cases import new_id
from hub.interact.codes import HOW, PURPOSE, REASONS, STATUSES, TEAM, THEMES, URGENCIES, WORDS_TO_READ
from hub.interact.referring_form import Said, chosen, read, referral_body
from hub.interact.sharing import team_of
from hub.interact.tables import Referring
from hub.not_taken import why_not_taken
from hub.outbox import Told, put, told_of
from hub.outcomes import in_words
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.sessions import Practitioner

ENDED = ("refused", "closed", "withdrawn", "expired")


@dataclass(frozen=True, slots=True)
class Referred:
    """One referral and what is true of it."""

    referring: Referring
    told: Told


def build_router(parts: Parts) -> APIRouter:
    """`/interact/refer`, `/interact/referrals`, `/interact/referrals/<id>` and taking one back."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}"), parts.pages
    team = team_of(parts.partners)

    @router.page("/refer")
    async def form(request: Request) -> Response:
        return await form_page(request, parts.doors.enter(request), Form())

    @router.posted("/refer")
    async def refer(request: Request) -> Response:
        entered, typed = await parts.doors.posted(request)
        now = parts.clock.now()
        said, to = read(typed, london_day(now)), chosen(typed, "to", receivers())
        if isinstance(said, Faults) or to is None:
            wrong = dict(said.by_field) if isinstance(said, Faults) else {}
            first = {} if to is not None else {"to": "Select who should get this"}
            return await form_page(request, entered, typed, Faults({**first, **wrong}))
        name = await parts.database.write(lambda session: write(session, entered.who, said, to, team, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/referrals/{name}")

    @router.page("/referrals")
    async def mine(request: Request) -> Response:
        entered = parts.doors.enter(request)
        found = await parts.database.read(lambda session: referred_by(session, entered.who))
        return pages.page(
            request,
            "interact/referrals.html",
            viewer=entered.viewer,
            back="/",
            referred=found,
            statuses=STATUSES,
            title_of=parts.partners.title,
        )

    @router.page("/referrals/{name}")
    async def one(request: Request, name: str) -> Response:
        entered = parts.doors.enter(request)
        found = await parts.database.read(lambda session: referred(session, entered.who, name))
        return pages.page(
            request,
            "interact/referral.html",
            viewer=entered.viewer,
            back=f"/{TEAM}/referrals",
            one=found,
            statuses=STATUSES,
            reasons=REASONS,
            why=why_not_taken(found.told.reason),
            came_of_it=in_words(found.told.outcomes),
            can_take_back=found.told.state in {"sent", "collected", "accepted"},
            title_of=parts.partners.title,
        )

    @router.posted("/referrals/{name}/taking-back")
    async def take_back(request: Request, name: str) -> Response:
        entered, _ = await parts.doors.posted(request)
        now = parts.clock.now()
        await parts.database.write(lambda session: withdraw(session, entered.who, name, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/referrals/{name}")

    def receivers() -> tuple[str, ...]:
        return parts.partners.team(TEAM).receives.get(PURPOSE, ())

    async def form_page(
        request: Request, entered: Entered, typed: Form, faults: Faults | None = None
    ) -> Response:
        accepts = await accepting(parts.gateway, entered.session.token)
        takes = [one for one in receivers() if accepts.takes(one, PURPOSE)]
        named = {one: parts.partners.title(one) for one in team if accepts.takes(one, PURPOSE)}
        return pages.page(
            request,
            "interact/refer.html",
            viewer=entered.viewer,
            status=200 if faults is None else 422,
            back="/",
            form=typed,
            faults=faults or Faults({}),
            errors=None if faults is None else faults.listed,
            receivers={one: parts.partners.title(one) for one in takes},
            shut=[parts.partners.title(one) for one in receivers() if one not in takes],
            own=parts.partners.title(entered.who.organisation),
            more=choices(named, "the one chosen above"),
        )

    return router


def choices(named: Mapping[str, str], only: str) -> dict[str, object]:
    """What the referral form offers. named: the team's organisations, id to title; only: who gets it alone, in words."""
    return {
        "themes": THEMES,
        "urgencies": URGENCIES,
        "how": HOW,
        "words_to_read": WORDS_TO_READ,
        "named": named,
        "sharing": {"all": "Yes: all of them", "only": f"No: only {only}, and nobody else"},
    }


def write(
    session: Session, who: Practitioner, said: Said, to: str, team: Collection[str], now: datetime
) -> str:
    """Have it sent: what the sender needs in order to know it again, and the row that goes out, in one transaction."""
    name = new_id()
    session.add(
        Referring(
            id=name,
            organisation=who.organisation,
            subject=who.subject,
            to=to,
            name=said.about.name,
            written_at=now,
        )
    )
    put(
        session,
        now,
        kind="send",
        organisation=who.organisation,
        subject=who.subject,
        feature=TEAM,
        record=name,
        body=referral_body(said, to, team, name, now),
        trace=said.trace,
    )
    return name


def withdraw(session: Session, who: Practitioner, name: str, now: datetime) -> None:
    """Take a referral back that was sent. Asked twice, it goes once."""
    found = referred(session, who, name)
    asked = any(one.kind == "withdraw" for one in told_of(session, TEAM, name))
    if found.told.referral is None or found.told.state in ENDED or asked:
        return
    put(
        session,
        now,
        kind="withdraw",
        organisation=who.organisation,
        subject=who.subject,
        feature=TEAM,
        record=name,
        referral=found.told.referral,
        body={},
    )


def referred(session: Session, who: Practitioner, name: str) -> Referred:
    """One's own referral. Raises `NotHereError`."""
    found = session.get(Referring, name)
    if found is None or (found.organisation, found.subject) != (who.organisation, who.subject):
        raise NotHereError("referral")
    return _with_truth(session, found)


def referred_by(session: Session, who: Practitioner) -> tuple[Referred, ...]:
    """One's own referrals, newest first."""
    mine = select(Referring).where(
        Referring.organisation == who.organisation, Referring.subject == who.subject
    )
    return tuple(
        _with_truth(session, one)
        for one in session.exec(mine.order_by(col(Referring.written_at).desc(), text("rowid DESC")))
    )


def _with_truth(session: Session, found: Referring) -> Referred:
    rows = told_of(session, TEAM, found.id)
    # What was said last and arrived is true: a withdrawal that is still waiting has changed nothing yet.
    done = [one for one in rows if one.kind == "send" or one.state == "withdrawn"]
    return Referred(found, done[-1])
