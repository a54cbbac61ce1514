"""The edges of a bundle: as large as it may be, cut short, and signed in a form that is almost the right one."""

from __future__ import annotations

import gzip
import io
import tarfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.policy import bundle_archive
from gateway.policy.bundle import read_bundle
from gateway.policy.bundle_archive import DATA, SIGNATURES, BundleError, Fault, pack, unpack
from tests.support.bundles import KEY, KEYID, TRUSTED, altered, bundle_bytes, signed_anew

FILES = {"data.json": b"{}" * 300, ".manifest": b"{}"}


def refused(packed: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        unpack(packed)
    return caught.value.problem


@pytest.mark.parametrize(
    ("limit", "size", "told"),
    [
        ("COMPRESSED_MAXIMUM", len(pack(FILES)), "it is larger than"),
        ("UNPACKED_MAXIMUM", len(gzip.decompress(pack(FILES))), "it unpacks to more than"),
        ("ENTRIES_MAXIMUM", len(FILES), "it holds more than"),
    ],
)
def test_a_bundle_may_be_as_large_as_the_limit(
    monkeypatch: pytest.MonkeyPatch, limit: str, size: int, told: str
) -> None:
    monkeypatch.setattr(bundle_archive, limit, size)
    assert unpack(pack(FILES)) == FILES
    monkeypatch.setattr(bundle_archive, limit, size - 1)
    assert refused(pack(FILES)).startswith(told)


def ends() -> list[int]:
    """Where each file's last block ends in the tar."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(pack(FILES)))) as archive:
        return [entry.offset_data + -(-entry.size // 512) * 512 for entry in archive]


def test_a_bundle_may_lack_the_empty_blocks_behind_its_last_file() -> None:
    raw = gzip.decompress(pack(FILES))
    assert unpack(gzip.compress(raw[: ends()[-1]])) == FILES


@pytest.mark.parametrize("missing", [1, 511, 512, 513])
def test_a_bundle_that_is_cut_short_is_refused(missing: int) -> None:
    raw = gzip.decompress(pack(FILES))
    assert refused(gzip.compress(raw[: ends()[-1] - missing]))


def signed_by(payload: object, header: dict[str, object]) -> bytes:
    """The bundle with a signature over this payload under this header."""

    def part(content: object) -> str:
        return urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")

    text = f"{part(header)}.{part(payload)}"
    r, s = decode_dss_signature(KEY.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signature = urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode().rstrip("=")
    signatures = orjson.dumps({"signatures": [f"{text}.{signature}"]})
    return altered(bundle_bytes(), lambda files: files.update({SIGNATURES: signatures}))


def payload() -> dict[str, Any]:
    token = orjson.loads(unpack(bundle_bytes())[SIGNATURES])["signatures"][0].split(".")[1]
    found: dict[str, Any] = orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return found


HEADER: dict[str, object] = {"alg": "ES256", "kid": KEYID}


def test_a_signature_may_say_that_it_is_a_jwt() -> None:
    for header in (HEADER, HEADER | {"typ": "JWT"}):
        assert read_bundle(signed_by(payload(), header), TRUSTED).keyid == KEYID


def problem(packed: bytes) -> BundleError:
    with pytest.raises(BundleError) as caught:
        read_bundle(packed, TRUSTED)
    return caught.value


@pytest.mark.parametrize("keyid", [["k"], {"k": 1}, 1, None], ids=str)
def test_a_keyid_that_is_no_name_is_no_trusted_key(keyid: object) -> None:
    assert problem(signed_by(payload(), HEADER | {"kid": keyid})).code is Fault.UNKNOWN_KEY


def test_a_signed_file_says_name_hash_and_algorithm_and_nothing_else() -> None:
    more = payload()
    more["files"][0]["note"] = "somebody's own"
    assert problem(signed_by(more, HEADER)).code is Fault.MALFORMED


@pytest.mark.parametrize("registers", ["revision", ["revision"], {}, None], ids=str)
def test_registers_that_are_no_object_are_malformed(registers: object) -> None:
    packed = signed_anew(
        bundle_bytes(), lambda files: files.update({DATA: orjson.dumps({"registers": registers})})
    )
    assert problem(packed).code is Fault.MALFORMED
