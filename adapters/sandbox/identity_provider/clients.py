"""The applications that may ask the sandbox's provider for tokens: the gateway's own pages, partners', sources'."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.sandbox.identity_provider.accounts import Account

WEB_CLIENT: Final = "oncetold-web"
WEB_CALLBACK: Final = "/signin/callback"
WEB_AFTER_SIGN_OUT: Final = ("/", "/portal/signed-out", "/console/signed-out")

RECIPIENTS: Final = (
    "norwich-city-council",
    "wensum-valley-practice",
    "harbour-charity",
    "norfolk-county-council",
    "age-well-norfolk",
    "norwich-acute-hospital",
    "norfolk-mental-health-trust",
    "brightwater-lettings",
    "norfolk-volunteering",
    "norwich-help-hub",
    "steadfast-support",
    "newleaf-support",
)
HUB_ORGANISATIONS: Final = (
    "age-well-norfolk",
    "harbour-charity",
    "newleaf-support",
    "norfolk-county-council",
    "norfolk-mental-health-trust",
    "norfolk-volunteering",
    "norwich-acute-hospital",
    "norwich-city-council",
    "norwich-help-hub",
    "steadfast-support",
    "wensum-valley-practice",
)
"""Whose people sign in to the team hub, each organisation's through a client of its own."""
HUB_SOURCES: Final = (
    "age-well-norfolk",
    "newleaf-support",
    "norfolk-mental-health-trust",
    "steadfast-support",
)
"""Of these, the hub holds support plans for others to see."""

SOURCES: Final = ("norwich-city-council", "wensum-valley-practice", "harbour-charity")

IDENTITY_SCOPES: Final = frozenset({"openid", "profile"})
PRACTITIONER_SCOPES: Final = frozenset(
    {"views", "checks", "consents", "representatives", "referrals", "break-glass"}
)
OFFICER_SCOPES: Final = frozenset({"audit"})
APPLICATION_SCOPES: Final = frozenset({"views", "checks"})
HUB_SCOPES: Final = frozenset({"referrals"})
SOURCE_SCOPES: Final = frozenset({"pointers"})
ALL_SCOPES: Final = (
    IDENTITY_SCOPES | PRACTITIONER_SCOPES | OFFICER_SCOPES | APPLICATION_SCOPES | SOURCE_SCOPES | HUB_SCOPES
)

ACCESS_TOKEN_SECONDS: Final = 300
HUB_TOKEN_SECONDS: Final = 1800
"""As long as a home visit's notes take: without refresh tokens a shorter one would have people sign in again and again."""

HUB_CALLBACK: Final = "/signed-in"


def secret_of(client_id: str) -> str:
    """A client's secret: public, as everything in the sandbox."""
    return f"sandbox-secret-of-{client_id}"


def callback_of(client_id: str) -> str:
    """Where a partner's application takes its codes; nothing listens there, tokens.py reads the redirect itself."""
    return f"https://{client_id}.oncetold.test/signed-in"


@dataclass(frozen=True, slots=True)
class Client:
    """One client (RFC 6749 section 2), with the methods that Authlib calls on one (its ClientMixin).

    organisation: whose application it is; None for the gateway's own pages.
    redirect_uris: where codes go; empty where nobody signs in through it. after_sign_out: where browsers may go then.
    alone: the scopes that the application may have without anybody signed in; empty where it may not ask.
    seconds: how long its access tokens live.
    """

    client_id: str
    organisation: str | None
    redirect_uris: tuple[str, ...] = ()
    after_sign_out: tuple[str, ...] = ()
    alone: frozenset[str] = frozenset()
    seconds: int = ACCESS_TOKEN_SECONDS

    @property
    def signs_in(self) -> bool:
        """Whether people sign in through it."""
        return bool(self.redirect_uris)

    @property
    def client_metadata(self) -> Mapping[str, object]:
        """What Authlib's end-session endpoint asks for."""
        return {"post_logout_redirect_uris": list(self.after_sign_out)}

    def admits(self, account: Account) -> bool:
        """Whether the account may sign in through this client: one's own organisation's, or the gateway's pages."""
        if self.organisation is None:
            return account.is_resident or account.is_officer
        return account.organisation == self.organisation

    def scopes_for(self, account: Account | None) -> frozenset[str]:
        """The scopes that a token may carry for the account, or for the application alone."""
        if account is None:
            return self.alone
        if self.organisation is None:
            return IDENTITY_SCOPES
        return IDENTITY_SCOPES | PRACTITIONER_SCOPES | (OFFICER_SCOPES if account.is_officer else frozenset())

    def get_client_id(self) -> str:
        """The id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """No default: every request names its own (RFC 9700 section 2.1)."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scope as asked when all of it is known here, else None (invalid_scope)."""
        asked = frozenset((scope or "").split())
        return scope or "" if asked <= ALL_SCOPES else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exact comparison (RFC 9700 section 4.1.3)."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is this client's."""
        return hmac.compare_digest(client_secret.encode(), secret_of(self.client_id).encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """HTTP Basic only."""
        return endpoint == "token" and method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        """Codes only, never tokens in an address."""
        return response_type == "code" and self.signs_in

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes where people sign in, the client's own credentials where it may act alone."""
        return (grant_type == "authorization_code" and self.signs_in) or (
            grant_type == "client_credentials" and bool(self.alone)
        )


def clients(redirect_base: str, hub_base: str) -> dict[str, Client]:
    """All clients by id; `redirect_base` is the gateway's address in the browser, `hub_base` the team hub's."""
    base = redirect_base.rstrip("/")
    web = Client(WEB_CLIENT, None, (base + WEB_CALLBACK,), tuple(base + path for path in WEB_AFTER_SIGN_OUT))
    partners = (
        Client(f"{one}-app", one, (callback_of(f"{one}-app"),), alone=APPLICATION_SCOPES)
        for one in RECIPIENTS
    )
    sources = (Client(f"{one}-source", one, alone=SOURCE_SCOPES) for one in SOURCES)
    callback = hub_base.rstrip("/") + HUB_CALLBACK
    hub = (
        Client(
            f"{one}-hub",
            one,
            (callback,),
            alone=HUB_SCOPES | (SOURCE_SCOPES if one in HUB_SOURCES else frozenset()),
            seconds=HUB_TOKEN_SECONDS,
        )
        for one in HUB_ORGANISATIONS
    )
    return {client.client_id: client for client in (web, *partners, *sources, *hub)}
