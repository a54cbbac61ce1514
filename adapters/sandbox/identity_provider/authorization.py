# mypy: disable-error-code="misc"
# Authlib is published without types: its classes are Any to mypy, and subclassing those is all that is switched off here.
"""The authorization server: Authlib's grants with the sandbox's accounts, clients and keys put in.

Authorization code with PKCE (S256, for every client), client credentials, ID tokens in NHS login's words, access tokens of
RFC 9068. Codes and nonces live in memory: a restart forgets them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import OpenIDCode
from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc.jwk import KeySet

from adapters.sandbox.identity_provider.accounts import Account
from adapters.sandbox.identity_provider.clients import Client
from adapters.sandbox.identity_provider.keys import ALGORITHM, SigningKeys
from adapters.sandbox.identity_provider.signing_in import RESIDENT, SignedIn

ID_TOKEN_SECONDS: Final = 300
CODE_SECONDS: Final = 60
REMEMBERED_MAXIMUM: Final = 10_000

Claims = dict[str, object]


@dataclass(frozen=True, slots=True)
class Provider:
    """What the parts of the provider share. `audience` is the gateway's API in access tokens of partners."""

    issuer: str
    audience: str
    keys: SigningKeys
    clients: Mapping[str, Client]


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that was given out, with the methods that Authlib calls on one (its AuthorizationCodeMixin)."""

    client_id: str
    redirect_uri: str
    scope: str
    signed_in: SignedIn
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    given_at: float

    def get_redirect_uri(self) -> str:
        """Must be named again when the code is exchanged."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was asked for."""
        return self.scope

    def get_nonce(self) -> str | None:
        """Goes into the ID token."""
        return self.nonce

    def get_auth_time(self) -> int:
        """When the account's holder signed in."""
        return int(self.signed_in.at)

    def get_acr(self) -> str | None:
        """How strongly."""
        return self.signed_in.acr

    def get_amr(self) -> list[str]:
        """By what."""
        return self.signed_in.amr


class Codes:
    """Codes given out and not yet exchanged, each for one exchange. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, Code] = {}
        self._nonces: dict[tuple[str, str], None] = {}

    def keep(self, value: str, code: Code) -> None:
        """Keep a new code and forget what is too old."""
        with self._lock:
            oldest = time.time() - CODE_SECONDS
            self._codes = {known: one for known, one in self._codes.items() if one.given_at > oldest}
            self._codes[value] = code
            if code.nonce is not None:
                self._nonces[code.client_id, code.nonce] = None
            while len(self._nonces) > REMEMBERED_MAXIMUM:
                del self._nonces[next(iter(self._nonces))]

    def take(self, value: str, client_id: str) -> Code | None:
        """The code, this once. A failed exchange uses it up too (RFC 6749 section 4.1.2)."""
        with self._lock:
            code = self._codes.pop(value, None)
        if code is None or code.client_id != client_id or time.time() - code.given_at > CODE_SECONDS:
            return None
        return code

    def knows_nonce(self, client_id: str, nonce: str) -> bool:
        """Whether the client used this nonce before."""
        with self._lock:
            return (client_id, nonce) in self._nonces


def claims_about(account: Account) -> Claims:
    """What ID token and userinfo say beside `sub`: NHS login's claims for residents, organisation and role for staff."""
    claims: Claims = {"name": account.name}
    if account.nhs_number is not None and account.birth_date is not None:
        claims |= {
            "vot": RESIDENT,
            "vtm": "https://auth.sandbox.oncetold.test/trustmark",
            "identity_proofing_level": "P9",
            "nhs_number": account.nhs_number,
            "birthdate": account.birth_date.isoformat(),
        }
    else:
        claims |= {"organisation": account.organisation, "role": account.role}
    return claims


