"""The provider's addresses, as a WSGI application."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from flask import Flask, Response, jsonify, render_template, request
from joserfc import jwt
from joserfc.errors import JoseError
from werkzeug.exceptions import HTTPException

from adapters.sandbox.identity_provider.accounts import (
    SANDBOX_PASSWORD,
    STAFF,
    Account,
    account_named,
    account_of,
    residents,
)
from adapters.sandbox.identity_provider.authorization import (
    CodeGrant,
    Provider,
    SandboxServer,
    UnmetError,
    claims_about,
)
from adapters.sandbox.identity_provider.clients import ALL_SCOPES, Client
from adapters.sandbox.identity_provider.keys import ALGORITHM
from adapters.sandbox.identity_provider.signing_in import (
    KNOWN,
    SecondFactors,
    SignedIn,
    Ticket,
    asked_strength,
)


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts under one heading of the list."""

    title: str
    accounts: tuple[Account, ...]


def create_app(provider: Provider) -> Flask:
    """The application of one provider."""
    app = Flask(__name__, template_folder="pages", static_folder=None)
    # Whoever points a name of their own at this machine gets no answer (DNS rebinding).
    app.config["TRUSTED_HOSTS"] = [urlsplit(provider.issuer).hostname, "127.0.0.1", "localhost"]
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    server = SandboxServer(provider)
    server.init_app(app)
    addresses = Addresses(provider, server)
    get, post, both = ["GET"], ["POST"], ["GET", "POST"]
    for path, view, methods in (
        ("/.well-known/openid-configuration", addresses.discovery, get),
        ("/jwks.json", addresses.jwks, get),
        ("/healthz", addresses.health, get),
        ("/authorize", addresses.authorize, both),
        ("/token", addresses.token, post),
        ("/userinfo", addresses.userinfo, both),
        ("/end_session", addresses.end_session, both),
        ("/_sandbox/rotate-keys", addresses.rotate_keys, post),
        ("/style.css", addresses.style, get),
    ):
        app.add_url_rule(path, view_func=view, methods=methods)
    app.register_error_handler(HTTPException, _failed)
    app.after_request(_headers)
    return app


