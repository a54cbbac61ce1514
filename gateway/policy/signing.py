"""Signatures of agreements: Ed25519 (RFC 8032), one by each party, detached from the agreement.

What is signed is the agreement's terms with the signatory's own line (organisation, office, day), as canonical JSON. What
may change afterwards without anybody signing anew is left out: the status, a suspension, a winding down, the name of the
agreement that renews it, and the other signatories. Any other change breaks every signature.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.policy.register_files import Value

PREFIX = b"oncetold-agreement-v1\n"
"""What every signed text begins with, so that a signature made for something else is none of an agreement."""
UNSIGNED_KEYS = frozenset({"status", "suspension", "winding_down", "renewed_by", "signatories"})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with which an organisation signs. public_key: 32 bytes. until: the last UK day, None while it is in use."""

    id: str
    organisation: str
    public_key: bytes
    from_: date
    until: date | None

    def valid_on(self, day: date) -> bool:
        """Whether a signature of that day counts."""
        return self.from_ <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class AgreementSignature:
    """One party's signature. signature: base64 of 64 bytes."""

    organisation: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class SignatureProblem:
    """What is wrong with one organisation's signature, and what to do."""

    organisation: str
    problem: str


def terms_of(agreement: Mapping[str, Value]) -> dict[str, Value]:
    """What is signed of an agreement's document: all but what may change without being signed anew."""
    return {key: value for key, value in agreement.items() if key not in UNSIGNED_KEYS}


def signed_bytes(terms: Mapping[str, Value], line: Mapping[str, Value]) -> bytes:
    """What one signatory signs: the terms and their own line of `signatories` (organisation, role, on).

    Raises TypeError for what canonical JSON cannot hold (numbers beyond 64 bits, lone surrogates).
    """
    return PREFIX + orjson.dumps({"terms": dict(terms), "signatory": dict(line)}, option=orjson.OPT_SORT_KEYS)


def sign(private: Ed25519PrivateKey, terms: Mapping[str, Value], line: Mapping[str, Value]) -> str:
    """The signature in base64."""
    return base64.b64encode(private.sign(signed_bytes(terms, line))).decode()


def lines_of(agreement: Mapping[str, Value]) -> Sequence[Mapping[str, Value]]:
    """The lines of `signatories` in an agreement's document that its schema has checked."""
    signatories = agreement.get("signatories")
    if not isinstance(signatories, list):
        return ()
    return [MappingProxyType(line) for line in signatories if isinstance(line, dict)]


def signature_problems(
    agreement: Mapping[str, Value],
    parties: frozenset[str],
    signatures: Sequence[AgreementSignature],
    keys: Mapping[str, SigningKey],
) -> tuple[SignatureProblem, ...]:
    """What is wrong with the signatures of one agreement's document, in the order of the organisations' names.

    Empty where each party has signed once, with a key of its own that was valid on that day, what stands there now.
    """
    terms, lines = terms_of(agreement), lines_of(agreement)
    names = parties | {signature.organisation for signature in signatures}
    found = []
    for name in sorted(names):
        own = [signature for signature in signatures if signature.organisation == name]
        signed_as = [line for line in lines if line["organisation"] == name]
        problem = (
            f"{name} is no party to the agreement: leave its signature out"
            if name not in parties
            else _problem(name, terms, signed_as, own, keys)
        )
        if problem is not None:
            found.append(SignatureProblem(name, problem))
    return tuple(found)


def _problem(
    name: str,
    terms: Mapping[str, Value],
    lines: Sequence[Mapping[str, Value]],
    signatures: Sequence[AgreementSignature],
    keys: Mapping[str, SigningKey],
) -> str | None:
    if len(lines) != 1:
        return f"{name} must stand once among the signatories"
    if not signatures:
        return f"the signature of {name} is missing: sign it (`oncetold agreement sign`), or make the agreement a draft"
    if len(signatures) > 1:
        return f"{name} signed twice: keep one signature"
    key = keys.get(signatures[0].key)
    if key is None:
        return (
            f"{name} signed with a key that is not in registers/signing-keys.yaml: add the key, or sign anew"
        )
    if key.organisation != name:
        return f"{name} signed with the key {key.id} of {key.organisation}: sign with a key of its own"
    day = str(lines[0]["on"])
    if not key.valid_on(date.fromisoformat(day)):
        return f"the key {key.id} of {name} was not valid on {day}: sign with another key, or correct the day"
    if not _verifies(key, signatures[0], terms, lines[0]):
        return f"the signature of {name} does not fit: the agreement was changed after it was signed; sign it anew"
    return None


def _verifies(
    key: SigningKey, signature: AgreementSignature, terms: Mapping[str, Value], line: Mapping[str, Value]
) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(key.public_key)
        public.verify(base64.b64decode(signature.signature, validate=True), signed_bytes(terms, line))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
