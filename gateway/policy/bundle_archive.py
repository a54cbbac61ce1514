"""The archive of a policy bundle: a gzipped tar of a few hundred small files, packed the same way every time.

Whoever reads a bundle reads what a stranger may have sent, before any signature could be checked. So sizes are bounded, only
plain files with names of a closed list are taken, and whatever another reader of tar files might read in another way
(a second gzip member, entries behind the end, extended headers) is refused: OPA and we must see the same files.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from enum import StrEnum

from core.errors import OnceToldError

COMPRESSED_MAXIMUM = 32_000_000
"""Bytes of a bundle as it is sent."""
UNPACKED_MAXIMUM = 128_000_000
"""Bytes of a bundle once it is unpacked."""
ENTRIES_MAXIMUM = 20_000

MANIFEST, DATA, WASM, SIGNATURES = ".manifest", "data.json", "engine.wasm", ".signatures.json"

# OPA takes a `data.yaml` in any folder for data, wherever it stands.
_NAME = re.compile(
    r"\.manifest|\.signatures\.json|data\.json|engine\.wasm"
    r"|oncetold/[a-z][a-z0-9_]*\.rego"
    r"|registers/(?:(?:agreements|signatures)/)?(?!data\.)[a-z0-9]+(?:-[a-z0-9]+)*\.yaml"
    r"|sections/[a-z0-9]+(?:-[a-z0-9]+)*\.v[1-9][0-9]*\.json"
)
_BLOCK = tarfile.BLOCKSIZE


class Fault(StrEnum):
    """Why a bundle is refused."""

    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown-key"
    ALTERED = "altered"
    MALFORMED = "malformed"
    OLDER = "older"


class BundleError(OnceToldError):
    """A policy bundle that is refused. `code` says why; the message says what to do, and quotes nothing."""

    def __init__(self, code: Fault, problem: str) -> None:
        super().__init__(f"policy bundle refused ({code}): {problem}")
        self.code = code
        self.problem = problem


def malformed(problem: str) -> BundleError:
    """A bundle that is no bundle of ours."""
    return BundleError(Fault.MALFORMED, f"{problem}; make it anew with `oncetold policy bundle`")


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files (name -> content) as a gzipped tar: in the order of their names, without times, owners or other traces.

    Raises BundleError for a name that a bundle cannot hold.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            _check_name(name)
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return gzip.compress(raw.getvalue(), mtime=0)


def unpack(packed: bytes) -> dict[str, bytes]:
    """The files of a bundle, name -> content. Raises BundleError `malformed` for whatever is no archive of ours."""
    raw = _inflated(packed)
    files: dict[str, bytes] = {}
    end = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            for entry in _bounded(archive):
                _check_entry(entry)
                if entry.name in files:
                    raise malformed("it holds two files of one name")
                end = entry.offset_data + -(-entry.size // _BLOCK) * _BLOCK
                if end > len(raw):
                    raise malformed("it is cut short")
                files[entry.name] = raw[entry.offset_data : entry.offset_data + entry.size]
    except (tarfile.TarError, ValueError) as error:
        raise malformed("it is no tar archive") from error
    if not files or raw[end:].strip(b"\0"):
        raise malformed("it holds nothing, or something behind its end")
    return files


def _inflated(packed: bytes) -> bytes:
    if len(packed) > COMPRESSED_MAXIMUM:
        raise malformed(f"it is larger than {COMPRESSED_MAXIMUM} bytes")
    inflating = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        raw = inflating.decompress(packed, UNPACKED_MAXIMUM + 1)
    except zlib.error as error:
        raise malformed("it is not gzip") from error
    if len(raw) > UNPACKED_MAXIMUM:
        raise malformed(f"it unpacks to more than {UNPACKED_MAXIMUM} bytes")
    if not inflating.eof or inflating.unused_data:
        raise malformed("its gzip stream is cut short, or is not its only one")
    return raw


def _bounded(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for count, entry in enumerate(archive, start=1):
        if count > ENTRIES_MAXIMUM:
            raise malformed(f"it holds more than {ENTRIES_MAXIMUM} files")
        yield entry


def _check_entry(entry: tarfile.TarInfo) -> None:
    if entry.type != tarfile.REGTYPE or entry.pax_headers or entry.sparse is not None:
        raise malformed("it holds something else than plain files")
    _check_name(entry.name)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise malformed("it holds a file with a name that no bundle has")
