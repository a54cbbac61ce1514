"""What the pages of "Settings" are handed: how the resident is reached, their language, the lines they hide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from starlette.requests import Request

Channel = Literal["", "none", "email", "text"]
"""`""`: the resident did not choose yet, so that they get no message."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How the resident is reached. others_read: somebody else may read it there, so that nothing is sent.

    hours: from which full hour to which a message may come (0 to 24, in the United Kingdom); None for at any time.
    """

    channel: Channel
    address: str = field(default="", repr=False)
    others_read: bool = True
    hours: tuple[int, int] | None = None


NOT_REACHED = Contact("none")


@dataclass(frozen=True, slots=True)
class Preferences:
    """All settings. language: BCP 47 code, empty where not chosen. hidden: places in the log of lines that are left out."""

    contact: Contact
    language: str
    hidden: frozenset[int]


class SettingsServices(Protocol):
    """The resident's settings. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def preferences(self, person: str) -> Preferences:
        """What the resident chose; nothing for somebody who is not known any more."""
        ...

    def address(self, channel: Channel, typed: str) -> str | None:
        """The address as it would be kept; None for one that no message can be sent to."""
        ...

    async def reach(self, person: str, contact: Contact) -> None:
        """Reach them so from now on. Raises `NotPossible`."""
        ...

    async def check(self, person: str) -> None:
        """Send them a message by which they see that one reaches them. Raises `NotPossible`, too soon after another too."""
        ...

    async def speak(self, person: str, language: str) -> None:
        """Write to them in this language. Raises `NotPossible`."""
        ...

    async def hide(self, person: str, index: int) -> None:
        """Leave the line out of their history, and the line that tells of this. Raises `NotPossible`."""
        ...

    async def show_again(self, person: str) -> None:
        """Leave out nothing any more. Raises `NotPossible`."""
        ...

    async def signed_in_anew(self, request: Request) -> bool:
        """Whether whoever asks signed in a few minutes ago."""
        ...

    async def leave(self, request: Request) -> None:
        """End the session of this request at once; nothing where there is none."""
        ...
