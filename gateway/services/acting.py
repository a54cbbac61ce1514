"""For whom a signed-in resident acts now: asked anew with every request, so that an authority's end counts at once.

The session holds the authority's id only, sealed. What may be opened while acting is a closed list: a page that is added
to the portal is not for representatives until it stands here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from audit.committer import Committer
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from consent.permissions import Given
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import Resident
from consent.representing.rules import ends
from consent.representing.store import Held, Representations
from consent.representing.values import NoAuthorityError
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.people.acting import representative_index
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.signin.sessions import Session

REFUSED: Final = "acting-refused"
_PAGES: Final = re.compile(
    r"/portal/(?:"
    r"|stop/[^/]+|allow|allow/[^/]+/[^/]+|not-allowed|done/[^/]+(?:/receipt\.txt)?"
    r"|history|history/[0-9]+(?:/receipt\.txt)?|check"
    r"|receipts/[^/]+(?:/receipt\.(?:txt|jws))?"
    r"|requests/[^/]+|keep/[^/]+|who-could-see-me|download"
    r"|say-no/[^/]+/[^/]+|take-back/[^/]+|said-no/[^/]+(?:/receipt\.txt)?"
    r"|acting(?:/(?:begin|end|over|not-here))?"
    r")"
)
"""What a representative may open; each of these keeps to the authority's scope."""
_OWN: Final = re.compile(r"/portal/acting(?:/(?:begin|end|over|not-here))?")
"""Pages about acting itself: they need no authority that stands."""


def giver(resident: Resident) -> Given:
    """Who decides, for `Permission.given` and the log: the resident, or their representative in their capacity."""
    if resident.acting is None:
        return Given("portal", resident.person)
    return Given("representative", resident.acting.by, resident.acting.capacity)


def may_open(path: str) -> bool:
    """Whether a representative may open a page."""
    return _PAGES.fullmatch(path) is not None


def is_about_acting(path: str) -> bool:
    """Whether a page is about acting itself."""
    return _OWN.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class Acting:
    """Knows authorities, and writes refusals down."""

    representations: Representations
    locator: Locator
    handles: Handles
    keys: KeyStore
    committer: Committer
    clock: Clock

    async def now(self, session: Session) -> tuple[str, ActingFor] | None:
        """Whom the session's authority is about, and what it is; None where it does not stand (any more)."""
        return await asyncio.to_thread(self._now, session.subject, session.acting or "")

    def index_of(self, own: str) -> bytes | None:
        """The index of a person's authorities over others; None for somebody without an NHS number."""
        person = self.locator.by_id(own)
        return (
            None if person is None or person.nhs is None else representative_index(self.handles, person.nhs)
        )

    async def refused(self, person: str, acting: ActingFor, tried: str) -> None:
        """Write into the person's history that their representative tried what is not theirs. tried: a code of ours."""
        draft = Draft(
            kind=Kind.CONSENT,
            outcome=REFUSED,
            organisations=frozenset(),
            detail=by_detail(acting) | {"tried": tried},
        )
        key = await asyncio.to_thread(self.keys.get, person)
        await self.committer.append(Append(only(None, seal_entry(draft, key))))

    def _now(self, own: str, authority_id: str) -> tuple[str, ActingFor] | None:
        index = self.index_of(own)
        if index is None:
            return None
        try:
            held = self.representations.find(authority_id, index)
            word = self.representations.words(self.keys.get(own)).get(authority_id, "")
        except (NoAuthorityError, MissingKeyError):
            return None
        return (held.person, acting_for(held, own, word)) if held.stands(self.clock.now()) else None


def acting_for(held: Held, own: str, word: str) -> ActingFor:
    """An authority as a session has it."""
    authority = held.authority
    return ActingFor(authority.id, own, authority.capacity.value, word, authority.sections, ends(authority))


def by_detail(acting: ActingFor) -> dict[str, Json]:
    """Who acted, for an entry's sealed detail."""
    return {
        "by": {"how": "representative", "by": acting.by, "capacity": acting.capacity},
        "authority": acting.authority,
    }


def within(acting: ActingFor | None, sections: Iterable[str]) -> bool:
    """Whether all these sections are whoever's signed in to decide about."""
    return acting is None or acting.sections.issuperset(sections)
