"""The thin shell between a web request and the verifier."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.identity.caller import Caller
from gateway.identity.errors import TokenError
from gateway.identity.verifier import TokenVerifier

_TOKEN_PARAMETERS = frozenset({"access_token", "id_token"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def authenticate(request: Request, verifier: TokenVerifier) -> Caller:
    """Who sends the request; raises as `TokenVerifier.verify` does, and for tokens anywhere but in the header.

    RFC 6750 section 2.2 and 2.3 would allow tokens in a form body or the query, FAPI 2.0 section 5.3.2.1 does not: they
    end up in logs. They are refused even beside a good header.
    """
    refuse_tokens_elsewhere(request.scope["query_string"], request.headers.get("content-type", ""))
    return await verifier.verify(request.headers.getlist("authorization"))


def refuse_tokens_elsewhere(query: bytes, content_type: str) -> None:
    """Raise `TokenError("invalid_request", ...)` for a token in the query, and for any form: the API speaks JSON."""
    if query:
        names = {name.lower() for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)}
        if not names.isdisjoint(_TOKEN_PARAMETERS):
            raise TokenError(
                "invalid_request", "Send the token in the Authorization header, never in the address."
            )
    if content_type.strip().lower().startswith(_FORMS):
        raise TokenError(
            "invalid_request", "Send JSON, and the token in the Authorization header, never in a form."
        )
