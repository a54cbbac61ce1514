"""The file of trusted keys."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.policy.bundle import read_bundle
from gateway.policy.bundle_keys import read_bundle_keys
from gateway.policy.register_files import RegisterError
from tests.support.bundles import KEYID, OTHER_KEY, bundle_bytes, pem


def keys_file(tmp_path: Path, value: object) -> Path:
    path = tmp_path / "keys.yaml"
    path.write_text(value if isinstance(value, str) else yaml.safe_dump(value))
    return path


def test_trusted_keys_are_read_by_their_ids(tmp_path: Path) -> None:
    entries = [
        {"keyid": KEYID, "public_key": pem().decode()},
        {"keyid": "next", "public_key": pem(OTHER_KEY).decode()},
    ]
    keys = read_bundle_keys(keys_file(tmp_path, {"keys": entries}))
    assert keys.keys() == {KEYID, "next"}
    assert read_bundle(bundle_bytes(), keys).keyid == KEYID


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


OWN = {"keyid": KEYID, "public_key": pem().decode()}
BAD_KEYS: dict[str, tuple[object, str]] = {
    "no list": ({"keys": {}}, "a list under `keys`"),
    "no key at all": ({"keys": []}, "a list under `keys`"),
    "something else": ({"keys": [OWN], "more": 1}, "nothing else"),
    "no key": ({"keys": ["a"]}, "a `keyid` and a `public_key`"),
    "no keyid": ({"keys": [{"public_key": pem().decode()}]}, "a `keyid` and a `public_key`"),
    "an empty keyid": ({"keys": [{**OWN, "keyid": ""}]}, "a keyid is a name"),
    "a keyid twice": ({"keys": [OWN, OWN]}, "stands once"),
    "no PEM": ({"keys": [{**OWN, "public_key": "AAAA"}]}, "P-256"),
    "another curve": (
        {"keys": [{**OWN, "public_key": _public(ec.derive_private_key(1, ec.SECP384R1()))}]},
        "P-256",
    ),
}


@pytest.mark.parametrize("what", BAD_KEYS)
def test_a_file_of_trusted_keys_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, what: str) -> None:
    value, told = BAD_KEYS[what]
    with pytest.raises(RegisterError, match=r"keys\.yaml, line \d+") as caught:
        read_bundle_keys(keys_file(tmp_path, value))
    assert told in caught.value.problem
