"""Puts the residents' portal and the officers' console on the web, with the services they are handed.

The only module, beside the composition root, that knows both rooms' pages. Without an identity provider for sign-in there
are no pages: the API stands alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from fastapi import FastAPI

from audit.alerts.hours import Hours
from audit.console.context import ConsoleSettings
from audit.console.router import build_router as build_console
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.export.rows import ExportRows
from audit.log import Append
from audit.reader import LogReader
from consent.catalogues import catalogues
from consent.portal import could_see, downloading, receipts, renewing, requests, story
from consent.portal import settings as settings_pages
from consent.portal.context import PortalSettings
from consent.portal.downloading_ports import HeldPart
from consent.portal.objecting import add_pages as add_objecting
from consent.portal.router import AddPages
from consent.portal.router import build_router as build_portal
from core.pages.telling import to_tell
from core.unit_of_work import only
from gateway import helping, referring
from gateway.compose import Gateway
from gateway.exporting import Exports
from gateway.people.locator import Person, Registration
from gateway.people.registering import register_durably
from gateway.questions.rules import rules_of
from gateway.reviews.store import Reviews
from gateway.services.alert_pages import AlertPages
from gateway.services.asked import AskedPages
from gateway.services.consent_receipts import ConsentReceipts
from gateway.services.console import OfficerServices
from gateway.services.could_see import PolicyServices
from gateway.services.held_beside import parts_beside
from gateway.services.held_parts import Decisions, History, OtherLines, SignedReceipts, WhoKnows
from gateway.services.held_referrals import parts_of_referrals
from gateway.services.held_within import parts_within
from gateway.services.holding import ForOthers, Holding
from gateway.services.mandate import Mandate
from gateway.services.objecting import Objections
from gateway.services.portal import ResidentServices
from gateway.services.renewing import Renewing
from gateway.services.requests import ResidentRequests
from gateway.services.settings_of import ANEW, SettingsPages
from gateway.services.story import StoryPages
from gateway.settings import read_sign_in_secret
from gateway.signin import kinds
from gateway.signin.attempts import Attempts
from gateway.signin.claims import SignedIn
from gateway.signin.cookies import Cookies, loopback_cookies
from gateway.signin.errors import NotAdmittedError
from gateway.signin.http import AiohttpCalls
from gateway.signin.oidc import Client, Provider
from gateway.signin.routes import build_router as build_signin
from gateway.signin.service import SignIn
from gateway.signin.sessions import Sessions
from gateway.signin.store import SignInStore


def mount_pages(app: FastAPI, gateway: Gateway) -> Callable[[], None]:
    """Mount the pages, nothing where no identity provider for sign-in is configured; gives what closes them."""
    settings = gateway.settings
    if settings.sign_in_issuer is None:
        return lambda: None
    store = SignInStore(gateway.database)
    signin = _sign_in(gateway, settings.sign_in_issuer, store)
    reader = LogReader(gateway.database, gateway.log.store, gateway.keys)
    reviews = Reviews(gateway.database)
    acting = helping.acting_of(gateway)
    residents = ResidentServices(
        signin=signin,
        ledger=gateway.ledger,
        keys=gateway.keys,
        reader=reader,
        consenting=gateway.consenting,
        policy=gateway.policy,
        clock=gateway.clock,
        log_key=gateway.log_key,
        reviews=reviews,
        other_log_keys=gateway.other_log_keys,
        acting=acting,
    )
    officers = OfficerServices(
        signin=signin,
        reader=reader,
        store=gateway.log.store,
        keys=gateway.keys,
        committer=gateway.committer,
        policy=gateway.policy,
        clock=gateway.clock,
        log_key=gateway.log_key,
        reviews=reviews,
        other_log_keys=gateway.other_log_keys,
    )
    translations = catalogues()
    app.include_router(build_signin(signin, translations), include_in_schema=False)
    objections = Objections(
        gateway.ledger, gateway.keys, reader, gateway.consenting, gateway.policy, gateway.clock, acting
    )
    portal = PortalSettings(
        leave_to=settings.leave_url,
        form_targets=signin.form_targets,
        translations=translations,
        now=gateway.clock.now,
        insecure_cookies=settings.insecure_cookies,
    )
    policy = PolicyServices(gateway.views, acting)
    stories = StoryPages(gateway.stories, gateway.keys, gateway.telling, policy)
    consent_receipts = ConsentReceipts(
        keys=gateway.keys,
        reader=reader,
        policy=gateway.policy,
        log_keys=(gateway.log_key, *gateway.other_log_keys),
        receipt_keys=gateway.receipt_keys,
        public_url=gateway.settings.public_url,
    )
    asked = AskedPages(
        reader=reader,
        reviews=reviews,
        keys=gateway.keys,
        locator=gateway.locator,
        committer=gateway.committer,
        policy=gateway.policy,
        rules=rules_of(settings),
        exports=Exports(
            ExportRows(gateway.database, gateway.keys),
            gateway.pack_signing,
            gateway.clock,
            gateway.other_log_keys,
        ),
        clock=gateway.clock,
    )
    renewals = Renewing(
        gateway.database,
        gateway.ledger,
        gateway.keys,
        gateway.consenting,
        gateway.policy,
        gateway.clock,
        acting,
    )
    groups: tuple[AddPages, ...] = (
        partial(could_see.add_pages, policy=policy),
        partial(add_objecting, services=objections),
        partial(receipts.add_pages, receipts=consent_receipts),
        partial(
            downloading.add_pages, downloads=_everything_held(gateway, residents, signin, consent_receipts)
        ),
        partial(story.add_pages, stories=stories),
        partial(
            settings_pages.add_pages,
            settings=SettingsPages(gateway.wishes, gateway.keys, gateway.choosing, signin),
        ),
        partial(requests.add_pages, requests=ResidentRequests(gateway.asking, gateway.consenting, acting)),
        partial(renewing.add_pages, renewing=renewals),
        asked.for_residents(),
        *helping.groups_of(gateway, signin),
        referring.group_of(gateway),
    )
    app.include_router(build_portal(residents, groups, portal), include_in_schema=False)
    console = ConsoleSettings(form_targets=signin.form_targets)
    noticing = gateway.views.recording.noticing
    hours = Hours() if noticing is None else noticing.hours
    alerts = AlertPages(officers, gateway.locator, gateway.ledger, gateway.handles, hours)
    representing = helping.console_group_of(gateway, reader, settings.sign_in_issuer)
    for_officers = (*asked.for_officers(), representing, *alerts.for_officers(asked.officer_questions()))
    app.include_router(build_console(officers, for_officers, console), include_in_schema=False)
    return store.close


def _everything_held(
    gateway: Gateway, residents: ResidentServices, signin: SignIn, receipts_of: ConsentReceipts
) -> Holding:
    """What a resident downloads. Whatever keeps rows about people has its part here."""
    keys, policy, reader = gateway.keys, gateway.policy, residents.reader
    lines = History(keys, reader, residents.reviews, policy)

    def within(mandate: Mandate) -> Sequence[HeldPart]:
        return parts_within(gateway.database, policy, lines, residents.serving(mandate.resident), mandate)

    return Holding(
        parts=(
            Decisions(keys, gateway.ledger, policy),
            SignedReceipts(keys, receipts_of),
            lines,
            OtherLines(keys, reader, policy),
            WhoKnows(gateway.locator, policy),
            *parts_beside(gateway.database, keys, policy),
            *parts_of_referrals(gateway.database, keys, policy),
        ),
        keys=keys,
        committer=gateway.committer,
        clock=gateway.clock,
        registers=lambda: gateway.registers,
        log_keys=(gateway.log_key, *gateway.other_log_keys),
        receipt_keys=gateway.receipt_keys.public,
        anew=partial(signin.signed_in_within, kind="portal", span=ANEW),
        others=ForOthers(helping.acting_of(gateway), gateway.ledger, within),
    )


def _sign_in(gateway: Gateway, issuer: str, store: SignInStore) -> SignIn:
    settings = gateway.settings
    client = Client(
        issuer=issuer,
        client_id=settings.sign_in_client,
        redirect_uri=f"{settings.public_url}/signin/callback",
        client_secret=read_sign_in_secret(settings),
    )
    provider = Provider(client, AiohttpCalls(gateway.http), gateway.clock)
    return SignIn(
        origin=settings.public_url,
        providers=dict.fromkeys(kinds.KINDS, provider),
        attempts=Attempts(store, gateway.clock),
        sessions=Sessions(store, gateway.clock),
        on_signed_in=partial(_signed_in, gateway),
        cookies=loopback_cookies(settings.host) if settings.insecure_cookies else Cookies(),
    )


async def _signed_in(gateway: Gateway, kind: kinds.Kind, who: SignedIn) -> str:
    """Who that is to us, and the entry of the sign-in."""
    if kind == "console":
        await _note_officer(gateway, who)
        return who.subject
    if who.nhs_number is None:
        raise NotAdmittedError(
            to_tell("Your sign-in did not tell us a valid NHS number, which we need to find what is yours.")
        )
    return await _resident(gateway, who.nhs_number)


async def _resident(gateway: Gateway, nhs_number: str) -> str:
    """The person's internal id; somebody whom no source knows yet gets a row, so that they can decide beforehand."""
    registration = Registration(source="", reference="", nhs_number=nhs_number)

    def signed_in(person: Person) -> tuple[SealedEntry, ...]:
        return (seal_entry(Draft(Kind.SIGN_IN, "signed-in", frozenset(), {"door": "portal"}), person.key),)

    return await register_durably(
        gateway.locator, gateway.ledger, gateway.committer, gateway.clock, registration, signed_in
    )


async def _note_officer(gateway: Gateway, who: SignedIn) -> None:
    organisation = who.organisation
    if organisation is None or organisation not in gateway.registers.organisations:
        raise NotAdmittedError(
            to_tell("Your organisation does not take part here."), reason="organisation-unknown"
        )
    issuer = gateway.trust.find(gateway.settings.sign_in_issuer or "")
    if issuer is not None and organisation not in issuer.organisations:
        # One organisation's provider must not make officers of another's: the trust register says for whom it may speak.
        raise NotAdmittedError(
            to_tell("The place where you signed in does not speak for your organisation."),
            reason="issuer-not-for-it",
        )
    draft = Draft(
        kind=Kind.SIGN_IN,
        outcome="signed-in",
        organisations=frozenset({organisation}),
        detail={"door": "console", "officer": who.subject},
        recipient=organisation,
        role=who.role,
    )
    key = await asyncio.to_thread(gateway.keys.get_or_create, f"org:{organisation}")
    await gateway.committer.append(Append(only(None, seal_entry(draft, key))))
