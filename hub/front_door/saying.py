"""What a person said to a worker, from the first typed word until the gateway has it (POST /v1/consents).

1. Each step of the form is kept on the server as it is sent, so that a line that breaks loses one page at most. Nothing
   of it rests on the phone: a phone is lent, lost and looked at by others, so no script runs and no browser stores a draft.
2. The person is found at once where the gateway answers. Where it does not, what they are found by waits in the draft, and
   is deleted as soon as there is a handle for it.
3. It is sent while the worker waits, so that they can hand over the paper. The draft's id is the API's `reference`: what is
   sent again is one, and is answered by the same paper. Where the gateway does not answer, the draft waits and says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from typing import Final, Literal

import orjson
from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from hub.clock import Clock
from hub.database import Database
from hub.errors import NotHereError
from hub.front_door.reading import Reading, clock_time, moment_of
from hub.front_door.tables import Saying
from hub.front_door.vocabulary import CONSENT_WORDS, HELPED_BY, HOW_HEARD, KINDS, PURPOSE
from hub.gateway import Gateway, GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.gateway_answers import ConsentSaid, Demographics
from hub.pages.forms import Faults, Form
from hub.sessions import Practitioner
from hub.tokens import Token

SAID_WITHIN: Final = timedelta(days=14)
ROLE_SECTIONS: Final[Mapping[str, frozenset[str]]] = {
    "community-connector": frozenset({"identity", "contact", "communication-needs", "involved-services"})
}
"""A yes opens no more than the agreement gives the role that heard it. Other roles: all of KINDS."""
DECISIONS: Final = {"yes": "Yes, they allow it", "no": "No, or they want to stop it"}
WHEN: Final = {"now": "Just now", "earlier": "Earlier"}
State = Literal["sent", "away", "sign-in", "refused"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """How sending went. told: of one that was refused, what the gateway says."""

    state: State
    said: ConsentSaid | None = field(default=None, repr=False)
    told: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The second step. kinds: codes of KINDS; none for a no."""

    decision: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """The third step."""

    how: str
    helped_by: tuple[str, ...]
    said_at: datetime


def kinds_for(role: str) -> dict[str, str]:
    """What somebody in this role can read out: code -> words."""
    return {code: words for code, (words, _) in KINDS.items() if sections_of((code,), role)}


def sections_of(kinds: tuple[str, ...], role: str) -> list[str]:
    """The sections of these kinds, as far as a yes opens them to this role."""
    named = [one for code in kinds if code in KINDS for one in KINDS[code][1]]
    allowed = ROLE_SECTIONS.get(role)
    return [one for one in named if allowed is None or one in allowed]


def read_answer(form: Form, role: str) -> Answer | Faults:
    """What they said."""
    reading = Reading(form)
    decision = reading.among("decision", DECISIONS, "Choose what they said")
    kinds: tuple[str, ...] = ()
    if decision == "yes":
        kinds = reading.several("kinds", kinds_for(role), "Choose what they said yes to")
    return reading.found if reading.faults else Answer(decision, kinds)


def read_heard(form: Form, now: datetime) -> Heard | Faults:
    """How and when they said it: at most 14 days ago, for what was written on paper where no line was."""
    reading = Reading(form)
    how = reading.among("how", HOW_HEARD, "Choose how they said it")
    helped_by = reading.several("helped_by", HELPED_BY)
    when = reading.among("when", WHEN, "Choose when they said it")
    said_at = now
    if when == "earlier":
        on = reading.day("said", "Write on which day they said it")
        at = clock_time(form.one("said_time"))
        if at is None:
            reading.faults["said_time"] = "Write about what time it was, for example 4:07pm"
        if on is not None:
            said_at = moment_of(on, at or time(12))
            if said_at > now:
                reading.faults["said-day"] = "Write a time that is not in the future"
            elif said_at <= now - SAID_WITHIN:
                reading.faults["said-day"] = (
                    "Write a day in the last 2 weeks. If it is longer ago, ask them again"
                )
    if reading.faults:
        return reading.found
    return Heard(how, helped_by, said_at)


def begin(
    who: Practitioner,
    called: str,
    now: datetime,
    *,
    handle: str = "",
    sought: str | Demographics | None = None,
    item: str | None = None,
    person: str | None = None,
) -> Saying:
    """A new draft. sought: by what the person is still to be found."""
    return Saying(
        # Of the signs that the API's references take.
        id=secrets.token_hex(12),
        organisation=who.organisation,
        subject=who.subject,
        item=item,
        person=person,
        called=called,
        handle=handle,
        sought="" if sought is None else _written(sought),
        started_at=now,
        changed_at=now,
    )


def own(session: Session, name: str, who: Practitioner) -> Saying:
    """The draft, for whoever began it alone. Raises `NotHereError`."""
    found = session.get(Saying, name)
    if found is None or (found.organisation, found.subject) != (who.organisation, who.subject):
        raise NotHereError("saying")
    return found


def all_own(session: Session, who: Practitioner) -> tuple[Saying, ...]:
    """All that the practitioner began and that is still here, newest first."""
    return tuple(
        session.exec(
            select(Saying)
            .where(Saying.organisation == who.organisation, Saying.subject == who.subject)
            .order_by(col(Saying.started_at).desc())
        )
    )


def next_step(saying: Saying) -> str:
    """Where to go on: answer, how, check."""
    if not saying.decision:
        return "answer"
    return "how" if saying.said_at is None or not saying.how else "check"


def body_of(saying: Saying, role: str) -> dict[str, object]:
    """The body of POST /v1/consents but for the person."""
    body: dict[str, object] = {
        "purpose": PURPOSE,
        "decision": saying.decision,
        "how": saying.how,
        "helped_by": _codes(saying.helped_by),
        "words": CONSENT_WORDS,
        "reference": saying.id,
    }
    if saying.said_at is not None:
        body["said_at"] = saying.said_at.isoformat()
    if saying.decision == "yes":
        body["sections"] = sections_of(tuple(_codes(saying.kinds)), role)
    return body


async def deliver(
    database: Database, gateway: Gateway, clock: Clock, token: Token, who: Practitioner, name: str
) -> Delivered:
    """Send one that is whole, or send it again: it is one. Raises `NotHereError`."""
    saying = await database.read(lambda session: own(session, name, who))
    if next_step(saying) != "check":
        raise NotHereError("unfinished")
    try:
        handle = saying.handle or await gateway.trace(token, _read(saying.sought))
        said = await gateway.say_consent(token, {"person": handle, **body_of(saying, who.role)})
    except GatewayAwayError:
        done = Delivered("away")
    except TokenNotGoodError:
        done = Delivered("sign-in")
    except GatewayRefusedError as error:
        done = Delivered("refused", told=error.detail)
    else:
        done = Delivered("sent", said)

    def work(session: Session) -> None:
        kept = own(session, name, who)
        if done.state == "sent":
            kept.handle, kept.sought = handle, ""
        # One that reached the gateway stays so, whatever a later try for its paper meets.
        if kept.state != "sent":
            kept.state = {"sent": "sent", "refused": "refused"}.get(done.state, "waiting")
            kept.changed_at = clock.now()

    await database.write(work)
    return done


def _codes(joined: str) -> list[str]:
    return [one for one in joined.split(",") if one]


_SOUGHT: Final[TypeAdapter[str | Demographics]] = TypeAdapter(str | Demographics)


def _written(sought: str | Demographics) -> str:
    return orjson.dumps(sought if isinstance(sought, str) else asdict(sought)).decode()


def _read(sought: str) -> str | Demographics:
    return _SOUGHT.validate_json(sought)
