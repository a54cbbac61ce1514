"""`oncetold audit fsck` over a gateway's own storage, in words: what was found, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.fsck import Finding, Fsck, Report
from audit.harm import ADVICE
from audit.note import VerifierKey
from core.keys import KeyStore
from core.storage import Database
from gateway.secrets import load_secrets
from gateway.settings import Settings
from gateway.verifying import kept_checkpoints

_MEND = {
    "tile": "the leaves are whole: tiles can be computed again from them; find out who could write there",
    "head": "the leaves are whole: stop every gateway before it appends to a wrong head, and take the head from a backup",
    "index": "the leaves are whole: the detail says what should stand beside them; find out who could write there",
    "detail": "the leaf still proves that something stood here: a backup has the detail",
}


def check_store(settings: Settings, keys: Sequence[str], kept: Sequence[Path]) -> tuple[list[str], bool]:
    """What was found, line by line, and whether all is as it should be. Raises `VerificationError` without a log."""
    secrets = load_secrets(settings.secrets_file)
    known = [secrets.signer.verifier_key, *secrets.other_log_keys, *map(VerifierKey.parse, keys)]
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    try:
        fsck = Fsck(database, KeyStore(key_database, secrets.key_encryption_key), known)
        report = fsck.run(kept_checkpoints(kept))
    finally:
        database.close()
        key_database.close()
    return list(_lines(report)), report.clean


def _lines(report: Report) -> list[str]:
    lines = [
        f"{report.size} entries",
        f"{report.opened} details open and are what was logged",
        f"{report.erased} details cannot be opened any more: their key was erased",
        f"{report.retired} details were deleted after their time",
    ]
    lines += map(_line, report.findings)
    if report.more:
        lines.append(f"and {report.more} more")
    done: set[str] = set()
    for finding in report.findings:
        advice = _MEND.get(finding.part, ADVICE[finding.harm])
        if advice not in done:
            lines.append(f"what to do ({finding.part} {finding.harm}): {advice}")
        done.add(advice)
    if report.clean:
        lines.append("all is as it should be")
    return lines


def _line(finding: Finding) -> str:
    place = (
        f"entry {finding.first}"
        if finding.first >= finding.last
        else f"entries {finding.first} to {finding.last}"
    )
    return f"BAD {finding.part} {finding.harm}, first bad: {place}: {finding.why}"
