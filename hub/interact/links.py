"""One-time links: a referrer without an account tells the team about somebody, once, within seven days.

Here a team member makes one; hub/interact/telling.py is what whoever got it sees. Its secret stands in the link alone; the
database has a digest of it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, delete, select

from hub.interact.codes import TEAM
from hub.interact.receiving import begin
from hub.interact.referring_form import LINE, Said, clean
from hub.interact.tables import Link
from hub.pages.forms import Faults, Form
from hub.pages.rendering import Viewer
from hub.pages.routing import PageRouter
from hub.parts import Parts
from hub.sessions import Practitioner

LIVES: Final = timedelta(days=7)


def build_router(parts: Parts) -> APIRouter:
    """`/interact/links`: making a link, and those that nobody used yet."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}"), parts.pages

    @router.page("/links")
    async def links(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await listed(request, entered.viewer, Form())

    @router.posted("/links")
    async def make(request: Request) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        for_whom = clean(form.one("for_whom"))
        if not for_whom or len(for_whom) > LINE:
            faults = Faults({"for_whom": "Say whom you give the link to, in 200 characters or fewer"})
            return await listed(request, entered.viewer, form, faults)
        now = parts.clock.now()
        secret = await parts.database.write(lambda session: new_link(session, entered.who, for_whom, now))
        # Shown this once; a reload asks for a new one.
        return pages.page(
            request,
            "interact/link.html",
            viewer=entered.viewer,
            back=f"/{TEAM}/links",
            for_whom=for_whom,
            address=f"{parts.public_url}/{TEAM}/tell/{secret}",
            until=now + LIVES,
        )

    async def listed(request: Request, viewer: Viewer, form: Form, faults: Faults | None = None) -> Response:
        now = parts.clock.now()
        found = await parts.database.read(waiting)
        return pages.page(
            request,
            "interact/links.html",
            status=200 if faults is None else 422,
            back=f"/{TEAM}",
            faults=faults or Faults({}),
            errors=None if faults is None else faults.listed,
            links=[one for one in found if one.until > now],
            viewer=viewer,
            form=form,
        )

    return router


def new_link(session: Session, who: Practitioner, for_whom: str, now: datetime) -> str:
    """Make a link; gives its secret."""
    secret = secrets.token_urlsafe(32)
    session.add(
        Link(
            digest=digest(secret),
            for_whom=for_whom,
            organisation=who.organisation,
            made_by=who.name,
            made_at=now,
            until=now + LIVES,
        )
    )
    return secret


def waiting(session: Session) -> tuple[Link, ...]:
    """Links that nobody used yet, newest first."""
    return tuple(
        session.exec(select(Link).where(col(Link.used_at).is_(None)).order_by(col(Link.made_at).desc()))
    )


def is_good(session: Session, secret: str, now: datetime) -> bool:
    """Whether the link can be used."""
    found = session.get(Link, digest(secret))
    return found is not None and found.used_at is None and found.until > now


def made_at(session: Session, secret: str, now: datetime) -> str | None:
    """The organisation whose link it is; None for one that cannot be used."""
    return session.get_one(Link, digest(secret)).organisation if is_good(session, secret, now) else None


def use(session: Session, secret: str, said: Said, sender: str, team: Collection[str], now: datetime) -> bool:
    """Use the link, once: what was said becomes a case in the same transaction. Whether it could be used."""
    if not is_good(session, secret, now):
        return False
    link = session.get_one(Link, digest(secret))
    link.used_at = now
    begin(session, said, link.organisation, sender, team, now)
    return True


def forget_links(session: Session, now: datetime) -> int:
    """Delete links that were used or ended a month ago."""
    gone = session.exec(delete(Link).where(col(Link.until) < now - timedelta(days=30)))
    return int(gone.rowcount)


def digest(secret: str) -> str:
    """SHA-256, hexadecimal. The secret is random, so no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def token_for(secret: str) -> str:
    """The form token of the link's own page: it follows from the secret, and the secret does not follow from it."""
    return hashlib.sha256(b"form|" + secret.encode("utf-8", "replace")).hexdigest()


def token_fits(secret: str, token: str) -> bool:
    """Whether a form's token is the link's; as slow for a wrong one as for a right one."""
    return hmac.compare_digest(token_for(secret).encode(), token.encode("utf-8", "replace"))
