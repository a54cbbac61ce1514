"""How somebody signed in: by password, or by password and a second factor that an application asked for (RFC 9470).

A step-up begins once the password was right: a ticket stands for it while the code is typed. The code is six digits, for one
authorization request and a few tries. The sandbox has no phone, so its own page shows it.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from adapters.sandbox.identity_provider.accounts import Account

STRONG: Final = "https://refeds.org/profile/mfa"
"""REFEDS MFA profile: the `acr` of a sign-in with a second factor."""
STAFF_PASSWORD: Final = "staff-password"  # noqa: S105 - the name of a level
RESIDENT: Final = "P9.Cp.Cd"
"""NHS login's vector of trust (RFC 8485)."""
KNOWN: Final = (STRONG, STAFF_PASSWORD, RESIDENT)

TICKET_SECONDS: Final = 300
TRIES: Final = 3
TICKETS_MAXIMUM: Final = 1_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who just signed in; Authlib takes it for the user. at: seconds since 1970."""

    account: Account
    at: float
    strong: bool = False

    @property
    def acr(self) -> str:
        """How strongly."""
        if self.strong:
            return STRONG
        return RESIDENT if self.account.is_resident else STAFF_PASSWORD

    @property
    def amr(self) -> list[str]:
        """By what (RFC 8176)."""
        return ["mfa", "otp", "pwd"] if self.strong else ["pwd"]

    def get_user_id(self) -> str:
        """Authlib's name for the subject."""
        return self.account.subject


def asked_strength(acr_values: str) -> bool | None:
    """Whether a request asks for a second factor: by the first level in it that is known here; None where none is.

    acr_values: OpenID Connect Core section 3.1.2.1, in order of preference; empty where the request has none.
    """
    asked = acr_values.split()
    if not asked:
        return False
    known = next((one for one in asked if one in KNOWN), None)
    return None if known is None else known == STRONG


@dataclass(frozen=True, slots=True)
class Ticket:
    """A right password that waits for its code. request: the authorization request that it is for."""

    account: Account
    request: str
    code: str
    until: float
    tries: int = TRIES


class SecondFactors:
    """The tickets that wait. Safe to use from several threads."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._waiting: dict[str, Ticket] = {}

    def begin(self, account: Account, request: str) -> tuple[str, Ticket]:
        """A new ticket and its name."""
        name = secrets.token_urlsafe(32)
        code = f"{secrets.randbelow(1_000_000):06d}"
        ticket = Ticket(account, request, code, self._now() + TICKET_SECONDS)
        with self._lock:
            self._waiting = {known: one for known, one in self._waiting.items() if one.until > self._now()}
            while len(self._waiting) >= TICKETS_MAXIMUM:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[name] = ticket
        return name, ticket

    def try_code(self, name: str, request: str, typed: str) -> SignedIn | Ticket | None:
        """The sign-in where the code is right, the ticket where it may be tried again, None where it has to begin anew."""
        with self._lock:
            ticket = self._waiting.pop(name, None)
            if ticket is None or ticket.request != request or ticket.until <= self._now():
                return None
            digits = "".join(typed.split())
            if hmac.compare_digest(digits.encode("utf-8", "replace"), ticket.code.encode()):
                return SignedIn(ticket.account, self._now(), strong=True)
            left = replace(ticket, tries=ticket.tries - 1)
            if left.tries == 0:
                return None
            self._waiting[name] = left
            return left
