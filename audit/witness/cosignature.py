"""Cosignatures (c2sp.org/tlog-cosignature, cosignature/v1, Ed25519): a witness's word about a checkpoint, and its time.

A witness's signature line is a note's like any other; its signature is the time (8 bytes, big-endian seconds since 1970)
before 64 bytes of Ed25519 over "cosignature/v1", the time and the checkpoint's text. Its verifier key is written as a log's,
with 0x04 as its kind, its private key as `PRIVATE+KEY+<name>+<key ID>+<base64 of 0x04 and the 32-byte seed>`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.note import (
    PRIVATE,
    NoteError,
    NoteKey,
    VerifierKey,
    check_name,
    key_id_of,
    open_note,
    parse_key,
    parse_signature,
    split_note,
)
from audit.text import MAX_INTEGER, to_base64

KIND = b"\x04"
TIME_BYTES = 8
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class CosignatureKey:
    """A witness's public key (32 bytes) under its name. Raises `NoteError` for what cannot be one."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != 32:
            raise NoteError("an Ed25519 public key has 32 bytes")

    @classmethod
    def parse(cls, text: str) -> CosignatureKey:
        """Read `<name>+<key ID>+<base64>`; raises `NoteError`, also for a log's key."""
        name, key_id, public = parse_key(text, KIND)
        key = cls(name, public)
        if key.key_id != key_id:
            raise NoteError("the key ID does not belong to the key")
        return key

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, 0x04 and the public key."""
        return key_id_of(self.name, KIND, self.public)

    @property
    def id(self) -> str:
        """`<name>+<key ID>`: tells a witness's keys apart, where the key itself would be too long."""
        return f"{self.name}+{self.key_id.hex()}"

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check a timestamped signature over a checkpoint's text; raises `NoteError`."""
        seconds = _seconds(signature)
        try:
            public = Ed25519PublicKey.from_public_bytes(self.public)
            public.verify(signature[TIME_BYTES:], _signed(seconds, message))
        except (InvalidSignature, ValueError):
            raise NoteError("a cosignature of a known witness does not verify") from None

    def __str__(self) -> str:
        return f"{self.id}+{to_base64(KIND + self.public)}"


class Cosigner:
    """A witness's private key. Its representation shows only the public side."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, seed: bytes) -> None:
        """Make the cosigner of a 32-byte seed; raises `NoteError`."""
        if len(seed) != 32:
            raise NoteError("an Ed25519 seed has 32 bytes")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = CosignatureKey(name, self._private.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Cosigner:
        """Read what `export` wrote; raises `NoteError`."""
        if not text.startswith(PRIVATE):
            raise NoteError("this is no signing key")
        name, key_id, seed = parse_key(text.removeprefix(PRIVATE), KIND)
        cosigner = cls(name, seed)
        if cosigner.key.key_id != key_id:
            raise NoteError("the key ID does not belong to the key")
        return cosigner

    def line(self, text: str, seconds: int) -> str:
        """The line that cosigns a checkpoint's text, as seen at a time in whole seconds since 1970; raises `NoteError`."""
        if not 0 <= seconds <= MAX_INTEGER:
            raise NoteError("the time of a cosignature is out of range")
        signature = self._private.sign(_signed(seconds, text.encode("utf-8")))
        data = self.key.key_id + seconds.to_bytes(TIME_BYTES, "big") + signature
        return f"\N{EM DASH} {self.key.name} {to_base64(data)}\n"

    def export(self) -> str:
        """The private key in full, for the witness's own file and nowhere else."""
        return f"{PRIVATE}{self.key.id}+{to_base64(KIND + self._private.private_bytes_raw())}"

    def __repr__(self) -> str:
        return f"Cosigner({self.key})"


@dataclass(frozen=True, slots=True)
class Seen:
    """A witness's word about a checkpoint: who saw it, and when, in whole seconds since 1970."""

    witness: CosignatureKey
    seconds: int


def parse_any_key(text: str) -> VerifierKey | CosignatureKey:
    """Read a log's or a witness's public key; raises `NoteError`."""
    try:
        return CosignatureKey.parse(text)
    except NoteError:
        return VerifierKey.parse(text)


def seen_by(checkpoint: str, keys: Iterable[CosignatureKey]) -> tuple[Seen, ...]:
    """Which of the known witnesses cosigned a checkpoint (a signed note), each once; none is no error.

    Raises `NoteError` where it is no note, or where a known witness's line does not verify.
    """
    known = {(key.name, key.key_id): key for key in keys}
    text, lines = split_note(checkpoint)
    found: dict[CosignatureKey, int] = {}
    for line in lines:
        name, key_id, signature = parse_signature(line)
        key = known.get((name, key_id))
        if key is not None:
            key.verify(text.encode("utf-8"), signature)
            found.setdefault(key, _seconds(signature))
    return tuple(Seen(key, seconds) for key, seconds in found.items())


def open_witnessed(
    text: str, log_keys: Iterable[NoteKey], witnesses: Iterable[CosignatureKey], at_least: int
) -> Checkpoint:
    """Read a checkpoint that its log signed and enough of the known witnesses saw.

    Whoever demands more than half of the witnesses, while those that lie are fewer than that, is never shown another tree
    of the log than anybody else who does. Raises `NoteError` and `CheckpointError`.
    """
    checkpoint = open_checkpoint(text, log_keys)
    # The signature does not hold the witness's name, so one key under two names is one witness.
    if len({seen.witness.public for seen in seen_by(text, witnesses)}) < at_least:
        raise NoteError("too few of the known witnesses have seen the checkpoint")
    return checkpoint


def cosignature_of(text: str, lines: str, key: CosignatureKey) -> str | None:
    """Of a witness's answer (signature lines), the one line with which it cosigned a checkpoint's text.

    None where none is this witness's; lines of others are ignored, as the specification wants. Raises `NoteError` where
    they are no signature lines, or the witness's own does not verify.
    """
    note = f"{text}\n{lines}"
    body, found = split_note(note)
    if body != text:
        raise NoteError("the answer is not made of signature lines")
    for line in found:
        name, key_id, _ = parse_signature(line)
        if (name, key_id) == (key.name, key.key_id):
            open_note(note, [key])
            return f"{line}\n"
    return None


def _signed(seconds: int, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n%b" % (seconds, text)


def _seconds(signature: bytes) -> int:
    if len(signature) != TIME_BYTES + SIGNATURE_BYTES:
        raise NoteError("a cosignature has 72 bytes")
    seconds = int.from_bytes(signature[:TIME_BYTES], "big")
    if seconds > MAX_INTEGER:
        raise NoteError("the time of a cosignature is out of range")
    return seconds
