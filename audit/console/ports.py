"""What the officers' console is handed by the gateway: who is signed in, the entries of their organisation, the log.

An officer sees what concerns their own organisation and nothing else; the services see to that, and write down every
search and every look of the officer themselves. Everything that passes is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from starlette.requests import Request

SEARCH_PAGE = 50
"""How many rows `ConsoleServices.search` gives at most; exactly as many mean that there may be older ones."""


@dataclass(frozen=True, slots=True)
class Officer:
    """Whoever is signed in. id: opaque. csrf: token for the session's forms."""

    id: str
    name: str
    organisation: str
    organisation_name: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a filter, and how it is called."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """What the filters offer to this officer."""

    kinds: tuple[Option, ...]
    outcomes: tuple[Option, ...]
    purposes: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is searched for; None or empty text means any. Days are London's and both included; before: an index."""

    text: str = ""
    kind: str | None = None
    outcome: str | None = None
    purpose: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as a search shows it. kind and outcome are codes of `FilterOptions`; the person is a pseudonym."""

    index: int
    at: datetime
    kind: str
    outcome: str
    recipient_name: str
    role: str
    purpose_title: str
    person_pseudonym: str


@dataclass(frozen=True, slots=True)
class SourceFields:
    """What left from one source: its name and the names of the fields, e.g. "tenancy.landlord"."""

    source_name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry in full.

    basis, clause: the legal basis and the agreement's clause that let it through, or refused it; decision: the policy's
    answer in words; reason: what the practitioner gave; person_said: what the person had allowed or objected to then;
    proof_state: where its proof stands, in words; leaf: base64; receipt: the proof's text, empty while there is none.
    """

    row: Row
    fields: tuple[SourceFields, ...]
    basis: str
    clause: str
    decision: str
    reason: str
    person_said: str
    proof_state: str
    leaf: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether an entry's proof holds, when it was tried, and what was found, in a sentence."""

    ok: bool
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LogState:
    """The log as it stands: how many entries, and its last checkpoint (C2SP tlog-checkpoint); None while it is empty."""

    size: int
    checkpoint_at: datetime | None
    checkpoint: str


class ConsoleServices(Protocol):
    """What the console asks of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def signed_in(self, request: Request) -> Officer | None:
        """Who is signed in with this request's session; None for nobody, or for somebody who is no officer."""
        ...

    def sign_in_url(self, request: Request) -> str:
        """Where to sign in, so as to come back to this request's page."""
        ...

    def sign_out_url(self, request: Request) -> str:
        """Where the sign-out form posts (with the field `csrf`); it ends at `/console/signed-out`."""
        ...

    def csrf_ok(self, request: Request, token: str) -> bool:
        """Whether a form's token belongs to this request's session."""
        ...

    async def options(self, officer: Officer) -> FilterOptions:
        """What the filters offer."""
        ...

    async def search(self, officer: Officer, filters: Filters) -> tuple[Row, ...]:
        """The entries of the officer's organisation, newest first, at most `SEARCH_PAGE`. Written into the log itself."""
        ...

    async def item(self, officer: Officer, index: int) -> Item | None:
        """One entry; None when it does not concern the officer's organisation. Written into the log itself."""
        ...

    async def verify(self, officer: Officer, index: int) -> Verified:
        """Check the entry's proof against the log's checkpoint, now. Only called for what `item` gave."""
        ...

    async def log_state(self) -> LogState:
        """The log as it stands."""
        ...
