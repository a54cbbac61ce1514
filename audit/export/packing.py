"""Evidence packs: a ZIP for an incident or an inspection that proves itself, with public keys and public tools alone.

Its manifest names every other file with length and SHA-256 and is a note (c2sp.org/signed-note) under the log's key. The
manifest's first line is no log's name, so no manifest can pass for a checkpoint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import orjson

from audit.errors import VerificationError
from audit.export.checking import check_entry
from audit.export.lines import EntryLine, Header, read_lines, write_line
from audit.harm import Harm, TamperedError
from audit.note import Signer, VerifierKey, open_note, sign

FIRST_LINE = "oncetold evidence pack v1"
MANIFEST = "manifest.note"
ENTRIES = "entries.ndjson"
ENTRIES_MAXIMUM = 10_000
FILE_MAXIMUM = 64_000_000

_LINE = re.compile(
    r"(?P<digest>[0-9a-f]{64}) (?P<length>0|[1-9][0-9]{0,9}) (?P<name>[a-z0-9][a-z0-9./-]{0,80})\Z"
)


class PackError(VerificationError):
    """A pack cannot be made, or is none."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a pack says of itself: for whom and about what (one line each), and when it was made (UTC)."""

    concerning: str
    made: datetime


@dataclass(frozen=True, slots=True)
class CheckedPack:
    """A pack that holds. size: of the log that proves its entries. opened: how many come with their detail."""

    about: tuple[str, ...]
    entries: int
    opened: int
    size: int


@dataclass(frozen=True, slots=True)
class PackSigning:
    """Signs manifests of evidence packs under a log's key, and nothing else: no checkpoint can be had through it.

    verifier_key: the log's public key. sign: from a manifest's text to its signed note; raises `PackError` for others.
    """

    verifier_key: VerifierKey
    sign: Callable[[str], str] = field(repr=False)

    @property
    def name(self) -> str:
        """The log's name."""
        return self.verifier_key.name


def pack_signing(signer: Signer) -> PackSigning:
    """What may sign packs, of what may sign anything."""

    def sign_manifest(text: str) -> str:
        if not text.startswith(f"{FIRST_LINE}\n"):
            raise PackError("this is no manifest of a pack")
        return sign(text, signer)

    return PackSigning(signer.verifier_key, sign_manifest)


def write_pack(
    out: BinaryIO,
    header: Header,
    entries: Sequence[EntryLine],
    beside: Mapping[str, bytes],
    told: Told,
    signing: PackSigning,
) -> None:
    """Write a pack. beside: further files, by name. Raises `PackError` for too many entries, or none."""
    if not 0 < len(entries) <= ENTRIES_MAXIMUM:
        raise PackError(
            f"a pack holds 1 to {ENTRIES_MAXIMUM} entries, this one would hold {len(entries)}: choose another period"
        )
    lines: list[str] = []
    stamp = told.made.timetuple()[:6]

    def add(archive: ZipFile, name: str, data: bytes) -> None:
        info = ZipInfo(name, stamp)
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        archive.writestr(info, data)
        if name != MANIFEST:
            lines.append(f"{sha256(data).hexdigest()} {len(data)} {name}\n")

    with ZipFile(out, "w") as archive:
        for name, data in _files(header, entries, told).items():
            add(archive, name, data)
        for name, data in beside.items():
            add(archive, name, data)
        about = (
            f"log: {header.origin}",
            f"made: {told.made.isoformat(timespec='seconds')}",
            f"concerning: {told.concerning}",
            f"entries: {len(entries)}",
        )
        text = "".join(f"{line}\n" for line in (FIRST_LINE, *about)) + "\n" + "".join(lines)
        add(archive, MANIFEST, signing.sign(text).encode())


def check_pack(source: BinaryIO, keys: Sequence[VerifierKey]) -> CheckedPack:
    """Check a pack: manifest, files, and each entry by its receipt. Raises `PackError` or `TamperedError`."""
    try:
        with ZipFile(source) as archive:
            return _checked(archive, keys)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, UnicodeError) as error:
        raise PackError("the pack cannot be read as a ZIP file") from error


