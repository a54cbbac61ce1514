"""Consent, and that the person agreed to be referred, from one to the other. Pure.

What may be looked at is the provision: `class` the sections, `period` how long from when the person agreed; denied: nothing.
That how to reach them may be passed on is an exception of its own. A consent that is implied is none here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from core.vocabulary import Json, JsonObject
from gateway.referrals.bars.bundle import Message
from gateway.referrals.bars.elements import an_object, codes, moments, nothing_else, objects, text
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import CONSENT_SCOPE, CONTACT_DETAILS, DIRECT_CARE, HOW, SECTION, WORDING
from gateway.referrals.values import Agreed, How, Sharing

_PATH: Final = "Consent"
_RULE: Final = f"{_PATH}.provision"
_KNOWN: Final = frozenset(
    {"category", "dateTime", "identifier", "patient", "policyRule", "provision", "scope", "status"}
)
_DAY: Final = timedelta(days=1)


def read_agreement(consent: JsonObject, patient: JsonObject, message: Message) -> dict[str, Json]:
    """The members `agreed` and `sharing` of a referral."""
    nothing_else(consent, _PATH, _KNOWN)
    if text(consent, "status", _PATH) != "active":
        raise NotTakenError(f"{_PATH}.status", "only an active consent holds")
    if CONSENT_SCOPE not in codes(an_object(consent, "scope", _PATH) or {}, f"{_PATH}.scope"):
        raise NotTakenError(f"{_PATH}.scope", "patient-privacy is expected")
    if message.target(an_object(consent, "patient", _PATH), f"{_PATH}.patient") is not patient:
        raise NotTakenError(f"{_PATH}.patient", "it must be the message's Patient")
    said = text(consent, "dateTime", _PATH)
    if said is None:
        raise NotTakenError(f"{_PATH}.dateTime", "say when the person agreed")
    said_at = moments(said, f"{_PATH}.dateTime")[0]
    provision = an_object(consent, "provision", _PATH)
    if provision is None:
        raise NotTakenError(_RULE, "say whether contact details may be passed on, and what may be looked at")
    nothing_else(provision, _RULE, frozenset({"class", "period", "provision", "type"}), _RULE)
    return {
        "agreed": {
            "how": _how(consent),
            "said_at": said_at.isoformat(),
            "words": _wording(consent),
            "contact_details": _contact_details(provision),
        },
        "sharing": {"sections": _sections(provision), "days": _days(provision, said_at)},
    }


def write_agreement(agreed: Agreed, sharing: Sharing) -> dict[str, Json]:
    """The Consent, without its references."""
    nothing = sharing.sections is not None and not sharing.sections
    provision: dict[str, Json] = {
        "type": "deny" if nothing else "permit",
        "provision": [
            {
                "type": "permit" if agreed.contact_details else "deny",
                "code": [{"coding": [{"system": CONTACT_DETAILS[0], "code": CONTACT_DETAILS[1]}]}],
            }
        ],
    }
    if sharing.sections:
        provision["class"] = [{"system": SECTION, "code": one} for one in sorted(sharing.sections)]
    if sharing.days is not None:
        ends = agreed.said_at + sharing.days * _DAY
        provision["period"] = {"start": _moment(agreed.said_at), "end": _moment(ends)}
    return {
        "resourceType": _PATH,
        "status": "active",
        "scope": {"coding": [{"system": CONSENT_SCOPE[0], "code": CONSENT_SCOPE[1]}]},
        "category": [
            {"coding": [{"system": DIRECT_CARE[0], "code": DIRECT_CARE[1]}]},
            {"coding": [{"system": HOW, "code": agreed.how.value}]},
        ],
        "dateTime": _moment(agreed.said_at),
        "policyRule": {"coding": [{"system": WORDING, "code": agreed.words}]},
        "provision": provision,
    }


def _how(consent: JsonObject) -> str:
    found = {
        code
        for where, one in objects(consent, "category", _PATH)
        for system, code in codes(one, where)
        if system == HOW
    }
    if len(found) != 1 or not found <= set(How):
        raise NotTakenError(f"{_PATH}.category", f"say how they agreed, by {HOW}: {', '.join(How)}")
    return found.pop()


def _wording(consent: JsonObject) -> str:
    rule = an_object(consent, "policyRule", _PATH) or {}
    found = [code for system, code in codes(rule, f"{_PATH}.policyRule") if system == WORDING]
    if len(found) != 1:
        raise NotTakenError(
            f"{_PATH}.policyRule",
            f"name the wording that they heard or read, by {WORDING}: an implied consent is none here",
        )
    return found[0]


def _contact_details(provision: JsonObject) -> bool:
    found: set[bool] = set()
    for where, one in objects(provision, "provision", _RULE):
        nothing_else(one, where, frozenset({"code", "type"}), _RULE)
        about = {code for place, concept in objects(one, "code", where) for code in codes(concept, place)}
        if about != {CONTACT_DETAILS}:
            raise NotTakenError(f"{where}.code", "only contact details are decided here beside the sections")
        found.add(_permits(one, where))
    if len(found) != 1:
        raise NotTakenError(f"{_RULE}.provision", "say once whether contact details may be passed on")
    return found.pop()


def _sections(provision: JsonObject) -> list[Json] | None:
    found: list[Json] = []
    for where, one in objects(provision, "class", _RULE):
        system, code = text(one, "system", where), text(one, "code", where)
        if system != SECTION or code is None:
            raise NotTakenError(where, f"name a section, by {SECTION} and its code of GET /v1/sections")
        found.append(code)
    if _permits(provision, _RULE):
        return found or None
    if found:
        raise NotTakenError(f"{_RULE}.class", "name what may be looked at, with the type permit")
    return []


def _days(provision: JsonObject, said_at: datetime) -> int | None:
    period = an_object(provision, "period", _RULE)
    end = None if period is None else text(period, "end", f"{_RULE}.period")
    if end is None:
        return None
    # No longer than what was said: what is left of a last day is not looked at.
    days = (moments(end, f"{_RULE}.period.end")[1] - said_at) // _DAY
    if days < 1:
        raise NotTakenError(f"{_RULE}.period", "it ends before anybody could look")
    return days


def _permits(rule: JsonObject, path: str) -> bool:
    said = text(rule, "type", path)
    if said not in {"permit", "deny"}:
        raise NotTakenError(f"{path}.type", "it must say permit or deny")
    return said == "permit"


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds")
