"""What the steps of the story share, and how a step says that it held or did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from core.errors import OnceToldError
from gateway.demo.layout import Addresses
from gateway.smoke.browser import Browser
from gateway.smoke.partner import Answer, Partner

Say = Callable[[str], None]
PURPOSE: Final = "early-help-triage"


class StoryError(OnceToldError):
    """A step of the story did not hold."""


@dataclass
class Story:
    """What the steps share."""

    addresses: Addresses
    say: Say
    session: aiohttp.ClientSession
    partner: Partner
    resident: Browser
    person: str
    steps: int = 0
    allowed: set[tuple[str, str]] = field(default_factory=set)

    def held(self, what: str, seen: str) -> None:
        """Print one step that held."""
        self.steps += 1
        self.say(f"{self.steps:>2}. {what}: {seen}")

    async def ask(self, sections: list[str] | None = None) -> Answer:
        """Ask for the view, and check its receipt."""
        answer = await self.partner.view(self.person, PURPOSE, sections)
        expect(answer.status == 200, f"the view answered {answer.status}")
        self.partner.verify(answer)
        return answer


def expect(condition: bool, otherwise: str) -> None:
    """End the story, saying what did not hold, unless the condition does."""
    if not condition:
        raise StoryError(otherwise)
