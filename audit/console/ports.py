"""What the officers' console is handed by the gateway: who is signed in, the entries of their organisation, the log.

An officer sees what concerns their own organisation and nothing else; the services see to that, and write down every
search and every look of the officer themselves. Everything that passes is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from starlette.requests import Request

from audit.console.overviews import Overview
from audit.console.samples import Samples
from core.errors import OnceToldError

ReviewKind = Literal["break-glass", "hold-back", "look-again", "sample"]
"""What officers are asked: was the look right, may the person be told later, is there still danger; `sample`: was a look
that was drawn by chance right."""

Answer = Literal["right", "wrong", "agree", "again", "tell"]
"""How they answer: `right` or `wrong` a look; `agree` a hold; `again` and `tell` a danger."""

WORDS_LENGTH = 2000
"""How many characters an officer's words may have."""

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

    @property
    def titles(self) -> dict[str, str]:
        """Code -> what it is called, for kinds and outcomes."""
        return {option.value: option.title for option in (*self.kinds, *self.outcomes)}


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
class Hold:
    """Why the person is not told of an entry, and until when. countersigned, released: when, or None while it is not so."""

    reason: str
    look_again: datetime
    countersigned: datetime | None
    released: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What officers of one organisation decided about an entry, or have yet to: at and index are None until then.

    outcome: in words, empty until then. index: of the entry that tells of it.
    """

    kind: ReviewKind
    organisation_name: str
    outcome: str
    at: datetime | None
    index: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """One entry in full.

    basis, clause: the legal basis and the agreement's clause that let it through, or refused it; decision: the policy's
    answer in words; reason: what the practitioner gave; person_said: what the person had allowed or objected to then;
    proof_state: where its proof stands, in words; leaf: base64; receipt: the proof's text, empty while there is none.
    emergency: the coded reason of an emergency look, in plain words. hold: None where the person is told at once.
    reviews: those of the officer's own organisation. about, words: of an officer's decision, which entry and why.
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
    emergency: str = ""
    hold: Hold | None = None
    reviews: tuple[Decided, ...] = ()
    about: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many reviews wait for the officer's organisation, and how many of them are overdue."""

    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Task:
    """One review that waits. left: hours until it is due, rounded down, so that it is below zero once it is overdue."""

    kind: ReviewKind
    row: Row
    due: datetime
    left: int


@dataclass(frozen=True, slots=True)
class Review:
    """One review with all that is needed to decide it.

    task: None once it is decided, when `ours` says how. others: what else was or is to be decided about the entry.
    barred: why this officer may not decide, in words. first_day, last_day: when the danger may be looked at again.
    version: what the form hands back, so that nobody decides about something that has changed meanwhile.
    """

    kind: ReviewKind
    item: Item
    task: Task | None
    ours: Decided | None
    others: tuple[Decided, ...]
    barred: str
    first_day: date
    last_day: date
    version: str


@dataclass(frozen=True, slots=True)
class Decision:
    """An officer's answer. words: why; look_again: the day on which the danger is looked at again."""

    answer: Answer
    words: str
    look_again: date | None
    version: str


class NotDecided(OnceToldError):  # noqa: N818 - an answer to the officer, not a fault
    """It cannot be decided so; `words` say why, to be shown as they are."""

    def __init__(self, words: str) -> None:
        super().__init__("not decided")
        self.words = words


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

    async def waiting(self, officer: Officer) -> Waiting:
        """How much waits for the officer's organisation."""
        ...

    async def tasks(self, officer: Officer) -> tuple[Task, ...]:
        """The reviews that wait for the officer's organisation, the earliest due first. Written into the log itself."""
        ...

    async def review(self, officer: Officer, kind: ReviewKind, index: int) -> Review | None:
        """One review; None when their organisation has none of that kind about it. Written into the log itself."""
        ...

    async def decide(self, officer: Officer, kind: ReviewKind, index: int, decision: Decision) -> None:
        """Decide it, for good and in the log when this returns. Raises `NotDecided`. Only for what `review` gave."""
        ...

    async def overview(self, officer: Officer) -> Overview:
        """How the officer's organisation is doing, over the last weeks. Written into the log itself."""
        ...

    async def samples(self, officer: Officer) -> Samples:
        """What was drawn by chance of the organisation's looks, and what it came to. Written into the log itself."""
        ...

    async def draw(self, officer: Officer, percent: int) -> None:
        """Draw that many percent of last week's looks; announced in the log first. Raises `NotDecided`."""
        ...

    async def log_state(self) -> LogState:
        """The log as it stands."""
        ...
