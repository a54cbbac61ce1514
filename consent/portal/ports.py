"""What the resident's portal is handed by the gateway: who is signed in, what they allowed, who looked, and the proofs.

The portal knows neither the log nor the sign-in. `PortalServices` is the whole of what it asks for; everything that
passes is frozen and already in the words a resident reads (organisation names, section titles), never codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from starlette.requests import Request

from consent.portal.acting_ports import ActingFor
from consent.portal.questions_ports import Beside
from consent.portal.told_ports import Told
from core.errors import OnceToldError

HISTORY_PAGE = 25
"""How many looks `PortalServices.history` gives at most; exactly as many mean that there may be older ones."""

What = Literal[
    "looked",
    "tried",
    "emergency",
    "changed",
    "allowed",
    "stopped",
    "said-no",
    "took-back",
    "requested",
    "declined",
    "checked",
    "story",
    "story-deleted",
    "settings",
    "downloaded",
]
Found = Literal["right", "wrong", "waiting"]
"""What was found when a look was checked, or that it still is being checked."""
Said = Literal[
    "right",
    "wrong",
    "later",
    "still-later",
    "now",
    "asked",
    "answered-right",
    "answered-mistake",
    "answered-later",
    "answered-not-known",
    "revealed",
]
"""What somebody said about a look: was it right, and when is the resident told of it; what the resident asked, and what was
answered; and that somebody who checks looks looked up whose it was."""


class NotPossible(OnceToldError):  # noqa: N818 - an answer to the resident, not a fault
    """What the resident asked for cannot be done; `words` say why, to be shown to them as they are."""

    def __init__(self, words: str) -> None:
        super().__init__("not possible for this resident now")
        self.words = words


@dataclass(frozen=True, slots=True)
class Resident:
    """Whoever is signed in.

    person: opaque internal id, never shown, of whom the pages are about. name: as the sign-in service tells it. csrf: token
    for the session's forms. assurance: how sure the sign-in is, e.g. "P9"; never shown. acting: where whoever is signed in
    acts for that person, and is somebody else.
    """

    person: str
    name: str
    csrf: str
    assurance: str
    acting: ActingFor | None = None

    @property
    def own(self) -> str:
        """The id of whoever is signed in, for whomever they act."""
        return self.person if self.acting is None else self.acting.by


@dataclass(frozen=True, slots=True)
class Permitted:
    """One thing the resident allows. kinds: section titles; sources: names; times are timezone-aware."""

    id: str
    organisation_name: str
    purpose_title: str
    purpose_words: str
    kinds: tuple[str, ...]
    sources: tuple[str, ...]
    since: datetime
    until: datetime | None
    last_looked: datetime | None


@dataclass(frozen=True, slots=True)
class LawAllows:
    """Looks for one purpose that need no permission. why: the law in plain words; object_to: whom to tell, and how."""

    purpose_title: str
    organisation_names: tuple[str, ...]
    why: str
    object_to: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Who can look right now."""

    permitted: tuple[Permitted, ...]
    law_allows: tuple[LawAllows, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of information that could be allowed. section: its code, only ever in a form's value.

    title: what the resident reads. fields: names of the single facts. sources: names of the organisations that hold it.
    """

    section: str
    title: str
    fields: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be allowed to one organisation for one purpose (both codes, used in addresses and forms only).

    legal_text: what the law says about it, in plain words. longest_days: the longest time, None where there is no cap.
    """

    organisation: str
    organisation_name: str
    purpose: str
    purpose_title: str
    purpose_words: str
    legal_text: str
    kinds: tuple[Kind, ...]
    longest_days: int | None


@dataclass(frozen=True, slots=True)
class Way:
    """How some people of an organisation could look. who: their roles. kinds: exactly what they would be shown.

    questions: what they could be told yes to, in place of being shown anything. until: when the resident's own yes ends,
    None where there is no end or it was not needed. stop: the id of the one permission that it rests on, to stop it by.
    why_law: the law in plain words. object_to: whom to tell, and how; empty where saying no changes nothing. say_no: the
    address of the page that tells what a no stops and what it cannot; empty where there is none.
    """

    who: tuple[str, ...]
    purpose_title: str
    purpose_words: str
    kinds: tuple[Kind, ...]
    questions: tuple[str, ...]
    until: datetime | None
    stop: str | None
    why_law: str
    object_to: str
    say_no: str = ""


@dataclass(frozen=True, slots=True)
class CouldLook:
    """One organisation that could look, and the ways in which it could."""

    organisation_name: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class WhoCouldLook:
    """Who could look at the resident now: because they allowed it; unless they say no; whatever they say; in an emergency.

    complete: False where there were too many to list. Nobody stands here who would be shown nothing.
    """

    allowed: tuple[CouldLook, ...]
    unless_no: tuple[CouldLook, ...]
    law: tuple[CouldLook, ...]
    emergency: tuple[CouldLook, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """What the resident chose to allow: at least one section of the offer, for 1 day or more."""

    organisation: str
    purpose: str
    sections: frozenset[str]
    days: int


@dataclass(frozen=True, slots=True)
class Done:
    """That it was done. reference: for the resident to quote, safe in an address. receipt: text to keep.

    permitted: what is allowed now, or what was stopped; None when it cannot be shown. what: which of the two.
    """

    reference: str
    at: datetime
    receipt: str
    permitted: Permitted | None
    what: Literal["allowed", "stopped"] = "allowed"


@dataclass(frozen=True, slots=True)
class Check:
    """By which organisation a look was or is being checked, and what was found."""

    organisation_name: str
    found: Found


@dataclass(frozen=True, slots=True)
class ToldLater:
    """That the resident was not told of a look at once: since when they are, and why not before, in plain words."""

    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class About:
    """What a decision was about: the look, by its place in the log and its time; and what was said of it."""

    index: int
    at: datetime
    said: Said


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the resident's history. index: its place in the log. allowed_by: "you", or the law in plain words.

    because: why it was an emergency. checks: who checks it. told_later: None where the resident was told at once.
    about: for a line that tells of a check, the look that was checked. told: what others wrote down or did in their
    place. question: what the resident asked about this look. can_ask: whether they can ask now.
    """

    index: int
    at: datetime
    what: What
    organisation_name: str
    role_words: str
    purpose_title: str
    kinds: tuple[str, ...]
    allowed_by: str
    because: str = ""
    checks: tuple[Check, ...] = ()
    told_later: ToldLater | None = None
    about: About | None = None
    question: Beside | None = None
    can_ask: bool = False
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """That all that happened before `up_to` stands in the resident's history: `many` lines. The day is everybody's alike.

    kept_since: what is older was deleted after its time; None where nothing was.
    """

    up_to: date
    many: int
    kept_since: date | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of one look. leaf_b64 and opening_json: what a stranger needs to check it without us.

    checked: whether the receipt and the log agree, just now. checked_words: the same in a sentence. can_ask: whether it is a
    look that can be asked about.
    """

    index: int
    receipt_text: str
    leaf_b64: str
    opening_json: str
    checked: bool
    checked_words: str
    can_ask: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """What anybody may know of a receipt: whether it is true, in words, and when the log took the line in."""

    checked: bool
    checked_words: str
    at: datetime | None


class PortalServices(Protocol):
    """What the portal asks of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def signed_in(self, request: Request) -> Resident | None:
        """Who is signed in with this request's session; None for nobody."""
        ...

    def sign_in_url(self, request: Request) -> str:
        """Where to sign in, so as to come back to this request's page."""
        ...

    def sign_out_url(self, request: Request) -> str:
        """Where the sign-out form posts (with the field `csrf`); it ends at `/portal/signed-out`."""
        ...

    def csrf_ok(self, request: Request, token: str) -> bool:
        """Whether a form's token belongs to this request's session."""
        ...

    def serving(self, resident: Resident) -> PortalServices:
        """These services as far as they are this resident's: for a representative, those within their scope."""
        ...

    async def overview(self, person: str) -> Overview:
        """Who can look right now."""
        ...

    async def offers(self, person: str) -> tuple[Offer, ...]:
        """What the person could allow."""
        ...

    async def allow(self, person: str, choice: Choice) -> Done:
        """Allow it; raises `NotPossible`. The choice is checked again against the offer."""
        ...

    async def stop(self, person: str, permission_id: str) -> Done:
        """Stop what the person allowed; in force when this returns. Raises `NotPossible`."""
        ...

    async def done(self, person: str, reference: str) -> Done | None:
        """What `allow` or `stop` gave the person under that reference; None when it is not theirs or unknown."""
        ...

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        """The person's looks, newest first, at most `HISTORY_PAGE`, only those with an index below `before`.

        What the person is not told of yet is as if it were not there: no page is shorter for it.
        """
        ...

    async def complete(self, person: str) -> Complete | None:
        """Up to which day the history is complete; None where the person is not known any more."""
        ...

    async def proof(self, person: str, index: int) -> Proof | None:
        """The proof of a look in the person's own history; None for any other, and for one they are not told of yet."""
        ...

    async def check_receipt(self, text: str, leaf: str) -> ReceiptCheck:
        """Check a receipt for anybody; never raises for what was pasted, and keeps none of it."""
        ...


class CouldSeeServices(Protocol):
    """Who could look, from the policy that decides. May raise `core.errors.ClosedError` (the page says so)."""

    def serving(self, resident: Resident) -> CouldSeeServices:
        """These services as far as they are this resident's: for a representative, those within their scope."""
        ...

    async def who_could_look(self, person: str) -> WhoCouldLook:
        """Who could look at this person now; nobody where the person is not known any more."""
        ...
