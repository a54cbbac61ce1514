"""What every page of the portal is given: the services, the frame, the clock, and who is signed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from gettext import NullTranslations
from typing import TypeAlias

from fastapi import Request

from consent.portal.ports import PortalServices, Resident
from core.pages.environment import build_environment
from core.pages.forms import CSRF_FIELD, Form, read_form
from core.pages.languages import chosen_by_cookie, language_of, speak
from core.pages.rendering import Frame, Link, Pages, Viewer
from core.pages.routing import NotOursError, SignInNeededError

HOME = "/portal/"
ACTING_MENU = frozenset({HOME, "/portal/allow", "/portal/history", "/portal/check", "/portal/stop-by-code"})
"""What stands in the menu and at the foot of somebody who acts for another: what leads nowhere else."""

BesideHome: TypeAlias = Callable[[str], Awaitable[Mapping[str, object]]]
"""What a group of pages has to show on the first page: person -> names that portal/home.html reads."""
BesideBoth: TypeAlias = Callable[[Resident], Awaitable[Mapping[str, object]]]
"""Likewise, for whoever is signed in: what it shows a representative is within their scope."""

HiddenFrom: TypeAlias = Callable[[str], Awaitable[frozenset[int]]]
"""Which lines of their history a person hides: person -> places in the log."""
LanguageOf: TypeAlias = Callable[[str], Awaitable[str | None]]
"""The language that a person chose, None where they chose none."""
Leaving: TypeAlias = Callable[[Request], Awaitable[None]]
"""What is done when somebody leaves at once."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """What an installation may set.

    leave_to: the neutral page behind "Leave this page". form_targets: origins of the sign-in service, for the content
    policy's `form-action`. translations: the catalogues by language (BCP 47), or one for everybody. now: the time,
    timezone-aware. insecure_cookies: for a sandbox on loopback alone.
    """

    leave_to: str = "https://www.bbc.co.uk/weather"
    form_targets: tuple[str, ...] = ()
    translations: NullTranslations | Mapping[str, NullTranslations] | None = None
    now: Callable[[], datetime] = _utc_now
    insecure_cookies: bool = False


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's services, pages and settings, for its handlers.

    beside_home: what groups of pages show on the first page besides; each adds its own while the routes are put together.
    beside_both: likewise, on a representative's first page too.
    hidden_from, language_of, leaving: likewise, what a group knows of a person's settings, and does when somebody leaves.
    """

    services: PortalServices
    pages: Pages
    settings: PortalSettings
    beside_home: list[BesideHome] = field(default_factory=list)
    beside_both: list[BesideBoth] = field(default_factory=list)
    hidden_from: list[HiddenFrom] = field(default_factory=list)
    language_of: list[LanguageOf] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)

    async def resident(self, request: Request) -> tuple[Resident, Viewer]:
        """Who is signed in, and how the frame shows it; raises `SignInNeededError`."""
        found = await self.services.signed_in(request)
        if found is None:
            raise SignInNeededError("portal")
        await self._speak(request, found.own)
        return found, self._viewer(request, found)

    def serving(self, resident: Resident) -> PortalServices:
        """The services as far as they are this resident's: a representative's keep to their scope."""
        return self.services if resident.acting is None else self.services.serving(resident)

    def _viewer(self, request: Request, resident: Resident) -> Viewer:
        out = self.services.sign_out_url(request)
        if resident.acting is None:
            return Viewer(resident.name, resident.csrf, out)
        menu = tuple(one for one in self.pages.frame.menu if one.href in ACTING_MENU)
        footer = tuple(one for one in self.pages.frame.footer if one.href in ACTING_MENU)
        word = resident.acting.word
        return Viewer(resident.name, resident.csrf, out, acting=word, menu=menu, footer=footer)

    async def posted(self, request: Request) -> tuple[Resident, Viewer, Form]:
        """Who posted which form; raises `SignInNeededError`, `NotOursError`, `FormError`."""
        resident, viewer = await self.resident(request)
        form = await read_form(request)
        if not self.services.csrf_ok(request, form.one(CSRF_FIELD)):
            raise NotOursError("portal")
        return resident, viewer, form

    async def hidden(self, person: str) -> frozenset[int]:
        """The lines that the person hides."""
        return frozenset[int]().union(*[await one(person) for one in self.hidden_from])

    async def _speak(self, request: Request, person: str) -> None:
        """Answer in the language that the person chose, on a device where nobody chose one."""
        if chosen_by_cookie(request) is None:
            for one in self.language_of:
                speak(await one(person) or language_of(request))


def build_portal(services: PortalServices, settings: PortalSettings) -> Portal:
    """The portal's parts, put together."""
    environment, words = build_environment({"portal": "consent.portal"}, settings.translations)
    _ = words
    frame = Frame(
        home=HOME,
        part="",
        about=_(
            "OnceTold shows you who can look at things about you. You can stop it, and you see who looked."
        ),
        menu=(
            Link(_("Who can look"), HOME),
            Link(_("Allow"), "/portal/allow"),
            Link(_("Who looked"), "/portal/history"),
            Link(_("My story"), "/portal/story"),
            Link(_("Settings"), "/portal/settings"),
        ),
        footer=(
            Link(_("Check a receipt"), "/portal/check"),
            Link(_("Stop by the code on your paper"), "/portal/stop-by-code"),
            Link(_("Where you were sent"), "/portal/referrals"),
            Link(_("People who act for me"), "/portal/representatives"),
            Link(_("Language"), "/portal/language"),
        ),
        leave="/portal/leave",
    )
    return Portal(services, Pages(environment, words, frame, settings.form_targets), settings)
