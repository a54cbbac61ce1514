"""Signed notes (c2sp.org/signed-note) with Ed25519 signatures (RFC 8032).

A verifier key is written `<name>+<key ID, 8 hex digits>+<base64 of 0x01 and the 32-byte public key>`, a signing key
`PRIVATE+KEY+<name>+<key ID>+<base64 of 0x01 and the 32-byte seed>`, as golang.org/x/mod/sumdb/note does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import VerificationError
from audit.text import from_base64, to_base64

KEY_ID_BYTES = 4
SIGNATURES_MAXIMUM = 100
NOTE_MAXIMUM = 1_000_000
"""Characters of a whole note: room for the 16 signatures of any kind that a verifier must accept, and for little more."""

_ED25519 = b"\x01"
PRIVATE = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}\Z")


class NoteError(VerificationError):
    """A note or a key is malformed, or no known key signed the note."""


class NoteKey(Protocol):
    """A public key of any kind that can sign a note: a log's `VerifierKey`, a witness's `CosignatureKey`."""

    @property
    def name(self) -> str:
        """The name under which it signs."""
        ...

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell keys of one name, and kinds of key, apart."""
        ...

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check a signature over a note's text; raises `NoteError`."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name. Raises `NoteError` for a name or key that cannot be one.

    name: non-empty, without spaces or plus signs; a log's is its origin.
    public: 32 bytes.
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != 32:
            raise NoteError("an Ed25519 public key has 32 bytes")

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read `<name>+<key ID>+<base64>`; raises `NoteError`, also for other kinds of key."""
        name, key_id, public = parse_key(text)
        key = cls(name, public)
        if key.key_id != key_id:
            raise NoteError("the key ID does not belong to the key")
        return key

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, 0x01 and the public key."""
        return key_id_of(self.name, _ED25519, self.public)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check a signature over a message; raises `NoteError`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise NoteError("a signature of a known key does not verify") from None

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public)}"


class Signer:
    """A private key under its name. Its representation shows only the public side.

    beside: other keys of that name, which sign along: while a log goes over from one key to the next, everything it signs
    carries both lines, so that whoever knows either can go on.
    """

    __slots__ = ("_prefix", "_private", "beside", "verifier_key")

    def __init__(self, name: str, seed: bytes, beside: Sequence[Signer] = ()) -> None:
        """Make the signer of a 32-byte seed (RFC 8032's private key); raises `NoteError`."""
        if len(seed) != 32:
            raise NoteError("an Ed25519 seed has 32 bytes")
        if any(other.name != name for other in beside):
            raise NoteError("keys that sign beside each other have one name")
        self.beside = tuple(beside)
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier_key = VerifierKey(name, self._private.public_key().public_bytes_raw())
        self._prefix = self.verifier_key.key_id

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Read `PRIVATE+KEY+<name>+<key ID>+<base64>`; raises `NoteError`."""
        if not text.startswith(PRIVATE):
            raise NoteError("this is no signing key")
        name, key_id, seed = parse_key(text.removeprefix(PRIVATE))
        signer = cls(name, seed)
        if signer.verifier_key.key_id != key_id:
            raise NoteError("the key ID does not belong to the key")
        return signer

    @property
    def name(self) -> str:
        """The name under which it signs."""
        return self.verifier_key.name

    def along(self, *beside: Signer) -> Signer:
        """This key with others beside it; raises `NoteError`."""
        return Signer(self.name, self._private.private_bytes_raw(), beside)

    def signature_line(self, text: bytes) -> str:
        """The line that signs a note's text, and those of the keys beside it."""
        line = f"\N{EM DASH} {self.name} {to_base64(self._prefix + self._private.sign(text))}\n"
        return line + "".join(other.signature_line(text) for other in self.beside)

    def export(self) -> str:
        """The signing key in full, for a secret store and nowhere else."""
        secret = to_base64(_ED25519 + self._private.private_bytes_raw())
        return f"{PRIVATE}{self.name}+{self._prefix.hex()}+{secret}"

    def __repr__(self) -> str:
        return f"Signer({self.verifier_key})"


@dataclass(frozen=True, slots=True)
class Note:
    """A note that verified: its text, and the known keys that signed it, in the order of their lines."""

    text: str
    signed_by: tuple[NoteKey, ...]


def sign(text: str, *signers: Signer) -> str:
    """The note of a text and one signature line a signer; raises `NoteError` for a text that no note may have."""
    if not signers:
        raise NoteError("a note needs a signature")
    encoded = _check_text(text)
    return text + "\n" + "".join(signer.signature_line(encoded) for signer in signers)


def open_note(text: str, verifier_keys: Iterable[NoteKey]) -> Note:
    """Read a note of which at least one known key signed the text; raises `NoteError`.

    Lines of unknown keys are ignored. A line of a known key that does not verify condemns the whole note.
    """
    known: dict[tuple[str, bytes], NoteKey] = {}
    for key in verifier_keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise NoteError("two known keys share a name and a key ID")
    body, lines = split_note(text)
    encoded = _check_text(body)
    signed_by: list[NoteKey] = []
    for line in lines:
        name, key_id, signature = parse_signature(line)
        signer = known.get((name, key_id))
        if signer is None:
            continue
        signer.verify(encoded, signature)
        if signer not in signed_by:
            signed_by.append(signer)
    if not signed_by:
        raise NoteError("no known key signed the note")
    return Note(body, tuple(signed_by))


def split_note(text: str) -> tuple[str, list[str]]:
    """Text and signature lines: they are parted by the last empty line."""
    if len(text) > NOTE_MAXIMUM:
        raise NoteError("the note is too long")
    body, gap, signatures = text.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise NoteError("the note has no signature lines")
    lines = signatures[:-1].split("\n")
    if len(lines) > SIGNATURES_MAXIMUM:
        raise NoteError("the note has too many signatures")
    return body + "\n", lines


def parse_signature(line: str) -> tuple[str, bytes, bytes]:
    """Name, key ID and signature of one line, without its newline; raises `NoteError`."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    check_name(name)
    data = from_base64(encoded)
    if dash != "\N{EM DASH}" or data is None or len(data) <= KEY_ID_BYTES:
        raise NoteError("a signature line is malformed")
    return name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:]


def key_id_of(name: str, kind: bytes, public: bytes) -> bytes:
    """The first 4 bytes of SHA-256 over name, newline, the byte of the key's kind, and the public key."""
    return sha256(_encode(name) + b"\n" + kind + public).digest()[:KEY_ID_BYTES]


def parse_key(text: str, kind: bytes = _ED25519) -> tuple[str, bytes, bytes]:
    """Name, key ID and 32 bytes of a key of one kind; raises `NoteError`. Whether the ID fits the key is not checked."""
    parts = text.split("+", 2)
    if len(parts) != 3 or _KEY_ID.match(parts[1]) is None:
        raise NoteError("a key is written <name>+<key ID>+<base64>")
    data = from_base64(parts[2])
    if data is None or len(data) != 33 or not data.startswith(kind):
        raise NoteError("a key is malformed or not an Ed25519 key of the kind wanted here")
    return parts[0], bytes.fromhex(parts[1]), data[1:]


def check_name(name: str) -> None:
    """Raise `NoteError` for what cannot name a key."""
    if not name or "+" in name or any(letter.isspace() for letter in name) or _CONTROL.search(name):
        raise NoteError("a key name is empty, or holds spaces or a plus sign")
    _encode(name)


def _check_text(text: str) -> bytes:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("a note's text ends in a newline and holds no other control characters")
    return _encode(text)


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise NoteError("a note is not valid UTF-8") from None
