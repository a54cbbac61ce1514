"""Signatures and keys that others published: RFC 7515, RFC 7520, Wycheproof, the JSON test suite.

What is valid there for an algorithm that an issuer may use is accepted here, and everything else is refused. Only the
signature's layer is asked: none of these tokens is an access token.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from core.vocabulary import Json
from gateway.identity.compact import REFUSED_MEMBERS, take_apart
from gateway.identity.errors import TokenError
from gateway.identity.issuers import Algorithm
from gateway.identity.keys import SignatureError, VerificationKey, parse_key_set
from gateway.web.strict_json import StrictJsonError, parse_object
from tests.unit.gateway.identity.forge import Members, jwks, number

BOTH: frozenset[Algorithm] = frozenset({"ES256", "RS256"})
SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi"})


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def usable(key: Mapping[str, Json]) -> VerificationKey | None:
    """The key as we would know it from a key set, the secret of a key pair left away as its publisher should."""
    public = {name: value for name, value in key.items() if name not in SECRET_MEMBERS}
    return parse_key_set(jwks({**public, "kid": "k"}), BOTH).keys.get("k")


def proven(token: str, key: VerificationKey | None) -> bytes | None:
    """What the token says, when the key proves it."""
    try:
        compact = take_apart(token)
        if key is None or compact.header.get("alg") != key.algorithm or REFUSED_MEMBERS & set(compact.header):
            return None
        key.verify(compact.signing_input, compact.signature)
    except (TokenError, SignatureError):
        return None
    return compact.payload


def wycheproof(real_data: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in load(real_data / "vectors/wycheproof/testvectors_v1" / name)["testGroups"]:
        for case in group["tests"]:
            yield group, case


def test_wycheproof_signatures_of_json_web_tokens(real_data: Path) -> None:
    seen: Counter[str] = Counter()
    for group, case in wycheproof(real_data, "json_web_signature_test.json"):
        public = group.get("public") or group["private"]
        accepted = proven(case["jws"], usable(public)) is not None
        # An empty payload is a valid signature but can be nobody's claims.
        wanted = case["result"] == "valid" and public["alg"] in BOTH and ".." not in case["jws"]
        assert accepted is wanted, case
        seen["accepted" if accepted else "refused"] += 1
    assert seen == {"accepted": 9, "refused": 392}


@pytest.mark.parametrize(
    "name", ["ecdsa_secp256r1_sha256_p1363_test.json", "rsa_signature_2048_sha256_test.json"]
)
def test_wycheproof_raw_signatures(real_data: Path, name: str) -> None:
    seen: Counter[str] = Counter()
    for group, case in wycheproof(real_data, name):
        key = usable(_jwk(group))
        assert key is not None
        try:
            key.verify(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            accepted = True
        except SignatureError:
            accepted = False
        assert case["result"] == "acceptable" or accepted is (case["result"] == "valid"), case
        seen[case["result"]] += 1
    assert seen["valid"] > 5
    assert seen["invalid"] > 50


def _jwk(group: Mapping[str, Any]) -> Members:
    encoded = group.get("publicKeyDer") or group["publicKeyAsn"]
    key = load_der_public_key(bytes.fromhex(encoded))
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    assert isinstance(key, ec.EllipticCurvePublicKey)
    point = key.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)}


def test_wycheproof_keys(real_data: Path) -> None:
    seen: Counter[str] = Counter()
    for group, case in wycheproof(real_data, "json_web_key_test.json"):
        if "public" not in group or case["comment"] == "rejectsKeyWithRocaVulnerability":
            # Secret keys have no place here. Keys of one flawed smart card (CVE-2017-15361) we do not look for: the issuers
            # are registered by hand, and theirs are made by servers.
            continue
        accepted = proven(case["jws"], usable(group["public"]["keys"][0])) is not None
        assert accepted is (case["result"] == "valid"), case
        seen["accepted" if accepted else "refused"] += 1
    assert seen == {"accepted": 1, "refused": 9}


def test_rfc_7520_signatures(real_data: Path) -> None:
    accepted = []
    for path in sorted((real_data / "vectors/ietf-jose-cookbook-rfc7520/jws").glob("*.json")):
        vector = load(path)
        key, token = vector["input"]["key"], vector["output"].get("compact")
        if isinstance(key, dict) and token is not None and proven(token, usable(key)) is not None:
            accepted.append(path.name)
    assert accepted == ["4_1.rsa_v15_signature.json"]


def test_rfc_7515_examples(real_data: Path) -> None:
    accepted = []
    for vector in load(real_data / "vectors/ietf-rfc-examples/rfc7515-rfc7519.json")["vectors"]:
        key = usable(vector["jwk"]) if vector["jwk"] else None
        if proven(vector["jws"], key) is not None:
            accepted.append(vector["ref"])
    assert accepted == ["RFC 7515 A.2 (RS256)", "RFC 7515 A.3 (ES256)"]


def test_json_that_is_none_is_refused_inside_a_token_too(real_data: Path) -> None:
    files = sorted((real_data / "vectors/nst-jsontestsuite/test_parsing").glob("*.json"))
    read = [path.name for path in files if _reads(b'{"member": ' + path.read_bytes() + b"}")]
    assert len(files) > 300
    assert [name for name in read if name.startswith("n_")] == []
    # The two that the suite calls valid JSON and RFC 7515 section 4 lets us refuse.
    duplicates = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
    assert {path.name for path in files if path.name.startswith("y_")} - set(read) == duplicates


def _reads(body: bytes) -> bool:
    try:
        parse_object(body)
    except StrictJsonError:
        return False
    return True
