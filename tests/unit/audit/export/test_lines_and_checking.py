"""Export lines are read as they are written, and an export is judged by its file and public keys alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from audit import leaf, merkle, tlog_proof
from audit.entries import Opening
from audit.errors import VerificationError
from audit.export.checking import check_entry, check_export
from audit.export.lines import (
    LINE_MAXIMUM,
    CheckpointLine,
    EndLine,
    EntryLine,
    ExportError,
    Header,
    Line,
    TileLine,
    read_lines,
    write_line,
)
from audit.harm import Harm, TamperedError
from audit.tiles import TILE_WIDTH
from tests.unit.audit import trees
from tests.unit.audit.trees import KEYS, SIGNER, START_MS, SmallLog, small_log

SALT = bytes(range(32))
DETAIL: dict[str, str] = {"kind": "disclosure"}


def header(log: SmallLog, whole: bool = True, origin: str = SIGNER.name) -> Header:
    return Header(whole, origin, str(SIGNER.verifier_key), len(log.leaves), "2026-11-23T05:00:00+00:00")


def exported(log: SmallLog) -> list[Line]:
    lines: list[Line] = [header(log)]
    signed = {int(text.split("\n")[1]): text for text in log.checkpoints}
    for index, one in enumerate(log.leaves):
        if index % TILE_WIDTH == 0:
            lines.append(TileLine(index // TILE_WIDTH, b"".join(log.hashes[index : index + TILE_WIDTH])))
        lines.append(EntryLine(index, one))
        if index + 1 in signed:
            lines.append(CheckpointLine(signed[index + 1]))
    return [*lines, EndLine(len(log.leaves))]


def chosen(log: SmallLog, *indexes: int) -> list[Line]:
    entries = [
        EntryLine(
            index,
            log.leaves[index],
            receipt=tlog_proof.format_proof(index, trees.path(index, log.hashes), log.checkpoints[-1]),
        )
        for index in indexes
    ]
    return [header(log, whole=False), *entries, EndLine(len(entries))]


def refused(lines: Iterable[Line], kept: tuple[str, ...] = ()) -> VerificationError:
    held = [*lines]
    with pytest.raises(VerificationError) as caught:
        check_export(lambda: held, KEYS, kept)
    return caught.value


LOG = small_log(1, 300, 5, first_empty=False)


@pytest.mark.parametrize("line", [*exported(small_log(2)), *chosen(LOG, 3)])
def test_a_line_is_read_as_it_was_written(line: Line) -> None:
    assert list(read_lines([write_line(line)])) == [line]


def test_an_opening_survives_the_line() -> None:
    line = EntryLine(3, LOG.leaves[3], Opening(SALT, {"a": {"b": [1, "c", None]}}), broken=True)
    assert list(read_lines([write_line(line)])) == [line]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"nonsense",
        b'{"oncetold":"log-export/v2"}',
        b'{"oncetold":"log-export/v1","what":"half","origin":"","key":"","size":1,"made":""}',
        b'{"tile":0,"hashes":"AAAA"}',
        b'{"tile":-1,"hashes":""}',
        b'{"checkpoint":1}',
        b'{"end":true}',
        b'{"index":true,"leaf":""}',
        b'{"index":1,"leaf":"A"}',
        b'{"index":1,"leaf":"AA==","opening":{}}',
        b'{"index":1,"leaf":"AA==","opening":[]}',
        b'{"index":1,"leaf":"AA==","receipt":7}',
        b" " * (LINE_MAXIMUM + 1),
    ],
)
def test_what_is_no_line_is_refused_with_its_number(raw: bytes) -> None:
    with pytest.raises(ExportError, match="line 2 "):
        list(read_lines([write_line(EndLine(0)), raw]))


def test_a_whole_export_is_checked_from_its_lines_alone() -> None:
    held = exported(LOG)
    checked = check_export(lambda: held, KEYS, [LOG.checkpoints[1]])
    assert (checked.whole, checked.size, checked.entries, checked.opened) == (True, 306, 306, 0)


def test_a_choice_of_entries_is_checked_by_its_receipts() -> None:
    held = chosen(LOG, 3, 290)
    checked = check_export(lambda: held, KEYS)
    assert (checked.whole, checked.size, checked.entries) == (False, 306, 2)
    assert "kept" in str(refused(held, (LOG.checkpoints[0],)))


def test_an_export_that_was_cut_is_told_from_a_whole_one() -> None:
    whole = exported(LOG)
    for cut in (whole[:-1], [*whole[:3], EndLine(1)]):
        error = refused(cut)
        assert isinstance(error, TamperedError)
        assert error.harm is Harm.TRUNCATED
    assert "cut after 2" in str(refused(chosen(LOG, 3, 4)[:-1]))
    assert "header" in str(refused([]))
    assert "header" in str(refused(whole[1:]))


def test_an_export_of_an_older_state_with_todays_header_is_cut() -> None:
    older = SmallLog(LOG.leaves[:301], LOG.checkpoints[:2])
    error = refused([header(LOG), *exported(older)[1:]])
    assert isinstance(error, TamperedError)
    assert (error.harm, error.first) == (Harm.TRUNCATED, 301)


def test_a_header_of_another_log_is_refused() -> None:
    assert "another log" in str(refused([header(LOG, origin="other.example"), *exported(LOG)[1:]]))


def test_the_tiles_of_an_export_name_the_entry_even_far_into_it() -> None:
    lines = exported(LOG)
    foreign = leaf.make(START_MS + 280, bytes(32))
    lines = [
        EntryLine(280, foreign) if isinstance(one, EntryLine) and one.index == 280 else one for one in lines
    ]
    error = refused(lines)
    assert isinstance(error, TamperedError)
    assert (error.harm, error.first, error.last) == (Harm.EDITED, 280, 280)


def opened_log() -> SmallLog:
    leaves = [*LOG.leaves[:2], leaf.make(START_MS + 2, leaf.commit(SALT, DETAIL))]
    return SmallLog(leaves, [trees.signed(leaves)])


def test_a_detail_that_does_not_fit_is_named_although_the_tree_holds() -> None:
    log = opened_log()
    lines = exported(log)

    def with_opening(opening: Opening | None, broken: bool = False) -> list[Line]:
        return [
            EntryLine(2, one.leaf, opening, broken) if isinstance(one, EntryLine) and one.index == 2 else one
            for one in lines
        ]

    good = with_opening(Opening(SALT, DETAIL))
    assert check_export(lambda: good, KEYS).opened == 1
    for bad in (with_opening(Opening(SALT, {"kind": "refusal"})), with_opening(None, broken=True)):
        error = refused(bad)
        assert isinstance(error, TamperedError)
        assert (error.harm, error.first) == (Harm.EDITED, 2)


@pytest.mark.parametrize(
    ("change", "harm"),
    [
        ({"receipt": None}, Harm.DELETED),
        ({"leaf": LOG.leaves[4]}, Harm.EDITED),
        ({"broken": True}, Harm.EDITED),
        ({"opening": Opening(SALT, DETAIL)}, Harm.EDITED),
        ({"index": 4}, Harm.REORDERED),
    ],
)
def test_an_entry_that_its_receipt_does_not_prove_is_named(change: dict[str, object], harm: Harm) -> None:
    line = chosen(LOG, 3)[1]
    assert isinstance(line, EntryLine)
    assert check_entry(line, KEYS) == 306
    values: dict[str, object] = {
        "index": line.index,
        "leaf": line.leaf,
        "opening": None,
        "broken": False,
        "receipt": line.receipt,
    } | change
    with pytest.raises(TamperedError) as caught:
        check_entry(EntryLine(**values), KEYS)  # type: ignore[arg-type]
    assert caught.value.harm is harm


def test_without_tiles_an_export_still_tells_the_batch() -> None:
    lines = [one for one in exported(LOG) if not isinstance(one, TileLine)]
    foreign = leaf.make(START_MS + 3, bytes(32))
    lines = [EntryLine(3, foreign) if isinstance(one, EntryLine) and one.index == 3 else one for one in lines]
    error = refused(lines)
    assert isinstance(error, TamperedError)
    assert (error.first, error.last) == (1, 300)
    assert merkle.leaf_hash(foreign) != LOG.hashes[3]
