"""What somebody will try with a receipt: each fails, and says why without quoting it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.receipts import jws
from consent.receipts.building import build
from consent.receipts.errors import Fault, ReceiptError
from consent.receipts.keys import PublicKey
from consent.receipts.strict import parse_object, to_base64url
from consent.receipts.verifying import verify
from core.vocabulary import Json
from tests.unit.consent.receipts.made import AT, ISSUER, OTHER, SIGNER, facts, forged, header, payload, token

KEYS = [SIGNER.public_key]


def fault(text: str, keys: list[PublicKey] | None = None, issuer: str | None = ISSUER) -> Fault:
    with pytest.raises(ReceiptError) as refused:
        verify(text, KEYS if keys is None else keys, issuer)
    assert SIGNER.kid not in str(refused.value)
    return refused.value.fault


def test_a_true_receipt_holds_so_that_the_others_can_fail() -> None:
    assert verify(token(), KEYS, ISSUER).reference == "OT-41017"
    assert verify(forged(header()), KEYS, ISSUER).reference == "OT-41017"


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "HS256", "ES256", "RS256", "Ed25519", "", None, 7]
)
def test_no_header_chooses_how_it_is_verified(algorithm: object) -> None:
    assert fault(forged(header(alg=algorithm))) == "algorithm"


def test_an_unsigned_receipt_is_none() -> None:
    head = to_base64url(json.dumps({"alg": "none", "typ": jws.TYPE}).encode())
    assert fault(f"{head}.{to_base64url(json.dumps(payload()).encode())}.") == "not-a-receipt"


def test_a_mac_keyed_with_the_public_key_proves_nothing() -> None:
    from joserfc import jws as other
    from joserfc.jwk import OctKey

    key = OctKey.import_key(SIGNER.public_key.public)
    head = {"alg": "HS256", "kid": SIGNER.kid, "typ": jws.TYPE}
    assert fault(other.serialize_compact(head, json.dumps(payload()).encode(), key)) == "algorithm"


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": SIGNER.public_key.to_jwk()},
        {"jku": "https://evil.test"},
        {"x5u": "x"},
        {"crit": ["b64"]},
        {"b64": False},
    ],
)
def test_a_header_that_brings_anything_along_is_refused(extra: dict[str, object]) -> None:
    assert fault(forged(header(**extra))) == "header"


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "", None])
def test_another_kind_of_signed_text_is_no_receipt(kind: object) -> None:
    assert fault(forged(header(typ=kind))) == "header"
    assert fault(forged({"alg": "EdDSA", "kid": SIGNER.kid})) == "header"


def test_another_key_does_not_count_whatever_it_calls_itself() -> None:
    assert fault(forged(header(kid=OTHER.kid), signer=OTHER)) == "unknown-key"
    assert fault(forged(header(), signer=OTHER)) == "signature"
    assert fault(token(), [OTHER.public_key]) == "unknown-key"
    assert fault(token(), []) == "unknown-key"
    assert fault(forged(header(kid=["x"]))) == "unknown-key"


def test_a_key_that_ended_counts_for_what_was_before_its_end_alone() -> None:
    at = int(AT.timestamp())
    assert verify(token(), [PublicKey(SIGNER.public_key.public, at + 1)], ISSUER).given
    assert fault(token(), [PublicKey(SIGNER.public_key.public, at)]) == "key-ended"


def test_another_services_receipt_is_not_ours() -> None:
    assert fault(token(iss="https://other.test")) == "issuer"
    assert verify(token(iss="https://other.test"), KEYS).issuer == "https://other.test"


def test_every_changed_letter_is_noticed() -> None:
    whole = token()
    for place in range(0, len(whole), 97):
        letter = "A" if whole[place] != "A" else "B"
        assert fault(whole[:place] + letter + whole[place + 1 :]) in {
            "not-a-receipt", "signature", "unknown-key", "header", "algorithm",
        }  # fmt: skip


def test_a_signature_has_one_spelling() -> None:
    head, body, tail = token().split(".")
    assert fault(f"{head}.{body}.{tail}=") == "not-a-receipt"
    # The last letter of 64 bytes holds four bits that nobody reads: another letter there is another spelling.
    last = {"A": "B", "Q": "R", "g": "h", "w": "x"}[tail[-1]]
    assert fault(f"{head}.{body}.{tail[:-1]}{last}") == "not-a-receipt"
    assert fault(f"{head}.{body}.{tail[:-2]}") == "signature"


@pytest.mark.parametrize(
    "text", ["", "x", "a.b", "a.b.c.d", "..", "é.é.é", " ".join(token()), "aa.bb.\u0661"]
)
def test_what_is_no_compact_text_is_no_receipt(text: str) -> None:
    assert fault(text) == "not-a-receipt"


def test_a_text_longer_than_any_receipt_is_not_even_looked_at() -> None:
    assert fault("A" * (jws.TOKEN_MAXIMUM + 1)) == "too-long"
    with pytest.raises(ReceiptError):
        jws.token_in("A" * (2 * jws.TOKEN_MAXIMUM + 1))


@pytest.mark.parametrize(
    "body",
    [
        b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b'{"iat": 1.5}', b'{"iat": NaN}', b'{"iat": 12345678901234567890}',
        b'{"a":"\\ud800"}', b'{"iat": 1, "iat": 2}', b"[" * 100_000, b'{"a":' * 20_000,
    ],
)  # fmt: skip
def test_a_signed_body_with_no_meaning_or_two_is_refused(body: bytes) -> None:
    if len(body) < 20_000:
        assert fault(forged(header(), body)) == "content"
    with pytest.raises(ValueError, match=r".*"):
        parse_object(body)


def test_a_header_whose_name_stands_twice_is_refused() -> None:
    twice = '{"alg":"EdDSA","alg":"EdDSA","kid":"x","typ":"x"}'
    assert fault(forged(twice)) == "not-a-receipt"


def _without(name: str) -> dict[str, Json]:
    return {key: value for key, value in payload().items() if key != name}


@pytest.mark.parametrize("name", ["iat", "iss", "record", "log", "receipt_id", "schema_version"])
def test_a_signed_receipt_lacking_a_part_is_refused(name: str) -> None:
    assert fault(jws.sign(_without(name), SIGNER), issuer=None) == "content"


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": True}, {"iat": "1"}, {"iat": 1}, {"schema_version": "other"}, {"log": {"index": "1"}}, {"record": []},
        {"receipt_id": None},
    ],
)  # fmt: skip
def test_a_signed_receipt_with_a_part_of_another_kind_is_refused(changes: dict[str, Json]) -> None:
    assert fault(token(**changes)) == "content"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("events", []), ("events", "x"), ("pii_processing", []), ("pii_processing", [7]), ("party_identification", None),
        ("privacy_notice", {"sha256": "x", "words": {}}), ("privacy_notice", 7),
        ("events", [{"event_time": "yesterday"}]), ("events", [{"event_time": "2026-10-20T15:07:08"}]),
    ],
)  # fmt: skip
def test_a_record_of_another_shape_is_refused(name: str, value: Json) -> None:
    record = build(facts())["record"]
    assert isinstance(record, dict)
    assert fault(token(record={**record, name: value})) == "content"


@given(st.text(max_size=300))
def test_whatever_is_pasted_is_refused_and_nothing_else_is_raised(text: str) -> None:
    with pytest.raises(ReceiptError):
        verify(text, KEYS, ISSUER)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["record", "log", "events", "iat", "iss"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_whatever_is_signed_is_read_or_refused(value: Json) -> None:
    changed = {**payload(), **value} if isinstance(value, dict) else {"record": value}
    with suppress(ReceiptError):
        assert verify(jws.sign(changed, SIGNER), KEYS).kid == SIGNER.kid
