"""The one composition root: settings in, a running application out. Tests hand in parts of their own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
from fastapi import APIRouter, FastAPI, Request, Response

from hub import tables
from hub.background import Background
from hub.clock import Clock, SystemClock
from hub.database import Database
from hub.doors import Doors, cookies_for
from hub.features import FEATURES
from hub.gateway import Gateway
from hub.inbox import Inbox
from hub.migrations import migrate
from hub.oidc import SignInService
from hub.outbox import Outbox
from hub.pages.rendering import Link, Pages, build_environment
from hub.pages.routing import PageRouter
from hub.pages.static_files import STATIC_PATH, static
from hub.partners import Partners, read_partners
from hub.parts import Feature, Kept, Parts
from hub.places.settings import NO_PLACES, Places, places_of_environment
from hub.rhythm import Rhythm
from hub.sessions import Practitioner, Sessions
from hub.settings import Settings
from hub.sign_in import CALLBACK, SignIn
from hub.sign_in import build_router as build_sign_in
from hub.source import build_router as build_source
from hub.source import read_key
from hub.tokens import Token

KEPT = (
    Kept(
        "What is on its way to another organisation",
        "So that nothing is lost when a line is cut, and nothing arrives twice.",
        "What a referral says: until it arrived. That it was sent: as long as the case it belongs to.",
    ),
    Kept(
        "Where somebody lives, as they said that it may be counted: a ward, no fixed address, or rather not",
        "So that the partnership sees where help is missing. It is shown to nobody.",
        "Until the case has ended, or the person has moved.",
    ),
)


@dataclass(frozen=True, slots=True)
class Hub:
    """A composed hub: its parts, what works in the background, and its application."""

    parts: Parts
    background: Background
    app: FastAPI


@contextlib.asynccontextmanager
async def compose(settings: Settings) -> AsyncIterator[Hub]:
    """The hub of these settings; everything is closed at the end. Raises `HubError` for settings that cannot work."""
    clock = SystemClock()
    database = Database(settings.database)
    try:
        # No cookie jar: nothing that one answer sets goes along with another call.
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            callback = settings.public_url.rstrip("/") + CALLBACK
            service = SignInService(settings.sign_in_issuer, callback, http, clock)
            gateway = Gateway(settings.gateway_url, http)
            places = places_of_environment()
            yield assemble(settings, clock, database, gateway, service, places=places)
    finally:
        database.close()


def assemble(
    settings: Settings,
    clock: Clock,
    database: Database,
    gateway: Gateway,
    service: SignInService,
    features: Sequence[Feature] = FEATURES,
    places: Places = NO_PLACES,
) -> Hub:
    """The hub over these parts; brings the database's schema up to the code. Raises `HubError`."""
    partners = read_partners(settings.partners_file)
    cookies = cookies_for(settings.host, insecure=settings.insecure_cookies)
    migrate(database, (tables.SCHEMA, *(one.schema for one in features)))
    database.listeners = tuple(one.heard for one in features if one.heard is not None)
    sessions = Sessions(clock)
    public_url = settings.public_url.rstrip("/")

    async def tokens(organisation: str, subject: str | None) -> Token | None:
        if subject is not None:
            return sessions.token_of(organisation, subject)
        known = partners.organisation(organisation)
        return None if known is None else await service.application_token(known)

    def menus(who: Practitioner) -> tuple[Link, ...]:
        return tuple(Link(one.title, one.home) for one in features if member(partners, who, one) is not None)

    doors = Doors(sessions, cookies, partners, public_url, menus)
    packages = [one.package for one in features]
    pages = Pages(build_environment(packages), (settings.sign_in_issuer.rstrip("/"),), doors.viewer)
    rhythm = Rhythm(timedelta(seconds=settings.poll_seconds))
    outbox = Outbox(database, gateway, clock, tokens, rhythm.hurry)
    parts = Parts(clock, database, gateway, outbox, doors, pages, partners, public_url, places)
    receivers = {one.name: one.receive for one in features if one.receive is not None}
    inbox = Inbox(database, gateway, clock, partners, receivers, outbox, service.application_token)
    background = Background(outbox, inbox, rhythm, partners, features, database, clock, settings.poll_seconds)
    signing = SignIn(service, sessions, partners, pages, cookies, doors, outbox)
    source_key = read_key(settings.source_key_file)
    return Hub(parts, background, create_app(parts, signing, features, source_key))


def create_app(
    parts: Parts, signing: SignIn, features: Sequence[Feature], source_key: bytes | None = None
) -> FastAPI:
    """The application: the frame's own pages, signing in, each feature's router, and the source where it has a key."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(build_sign_in(signing))
    for feature in features:
        app.include_router(feature.build_router(parts))
    if source_key is not None:
        holders = {one.name: one.plan_of for one in features if one.plan_of is not None}
        app.include_router(build_source(parts.database, parts.clock, holders, source_key))
    app.include_router(_frame(parts, features))
    return app


def member(partners: Partners, who: Practitioner, feature: Feature) -> str | None:
    """What the feature's team calls the practitioner; None where they are no member."""
    return partners.team(feature.name).title_of(who.organisation, who.role)


def _frame(parts: Parts, features: Sequence[Feature]) -> APIRouter:
    router, pages = PageRouter(parts.pages), parts.pages
    router.add("GET", STATIC_PATH + "/{name}", static)

    @router.page("/")
    async def home(request: Request) -> Response:
        entered = parts.doors.enter(request)
        rooms = [
            {"title": one.title, "about": one.about, "href": one.home}
            for one in features
            if member(parts.partners, entered.who, one) is not None
        ]
        links = [link for one in features for link in one.for_all]
        return pages.page(request, "pages/home.html", viewer=entered.viewer, rooms=rooms, links=links)

    @router.page("/what-is-kept")
    async def what_is_kept(request: Request) -> Response:
        kept = [*(line for one in features for line in one.kept), *KEPT]
        return pages.page(request, "pages/what-is-kept.html", all_kept=kept)

    @router.page("/healthz")
    async def health(request: Request) -> Response:
        return Response("ok", media_type="text/plain")

    async def missing(request: Request, rest: str) -> Response:
        return pages.error(request, 404)

    for method in ("GET", "POST"):
        router.add(method, "/{rest:path}", missing)

    return router
