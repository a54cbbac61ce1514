"""Step 7: audit or nothing (promise 1), and the guard that makes a withdrawal immediate (promise 2).

Inside the transaction that extends the log, everything the decision rested on is looked at once more and held: the person's
revision, the policy and agreements, the person's key, the time. If any of it moved, the entry says so and nothing leaves.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.ledger import Ledger
from core.clock import Clock
from core.keys import KeyStore, SubjectKey
from core.unit_of_work import Written
from core.vocabulary import Json, JsonObject, Label
from gateway.alerting.noticing import NOTHING, Looked, Noticed, Noticing
from gateway.authority import Authority
from gateway.people.locator import Locator, Person
from gateway.policy.replayable import seal_input
from gateway.reviews.opening import Beside, due
from gateway.views.values import Context, Fetched, Minimal, Recorded, Ruling, ViewSection

T = TypeVar("T")
LABEL_CONFIRMED_EVERY = timedelta(days=1)
_CODE = re.compile(r"[A-Z2-7]{4}-[A-Z2-7]{4}")


@dataclass(frozen=True, slots=True)
class Recording:
    """What step 7 uses. noticing: what officers are asked about looks; None where nothing is noticed."""

    committer: Committer
    ledger: Ledger
    authority: Authority
    locator: Locator
    keys: KeyStore
    clock: Clock
    noticing: Noticing | None = None


async def record(
    parts: Recording, context: Context, ruling: Ruling, fetched: Fetched, minimal: Minimal
) -> Recorded:
    """Append the entry and hand over what may leave. Raises `ClosedError` when the log cannot commit."""
    key = subject_key(parts.keys, context.caller.organisation, context.person)
    detail = _detail(context, ruling, fetched, minimal)
    person = context.person
    now = parts.clock.now()
    asked = seal_input(ruling.question, key)

    def nothing(
        because: Mapping[str, Json],
    ) -> Written[tuple[ViewSection, ...], SealedEntry]:
        draft = _draft(context, _kind(context, Kind.REFUSAL), "empty", {**detail, **because}, ())
        return _written((), seal_entry(draft, key), _beside(context, ruling, (), asked, key, now))

    if person is None or not minimal.sections:
        written = nothing({})
        committed = await parts.committer.append(Append(lambda _: written))
        return Recorded((), committed.receipts[0])

    news = _label_is_news(minimal, person, now)
    outcome = "confirmed" if context.ask.check else "disclosed"
    seen = _draft(context, _kind(context, Kind.DISCLOSURE), outcome, detail, minimal.sections)
    disclosed = seal_entry(seen, key)
    beside = _beside(context, ruling, minimal.sections, asked, key, now)
    noticed = await _notice(parts, context, ruling, person, minimal, now)

    def guarded(tx: Connection) -> Written[tuple[ViewSection, ...], SealedEntry]:
        moved = what_moved(parts, tx, context, ruling, person, minimal.label)
        if moved is not None:
            # Empty like every other: what moved tells that there was something to move, so only the sealed detail says it.
            return nothing({"sections": {}, "moved": moved})
        if news:
            for answer in fetched.answers:
                if answer.person_label is not None:
                    parts.locator.observe_label(tx, person, answer.person_label, now, answer.source)
        return _written(minimal.sections, disclosed, beside, noticed)

    committed = await parts.committer.append(Append(guarded, changes=news))
    return Recorded(committed.value, committed.receipts[0])


async def record_refusal(parts: Recording, context: Context, ruling: Ruling) -> None:
    """Append the entry of a refusal that does not depend on the person: about the asker only, not about anybody."""
    decision = ruling.decision
    refusal = decision.refusal
    code = "refused" if refusal is None else refusal.code
    key = subject_key(parts.keys, context.caller.organisation, None)
    detail = {
        **_who(context),
        "policy": decision.revision,
        "clause": None if refusal is None else refusal.clause,
        "purpose": context.ask.purpose,
    }
    draft = _draft(context, Kind.REFUSAL, code, detail, ())
    if code == "purpose-unknown":
        # A text of the caller's own: it may be anything, so it stands in the sealed detail only.
        draft = replace(draft, purpose=None)
    entry = seal_entry(draft, key)
    asked = seal_input(ruling.question, key)
    written = _written(None, entry, _beside(context, ruling, (), asked, key, parts.clock.now()))
    await parts.committer.append(Append(lambda _: written))


def _kind(context: Context, otherwise: Kind) -> Kind:
    """A break-glass is one, whatever it showed."""
    return otherwise if context.ask.emergency is None else Kind.BREAK_GLASS


def _beside(
    context: Context,
    ruling: Ruling,
    sections: Sequence[ViewSection],
    asked: bytes,
    key: SubjectKey,
    now: datetime,
) -> Beside:
    """What stands beside the entry: the policy's question for a replay, reviews with their clocks, the hold."""
    shown = frozenset(section.source for section in sections)
    tasks, hold = due(ruling.decision.obligations, context.caller.organisation, shown, now)
    return Beside(now, key.tag, asked, tasks, hold)


