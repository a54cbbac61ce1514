"""Signatures of agreements: whoever changes a term behind a party's back breaks its signature."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.policy.signing import (
    UNSIGNED_KEYS,
    AgreementSignature,
    SignatureProblem,
    SigningKey,
    lines_of,
    sign,
    signature_problems,
    signed_bytes,
    terms_of,
)

PRIVATE = {name: Ed25519PrivateKey.from_private_bytes(name.encode() * 8) for name in ("cncl", "trst")}
PARTIES = frozenset(PRIVATE)
KEYS = {
    f"{name}-key": SigningKey(
        f"{name}-key", name, private.public_key().public_bytes_raw(), date(2026, 1, 1), date(2026, 12, 31)
    )
    for name, private in PRIVATE.items()
}


def agreement() -> dict[str, Any]:
    return {
        "id": "home",
        "version": 1,
        "status": "active",
        "suspension": None,
        "renewed_by": None,
        "purposes": ["help"],
        "sections": {"contact": ["telephone"]},
        "signatories": [
            {"organisation": "cncl", "role": "Head of housing", "on": "2026-04-14"},
            {"organisation": "trst", "role": "Caldicott guardian", "on": "2026-04-15"},
        ],
    }


def signatures(of: dict[str, Any]) -> list[AgreementSignature]:
    return [
        AgreementSignature(name, f"{name}-key", sign(PRIVATE[name], terms_of(of), line))
        for line in lines_of(of)
        for name in [str(line["organisation"])]
    ]


SIGNED = signatures(agreement())


def problems(
    value: dict[str, Any] | None = None,
    signed: list[AgreementSignature] | None = None,
    keys: dict[str, SigningKey] | None = None,
) -> list[str]:
    found = signature_problems(
        agreement() if value is None else value,
        PARTIES,
        SIGNED if signed is None else signed,
        KEYS if keys is None else keys,
    )
    return [one.problem for one in found]


def test_an_agreement_that_all_parties_signed_has_no_problem() -> None:
    assert problems() == []
    assert problems(signed=SIGNED[::-1]) == []


def test_what_is_signed_is_the_terms_and_the_signatorys_own_line() -> None:
    line = lines_of(agreement())[0]
    text = signed_bytes(terms_of(agreement()), line)
    assert text.startswith(b"oncetold-agreement-v1\n{")
    assert orjson.loads(text.split(b"\n", 1)[1]) == {
        "signatory": {"organisation": "cncl", "role": "Head of housing", "on": "2026-04-14"},
        "terms": {
            "id": "home",
            "version": 1,
            "purposes": ["help"],
            "sections": {"contact": ["telephone"]},
        },
    }
    Ed25519PublicKey.from_public_bytes(KEYS["cncl-key"].public_key).verify(
        base64.b64decode(SIGNED[0].signature), text
    )


def test_a_signature_does_not_depend_on_the_order_of_keys() -> None:
    assert signatures(dict(reversed(agreement().items()))) == SIGNED


UNSIGNED: dict[str, object] = {
    "status": "winding-down",
    "suspension": {"since": "2026-05-01", "by": "cncl", "reason": "r"},
    "winding_down": {"since": "2026-05-01", "by": "cncl", "reason": "r"},
    "renewed_by": "home-2",
}


@pytest.mark.parametrize("key", UNSIGNED)
def test_stopping_and_renewing_need_no_new_signatures(key: str) -> None:
    assert key in UNSIGNED_KEYS
    assert problems({**agreement(), key: UNSIGNED[key]}) == []


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a field more": lambda value: value["sections"]["contact"].append("address"),
    "a section more": lambda value: value["sections"].update(debts=["arrears_band"]),
    "another purpose": lambda value: value["purposes"].append("more-help"),
    "a longer life": lambda value: value.update(valid_until=None),
    "another version": lambda value: value.update(version=2),
    "another name": lambda value: value.update(id="home-2"),
    "what it renews": lambda value: value.update(renews="older"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_any_other_change_breaks_every_signature(what: str) -> None:
    value = agreement()
    CHANGES[what](value)
    assert problems(value) == [
        f"the signature of {name} does not fit: the agreement was changed after it was signed; sign it anew"
        for name in ("cncl", "trst")
    ]


@pytest.mark.parametrize(("key", "told"), [("role", "Cleaner"), ("on", "2026-04-20")])
def test_who_signed_and_when_cannot_be_changed_by_another(key: str, told: str) -> None:
    value = agreement()
    value["signatories"][0][key] = told
    (problem,) = problems(value)
    assert "cncl" in problem
    assert "changed after it was signed" in problem


def test_without_the_check_a_changed_agreement_would_look_signed() -> None:
    """The signatures stand there as before, one of each party with a key of its own; only their bytes tell."""
    value = agreement()
    value["sections"]["contact"].append("address")
    assert {signature.organisation for signature in SIGNED} == PARTIES
    assert all(KEYS[signature.key].organisation == signature.organisation for signature in SIGNED)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(KEYS["cncl-key"].public_key).verify(
            base64.b64decode(SIGNED[0].signature), signed_bytes(terms_of(value), lines_of(value)[0])
        )
    assert len(problems(value)) == 2


def test_every_party_signs() -> None:
    assert problems(signed=SIGNED[:1]) == [
        "the signature of trst is missing: sign it (`oncetold agreement sign`), or make the agreement a draft"
    ]
    assert len(problems(signed=[])) == 2


def test_nobody_signs_twice_or_for_nobody() -> None:
    assert problems(signed=[*SIGNED, SIGNED[0]]) == ["cncl signed twice: keep one signature"]
    stranger = replace(SIGNED[0], organisation="other")
    assert problems(signed=[*SIGNED, stranger]) == [
        "other is no party to the agreement: leave its signature out"
    ]
    value = agreement()
    value["signatories"].append(value["signatories"][0])
    assert problems(value) == ["cncl must stand once among the signatories"]
    value["signatories"] = value["signatories"][1:2]
    assert problems(value) == ["cncl must stand once among the signatories"]


def test_a_key_must_be_known_and_the_organisations_own() -> None:
    (problem,) = problems(keys={"cncl-key": KEYS["cncl-key"]})
    assert problem.startswith("trst signed with a key that is not in registers/signing-keys.yaml")
    # The trust signs for the council, truly, with its own key.
    forged = replace(SIGNED[0], key="trst-key")
    forged = replace(forged, signature=sign(PRIVATE["trst"], terms_of(agreement()), lines_of(agreement())[0]))
    assert problems(signed=[forged, SIGNED[1]]) == [
        "cncl signed with the key trst-key of trst: sign with a key of its own"
    ]


@pytest.mark.parametrize(
    ("begins", "ends", "valid"),
    [
        (date(2026, 4, 14), date(2026, 4, 14), True),
        (date(2026, 4, 14), None, True),
        (date(2026, 4, 15), None, False),
        (date(2020, 1, 1), date(2026, 4, 13), False),
    ],
)
def test_a_key_counts_from_its_first_to_its_last_day(begins: date, ends: date | None, valid: bool) -> None:
    keys = {**KEYS, "cncl-key": replace(KEYS["cncl-key"], from_=begins, until=ends)}
    told = "the key cncl-key of cncl was not valid on 2026-04-14: sign with another key, or correct the day"
    assert problems(keys=keys) == ([] if valid else [told])


@pytest.mark.parametrize("text", ["", "A" * 86 + "==", "no base64", SIGNED[1].signature])
def test_what_is_no_signature_of_this_text_does_not_fit(text: str) -> None:
    (problem,) = problems(signed=[replace(SIGNED[0], signature=text), SIGNED[1]])
    assert "does not fit" in problem


def test_a_public_key_that_is_none_verifies_nothing() -> None:
    (problem,) = problems(keys={**KEYS, "cncl-key": replace(KEYS["cncl-key"], public_key=b"short")})
    assert "does not fit" in problem


def test_terms_that_json_cannot_hold_are_signed_by_nobody() -> None:
    value = {**agreement(), "version": 2**70}
    assert len(problems(value)) == 2
    with pytest.raises(TypeError):
        signed_bytes(terms_of(value), lines_of(value)[0])


def test_an_agreement_without_signatories_has_no_lines() -> None:
    assert lines_of({}) == ()
    assert signature_problems({}, frozenset(), [], {}) == ()
    assert signature_problems({}, frozenset({"a"}), [], {}) == (
        SignatureProblem("a", "a must stand once among the signatories"),
    )
