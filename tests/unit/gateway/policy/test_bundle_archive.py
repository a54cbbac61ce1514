"""The archive of a bundle before anything is trusted: bounded, plain, and of one meaning for every reader of tar files."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

import gateway.policy.bundle_archive as archive
from gateway.policy.bundle_archive import BundleError, Fault, pack, unpack

FILES = {"data.json": b"{}", ".manifest": b'{"revision":"1"}', "oncetold/decide.rego": b"package x\n" * 99}


def tar(*entries: tarfile.TarInfo, content: bytes = b"", format_: int = tarfile.USTAR_FORMAT) -> bytes:
    """A gzipped tar of these entries."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=format_) as made:
        for entry in entries:
            entry.size = len(content) if entry.isreg() else 0
            made.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue())


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def refused(packed: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        unpack(packed)
    assert caught.value.code is Fault.MALFORMED
    return caught.value.problem


def test_what_was_packed_is_unpacked() -> None:
    assert unpack(pack(FILES)) == FILES
    assert unpack(pack({"data.json": b""})) == {"data.json": b""}


def test_packing_leaves_no_trace_of_when_where_and_by_whom() -> None:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(pack(FILES)))) as made:
        members = made.getmembers()
    assert [member.name for member in members] == sorted(FILES)
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {(0, 0, 0, "", "", 0o644)}
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


@pytest.mark.parametrize(
    "name",
    [
        "../data.json",
        "registers/../../etc/passwd.yaml",
        "/data.json",
        "./data.json",
        "registers//roles.yaml",
        "registers\\roles.yaml",
        "registers/agreements/deep/er.yaml",
        "registers/data.yaml",
        "registers/agreements/data.yaml",
        "policy.wasm",
        "plan.json",
        "patch.json",
        "more.manifest",
        "oncetold/data.json",
        "registers/roles.yaml\n",
        "sections/contact.v0.json",
        "schemas/roles.schema.json",
        "",
    ],
)
def test_a_name_that_no_bundle_has_is_neither_packed_nor_unpacked(name: str) -> None:
    assert "name" in refused(tar(entry(name), content=b"{}"))
    with pytest.raises(BundleError):
        pack({name: b"{}"})


def test_without_its_list_of_names_a_bundle_could_write_beside_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hostile = tar(entry("registers/../../evil.yaml"), content=b"{}")
    refused(hostile)
    monkeypatch.setattr(archive, "_check_name", lambda _name: None)
    assert unpack(hostile) == {"registers/../../evil.yaml": b"{}"}


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.DIRTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_links_folders_and_devices_are_refused(kind: bytes) -> None:
    assert "plain files" in refused(tar(entry("data.json", kind, "/etc/passwd")))


def test_extended_headers_that_another_reader_may_read_otherwise_are_refused() -> None:
    renamed = entry("data.json")
    renamed.pax_headers = {"comment": "x"}
    assert "plain files" in refused(tar(renamed, content=b"{}", format_=tarfile.PAX_FORMAT))


def test_two_files_of_one_name_are_refused() -> None:
    assert "one name" in refused(tar(entry("data.json"), entry("data.json"), content=b"{}"))


def test_what_is_no_gzip_no_tar_or_nothing_is_refused() -> None:
    assert "gzip" in refused(b"")
    assert "gzip" in refused(b"PK\3\4")
    assert "tar" in refused(gzip.compress(b"no tar at all" * 99))
    assert "tar" in refused(gzip.compress(b""))
    assert "nothing" in refused(gzip.compress(bytes(10_240)))


def test_a_bundle_that_was_cut_short_is_refused() -> None:
    whole = pack(FILES)
    assert "short" in refused(whole[:-9])
    raw = gzip.decompress(whole)
    assert refused(gzip.compress(raw[:1536]))
    assert refused(gzip.compress(raw[:700]))


def test_nothing_hides_behind_the_end() -> None:
    raw, more = gzip.decompress(pack(FILES)), gzip.decompress(pack({"engine.wasm": b"x"}))
    assert "behind its end" in refused(gzip.compress(raw + more))
    assert "only one" in refused(pack(FILES) + pack({"engine.wasm": b"x"}))
    assert "only one" in refused(pack(FILES) + b"\0")


def test_a_bomb_is_given_up_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNPACKED_MAXIMUM", 1_000_000)
    bomb = pack({"engine.wasm": bytes(2_000_000)})
    assert len(bomb) < 10_000
    assert "unpacks to more" in refused(bomb)
    monkeypatch.setattr(archive, "UNPACKED_MAXIMUM", 3_000_000)
    assert unpack(bomb)


def test_what_is_too_large_as_it_is_sent_is_not_even_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "COMPRESSED_MAXIMUM", 100)
    assert "larger than 100" in refused(pack(FILES))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ENTRIES_MAXIMUM", 2)
    assert "more than 2 files" in refused(pack(FILES))
