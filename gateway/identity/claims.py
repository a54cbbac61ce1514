"""What a token must say to be an access token for us (RFC 9068 section 4, RFC 8725). Pure."""

from __future__ import annotations

import re
from typing import Final

from core.vocabulary import JsonObject
from gateway.identity.caller import Caller
from gateway.identity.errors import StepUp, TokenError
from gateway.identity.issuers import Issuer

LEEWAY_SECONDS: Final = 10
"""How far an issuer's clock may run ahead of ours (FAPI 2.0 section 5.3.2.1: accept 0-10 s, refuse beyond 60 s)."""

LIFETIME_MAXIMUM_SECONDS: Final = 3600
"""A token that lives longer could not be withdrawn in time; ours live 5 minutes."""

AUDIENCES_MAXIMUM: Final = 16

NAME_MAXIMUM: Final = 200

_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_ROLE = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
# RFC 6749 section 3.3: scope-token *( SP scope-token ).
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*", re.ASCII)


def issuer_url(claims: JsonObject) -> str:
    """The `iss` claim, which chooses the keys; or `TokenError`."""
    return _identifier(claims, "iss")


def caller_of(claims: JsonObject, issuer: Issuer, now: float) -> Caller:
    """The caller that signed claims of this issuer describe at `now` (seconds since 1970), or `TokenError`."""
    _check_binding(claims)
    _check_audience(claims, issuer)
    expires_at = _check_times(claims, now)
    client = _identifier(claims, "client_id")
    organisation = _organisation(claims, issuer, client)
    subject = _identifier(claims, "sub")
    alone = subject == client
    acr = _identifier(claims, "acr") if "acr" in claims else None
    family_name, given_name = ("", "") if alone else _names(claims)
    return Caller(
        issuer=issuer.url,
        organisation=organisation,
        client=client,
        practitioner=None if alone else subject,
        role=_role(claims, alone),
        scopes=_scopes(claims),
        token_id=_identifier(claims, "jti"),
        acr=acr,
        expires_at=expires_at,
        strong_until=None if alone else _strong_until(claims, issuer.step_up, acr, now),
        step_up=issuer.step_up,
        family_name=family_name,
        given_name=given_name,
    )


def _check_binding(claims: JsonObject) -> None:
    if "cnf" in claims:
        raise _invalid(
            "The token is bound to a key (cnf) and was sent as a plain Bearer token. Proof of possession (DPoP, mTLS) "
            "is not accepted here so far: ask the issuer for an unbound token."
        )


def _check_audience(claims: JsonObject, issuer: Issuer) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if len(audiences) > AUDIENCES_MAXIMUM or not all(isinstance(one, str) for one in audiences):
        raise _invalid("The token's audience (aud) must be a text or a short list of texts.")
    if issuer.audience not in audiences:
        raise _invalid(
            f"The token is for another service. Ask the issuer for the audience {issuer.audience}."
        )


def _check_times(claims: JsonObject, now: float) -> int:
    expires_at = _seconds(claims, "exp")
    issued_at = _seconds(claims, "iat")
    not_before = _seconds(claims, "nbf") if "nbf" in claims else issued_at
    if expires_at <= now:
        raise _invalid("The token has expired. Ask the issuer for a new one.")
    if expires_at - issued_at > LIFETIME_MAXIMUM_SECONDS:
        raise _invalid(
            f"The token lives too long. Have the issuer give {LIFETIME_MAXIMUM_SECONDS} seconds at most."
        )
    if max(issued_at, not_before) > now + LEEWAY_SECONDS:
        raise _invalid("The token is not valid yet. Set the issuer's clock right.")
    return expires_at


def _strong_until(claims: JsonObject, step_up: StepUp | None, acr: str | None, now: float) -> int | None:
    """RFC 9470: an acr that the trust register counts as strong, reached a short while ago (auth_time)."""
    if step_up is None or acr not in step_up.acr_values or "auth_time" not in claims:
        return None
    signed_in_at = _seconds(claims, "auth_time")
    if signed_in_at > now + LEEWAY_SECONDS:
        raise _invalid("The sign-in lies in the future (auth_time). Set the issuer's clock right.")
    return signed_in_at + step_up.max_age


def _organisation(claims: JsonObject, issuer: Issuer, client: str) -> str:
    organisation = issuer.clients.get(client)
    if organisation is None:
        raise _invalid(
            "The application (client_id) is not registered with this gateway. Ask its operator to add it."
        )
    if claims.get("organisation") != organisation:
        raise _invalid(
            "The token's organisation is not the one that its application is registered for. "
            "Sign in with an account of the application's own organisation."
        )
    return organisation


def _role(claims: JsonObject, alone: bool) -> str | None:
    role = claims.get("role")
    if alone:
        if role is not None:
            raise _invalid("A token of an application alone cannot carry a role. Sign a practitioner in.")
        return None
    if not isinstance(role, str) or not _ROLE.fullmatch(role):
        raise _invalid(
            "The token names a practitioner without a role. Have the organisation give the account a role."
        )
    return role


def _scopes(claims: JsonObject) -> frozenset[str]:
    scope = claims.get("scope", "")
    if scope == "":
        return frozenset()
    if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
        raise _invalid("The token's scope must be one text of scope names, each after one space.")
    return frozenset(scope.split(" "))


def _names(claims: JsonObject) -> tuple[str, str]:
    """Family and given name (OpenID Connect Core section 5.1, allowed in access tokens by RFC 9068 section 2.2.2).

    Both are optional, and of no weight: whatever is no name is none, and no token is refused for it.
    """
    family, given = (_name(claims, one) for one in ("family_name", "given_name"))
    if family:
        return family, given
    words = _name(claims, "name").split()
    return (words[-1], words[0]) if len(words) > 1 else ("", "")


def _name(claims: JsonObject, claim: str) -> str:
    value = claims.get(claim)
    return value if isinstance(value, str) and len(value) <= NAME_MAXIMUM else ""


def _identifier(claims: JsonObject, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise _invalid(f"The token needs the claim {name}: 1 to 255 printable ASCII characters.")
    return value


def _seconds(claims: JsonObject, name: str) -> int:
    value = claims.get(name)
    # `type` and not `isinstance`: true is an int to Python.
    if type(value) is not int or value < 0:
        raise _invalid(f"The token needs the claim {name}: whole seconds since 1970.")
    return value


def _invalid(detail: str) -> TokenError:
    return TokenError("invalid_token", detail)
