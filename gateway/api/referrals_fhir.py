"""Referrals in FHIR: a message of the Booking and Referral Standard (BaRS) in place of the JSON body, and of the answer.

The message says the same as the body and is held to the same rules; what does not fit is told by its element. A message may
also be about a referral that was sent before: then it is a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request

from core.vocabulary import Json, JsonObject
from gateway.api.body import MEDIA_TYPE, fault_of, read_body
from gateway.api.fhir import MEDIA_TYPE as FHIR
from gateway.api.referrals_models import ReferralBody
from gateway.api.views import receipt_document
from gateway.identity.caller import Caller
from gateway.identity.http import refuse_tokens_elsewhere
from gateway.policy.register_values import Registers
from gateway.problems import BadRequestError, FieldFault
from gateway.referrals.bars.changes import Change, Standing, is_change, read_change, write_standing
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import RECEIPT, SALT
from gateway.referrals.bars.parties import parties_of
from gateway.referrals.bars.reading import element_of, read_message
from gateway.referrals.bars.writing import Letter, write_message
from gateway.referrals.receiving import Seen, Told
from gateway.web.strict_json import StrictJsonError, parse

_BUNDLE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["resourceType", "type", "entry"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"const": "message"},
        "entry": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    },
}
BUNDLE_CONTENT: Final[dict[str, Any]] = {FHIR: {"schema": _BUNDLE}}
"""A message in the contract."""


def also_as_message(documented: dict[str, Any]) -> dict[str, Any]:
    """A request body in the contract that may come as a message too."""
    body = documented["requestBody"]
    return {**documented, "requestBody": {**body, "content": {**body["content"], **BUNDLE_CONTENT}}}


async def read_sent(request: Request, caller: Caller, registers: Registers) -> ReferralBody | Change:
    """What was sent: a new referral, in either form, or a step of one. Raises `BadRequestError`."""
    if not _is_message(request):
        return await read_body(request, ReferralBody)
    refuse_tokens_elsewhere(request.scope["query_string"], MEDIA_TYPE)
    try:
        bundle = parse(await request.body())
    except StrictJsonError as error:
        raise BadRequestError("malformed-json", error.detail) from error
    if not isinstance(bundle, dict):
        raise BadRequestError("body-invalid", faults=(FieldFault("Bundle", "an object is expected"),))
    try:
        return _understood(bundle, caller, registers)
    except NotTakenError as error:
        raise BadRequestError("body-invalid", faults=(FieldFault(error.element, error.mend),)) from error


@contextmanager
def told_as_sent(request: Request) -> Iterator[None]:
    """What is wrong with a referral that came as a message, by its element."""
    try:
        yield
    except BadRequestError as error:
        if not _is_message(request):
            raise
        faults = tuple(FieldFault(element_of(one.where), one.mend) for one in error.faults)
        raise BadRequestError(error.code, error.detail, faults) from error


def _is_message(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FHIR


def _understood(bundle: JsonObject, caller: Caller, registers: Registers) -> ReferralBody | Change:
    parties = parties_of(registers)
    if is_change(bundle):
        return read_change(bundle, parties, caller.organisation)
    document = read_message(bundle, parties, caller.organisation)
    try:
        return ReferralBody.model_validate(document)
    except ValidationError as error:
        found = [
            fault_of(one)
            for one in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        faults = tuple(FieldFault(element_of(one.where), one.mend) for one in found)
        raise BadRequestError("body-invalid", faults=faults) from error


def message_of(seen: Seen, caller: Caller, registers: Registers) -> dict[str, Json]:
    """A referral as a message: with what it says where that is told, else where it stands."""
    one, parties = seen.referral, parties_of(registers)
    sender, receiver = parties[one.sender], parties[one.receiver]
    if seen.told is not None:
        return write_message(
            Letter(
                referral=one.id,
                sender=sender,
                receiver=receiver,
                sent_at=one.sent_at,
                purpose=one.purpose,
                content=seen.told.content,
                service=one.service,
                person=seen.told.person,
                enclosed=_enclosed(seen.told),
            )
        )
    reference = one.reference if caller.organisation == one.sender else None
    return write_standing(
        Standing(one.id, sender, receiver, one.place, one.sent_at, one.changed_at, reference)
    )


def _enclosed(told: Told) -> tuple[JsonObject, ...]:
    """The disclosure's receipt, and the salt that opens the commitment."""
    receipt = receipt_document(told.receipt)
    parts = [
        {"url": "index", "valueString": str(receipt["index"])},
        {"url": "leaf", "valueBase64Binary": receipt["leaf"]},
        {"url": "proof", "valueString": receipt["proof"]},
    ]
    return ({"url": RECEIPT, "extension": parts}, {"url": SALT, "valueString": told.salt.hex()})
