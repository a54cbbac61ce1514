"""Why somebody is not signed in. Nothing here quotes a token, a claim or an address."""

from __future__ import annotations

from core.errors import OnceToldError


class SignInError(OnceToldError):
    """A sign-in did not succeed."""


class NotAdmittedError(SignInError):
    """The person is who they are, and may not come in here. `words` tell them why and what to do, as they stand.

    reason: a code for the log.
    """

    def __init__(self, words: str, reason: str = "not-admitted") -> None:
        super().__init__(reason)
        self.words = words
        self.reason = reason


class StartAgainError(SignInError):
    """An answer of the identity provider that belongs to no attempt of this browser: too old, used, or forged."""


class DeclinedError(SignInError):
    """The person turned back at the identity provider, or it did not let them sign in."""


class ProviderError(SignInError):
    """The identity provider cannot be reached or says something that it must not say. `fault` is for the log."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"identity provider: {fault}")
        self.fault = fault


class IdTokenError(SignInError):
    """An ID token is not believed. `fault` is for the log."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"ID token: {fault}")
        self.fault = fault
