"""ServiceRequest and CarePlan, and why somebody is referred, from one to the other. Pure."""

from __future__ import annotations

from typing import Final

from core.vocabulary import Json, JsonObject
from gateway.referrals.bars.bundle import Message
from gateway.referrals.bars.elements import an_object, codes, identifiers, nothing_else, objects, text
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import (
    CATEGORIES,
    NEEDS,
    PRIORITY,
    PURPOSE,
    REFERRAL,
    REFERRAL_ID,
    SAFE_CONTACT,
    SAYS,
    SERVICE,
    THEME,
)
from gateway.referrals.values import Content, Theme

_PATH: Final = "ServiceRequest"
_KNOWN: Final = frozenset(
    {
        "authoredOn", "basedOn", "category", "encounter", "identifier", "intent", "note", "performer", "priority",
        "reasonCode", "requester", "status", "subject",
    }
)  # fmt: skip
_PLAN: Final = frozenset(
    {
        "author",
        "created",
        "description",
        "encounter",
        "identifier",
        "intent",
        "period",
        "status",
        "subject",
        "title",
    }
)
_INTENTS: Final = frozenset({"order", "original-order", "plan", "proposal"})
_NOTES: Final = {SAFE_CONTACT: "safe_contact", NEEDS: "needs"}


def read_request(request: JsonObject) -> tuple[dict[str, Json], dict[str, Json]]:
    """What a new request says: members of the referral, and members of its `about`."""
    nothing_else(request, _PATH, _KNOWN)
    if text(request, "status", _PATH) != "active":
        raise NotTakenError(f"{_PATH}.status", "a new referral is active")
    if text(request, "intent", _PATH) not in _INTENTS:
        raise NotTakenError(f"{_PATH}.intent", "order, plan or proposal is expected")
    purpose, themes = _categories(request)
    notes, said = _notes(request)
    found: dict[str, Json] = {
        "purpose": purpose,
        "why": "\n".join([*_reasons(request), *notes]),
        "themes": sorted(themes),
        "urgency": _urgency(request),
    }
    if not found["why"]:
        raise NotTakenError(f"{_PATH}.reasonCode", "say why the person is referred")
    reference = _reference(request)
    return found if reference is None else {**found, "reference": reference}, said


def is_referral(request: JsonObject) -> bool:
    """Whether it is a referral, and not one of the other requests of BaRS."""
    found = {code for where, one in objects(request, "category", _PATH) for code in codes(one, where)}
    return REFERRAL in found and not any(
        system == CATEGORIES and code != REFERRAL[1] for system, code in found
    )


def read_service(request: JsonObject, message: Message) -> str | None:
    """The directory's id of the service that is asked for; None where the request names an organisation alone."""
    for where, one in objects(request, "performer", _PATH):
        target = message.target(one, where)
        if target.get("resourceType") == "Organization":
            continue
        for _, (system, value) in identifiers(target, "HealthcareService"):
            if system == SERVICE:
                return value
        raise NotTakenError(
            "HealthcareService.identifier",
            f"name the service by {SERVICE} and its id of GET /v1/directory/services",
        )
    return None


def read_plan(plan: JsonObject | None) -> dict[str, Json]:
    """What matters to the person."""
    if plan is None:
        return {}
    nothing_else(plan, "CarePlan", _PLAN)
    matters = text(plan, "description", "CarePlan")
    return {} if matters is None else {"what_matters": matters}


def write_request(content: Content, purpose: str) -> dict[str, Json]:
    """The ServiceRequest, without its references."""
    notes = ((SAFE_CONTACT, content.about.safe_contact), (NEEDS, content.about.needs))
    said: list[Json] = [
        {"extension": [{"url": SAYS, "valueCode": kind}], "text": words}
        for kind, words in notes
        if words is not None
    ]
    themes = sorted(theme.value for theme in content.themes)
    request: dict[str, Json] = {
        "resourceType": _PATH,
        "status": "active",
        "intent": "order",
        "category": [
            {"coding": [{"system": REFERRAL[0], "code": REFERRAL[1], "display": "Transfer of Care"}]},
            {"coding": [{"system": PURPOSE, "code": purpose}]},
            *({"coding": [{"system": THEME, "code": theme}]} for theme in themes),
        ],
        "priority": PRIORITY[content.urgency],
        "reasonCode": [{"text": content.why}],
    }
    return {**request, "note": said} if said else request


def write_plan(matters: str) -> dict[str, Json]:
    """The CarePlan that says what matters, without its references."""
    return {"resourceType": "CarePlan", "status": "active", "intent": "plan", "description": matters}


def _categories(request: JsonObject) -> tuple[str, set[str]]:
    purposes: set[str] = set()
    themes: set[str] = set()
    for where, one in objects(request, "category", _PATH):
        for system, code in codes(one, where):
            if system == PURPOSE:
                purposes.add(code)
            elif system == THEME and code in set(Theme):
                themes.add(code)
            elif (system, code) != REFERRAL:
                raise NotTakenError(where, f"one of {CATEGORIES}, {PURPOSE} and {THEME} is expected")
    if len(purposes) != 1:
        raise NotTakenError(
            f"{_PATH}.category", f"name one purpose, by {PURPOSE} and its code of GET /v1/purposes"
        )
    return purposes.pop(), themes


def _urgency(request: JsonObject) -> str:
    priority = text(request, "priority", _PATH) or "routine"
    for urgency, code in PRIORITY.items():
        if code == priority:
            return urgency.value
    raise NotTakenError(
        f"{_PATH}.priority", "routine, urgent or asap: what cannot wait is no referral, ring instead"
    )


def _reasons(request: JsonObject) -> list[str]:
    found = []
    for where, one in objects(request, "reasonCode", _PATH):
        said = text(one, "text", where)
        if said is None:
            shown = (text(coding, "display", place) for place, coding in objects(one, "coding", where))
            said = next((words for words in shown if words), None)
        if said is None:
            raise NotTakenError(where, "say it in words: a code alone is not for everybody")
        found.append(said)
    return found


def _notes(request: JsonObject) -> tuple[list[str], dict[str, Json]]:
    """Notes that say why, and those that are members of `about`."""
    plain: list[str] = []
    said: dict[str, Json] = {}
    for where, one in objects(request, "note", _PATH):
        words = text(one, "text", where)
        kinds = {
            kind.get("valueCode") for _, kind in objects(one, "extension", where) if kind.get("url") == SAYS
        }
        members = [member for kind, member in _NOTES.items() if kind in kinds]
        if words is None:
            raise NotTakenError(f"{where}.text", "a text is expected")
        if not members:
            plain.append(words)
        for member in members:
            if member in said:
                raise NotTakenError(where, "it is said twice")
            said[member] = words
    return plain, said


def _reference(request: JsonObject) -> str | None:
    """The sender's own id of it; the one that we gave is none."""
    found = [value for _, (system, value) in identifiers(request, _PATH) if system != REFERRAL_ID]
    if len(found) > 1:
        raise NotTakenError(f"{_PATH}.identifier", "one at most is given back")
    return found[0] if found else None


def referral_of(request: JsonObject) -> str | None:
    """Our own id of the referral that a request is about."""
    return next((value for _, (system, value) in identifiers(request, _PATH) if system == REFERRAL_ID), None)


def subject_is(request: JsonObject, patient: JsonObject, message: Message) -> None:
    """Raise unless the request is about the message's patient."""
    if message.target(an_object(request, "subject", _PATH), f"{_PATH}.subject") is not patient:
        raise NotTakenError(f"{_PATH}.subject", "it must be the message's Patient")
