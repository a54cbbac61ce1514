"""A receipt as a compact JWS (RFC 7515 section 7.1): signed with EdDSA, its type said (RFC 8725 section 3.11).

Nothing of the header chooses how to verify: the one algorithm is ours, the key is looked up by its thumbprint, and a header
with any other member is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from consent.receipts.errors import ReceiptError
from consent.receipts.keys import ALGORITHM, PublicKey, Signer
from consent.receipts.strict import from_base64url, parse_object, to_base64url, to_json
from core.vocabulary import JsonObject

TYPE: Final = "consent-receipt+jws"
TOKEN_MAXIMUM: Final = 48_000
"""Characters; a receipt of ours has some 6,000."""

BEGIN: Final = "-----BEGIN CONSENT RECEIPT-----"
END: Final = "-----END CONSENT RECEIPT-----"
_LINE: Final = 64
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """A receipt whose signature holds: by which key, and what it says, read and not yet understood."""

    key: PublicKey
    payload: JsonObject = field(repr=False)


def sign(payload: JsonObject, signer: Signer) -> str:
    """The compact JWS of a payload."""
    header: JsonObject = {"alg": ALGORITHM, "kid": signer.kid, "typ": TYPE}
    signing_input = f"{to_base64url(to_json(header))}.{to_base64url(to_json(payload))}"
    return f"{signing_input}.{to_base64url(signer.sign(signing_input.encode('ascii')))}"


def verify(token: str, keys: Iterable[PublicKey]) -> Signed:
    """Check who signed it; raises `ReceiptError`. Whether its key had ended by its date, `verifying` judges."""
    if len(token) > TOKEN_MAXIMUM:
        raise ReceiptError("too-long")
    if not _COMPACT.fullmatch(token):
        raise ReceiptError("not-a-receipt")
    head, body, tail = token.split(".")
    try:
        header, payload, signature = (
            parse_object(from_base64url(head)),
            from_base64url(body),
            from_base64url(tail),
        )
    except ValueError:
        raise ReceiptError("not-a-receipt") from None
    key = _key(header, keys)
    key.verify(f"{head}.{body}".encode("ascii"), signature)
    try:
        return Signed(key, parse_object(payload))
    except ValueError:
        raise ReceiptError("content") from None


def armoured(token: str) -> str:
    """The token between two lines that say what it is, broken into lines that fit on paper."""
    lines = (token[place : place + _LINE] for place in range(0, len(token), _LINE))
    return "\n".join((BEGIN, *lines, END)) + "\n"


def token_in(text: str) -> str | None:
    """The token of whatever was pasted: alone, or within the whole text of a paper receipt; None where none stands there."""
    if len(text) > 2 * TOKEN_MAXIMUM:
        raise ReceiptError("too-long")
    _, begun, rest = text.partition(BEGIN)
    inner = rest.partition(END)[0] if begun else text
    token = "".join(inner.split())
    return token if begun or _COMPACT.fullmatch(token) else None


def _key(header: JsonObject, keys: Iterable[PublicKey]) -> PublicKey:
    if header.get("alg") != ALGORITHM:
        raise ReceiptError("algorithm")
    if header.keys() != {"alg", "kid", "typ"} or header["typ"] != TYPE:
        raise ReceiptError("header")
    found = next((key for key in keys if key.kid == header["kid"]), None)
    if found is None:
        raise ReceiptError("unknown-key")
    return found
