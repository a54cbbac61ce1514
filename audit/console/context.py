"""What every page of the console is given: the services, the frame, and who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations

from fastapi import Request

from audit.console.ports import ConsoleServices, Officer
from core.pages.environment import build_environment
from core.pages.forms import CSRF_FIELD, Form, read_form
from core.pages.rendering import Frame, Link, Pages, Viewer
from core.pages.routing import NotOursError, SignInNeededError

HOME = "/console/"


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """What an installation may set.

    form_targets: origins of the sign-in service, for the content policy's `form-action`. translations: a catalogue.
    """

    form_targets: tuple[str, ...] = ()
    translations: NullTranslations | None = None


@dataclass(frozen=True, slots=True)
class Console:
    """The console's services and pages, for its handlers."""

    services: ConsoleServices
    pages: Pages

    async def officer(self, request: Request) -> tuple[Officer, Viewer]:
        """Who is signed in, and how the frame shows it; raises `SignInNeededError`."""
        found = await self.services.signed_in(request)
        if found is None:
            raise SignInNeededError("console")
        name = f"{found.name}, {found.organisation_name}"
        return found, Viewer(name, found.csrf, self.services.sign_out_url(request))

    async def posted(self, request: Request) -> tuple[Officer, Viewer, Form]:
        """Who posted which form of ours; raises `SignInNeededError`, `NotOursError`, `FormError`."""
        officer, viewer = await self.officer(request)
        form = await read_form(request)
        if not self.services.csrf_ok(request, form.one(CSRF_FIELD)):
            raise NotOursError("console")
        return officer, viewer, form


def build_console(services: ConsoleServices, settings: ConsoleSettings) -> Console:
    """The console's parts, put together."""
    environment, words = build_environment({"console": "audit.console"}, settings.translations)
    _ = words
    frame = Frame(
        home=HOME,
        part=_("for officers"),
        about=_("Here officers see what happened with their organisation, and check that it was right."),
        menu=(
            Link(_("Today"), "/console/today"),
            Link(_("Search"), HOME),
            Link(_("Reviews"), "/console/reviews"),
            Link(_("Questions"), "/console/questions"),
            Link(_("Representatives"), "/console/representatives"),
            Link(_("Alerts"), "/console/alerts"),
            Link(_("Spot checks"), "/console/samples"),
            Link(_("How it goes"), "/console/overview"),
            Link(_("The log"), "/console/log"),
        ),
        footer=(Link(_("Check a receipt"), "/portal/check"),),
    )
    return Console(services, Pages(environment, words, frame, settings.form_targets))
