"""A receipt, checked: who signed it, when, and what it says, with public keys alone. Raises, and answers with no boolean.

That the log took the decision in is the log's own proof; it comes out of here to be checked beside (`ConsentReceipt.log`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from consent.receipts import jws
from consent.receipts.building import SCHEMA, LogProof, notice_bytes
from consent.receipts.errors import ReceiptError
from consent.receipts.keys import PublicKey
from consent.receipts.strict import to_base64url
from core.vocabulary import Json, JsonObject

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ConsentReceipt:
    """What a receipt says whose signature holds. Times are timezone-aware; names are as they were at the decision.

    given: whether it was begun, or ended. kind: of the permission or preference. how, capacity: how it was said, as whom.
    purposes, kinds, recipients, sources: names, or codes where no words were kept. words: what was said of each purpose.
    """

    issuer: str
    kid: str
    reference: str
    at: datetime
    given: bool
    kind: str
    how: str
    capacity: str
    purposes: tuple[str, ...]
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    recipients: tuple[str, ...]
    sources: tuple[str, ...]
    since: datetime
    until: datetime | None
    notice: str
    log: LogProof
    payload: JsonObject


def verify(token: str, keys: Iterable[PublicKey], issuer: str | None = None) -> ConsentReceipt:
    """Check a compact JWS. Raises `ReceiptError`.

    keys: the issuer's public keys; one that has ended counts for what was decided before its end. issuer: who must have
    given it out; None for whoever has the keys.
    """
    signed = jws.verify(token, keys)
    payload = signed.payload
    issued = _is(payload.get("iat"), int)
    if signed.key.until is not None and issued >= signed.key.until:
        raise ReceiptError("key-ended")
    if issuer is not None and payload.get("iss") != issuer:
        raise ReceiptError("issuer")
    if payload.get("schema_version") != SCHEMA:
        raise ReceiptError("content")
    receipt = _read(payload, signed.key.kid)
    if int(receipt.at.timestamp()) != issued:
        raise ReceiptError("content")
    return receipt


def _read(payload: JsonObject, kid: str) -> ConsentReceipt:
    record, log = _object(payload.get("record")), _object(payload.get("log"))
    processing = [_object(one) for one in _is(record.get("pii_processing"), list)]
    event = _object(_first(record.get("events")))
    parties = [_object(one) for one in _is(record.get("party_identification"), list)]
    if not processing:
        raise ReceiptError("content")
    period = _object(processing[0].get("retention_period"))
    notice = record.get("privacy_notice")
    until = period.get("until")
    return ConsentReceipt(
        issuer=_text(payload.get("iss")),
        kid=kid,
        reference=_text(payload.get("receipt_id")),
        at=_moment(event.get("event_time")),
        given=_text(event.get("decision")) == "given",
        kind=_text(processing[0].get("kind")),
        how=_text(event.get("how")),
        capacity=_text(event.get("capacity")),
        purposes=tuple(_name(one, "purpose_name", "purpose") for one in processing),
        words=_said(notice),
        kinds=tuple(
            _name(_object(one), "name", "pii_type") for one in _is(processing[0].get("pii_information"), list)
        ),
        recipients=_names(parties, "recipient"),
        sources=_names(parties, "source"),
        since=_moment(period.get("from")),
        until=None if until is None else _moment(until),
        notice="" if notice is None else _text(_object(notice).get("sha256")),
        log=LogProof(_is(log.get("index"), int), _text(log.get("leaf")), _text(log.get("proof"))),
        payload=payload,
    )


def _said(notice: Json) -> tuple[str, ...]:
    """The words of a notice, whose digest has to be theirs."""
    if notice is None:
        return ()
    words = _object(_object(notice).get("words"))
    if to_base64url(sha256(notice_bytes(words)).digest()) != _object(notice).get("sha256"):
        raise ReceiptError("content")
    purposes = _object(words.get("purposes"))
    return tuple(
        text
        for purpose in purposes.values()
        for text in (_text(_object(purpose).get("plain_words")), _text(_object(purpose).get("legal_text")))
    )


def _names(parties: list[JsonObject], role: str) -> tuple[str, ...]:
    return tuple(_name(one, "party_name", "party_id") for one in parties if one.get("party_role") == role)


def _name(value: JsonObject, name: str, code: str) -> str:
    return _text(value.get(name)) or _text(value.get(code))


def _is(value: Json, kind: type[T]) -> T:
    # A boolean is an integer to Python, and to nobody else.
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ReceiptError("content")
    return value


def _text(value: Json) -> str:
    return _is(value, str)


def _object(value: Json) -> JsonObject:
    if not isinstance(value, Mapping):
        raise ReceiptError("content")
    return value


def _first(value: Json) -> Json:
    for one in _is(value, list):
        found: Json = one
        return found
    raise ReceiptError("content")


def _moment(value: Json) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        raise ReceiptError("content") from None
    if moment.tzinfo is None:
        raise ReceiptError("content")
    return moment