def _checked(archive: ZipFile, keys: Sequence[VerifierKey]) -> CheckedPack:
    note = open_note(_read(archive, MANIFEST).decode(), keys)
    head, gap, listed = note.text.partition("\n\n")
    first, *about = head.split("\n")
    if first != FIRST_LINE or not gap:
        raise PackError("the manifest is of another kind")
    files = dict(_listed(listed))
    if sorted(archive.namelist()) != sorted([*files, MANIFEST]):
        raise PackError("the pack holds other files than its manifest names")
    for name, (digest, length) in files.items():
        data = _read(archive, name)
        if len(data) != length or sha256(data).hexdigest() != digest:
            raise PackError(f"{name} is not the file that was signed")
    entries = opened = size = 0
    for line in read_lines(_read(archive, ENTRIES).splitlines(keepends=True)):
        if not isinstance(line, EntryLine):
            continue
        size = max(size, check_entry(line, keys))
        _same(archive, line)
        entries += 1
        opened += line.opening is not None
    if f"entries: {entries}" not in about:
        raise TamperedError(
            Harm.TRUNCATED, entries, entries, "the pack holds other entries than its manifest says"
        )
    return CheckedPack(tuple(about), entries, opened, size)


def _same(archive: ZipFile, line: EntryLine) -> None:
    """The files beside an entry say what its line says."""
    if _read(archive, f"receipts/{line.index}.txt").decode() != line.receipt:
        raise TamperedError(Harm.EDITED, line.index, line.index, "its receipt's file is another")


def _listed(text: str) -> Iterator[tuple[str, tuple[str, int]]]:
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None or ".." in match["name"]:
            raise PackError("a line of the manifest cannot be read")
        yield match["name"], (match["digest"], int(match["length"]))


def _read(archive: ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            # One byte more than allowed, so that what unpacks to more is noticed before it fills the memory.
            data = file.read(FILE_MAXIMUM + 1)
    except KeyError as error:
        raise PackError(f"{name} is missing") from error
    if len(data) > FILE_MAXIMUM:
        raise PackError(f"{name} is too large")
    return data


def _files(header: Header, entries: Sequence[EntryLine], told: Told) -> dict[str, bytes]:
    files = {
        "readme.txt": _readme(header, told).encode(),
        "key.txt": "".join(f"{one}\n" for one in (header.key, *header.others)).encode(),
        ENTRIES: write_line(header) + b"".join(map(write_line, entries)),
    }
    for line in entries:
        files[f"receipts/{line.index}.txt"] = (line.receipt or "").encode()
        if line.opening is not None:
            files[f"openings/{line.index}.json"] = orjson.dumps(
                line.opening.to_json(), default=dict, option=orjson.OPT_INDENT_2
            )
    return files


def _readme(header: Header, told: Told) -> str:
    return f"""Evidence pack of the audit log {header.origin}
Concerning: {told.concerning}
Made: {told.made.isoformat(timespec="seconds")}

What is in it
  manifest.note     every other file with its SHA-256 and length, signed by the log's key
  key.txt           that key: compare it with the one that the log's keeper published elsewhere; below it the keys of before
  entries.ndjson    the entries: place in the log, leaf, receipt, and what opens the leaf where it may be shown
  entries.csv       what officers search by, with entries.csv-metadata.json (CSV on the Web)
  audit-events.json the same as FHIR R4 AuditEvents (IHE BALP shapes)
  receipts/N.txt    the receipt of entry N (c2sp.org/tlog-proof): it proves that the leaf stands in the log
  openings/N.json   salt and detail: what the leaf of entry N commits to

How to check all of it, offline
  oncetold audit verify PACK.zip --key KEY

How to check it without us
  sha256sum says whether each file is the one that manifest.note names. The note's last line is an Ed25519 signature over
  the text before the last empty line (c2sp.org/signed-note; after the 4 bytes of key ID, in base64). Each receipt is checked
  as RFC 9162 section 2.1.3.2 says, the leaf hashed as RFC 6962 section 2.1 says. A leaf's last 32 bytes are SHA-256 over
  "oncetold/leaf/v1", a zero byte, the salt and the detail as canonical JSON (RFC 8785).

An entry without an opening is one whose detail was erased, or one that says more than this pack's reader may know. Its proof
holds all the same.
"""
