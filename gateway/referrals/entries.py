"""What the log says of a referral: outcomes and details. Never what it says about the person. Pure.

docs/audit-log.md has the closed list. A referral is an entry of kind consent, since it begins or ends what the person
agreed to; reading it is a disclosure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from audit.entries import Draft, Kind
from consent.permissions import Given, Permission
from core.vocabulary import Json, JsonObject
from gateway.identity.caller import Caller
from gateway.policy.port import Refusal
from gateway.referrals.records import Referral, agreed_json
from gateway.referrals.states import Status, Step
from gateway.referrals.values import Agreed, Content, document
from gateway.views.record import person_code

REFERRED: Final = "referred"
UNSHARED: Final = "referred-unshared"
"""Somebody was referred; without anything that the receiver may look at."""
READ: Final = "referral-read"
SHARED: Final = "referral-shared"
"""One more organisation of the receiver's team may look, from now on."""
JOINED: Final = "referral-joined"
"""One of the team read that it is one, and by which handle it knows the person."""
SHARE_ENDED: Final = "referral-share-ended"
STEPS: Final[Mapping[Status, str]] = {
    Status.COLLECTED: "referral-collected",
    Status.ACCEPTED: "referral-accepted",
    Status.REFUSED: "referral-refused",
    Status.CLOSED: "referral-closed",
    Status.WITHDRAWN: "referral-withdrawn",
    Status.EXPIRED: "referral-expired",
}


def sent(
    caller: Caller,
    referral: Referral,
    agreed: Agreed,
    permission: Permission | None,
    handle: str,
    notice: JsonObject,
    correlation_id: str,
) -> Draft:
    """Somebody was referred. handle: the receiver's; the receiver's officers know the person by its code."""
    shared: dict[str, Json] = {}
    if permission is not None:
        shared = {"permission": permission.to_json(), "by": permission.given.to_json(), "notice": notice}
    return _draft(
        referral,
        Kind.CONSENT,
        UNSHARED if permission is None else REFERRED,
        caller.role,
        {
            **_who(caller, correlation_id),
            **shared,
            "person": person_code(handle),
            "agreed": agreed_json(agreed),
            "commitment": referral.commitment,
            "held_until": referral.held_until.isoformat(),
        },
    )


def read(
    caller: Caller,
    referral: Referral,
    content: Content,
    handle: str,
    withheld: str | None,
    correlation_id: str,
) -> Draft:
    """The receiver read it. withheld: why where the person lives was left out, if it was."""
    return _draft(
        referral,
        Kind.DISCLOSURE,
        READ,
        caller.role,
        {
            **_who(caller, correlation_id),
            "person": person_code(handle),
            "fields": sorted(fields_of(content)),
            "withheld": withheld,
            "commitment": referral.commitment,
        },
    )


def shared(
    caller: Caller,
    referral: Referral,
    agreed: Agreed,
    permission: Permission,
    organisation: str,
    handle: str,
    notice: JsonObject,
    correlation_id: str,
) -> Draft:
    """One of the receiver's team may look too. handle: its own; its officers know the person by its code."""
    detail: dict[str, Json] = {
        **_who(caller, correlation_id),
        "permission": permission.to_json(),
        "by": permission.given.to_json(),
        "notice": notice,
        "person": person_code(handle),
        "agreed": agreed_json(agreed),
    }
    return _draft(referral, Kind.CONSENT, SHARED, caller.role, detail, organisation)


def joined(caller: Caller, referral: Referral, handle: str, correlation_id: str) -> Draft:
    """One of the team read that it is one. handle: its own."""
    detail = {**_who(caller, correlation_id), "person": person_code(handle), "fields": ["person"]}
    return _draft(referral, Kind.DISCLOSURE, JOINED, caller.role, detail, caller.organisation)


def share_ended(
    referral: Referral,
    organisation: str,
    who: JsonObject,
    role: str | None,
    ended: Permission | None,
    by: Given,
) -> Draft:
    """With the referral ended what one of the team could look at. ended: None where that did not stand any more."""
    said: dict[str, Json] = {} if ended is None else {"permission": ended.to_json(), "by": by.to_json()}
    return _draft(referral, Kind.CONSENT, SHARE_ENDED, role, {**who, **said}, organisation)


def stepped(
    referral: Referral, step: Step, who: JsonObject, role: str | None, ended: Permission | None, by: Given
) -> Draft:
    """It came to another state. ended: what the receiver may no longer look at. who: whoever took the step."""
    said: dict[str, Json] = {} if ended is None else {"permission": ended.to_json(), "by": by.to_json()}
    if step.reason is not None:
        said["reason_code"] = step.reason.value
    if step.outcomes:
        said["outcomes"] = sorted(one.value for one in step.outcomes)
    return _draft(referral, Kind.CONSENT, STEPS[step.to], role, {**who, **said})


def refused(caller: Caller, refusal: Refusal, purpose: str | None, correlation_id: str) -> Draft:
    """Nobody may be referred so: about nobody. purpose: None for a text that no register has."""
    return Draft(
        kind=Kind.REFUSAL,
        outcome=refusal.code,
        organisations=frozenset({caller.organisation}),
        detail={**_who(caller, correlation_id), "clause": refusal.clause},
        recipient=caller.organisation,
        role=caller.role,
        purpose=purpose,
    )


def fields_of(content: Content) -> Iterable[str]:
    """The names of what a content says; of `about`, each with its own."""
    for name, value in document(content).items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


def of_caller(caller: Caller, correlation_id: str) -> JsonObject:
    """Whoever took a step, as the entry has it."""
    return _who(caller, correlation_id)


def _draft(
    referral: Referral,
    kind: Kind,
    outcome: str,
    role: str | None,
    detail: Mapping[str, Json],
    of_team: str | None = None,
) -> Draft:
    """of_team: the one of the team that it is about; None for the receiver."""
    recipient = of_team or referral.receiver
    return Draft(
        kind=kind,
        outcome=outcome,
        organisations=frozenset({referral.sender, recipient}),
        detail={
            "referral": referral.id,
            "from": referral.sender,
            "to": referral.receiver,
            "service": referral.service,
            **detail,
        },
        recipient=recipient,
        role=role,
        purpose=referral.purpose,
    )


def _who(caller: Caller, correlation_id: str) -> dict[str, Json]:
    return {
        "organisation": caller.organisation,
        "practitioner": caller.practitioner,
        "client": caller.client,
        "issuer": caller.issuer,
        "correlation": correlation_id,
    }
