from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.receipts import jws
from consent.receipts.errors import ReceiptError, ReceiptKeyError
from consent.receipts.keys import KeySigner, PublicKey, key_set, parse_key_set
from consent.receipts.strict import from_base64url, to_base64url
from tests.unit.consent.receipts.made import OTHER, SIGNER, token

RFC8037_SEED = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
RFC8037_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def test_the_key_and_its_name_are_those_of_rfc_8037s_appendix() -> None:
    signer = KeySigner(RFC8037_SEED)
    assert signer.public_key.to_jwk()["x"] == RFC8037_X
    assert signer.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    signing_input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    assert to_base64url(signer.sign(signing_input)) == (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )


def test_the_cookbooks_signature_verifies_and_no_other(real_data: Path) -> None:
    known = json.loads((real_data / "vectors/ietf-jose-cookbook-rfc7520/curve25519/jws.json").read_text())
    key = PublicKey.parse(known["input"]["key"]["x"])
    signing_input = known["signing"]["sig-input"].encode()
    key.verify(signing_input, from_base64url(known["signing"]["sig"]))
    with pytest.raises(ReceiptError):
        key.verify(signing_input + b"x", from_base64url(known["signing"]["sig"]))


def test_wycheproofs_signatures_are_judged_as_it_says(real_data: Path) -> None:
    file = real_data / "vectors/wycheproof/testvectors_v1/ed25519_test.json"
    judged = 0
    for group in json.loads(file.read_text())["testGroups"]:
        key = PublicKey(bytes.fromhex(group["publicKey"]["pk"]))
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            if test["result"] == "valid":
                key.verify(message, signature)
            else:
                with pytest.raises(ReceiptError):
                    key.verify(message, signature)
            judged += 1
    assert judged > 100


def test_no_representation_shows_a_private_key() -> None:
    assert repr(SIGNER) == f"KeySigner({SIGNER.kid})"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length_are_none(length: int) -> None:
    with pytest.raises(ReceiptKeyError):
        KeySigner(bytes(length))
    with pytest.raises(ReceiptKeyError):
        PublicKey(bytes(length))


@pytest.mark.parametrize("text", ["", "x", RFC8037_X + "=", RFC8037_X[:-1] + "p", "A" * 44])
def test_a_public_key_has_one_spelling(text: str) -> None:
    with pytest.raises(ReceiptKeyError):
        PublicKey.parse(text)


def published(*changed: object) -> bytes:
    return json.dumps(
        {"keys": [key_set([SIGNER.public_key])["keys"], *changed][1:] if changed else []}
    ).encode()


def test_a_published_set_is_read_back_with_its_ends() -> None:
    keys = (SIGNER.public_key, PublicKey(OTHER.public_key.public, 1_790_000_000))
    assert parse_key_set(json.dumps(key_set(keys)).encode()) == keys


def test_keys_of_other_kinds_are_left_out() -> None:
    mine = SIGNER.public_key.to_jwk()
    others = [
        {"kty": "EC", "crv": "P-256"},
        {**mine, "use": "enc"},
        {**mine, "alg": "ES256"},
        7,
        {**mine, "crv": "X25519"},
    ]
    assert parse_key_set(published(*others)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"d": "secret"},
        {"x": 7},
        {"x": "short"},
        {"kid": "another"},
        {"kid": None},
        {"exp": "soon"},
        {"exp": True},
    ],
)
def test_a_set_that_cannot_be_trusted_is_refused_whole(changes: dict[str, object]) -> None:
    with pytest.raises(ReceiptKeyError):
        parse_key_set(published({**SIGNER.public_key.to_jwk(), **changes}))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"keys": 7}', b'{"keys":[],"keys":[]}', json.dumps({"keys": [1] * 101}).encode()],
)
def test_what_is_no_set_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptKeyError):
        parse_key_set(body)


def test_a_key_that_stands_twice_is_refused() -> None:
    mine = SIGNER.public_key.to_jwk()
    with pytest.raises(ReceiptKeyError):
        parse_key_set(published(mine, mine))


def test_the_token_is_found_alone_and_in_its_paper_however_it_was_broken() -> None:
    whole = token()
    paper = f"Somebody allowed this\n\n{jws.armoured(whole)}\nprinted today\n"
    for text in (whole, f"  {whole}\r\n", jws.armoured(whole), paper, paper.replace("\n", "\r\n    ")):
        assert jws.token_in(text) == whole
    assert max(map(len, jws.armoured(whole).splitlines())) <= 64
    assert jws.token_in("c2sp.org/tlog-proof@v1\nindex 1\n") is None


def test_another_library_verifies_a_receipt_by_the_published_key_alone() -> None:
    from joserfc import jws as other
    from joserfc.errors import SecurityWarning
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(key_set([OTHER.public_key, SIGNER.public_key]))  # type: ignore[arg-type]
    registry = other.JWSRegistry(algorithms=["EdDSA"], strict_check_header=False)
    # RFC 9864 gives the algorithm a second name, Ed25519, which fewer libraries know yet.
    with pytest.warns(SecurityWarning, match="RFC 9864"):
        found = other.deserialize_compact(token(), keys, registry=registry)
    assert json.loads(found.payload)["receipt_id"] == "OT-41017"


def test_a_third_way_verifies_it_with_nothing_of_jose() -> None:
    head, body, tail = token().split(".")
    key = Ed25519PublicKey.from_public_bytes(SIGNER.public_key.public)
    key.verify(from_base64url(tail), f"{head}.{body}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(from_base64url(tail), f"{head}.{body}x".encode())
