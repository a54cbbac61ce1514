"""A bundle that is just as large as it may be is taken; one byte more is not."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from gateway.policy import bundle_archive
from gateway.policy.bundle_archive import BundleError, pack, unpack

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
