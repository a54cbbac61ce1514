"""The caller: what a verified access token says about who is asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.identity.errors import StepUp, TokenError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, as their issuer vouches and our trust register allows.

    issuer: URL of the issuer (`iss`).
    organisation: the recipient, taken from the trust register's entry of the client; the token only confirms it.
    client: the partner application (`client_id`).
    practitioner: the signed-in person (`sub`); None for an application alone. Goes into sealed places only.
    role: the practitioner's role in the organisation; None exactly when `practitioner` is None.
    scopes: RFC 6749 section 3.3.
    token_id: `jti`.
    acr: how strongly the practitioner signed in, in the issuer's words.
    strong_until: until when (seconds since 1970) their sign-in counts as a step-up (RFC 9470); None where it never did.
    family_name, given_name: of the practitioner, where the issuer tells them; compared for alerts, and never kept.
    step_up: what their issuer calls a step-up sign-in; None where the trust register knows none of it.
    expires_at: seconds since 1970 (`exp`).
    """

    issuer: str
    organisation: str
    client: str
    practitioner: str | None
    role: str | None
    scopes: frozenset[str]
    token_id: str
    acr: str | None
    expires_at: int
    strong_until: int | None = None
    step_up: StepUp | None = None
    family_name: str = field(default="", repr=False)
    given_name: str = field(default="", repr=False)

    def strong(self, now: float) -> bool:
        """Whether the practitioner has just signed in by more than a password."""
        return self.strong_until is not None and now < self.strong_until


def require_scope(caller: Caller, scope: str) -> None:
    """Raise `TokenError("insufficient_scope", ...)` unless the caller holds the scope (RFC 6750 section 3.1)."""
    if scope not in caller.scopes:
        raise TokenError(
            "insufficient_scope",
            f"This call needs the scope {scope}. Ask the issuer for a token with it.",
            scope=scope,
        )


def require_one_scope(caller: Caller, scopes: Sequence[str]) -> None:
    """Raise as `require_scope` does, about the first of the scopes, unless the caller holds one of them."""
    if caller.scopes.isdisjoint(scopes):
        require_scope(caller, scopes[0])
