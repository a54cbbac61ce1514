"""GET /.well-known/jwks.json: the public keys by which anybody checks a consent receipt (RFC 7517)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import JSONResponse, Response

from consent.receipts.keys import PublicKey, key_set
from gateway.api.documents import PUBLIC_PROBLEMS, problems
from gateway.api.models import Answer


class KeySetResponse(JSONResponse):
    """An answer of its own media type (RFC 7517 section 8.5.2)."""

    media_type = "application/jwk-set+json"


class KeyView(Answer):
    """One Ed25519 public key (RFC 8037). `exp`: from that second on nothing counts that it signed; absent while it signs."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str = Field(description="The public key, base64url.", pattern=r"^[A-Za-z0-9_-]{43}$")
    kid: str = Field(description="Its thumbprint (RFC 7638).", pattern=r"^[A-Za-z0-9_-]{43}$")
    use: Literal["sig"]
    alg: Literal["EdDSA"]
    exp: int | None = Field(default=None, description="Seconds since 1970.", ge=0)


class KeySetView(Answer):
    """A JWK set; the key that signs now comes first."""

    keys: list[KeyView] = Field(min_length=1)


def build_router(keys: Callable[[], Sequence[PublicKey]]) -> APIRouter:
    """The endpoint over the keys."""
    router = APIRouter(tags=["operations"], responses=problems(*PUBLIC_PROBLEMS))

    @router.get(
        "/.well-known/jwks.json",
        summary="The keys of consent receipts",
        response_class=KeySetResponse,
        response_model=KeySetView,
        response_description="JWK set (RFC 7517 section 5).",
        operation_id="getKeySet",
    )
    async def jwks() -> Response:
        """The Ed25519 keys that sign consent receipts, now, next and before. Keep a copy: a receipt is checked offline."""
        return KeySetResponse(key_set(keys()))

    return router
