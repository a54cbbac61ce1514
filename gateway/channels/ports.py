"""What telling a resident needs: how they can be reached (their own settings), and what carries a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.errors import OnceToldError


class By(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    TEXT = "text"


class About(StrEnum):
    """What somebody is told of: the closed list of templates. None of them names anybody, or says what it is about."""

    REQUEST = "request"
    """Somebody asks them something."""
    ENDING = "ending"
    """Something that they allowed ends soon."""
    ANSWER = "answer"
    """Somebody answered what they asked."""
    REFERRAL = "referral"
    """They were sent on for help as they agreed, or something became of it."""
    CHECK = "check"
    """They asked whether a message reaches them."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """Where a resident wants to be told. address: an e-mail address or a telephone number; never in a log or an error.

    language: a BCP 47 code. not_before: they are not told before this moment (their quiet hours); None for at any time.
    """

    by: By
    address: str = field(repr=False)
    language: str = "en"
    not_before: datetime | None = None


class Reach(Protocol):
    """How a resident can be reached, from their own settings as they stand at the moment of sending."""

    async def of(self, person: str) -> Reachable | None:
        """None: they said that they want no messages, said nothing yet, a message would endanger them, or are erased.

        person: the internal id. May raise `core.errors.ClosedError`: then it is tried again later.
        """
        ...


class NobodyReachable:
    """Reaches nobody: what counts until somebody chose a channel. Implements `Reach`."""

    async def of(self, person: str) -> Reachable | None:
        """See `Reach.of`."""
        return None


@dataclass(frozen=True, slots=True)
class Message:
    """One message. reference: opaque and random, the same at each try, by which a channel can tell a repeated one.

    None of it depends on whom it is about, but address and language.
    """

    by: By
    address: str = field(repr=False)
    subject: str
    body: str
    about: About
    reference: str


class NotSentError(OnceToldError):
    """A message was not taken. again: whether another try may help; `code` says why, and holds nothing of the message."""

    def __init__(self, code: str, *, again: bool) -> None:
        super().__init__(f"a message was not taken: {code}")
        self.code = code
        self.again = again


class Channel(Protocol):
    """Carries messages of some kinds."""

    @property
    def carries(self) -> frozenset[By]:
        """Which kinds it can carry."""
        ...

    async def send(self, message: Message) -> None:
        """Hand the message over; it was taken when this returns. Raises `NotSentError`.

        May be called again with the same reference after a failure whose outcome nobody knows.
        """
        ...
