"""An evidence pack proves itself: whatever is changed, added or left out is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from zipfile import ZipFile

import pytest

from audit import leaf, tlog_proof
from audit.checkpoint import open_checkpoint
from audit.entries import Opening
from audit.errors import VerificationError
from audit.export import packing
from audit.export.lines import EntryLine, Header, write_line
from audit.export.packing import FIRST_LINE, MANIFEST, PackError, Told, check_pack, pack_signing, write_pack
from audit.harm import TamperedError
from audit.note import sign
from tests.unit.audit import trees
from tests.unit.audit.trees import KEYS, SIGNER, START_MS, STRANGER, SmallLog, small_log

SALT = bytes(range(32))
DETAIL = {"kind": "disclosure"}
TOLD = Told("norfolk-county-council", datetime(2026, 11, 23, tzinfo=UTC))


def log() -> SmallLog:
    leaves = [*small_log(4).leaves, leaf.make(START_MS + 4, leaf.commit(SALT, DETAIL))]
    return SmallLog(leaves, [trees.signed(leaves)])


LOG = log()
HEADER = Header(False, SIGNER.name, str(SIGNER.verifier_key), 5, "2026-11-23T00:00:00+00:00")


def entry(index: int, opening: Opening | None = None) -> EntryLine:
    receipt = tlog_proof.format_proof(index, trees.path(index, LOG.hashes), LOG.checkpoints[0])
    return EntryLine(index, LOG.leaves[index], opening, receipt=receipt)


ENTRIES = [entry(1), entry(4, Opening(SALT, DETAIL))]


def packed(entries: list[EntryLine] | None = None) -> bytes:
    out = io.BytesIO()
    write_pack(
        out,
        HEADER,
        ENTRIES if entries is None else entries,
        {"entries.csv": b"x"},
        TOLD,
        pack_signing(SIGNER),
    )
    return out.getvalue()


def files(pack: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(contents: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    out.seek(0)
    return out


def signed_anew(contents: dict[str, bytes], text: Callable[[str], str] = str) -> io.BytesIO:
    """As the log's key would sign it: only to reach the checks behind the signature."""
    rest = {name: data for name, data in contents.items() if name != MANIFEST}
    head = contents[MANIFEST].decode().partition("\n\n")[0]
    listed = "".join(f"{sha256(data).hexdigest()} {len(data)} {name}\n" for name, data in rest.items())
    return zipped({**rest, MANIFEST: sign(text(f"{head}\n\n{listed}"), SIGNER).encode()})


def test_a_pack_holds_and_says_what_it_is() -> None:
    checked = check_pack(io.BytesIO(packed()), KEYS)
    assert (checked.entries, checked.opened, checked.size) == (2, 1, 5)
    assert "concerning: norfolk-county-council" in checked.about
    assert set(files(packed())) == {
        "readme.txt",
        "key.txt",
        "entries.ndjson",
        "entries.csv",
        "receipts/1.txt",
        "receipts/4.txt",
        "openings/4.json",
        MANIFEST,
    }


def test_a_pack_is_made_alike_from_the_same() -> None:
    assert packed() == packed()


def test_a_manifest_can_never_pass_for_a_checkpoint() -> None:
    note = files(packed())[MANIFEST].decode()
    assert note.startswith(FIRST_LINE + "\n")
    with pytest.raises(VerificationError):
        open_checkpoint(note, KEYS)


@pytest.mark.parametrize(
    "name", ["readme.txt", "entries.ndjson", "receipts/1.txt", "openings/4.json", MANIFEST]
)
def test_a_file_that_was_changed_or_left_out_is_refused(name: str) -> None:
    whole = files(packed())
    for changed in ({**whole, name: whole[name] + b" "}, {one: whole[one] for one in whole if one != name}):
        with pytest.raises(VerificationError):
            check_pack(zipped(changed), KEYS)


def test_a_file_more_is_refused_and_another_key_too() -> None:
    with pytest.raises(PackError, match="other files"):
        check_pack(zipped({**files(packed()), "more.txt": b""}), KEYS)
    with pytest.raises(VerificationError):
        check_pack(io.BytesIO(packed()), (STRANGER.verifier_key,))


def test_the_signature_alone_is_not_believed_each_entry_proves_itself() -> None:
    whole = files(packed())
    assert check_pack(signed_anew(whole), KEYS).entries == 2
    lines = whole["entries.ndjson"].splitlines(keepends=True)
    fewer = {**whole, "entries.ndjson": b"".join(lines[:-1])}
    with pytest.raises(TamperedError, match="other entries"):
        check_pack(signed_anew(fewer), KEYS)
    foreign = EntryLine(1, LOG.leaves[2], receipt=ENTRIES[0].receipt)
    with pytest.raises(TamperedError, match="edited"):
        check_pack(signed_anew({**whole, "entries.ndjson": lines[0] + write_line(foreign)}), KEYS)
    with pytest.raises(TamperedError, match="receipt's file"):
        check_pack(signed_anew({**whole, "receipts/1.txt": b"another"}), KEYS)
    rest = {name: data for name, data in whole.items() if name != "receipts/1.txt"}
    with pytest.raises(PackError, match="missing"):
        check_pack(signed_anew(rest), KEYS)


@pytest.mark.parametrize(
    "text",
    [
        lambda text: text.replace(FIRST_LINE, "another"),
        lambda text: text + "nonsense\n",
        lambda text: text.replace("readme.txt", "../readme.txt"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(text: Callable[[str], str]) -> None:
    with pytest.raises(PackError):
        check_pack(signed_anew(files(packed()), text), KEYS)


def test_what_is_no_zip_or_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PackError, match="ZIP"):
        check_pack(io.BytesIO(b"PK\x03\x04nonsense"), KEYS)
    pack = packed()
    monkeypatch.setattr(packing, "FILE_MAXIMUM", 10)
    with pytest.raises(PackError, match="too large"):
        check_pack(io.BytesIO(pack), KEYS)


def test_too_many_entries_or_none_make_no_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "ENTRIES_MAXIMUM", 1)
    for entries in ([], ENTRIES):
        with pytest.raises(PackError, match="choose another period"):
            packed(entries)


def test_what_signs_packs_signs_no_checkpoint_and_hides_its_key() -> None:
    signing = pack_signing(SIGNER)
    assert (signing.name, signing.verifier_key) == (SIGNER.name, SIGNER.verifier_key)
    with pytest.raises(PackError, match="no manifest"):
        signing.sign(f"{SIGNER.name}\n5\nAAAA\n")
    assert "sign" not in repr(signing).replace("PackSigning", "")