class SandboxServer(AuthorizationServer):
    """Authlib's server with our provider in it; `init_app` puts it on a Flask application."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(query_client=provider.clients.get, save_token=_forget)
        self.provider = provider
        self.codes = Codes()
        self.register_grant(CodeGrant, [ProofKey(required=True), IdTokens(provider, self.codes)])
        self.register_grant(ClientGrant)
        self.register_endpoint(SignOut)
        self.register_extension(NamedIssuer(provider.issuer))

    def create_bearer_token_generator(self, config: object) -> AccessTokens:
        """Authlib asks here for the default generator."""
        return AccessTokens(self.provider)


class AccessTokens(JWTBearerTokenGenerator):
    """RFC 9068: for a partner's clients about the gateway's API, for the gateway's own pages about userinfo."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(
            provider.issuer, alg=ALGORITHM, expires_generator=lambda client, _grant: client.seconds
        )
        self._provider = provider

    def get_jwks(self) -> KeySet:
        """The key to sign with."""
        return self._provider.keys.signing

    def get_audiences(self, client: Client, user: SignedIn | None, scope: str) -> str:
        """`aud`."""
        return self._provider.issuer if client.organisation is None else self._provider.audience

    def get_acr(self, user: SignedIn | None) -> str | None:
        """`acr`."""
        return None if user is None else user.acr

    def get_auth_time(self, user: SignedIn | None) -> int | None:
        """`auth_time`: a step-up counts for a while only."""
        return None if user is None else int(user.at)

    def get_extra_claims(self, client: Client, grant_type: str, user: SignedIn | None, scope: str) -> Claims:
        """`organisation`, and the practitioner's `role` and `name`."""
        if client.organisation is None:
            return {}
        return {"organisation": client.organisation} | (
            {} if user is None else {"role": user.account.role, "name": user.account.name}
        )

    def generate(
        self,
        grant_type: str,
        client: Client,
        user: SignedIn | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, object]:
        """The token answer, without refresh tokens."""
        allowed = client.scopes_for(None if user is None else user.account)
        asked = frozenset((scope or "").split()) or allowed
        if user is None and not asked <= allowed:
            raise InvalidScopeError
        # RFC 6749 section 3.3: what the account may not have is left out, and the answer says what was given.
        given = " ".join(sorted(asked & allowed))
        token: dict[str, object] = super().generate(
            grant_type, client, user, given, expires_in, include_refresh_token=False
        )
        return token


class CodeGrant(grants.AuthorizationCodeGrant):
    """Authorization code (RFC 6749 section 4.1)."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["client_secret_basic"]
    server: SandboxServer

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Keep what the exchange will need."""
        data = request.payload.data
        kept = Code(
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            signed_in=request.user,
            nonce=data.get("nonce"),
            code_challenge=data["code_challenge"],
            code_challenge_method=data["code_challenge_method"],
            given_at=time.time(),
        )
        self.server.codes.keep(code, kept)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Take the code, this once."""
        return self.server.codes.take(code, client.client_id)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Taken already."""

    def authenticate_user(self, authorization_code: Code) -> SignedIn:
        """Who signed in, and how."""
        return authorization_code.signed_in


class ClientGrant(grants.ClientCredentialsGrant):
    """Client credentials (RFC 6749 section 4.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["client_secret_basic"]


class IdTokens(OpenIDCode):
    """ID tokens (OpenID Connect Core section 2)."""

    def __init__(self, provider: Provider, codes: Codes) -> None:
        super().__init__(require_nonce=False)
        self._provider = provider
        self._codes = codes

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        """Whether the nonce was used before."""
        return self._codes.knows_nonce(request.payload.client_id, nonce)

    def resolve_client_private_key(self, client: Client) -> KeySet:
        """The key to sign with."""
        return self._provider.keys.signing

    def get_client_algorithm(self, client: Client) -> str:
        """ES256 for all."""
        return ALGORITHM

    def get_client_claims(self, client: Client) -> Claims:
        """The claims that are not about the account."""
        now = int(time.time())
        return {
            "iss": self._provider.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
        }

    def generate_user_info(self, user: SignedIn, scope: str) -> Claims:
        """The claims about the account."""
        return {"sub": user.account.subject, **claims_about(user.account)}


class SignOut(EndSessionEndpoint):
    """RP-initiated logout. There is no session to end: every authorization asks for the password again."""

    server: SandboxServer

    def get_server_jwks(self) -> KeySet:
        """The keys that prove the hint."""
        return self.server.provider.keys.published

    def get_algorithms(self) -> list[str]:
        """ES256 only."""
        return [ALGORITHM]

    def is_post_logout_redirect_uri_legitimate(
        self, request: OAuth2Request, post_logout_redirect_uri: str, client: Client, logout_hint: str | None
    ) -> bool:
        """Registered for the client (checked before), and that is enough: the gateway keeps no ID token to send along."""
        return True

    def end_session(self, end_session_request: object) -> None:
        """Nothing is kept."""


class NamedIssuer(IssuerParameter):
    """Tells the client who answered (RFC 9207)."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        """Our URL."""
        return self._issuer


class UnmetError(InvalidRequestError):
    """No way of signing in here reaches what the request asks for (Unmet Authentication Requirements 1.0, RFC 9470)."""

    error = "unmet_authentication_requirements"


class ProofKey(CodeChallenge):
    """PKCE for every client, S256 only (RFC 9700 section 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD: Final = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Refuse an authorization request without a challenge."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Send 'code_challenge' with 'code_challenge_method=S256'.")
        super().validate_code_challenge(grant, redirect_uri)


def _forget(_token: Mapping[str, object], _request: OAuth2Request) -> None:
    """Access tokens prove themselves; none is kept."""
