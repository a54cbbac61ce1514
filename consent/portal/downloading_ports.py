"""What the page "Download everything" is handed by the gateway, and what a feature gives to have its rows in the file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request

from consent.portal.ports import Resident
from core.pages.words import Words
from core.vocabulary import JsonObject


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One thing that rests about a person.

    heading, facts: for people, in their words; a fact is a name and what it is. data: for machines, as it rests or whole.
    names: codes of the organisations that it names anywhere. secret: that others must not read it by accident, whomever it
    names. index: its place in the log, where it has one, by which a person hides it.
    """

    heading: str
    facts: tuple[tuple[str, str], ...]
    data: JsonObject
    names: frozenset[str] = field(default_factory=frozenset)
    secret: bool = False
    index: int | None = None


class HeldPart(Protocol):
    """One kind of thing that rests about people. A feature that keeps rows about people adds one of its own."""

    @property
    def name(self) -> str:
        """The name of its files, e.g. `decisions`: small letters and hyphens."""
        ...

    def title(self, _: Words) -> str:
        """What it is called, e.g. "What you decided"."""
        ...

    def about(self, _: Words) -> str:
        """What is in it, in a sentence."""
        ...

    def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """The person's rows, newest first, a few in memory at a time; never what is held back from them.

        Nothing for whoever is not known. May raise `core.errors.ClosedError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class InIt:
    """What the page says of one part."""

    title: str
    about: str


class DownloadServices(Protocol):
    """The download of everything held. Every method may raise `core.errors.ClosedError` (the page says so)."""

    def serving(self, resident: Resident) -> DownloadServices:
        """These services as far as they are this resident's: a representative's file holds what is within their scope."""
        ...

    def in_it(self, _: Words) -> Sequence[InIt]:
        """What the file holds; the same for everybody."""
        ...

    async def signed_in_anew(self, request: Request) -> bool:
        """Whether whoever is signed in signed in a few minutes ago: only then may `secret` be asked for."""
        ...

    async def download(
        self, person: str, _: Words, *, secret: bool, hidden: frozenset[int]
    ) -> AsyncIterator[bytes]:
        """Write into the log that everything is downloaded; then the ZIP file, piece by piece.

        secret: with what others must not read by accident. hidden: places in the log of what the person hides, which come
        only with it. Raises `NotPossible` for whoever is not known any more.
        """
        ...
