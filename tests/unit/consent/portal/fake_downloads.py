"""A fake download of the portal: the person's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request

from consent.portal.downloading_ports import InIt
from consent.portal.ports import NotPossible, Resident
from core.errors import ClosedError
from core.pages.words import Words

PARTS = (
    InIt("What you decided", "Everything you allowed, stopped or said no to, and what stands now."),
    InIt("Who looked", "Every look, every try and every change, each with the proof that nobody changed it."),
    InIt(
        "Who knows you", "Which organisations told us that they know you, and the number they have for you."
    ),
)


@dataclass
class FakeDownloads:
    """`DownloadServices` without a gateway."""

    asked: list[tuple[str, bool, frozenset[int]]] = field(default_factory=list)

    def serving(self, resident: Resident) -> FakeDownloads:
        return self if resident.acting is None else FakeDownloadsWithin(self.asked)

    def in_it(self, _: Words) -> Sequence[InIt]:
        return PARTS

    async def signed_in_anew(self, request: Request) -> bool:
        return request.cookies.get("state") != "stale"

    async def download(
        self, person: str, _: Words, *, secret: bool, hidden: frozenset[int]
    ) -> AsyncIterator[bytes]:
        if person == "closed":
            raise ClosedError("audit log", "does not answer")
        if person == "none":
            raise NotPossible("There is nothing of yours here any more.")
        self.asked.append((person, secret, hidden))
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield b"PK begun, "
        yield b"and ended"


@dataclass
class FakeDownloadsWithin(FakeDownloads):
    """A representative's."""

    def in_it(self, _: Words) -> Sequence[InIt]:
        return (InIt("What was decided", "What was allowed or stopped of what you may decide about."),)

    async def signed_in_anew(self, request: Request) -> bool:
        return False
