"""Settings: how the resident is reached, in which language, which lines of their history are left out, on which device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from consent.portal.context import HOME, Portal
from consent.portal.history import HISTORY, INDEX_MAXIMUM
from consent.portal.ports import Look, NotPossible
from consent.portal.settings_choices import NO_CHOICE, Typed, choices_of, hours_of, read_contact
from consent.portal.settings_ports import NOT_REACHED, Contact, SettingsServices
from core.pages.forms import read_form
from core.pages.languages import LANGUAGES, chosen_by_cookie, language_of, remember
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError

SETTINGS = "/portal/settings"
SAVED = f"{SETTINGS}?done=saved"
DONE = frozenset({"saved", "sent"})
Index = Annotated[int, Path(ge=0, le=INDEX_MAXIMUM)]


def add_pages(router: APIRouter, portal: Portal, settings: SettingsServices) -> None:
    """Add `/settings`, what lies below it and `/language` to the router; leaving ends the session from here on."""
    shown = _Settings(portal, settings)
    portal.hidden_from.append(shown.hidden)
    portal.language_of.append(shown.language)
    portal.leaving.append(settings.leave)
    for path, page in (
        ("/settings", shown.read),
        ("/settings/reach", shown.ask_how),
        ("/settings/language", shown.ask_language),
        ("/settings/hidden", shown.ask_to_show),
        ("/language", shown.choose_language),
    ):
        router.add_api_route(path, page, methods=["GET"], response_class=Response)
    for path, page in (
        ("/settings/reach", shown.how),
        ("/settings/check", shown.check),
        ("/settings/language", shown.speak),
        ("/settings/hidden", shown.show_again),
        ("/language", shown.language_chosen),
    ):
        router.add_api_route(path, page, methods=["POST"], response_class=Response)

    @router.get("/settings/reach/{channel}", response_class=Response)
    async def ask_where(request: Request, channel: str) -> Response:
        return await shown.ask_where(request, channel)

    @router.post("/settings/reach/{channel}", response_class=Response)
    async def where(request: Request, channel: str) -> Response:
        return await shown.where(request, channel)

    @router.get("/settings/hide/{index}", response_class=Response)
    async def ask_to_hide(request: Request, index: Index) -> Response:
        return await shown.ask_to_hide(request, index)

    @router.post("/settings/hide/{index}", response_class=Response)
    async def hide(request: Request, index: Index) -> Response:
        return await shown.hide(request, index)


@dataclass(frozen=True, slots=True)
class _Settings:
    """The pages' handlers."""

    portal: Portal
    settings: SettingsServices

    async def hidden(self, person: str) -> frozenset[int]:
        return (await self.settings.preferences(person)).hidden

    async def language(self, person: str) -> str | None:
        return (await self.settings.preferences(person)).language or None

    async def read(self, request: Request, done: str = "") -> Response:
        resident, viewer = await self.portal.resident(request)
        found = await self.settings.preferences(resident.person)
        return self.portal.pages.page(
            request,
            "portal/settings.html",
            viewer=viewer,
            contact=found.contact,
            hours=hours_of(found.contact, self.portal.pages.words),
            language=LANGUAGES.get(found.language) or LANGUAGES[language_of(request)],
            done=done if done in DONE else "",
        )

    # How they are reached ---------------------------------------------------------------------------------------

    async def ask_how(self, request: Request) -> Response:
        resident, viewer = await self.portal.resident(request)
        found = await self.settings.preferences(resident.person)
        return self._how(request, viewer, found.contact.channel)

    async def how(self, request: Request) -> Response:
        resident, viewer, form = await self.portal.posted(request)
        channel = form.one("channel")
        if channel in {"email", "text"}:
            return self.portal.pages.go(f"{SETTINGS}/reach/{channel}")
        if channel != "none":
            _ = self.portal.pages.words
            return self._how(request, viewer, "", _("Choose how we reach you, or that we do not"))
        return await self._reached(request, viewer, resident.person, NOT_REACHED)

    async def ask_where(self, request: Request, channel: str) -> Response:
        resident, viewer = await self.portal.resident(request)
        contact = (await self.settings.preferences(resident.person)).contact
        typed = Typed.of(contact) if contact.channel == channel else NO_CHOICE
        return self._where(request, viewer, channel, typed)

    async def where(self, request: Request, channel: str) -> Response:
        resident, viewer, form = await self.portal.posted(request)
        if channel not in {"email", "text"}:
            raise NotHereError("channel")
        found = read_contact(
            form, "email" if channel == "email" else "text", self.settings.address, self.portal.pages.words
        )
        if isinstance(found, Typed):
            return self._where(request, viewer, channel, found)
        return await self._reached(request, viewer, resident.person, found)

    async def check(self, request: Request) -> Response:
        resident, viewer, _form = await self.portal.posted(request)
        try:
            await self.settings.check(resident.person)
        except NotPossible as problem:
            return self._not_possible(request, viewer, problem)
        return self.portal.pages.go(f"{SETTINGS}?done=sent")

    async def _reached(self, request: Request, viewer: Viewer, person: str, contact: Contact) -> Response:
        try:
            await self.settings.reach(person, contact)
        except NotPossible as problem:
            return self._not_possible(request, viewer, problem)
        return self.portal.pages.go(SAVED)

    def _how(self, request: Request, viewer: Viewer, channel: str, error: str = "") -> Response:
        return self.portal.pages.page(
            request,
            "portal/settings-reach.html",
            viewer=viewer,
            status=422 if error else 200,
            channel=channel,
            error=error,
            errors=[{"text": error, "href": "#channel"}] if error else [],
            back=SETTINGS,
        )

    def _where(self, request: Request, viewer: Viewer, channel: str, typed: Typed) -> Response:
        if channel not in {"email", "text"}:
            raise NotHereError("channel")
        return self.portal.pages.page(
            request,
            "portal/settings-where.html",
            viewer=viewer,
            status=422 if typed.errors else 200,
            channel=channel,
            typed=typed,
            times=choices_of(self.portal.pages.words),
            errors=[{"text": text, "href": f"#{field}"} for field, text in typed.errors.items()],
            back=f"{SETTINGS}/reach",
        )

    # Language ---------------------------------------------------------------------------------------------------

    async def ask_language(self, request: Request) -> Response:
        resident, viewer = await self.portal.resident(request)
        found = await self.settings.preferences(resident.person)
        return self._language(request, viewer, found.language or language_of(request))

    async def speak(self, request: Request) -> Response:
        resident, viewer, form = await self.portal.posted(request)
        code = form.one("language")
        if code not in LANGUAGES:
            return self._language(request, viewer, "", self._no_language())
        try:
            await self.settings.speak(resident.person, code)
        except NotPossible as problem:
            return self._not_possible(request, viewer, problem)
        return self._remembering(code, SAVED)

    async def choose_language(self, request: Request) -> Response:
        """For whoever is not signed in: kept by their browser alone."""
        return self._language(request, None, language_of(request))

    async def language_chosen(self, request: Request) -> Response:
        code = (await read_form(request)).one("language")
        if code not in LANGUAGES:
            return self._language(request, None, "", self._no_language())
        return self._remembering(code, HOME)

    def _no_language(self) -> str:
        _ = self.portal.pages.words
        return _("Choose a language")

    def _remembering(self, code: str, address: str) -> Response:
        answer = self.portal.pages.go(address)
        remember(answer, code, insecure=self.portal.settings.insecure_cookies)
        return answer

    def _language(self, request: Request, viewer: Viewer | None, chosen: str, error: str = "") -> Response:
        return self.portal.pages.page(
            request,
            "portal/settings-language.html",
            viewer=viewer,
            status=422 if error else 200,
            languages=LANGUAGES,
            chosen=chosen,
            on_device=chosen_by_cookie(request) is not None,
            error=error,
            errors=[{"text": error, "href": "#language"}] if error else [],
            back=HOME if viewer is None else SETTINGS,
        )

    # Lines that are left out ------------------------------------------------------------------------------------

    async def ask_to_hide(self, request: Request, index: int) -> Response:
        resident, viewer = await self.portal.resident(request)
        look = await self._look(resident.person, index)
        return self.portal.pages.page(
            request, "portal/settings-hide.html", viewer=viewer, look=look, back=HISTORY
        )

    async def hide(self, request: Request, index: int) -> Response:
        resident, viewer, _form = await self.portal.posted(request)
        await self._look(resident.person, index)
        try:
            await self.settings.hide(resident.person, index)
        except NotPossible as problem:
            return self._not_possible(request, viewer, problem)
        return self.portal.pages.go(HISTORY)

    async def ask_to_show(self, request: Request) -> Response:
        _resident, viewer = await self.portal.resident(request)
        return self.portal.pages.page(
            request,
            "portal/settings-hidden.html",
            viewer=viewer,
            anew=await self.settings.signed_in_anew(request),
            sign_in_url=self.portal.services.sign_in_url(request),
            back=SETTINGS,
        )

    async def show_again(self, request: Request) -> Response:
        resident, viewer, _form = await self.portal.posted(request)
        if not await self.settings.signed_in_anew(request):
            return self.portal.pages.go(f"{SETTINGS}/hidden")
        try:
            await self.settings.show_again(resident.person)
        except NotPossible as problem:
            return self._not_possible(request, viewer, problem)
        return self.portal.pages.go(HISTORY)

    async def _look(self, person: str, index: int) -> Look:
        """A line of the person's own history."""
        found = await self.portal.services.history(person, index + 1)
        if not found or found[0].index != index:
            raise NotHereError("line")
        return found[0]

    def _not_possible(self, request: Request, viewer: Viewer, problem: NotPossible) -> Response:
        return self.portal.pages.page(
            request,
            "portal/not-possible.html",
            viewer=viewer,
            status=409,
            words=problem.words,
            back=SETTINGS,
        )
