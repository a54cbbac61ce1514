"""Keys of policy bundles: whose bundles are trusted, and the key that signs them (ECDSA on P-256: ES256, RFC 7518)."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.policy.register_files import Value, read_document


def read_bundle_keys(path: Path) -> dict[str, ec.EllipticCurvePublicKey]:
    """The keys whose bundles are trusted, by keyid, from YAML: `keys: [{keyid: ..., public_key: <PEM, P-256>}]`.

    Raises RegisterError naming file and line.
    """
    read = read_document(path, path.parent)
    entries = read.value.get("keys")
    if read.value.keys() != {"keys"} or not isinstance(entries, list) or not entries:
        raise read.error("the file must hold a list under `keys`, and nothing else")
    keys: dict[str, ec.EllipticCurvePublicKey] = {}
    for index, entry in enumerate(entries):
        where = ("keys", index)
        if not isinstance(entry, dict) or entry.keys() != {"keyid", "public_key"}:
            raise read.error("a key is a `keyid` and a `public_key`", *where)
        keyid, key = entry["keyid"], _public_key(entry["public_key"])
        if not isinstance(keyid, str) or not keyid or keyid in keys:
            raise read.error("a keyid is a name, and stands once", *where, "keyid")
        if key is None:
            raise read.error("public_key must be the PEM of a P-256 key (ES256)", *where, "public_key")
        keys[keyid] = key
    return keys


def _public_key(pem: Value) -> ec.EllipticCurvePublicKey | None:
    try:
        key = load_pem_public_key(str(pem).encode())
    except ValueError:
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1" else None