class Addresses:
    """What stands behind each address."""

    def __init__(self, provider: Provider, server: SandboxServer) -> None:
        self._provider = provider
        self._server = server
        self._factors = SecondFactors()

    def discovery(self) -> Response:
        """OpenID Connect Discovery 1.0."""
        return jsonify(_discovery(self._provider.issuer))

    def jwks(self) -> Response:
        """The published keys."""
        return jsonify(self._provider.keys.public_document())

    def health(self) -> Response:
        """For whoever waits for the start."""
        return jsonify({"status": "ok"})

    def authorize(self) -> Response:
        """The sign-in pages, and what is typed into them."""
        try:
            grant = self._server.get_consent_grant(end_user=None)
            strong = _strength(grant)
        except OAuth2Error as error:
            if not error.redirect_uri:
                return _page("refused.html", 400, reason=error.get_error_description())
            refusal: Response = self._server.handle_error_response(None, error)
            return refusal
        if request.method == "GET":
            return self._ask_password(grant)
        if "ticket" in request.form:
            return self._second_step(grant)
        client: Client = self._server.provider.clients[grant.request.payload.client_id]
        account = _signed_in(client, request.form.get("username", ""), request.form.get("password", ""))
        if account is None:
            return self._ask_password(
                grant, "The account and the password do not fit together. Type the sandbox password again."
            )
        if not strong:
            return self._sign_in(grant, SignedIn(account, time.time()))
        return self._ask_code(grant, *self._factors.begin(account, _asked()))

    def _second_step(self, grant: CodeGrant) -> Response:
        name = request.form["ticket"]
        tried = self._factors.try_code(name, _asked(), request.form.get("code", ""))
        if isinstance(tried, SignedIn):
            return self._sign_in(grant, tried)
        if tried is None:
            return self._ask_password(
                grant, "The code was wrong too often, or too old. Sign in again to get a new one."
            )
        return self._ask_code(grant, name, tried, failed=True)

    def _sign_in(self, grant: CodeGrant, who: SignedIn) -> Response:
        answer: Response = self._server.create_authorization_response(grant_user=who, grant=grant)
        return answer

    def _ask_password(self, grant: CodeGrant, failed: str | None = None) -> Response:
        client: Client = self._server.provider.clients[grant.request.payload.client_id]
        return _page(
            "sign_in.html",
            200 if failed is None else 400,
            redirect_uri=grant.request.payload.redirect_uri,
            groups=_groups(client),
            typed=request.form.get("username", ""),
            failed=failed,
            query=_asked(),
        )

    def _ask_code(self, grant: CodeGrant, name: str, ticket: Ticket, *, failed: bool = False) -> Response:
        return _page(
            "second_factor.html",
            400 if failed else 200,
            redirect_uri=grant.request.payload.redirect_uri,
            person=ticket.account.name,
            code=f"{ticket.code[:3]} {ticket.code[3:]}",
            ticket=name,
            failed=failed,
            query=_asked(),
        )

    def token(self) -> Response:
        """RFC 6749 section 3.2."""
        answer: Response = self._server.create_token_response()
        return answer

    def userinfo(self) -> Response:
        """OpenID Connect Core section 5.3."""
        account = _bearer(self._provider, request.headers.get("Authorization", ""))
        if account is None:
            return Response(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return jsonify({"sub": account.subject, **claims_about(account)})

    def end_session(self) -> Response:
        """OpenID Connect RP-Initiated Logout 1.0."""
        answer: Response | None = self._server.create_endpoint_response("end_session")
        return answer if answer is not None else _page("signed_out.html", 200)

    def rotate_keys(self) -> Response:
        """For tests and demonstrations: sign with a new key; `{"retire": true}` withdraws the old ones at once."""
        # JSON only: another site's page cannot send that here without asking first (CORS).
        wishes = request.get_json()
        self._provider.keys.rotate(retire=isinstance(wishes, dict) and wishes.get("retire") is True)
        return self.jwks()

    def style(self) -> Response:
        """The style sheet of the pages."""
        return Response(render_template("style.css"), mimetype="text/css")


def _asked() -> str:
    """The authorization request, as it stands in the address."""
    return request.query_string.decode("ascii", "replace")


def _strength(grant: CodeGrant) -> bool:
    """Whether the request asks for a second factor; `UnmetError`, sent back, where it asks for what nobody has here."""
    payload = grant.request.payload
    strong = asked_strength(payload.data.get("acr_values", ""))
    if strong is None:
        raise UnmetError(
            "None of acr_values is known here.", state=payload.state, redirect_uri=payload.redirect_uri
        )
    return strong


def _failed(error: HTTPException) -> Response:
    return _page("refused.html", error.code or 500, reason=error.name)


def _headers(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Security-Policy", _policy())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _policy(*form_targets: str) -> str:
    # Browsers hold `form-action` against the redirect that follows a form too, so the client's origin must stand in it.
    targets = " ".join(("'self'", *form_targets))
    return f"default-src 'none'; style-src 'self'; form-action {targets}; frame-ancestors 'none'; base-uri 'none'"


def _page(name: str, status: int, *, redirect_uri: str | None = None, **values: object) -> Response:
    response = Response(render_template(name, **values), status=status)
    if redirect_uri is not None:
        parts = urlsplit(redirect_uri)
        response.headers["Content-Security-Policy"] = _policy(f"{parts.scheme}://{parts.netloc}")
    return response


def _groups(client: Client) -> list[Group]:
    groups = [
        Group("Practitioners", tuple(one for one in STAFF if client.admits(one) and not one.is_officer)),
        Group(
            "Information governance officers",
            tuple(one for one in STAFF if client.admits(one) and one.is_officer),
        ),
        Group("Residents", tuple(one for one in residents() if client.admits(one))),
    ]
    return [group for group in groups if group.accounts]


def _signed_in(client: Client, username: str, password: str) -> Account | None:
    account = account_named(username)
    right = hmac.compare_digest(password.encode("utf-8", "replace"), SANDBOX_PASSWORD.encode())
    return account if account is not None and right and client.admits(account) else None


def _bearer(provider: Provider, authorization: str) -> Account | None:
    """The account that one of our own access tokens is about."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        proven = jwt.decode(token, provider.keys.published, algorithms=[ALGORITHM])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": provider.issuer}, exp={"essential": True}
        ).validate(proven.claims)
    except (JoseError, ValueError):
        return None
    scopes = str(proven.claims.get("scope", "")).split()
    if proven.header.get("typ") != "at+jwt" or "openid" not in scopes:
        return None
    return account_of(str(proven.claims.get("sub")))


def _discovery(issuer: str) -> dict[str, object]:
    """OpenID Connect Discovery 1.0 section 3, RFC 8414, RFC 9207."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "end_session_endpoint": f"{issuer}/end_session",
        "scopes_supported": sorted(ALL_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": [
            "sub",
            "acr",
            "auth_time",
            "name",
            "organisation",
            "role",
            "vot",
            "vtm",
            "identity_proofing_level",
            "nhs_number",
            "birthdate",
        ],
        "acr_values_supported": list(KNOWN),
        "prompt_values_supported": ["login"],
    }
