"""What is decided about requests, from values alone: may it be passed on, can it be answered, what is the asker told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from consent.permissions import Permission, in_force
from consent.requests.values import AnsweredError, Cap, ConsentRequest, ExpiredError, State


def may_ask(
    before: Iterable[ConsentRequest], organisation: str, purpose: str, now: datetime, cap: Cap
) -> bool:
    """Whether a further request of this organisation for this purpose is passed on to the person.

    before: the requests that were passed on to the person, of anybody. A no counts until the request's own end, so that
    nobody is worn down by being asked again the next day.
    """
    ours = [one for one in before if (one.organisation, one.purpose) == (organisation, purpose)]
    if any(now < one.expires and not said_yes(one) for one in ours):
        return False
    return sum(now - one.asked < cap.within for one in ours) < cap.at_most


def said_yes(request: ConsentRequest) -> bool:
    """Whether the person said yes to it."""
    return request.answer is not None and request.answer.said == "allowed"


def is_waiting(request: ConsentRequest, now: datetime) -> bool:
    """Whether the person can still answer it."""
    return request.answer is None and now < request.expires


def assert_waiting(request: ConsentRequest, now: datetime) -> None:
    """Raise `AnsweredError` or `ExpiredError` unless the person can still answer it."""
    if request.answer is not None:
        raise AnsweredError
    if now >= request.expires:
        raise ExpiredError


def state_at(
    request: ConsentRequest | None, expires: datetime, permissions: Iterable[Permission], now: datetime
) -> State:
    """What the asking organisation is told.

    request: None where nothing is about anybody, or nothing rests of it any more. expires: when it ends, by its id alone.
    permissions: what stands for the person.

    Only a yes that stands is ever told, whichever way it was given: so a request that was not passed on is told like one
    that was. A no, an erased person, a permission that was stopped or has ended, and silence differ in nothing.
    """
    if request is not None and any(answers(one, request) for one in in_force(permissions, now)):
        return State.ALLOWED
    return State.WAITING if now < expires else State.EXPIRED


def answers(permission: Permission, request: ConsentRequest) -> bool:
    """Whether a permission was given after the request was made, and opens some of what it asks for."""
    return (
        permission.kind.allows
        and permission.from_ >= request.asked
        and request.organisation in permission.recipients
        and request.purpose in permission.purposes
        and not request.sections.keys().isdisjoint(permission.sections)
    )