async def _notice(
    parts: Recording, context: Context, ruling: Ruling, person: Person, minimal: Minimal, now: datetime
) -> Noticed:
    """The alerts about a look that showed something. Of one that shows nothing nothing is ever noticed (promise 4)."""
    if parts.noticing is None:
        return NOTHING
    shown = frozenset(section.source for section in minimal.sections)
    allowed = any(permit.permissions for permit in ruling.decision.permits if permit.source in shown)
    emergency = context.ask.emergency is not None
    code = person_code(context.ask.person)
    return await parts.noticing.notice(
        Looked(context.caller, person, code, minimal.sections, emergency, allowed, now)
    )


def _written(
    value: T, entry: SealedEntry, beside: Beside, noticed: Noticed = NOTHING
) -> Written[T, SealedEntry]:
    def then(tx: Connection, places: Sequence[int]) -> None:
        beside.write(tx, places[0])
        noticed.write(tx, places[0])

    return Written(value, (entry,), then)


def what_moved(
    parts: Recording, tx: Connection, context: Context, ruling: Ruling, person: Person, label: Label
) -> str | None:
    """The guard. None while all stands; otherwise what moved since the decision. Holds the rows until the commit."""
    if not parts.ledger.revision_stands(tx, person.id, context.allowed.standing.revision):
        return "consent"
    if not parts.locator.stands(tx, person, label):
        return "person"
    if not parts.authority.stands(tx, context.authority.revision):
        return "policy"
    if not parts.keys.stands(person.key):
        return "key"
    if ruling.holds_until is not None and parts.clock.now() >= ruling.holds_until:
        return "time"
    return None


def subject_key(keys: KeyStore, organisation: str, person: Person | None) -> SubjectKey:
    """The person's key; where there is nobody, the asking organisation's own."""
    return keys.get_or_create(f"org:{organisation}") if person is None else person.key


def person_code(handle: str) -> str:
    """How officers name the person of a look: from the handle alone, so known and unknown people have one alike."""
    # Five bytes are the eight characters that are shown.
    digest = base64.b32encode(hashlib.sha256(f"person-code|{handle}".encode()).digest()[:5]).decode()
    return f"{digest[:4]}-{digest[4:8]}"


def is_code(text: str) -> bool:
    """Whether a text could be a `person_code`."""
    return _CODE.fullmatch(text) is not None


def _label_is_news(minimal: Minimal, person: Person, now: datetime) -> bool:
    if minimal.observed is None:
        return False
    if minimal.label is not person.label or person.label_at is None:
        return True
    # The same label again is news once a day: nobody's label must run out while its source goes on confirming it.
    return now - person.label_at > LABEL_CONFIRMED_EVERY


def _draft(
    context: Context, kind: Kind, outcome: str, detail: JsonObject, sections: Sequence[ViewSection]
) -> Draft:
    return Draft(
        kind=kind,
        outcome=outcome,
        organisations=frozenset({context.caller.organisation, *(section.source for section in sections)}),
        detail=detail,
        recipient=context.caller.organisation,
        role=context.caller.role,
        purpose=context.ask.purpose,
    )


def _who(context: Context) -> dict[str, Json]:
    asked = context.ask.sections
    return {
        "person": person_code(context.ask.person),
        "practitioner": context.caller.practitioner,
        "client": context.caller.client,
        "issuer": context.caller.issuer,
        "reason": context.ask.reason,
        "check": context.ask.check,
        "emergency": context.ask.emergency,
        "hold_back": context.ask.hold_back,
        "asked": None if asked is None else sorted(asked),
        "correlation": context.correlation_id,
    }


def _detail(context: Context, ruling: Ruling, fetched: Fetched, minimal: Minimal) -> dict[str, Json]:
    shown: dict[str, dict[str, Json]] = {}
    for section in minimal.sections:
        shown.setdefault(section.source, {})[section.section] = sorted(section.data)
    basis: Mapping[str, Json] = {
        permit.source: permit.basis for permit in ruling.decision.permits if permit.source in shown
    }
    return {
        **_who(context),
        "policy": ruling.decision.revision,
        "revision": context.allowed.standing.revision,
        "sections": shown,
        "basis": basis,
        "relied_on": sorted({one for permit in ruling.decision.permits for one in permit.permissions}),
        "failures": [{"source": error.source, "code": error.code} for error in fetched.failures],
        "quarantined": [{"where": one.where, "reason": one.reason} for one in minimal.quarantined],
        "dropped": minimal.dropped,
        "reasons": list(ruling.decision.reasons),
    }
