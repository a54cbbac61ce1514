"""Checks receipts, checkpoints and whole logs offline, from files and public keys only."""

from __future__ import annotations

import json
from pathlib import Path

from audit.entries import Opening
from audit.errors import VerificationError
from audit.note import VerifierKey
from audit.text import from_base64
from audit.verify import verify_receipt


def verify_files(receipt: Path, leaf: str, key: str, opening: Path | None) -> list[str]:
    """What was found, line by line. Raises `VerificationError` when anything does not hold."""
    raw = from_base64("".join(leaf.split()))
    if raw is None:
        raise VerificationError("the leaf is not base64")
    known = None if opening is None else _opening(opening)
    verified = verify_receipt(
        _read(receipt), raw, [VerifierKey.parse(key)], None if known is None else (known.salt, known.detail)
    )
    lines = [
        f"entry {verified.index} stands in a log of {verified.size} entries, since {verified.time.isoformat()}"
    ]
    if known is not None:
        lines.append(f"it says: {json.dumps(known.detail, ensure_ascii=False, sort_keys=True)}")
    return lines


def _opening(path: Path) -> Opening:
    try:
        return Opening.from_json(json.loads(_read(path)))
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError("the opening is not one of ours") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise VerificationError(f"{path} cannot be read") from error
