"""Why a token was not accepted, in the words of RFC 6750."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from core.errors import OnceToldError

Code = Literal["invalid_request", "invalid_token", "insufficient_scope"]

_STATUS: Final[dict[Code, int]] = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}


class TokenError(OnceToldError):
    """A request's token was not accepted. `detail` says what to do and holds nothing of the token.

    code: RFC 6750 section 3.1. `status` is the HTTP status that goes with it.
    scope: the scope that is missing, with `insufficient_scope` only.
    """

    def __init__(self, code: Code, detail: str, *, scope: str | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.scope = scope

    @property
    def status(self) -> int:
        """The HTTP status of RFC 6750 section 3.1."""
        return _STATUS[self.code]

    def challenge(self, resource_metadata: str | None = None) -> str:
        """The WWW-Authenticate header (RFC 6750 section 3), with the address of the RFC 9728 metadata where given."""
        parts = [f'error="{self.code}"', f'error_description="{self.detail}"']
        if self.scope is not None:
            parts.append(f'scope="{self.scope}"')
        return _challenge(parts, resource_metadata)


class MissingTokenError(TokenError):
    """A request came without any Authorization header: the challenge then names no error (RFC 6750 section 3.1)."""

    def __init__(self) -> None:
        super().__init__("invalid_token", "Send an access token: Authorization: Bearer TOKEN.")

    def challenge(self, resource_metadata: str | None = None) -> str:
        """See `TokenError.challenge`."""
        return _challenge([], resource_metadata)


@dataclass(frozen=True, slots=True)
class StepUp:
    """What an issuer calls a step-up sign-in, and for how many seconds after it that counts (RFC 9470)."""

    acr_values: frozenset[str]
    max_age: int


class StepUpError(OnceToldError):
    """A good token of somebody who has to sign in again by more than a password (RFC 9470 section 3).

    code: of the problem that it becomes. step_up: what to ask the caller's issuer for; None where no sign-in of theirs
    would do.
    """

    code: Final = "step-up-needed"

    def __init__(self, detail: str, step_up: StepUp | None = None) -> None:
        super().__init__("insufficient_user_authentication")
        self.detail = detail
        self.step_up = step_up

    def challenge(self, resource_metadata: str | None = None) -> str:
        """The WWW-Authenticate header (RFC 9470 section 3). acr_values: in the order of their names, each will do."""
        parts = ['error="insufficient_user_authentication"', f'error_description="{self.detail}"']
        if self.step_up is not None:
            parts.append(f'acr_values="{" ".join(sorted(self.step_up.acr_values))}"')
            parts.append(f'max_age="{self.step_up.max_age}"')
        return _challenge(parts, resource_metadata)


def _challenge(parts: list[str], resource_metadata: str | None) -> str:
    if resource_metadata is not None:
        parts = [*parts, f'resource_metadata="{resource_metadata}"']
    return "Bearer" if not parts else "Bearer " + ", ".join(parts)
