"""Makes signed policy bundles from a `policies` folder (`gateway.policy.bundle` says what a bundle is)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey

from gateway.policy.bundle import ALGORITHM, REGO, ROOTS, file_hash, rego_digest
from gateway.policy.bundle_archive import DATA, MANIFEST, SIGNATURES, WASM, pack
from gateway.policy.compile import document, policy_data, revision_of, with_revision
from gateway.policy.register_files import RegisterError, read_json
from gateway.policy.registers import load_registers


def write_bundle(folder: Path, number: int, key: ec.EllipticCurvePrivateKey, keyid: str) -> bytes:
    """A signed bundle of a `policies` folder (registers, sections, rego, policy.wasm, policy.json; its own schemas).

    number: more than that of every bundle before it, from 1. Raises RegisterError for registers that cannot be used
    and for a compiled policy that is not what policy.json describes.
    """
    files = _contents(folder)
    built = read_json(folder / "policy.json", folder)
    for name, found, said in (
        ("policy.wasm", hashlib.sha256(files[WASM]).hexdigest(), built.get("wasm_sha256")),
        ("rego", rego_digest(files), built.get("rego_sha256")),
    ):
        if found != said:
            raise RegisterError(
                name, None, "it is not what policy.json describes: run scripts/build_policy.sh"
            )
    data = with_revision(policy_data(load_registers(folder)), rego_digest(files))
    files[DATA] = document(data)
    files[MANIFEST] = _canonical(
        {
            "revision": revision_of(data),
            "roots": list(ROOTS),
            "rego_version": 1,
            "metadata": {"number": number},
        }
    )
    return pack({**files, SIGNATURES: sign_files(files, key, keyid)})


def sign_files(files: Mapping[str, bytes], key: ec.EllipticCurvePrivateKey, keyid: str) -> bytes:
    """The `.signatures.json` over these files: one JWT (RFC 7515, ES256) that names its key in header and payload."""
    hashes = [
        {"name": name, "hash": file_hash(name, files[name]), "algorithm": ALGORITHM} for name in sorted(files)
    ]
    payload = _canonical({"files": hashes, "keyid": keyid})
    header = {"alg": "ES256", "kid": keyid}
    token = jws.serialize_compact(header, payload, ECKey.import_key(key), algorithms=["ES256"])
    return _canonical({"signatures": [token]})


def _contents(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for pattern in ("registers/*.yaml", "registers/*/*.yaml", "sections/*.json"):
        for path in folder.glob(pattern):
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    for path in (folder / "rego").glob("*.rego"):
        files[REGO + path.name] = path.read_bytes()
    try:
        files[WASM] = (folder / "policy.wasm").read_bytes()
    except OSError as error:
        raise RegisterError(
            "policy.wasm", None, "the compiled policy is missing: run scripts/build_policy.sh"
        ) from error
    return files


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
