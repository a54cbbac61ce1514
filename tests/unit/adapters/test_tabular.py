from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest
from openpyxl import Workbook

from adapters.contract import FetchRequest, NotHeldError, SourceError
from adapters.converters import Raw
from adapters.records import MappingError
from adapters.tabular import TabularMapping, TabularSource, files, index, load_tabular_mapping
from adapters.tabular.files import CsvTable, FileError, XlsxTable
from core.vocabulary import Json
from tests.support.adapter_kit import (
    NUMBER,
    SCHEMAS,
    WRONG_NUMBER,
    StillClock,
    asking,
    by_field,
    reasons,
    wanting,
)

SECTIONS = frozenset({"contact", "communication-needs", "involved-services", "support-plan"})
HEADINGS = (
    "Case Ref,NHS No,Main language,Interpreter?,Adjustments,Safe to contact,Contact by,Other services,"
    "Support type,Support status,Goals,Support start,Next review,Lead worker,Row updated,Surname"
)
MAPPING = load_tabular_mapping("charity-cases", SCHEMAS)


def row(
    reference: str, number: str = "", language: str = "English", start: str = "", updated: str = "01/11/2026"
) -> str:
    return f"{reference},{number},{language},No,,Not after 7pm,Post,,,,,{start},,,{updated},Secretname"


def csv_source(path: Path, table: CsvTable | XlsxTable | None = None) -> TabularSource:
    return TabularSource("charity", SECTIONS, path, table or CsvTable(), MAPPING, SCHEMAS, StillClock())


def written(path: Path, *rows: str, ending: str = "\r\n", encoding: str = "utf-8") -> Path:
    path.write_bytes(ending.join([HEADINGS, *rows, ""]).encode(encoding))
    return path


async def language(source: TabularSource, reference: str) -> Json:
    request = FetchRequest(reference, wanting("communication-needs.preferred_language"), "corr")
    return by_field((await source.fetch(request)).fragments).get("communication-needs.preferred_language")


async def test_a_row_is_served_by_its_reference_with_the_wanted_fields_only(tmp_path: Path) -> None:
    path = written(tmp_path / "cases.csv", row("HH-1"), row(" HH-2 ", NUMBER, "Polish"))
    source = csv_source(path)
    request = FetchRequest("HH-2", wanting("contact.preferred_channel", "contact.safe_contact"), "corr")
    answer = await source.fetch(request)
    assert by_field(answer.fragments) == {
        "contact.preferred_channel": "letter",
        "contact.safe_contact": "Not after 7pm",
    }
    assert {item.as_of for item in answer.fragments} == {datetime(2026, 11, 1, tzinfo=UTC)}
    assert answer.person_label is None
    assert source.id == "charity"


async def test_an_unknown_reference_is_not_held(tmp_path: Path) -> None:
    source = csv_source(written(tmp_path / "cases.csv", row("HH-1")))
    with pytest.raises(NotHeldError) as failed:
        await source.fetch(asking("HH-9", source))
    assert "HH-9" not in str(failed.value)


@pytest.mark.parametrize(
    ("dirty", "reason"),
    [
        (row("HH-1", start="31/02/2026"), "Support start: is not a date written dd/mm/yyyy or yyyy-mm-dd"),
        (row("HH-1", WRONG_NUMBER), "NHS No fails its check digit"),
        (row("HH-1", updated=" "), "Row updated is empty"),
        ("HH-1,,English", "the row ends before its last column"),
        (row("HH-1") + ",surplus", "the row has more cells than there are columns"),
        (row("HH-1").replace("Post", "Pigeon"), "Contact by: code is not in the code list"),
        (
            row("HH-1", language="x" * 101),
            "communication-needs: communication-needs.preferred_language does not fit the section's schema",
        ),
    ],
)
async def test_a_dirty_row_is_set_aside_by_number_and_reason_and_the_others_are_served(
    tmp_path: Path, dirty: str, reason: str
) -> None:
    source = csv_source(written(tmp_path / "cases.csv", dirty, row("HH-2", language="Polish")))
    answer = await source.fetch(asking("HH-1", source))
    assert (answer.fragments, reasons(answer)) == ((), [f"row 2: {reason}"])
    assert source.quarantined() == answer.quarantined
    assert await language(source, "HH-2") == "Polish"


async def test_a_row_without_a_reference_is_counted_and_nobodys(tmp_path: Path) -> None:
    source = csv_source(written(tmp_path / "cases.csv", row(""), row("HH-2")))
    assert [(item.where, item.reason) for item in source.quarantined()] == [("row 2", "Case Ref is empty")]


async def test_two_rows_with_one_reference_that_differ_are_both_set_aside(tmp_path: Path) -> None:
    rows = (row("HH-1"), row("HH-1", language="Polish"), row("HH-2"), row("HH-1"))
    source = csv_source(written(tmp_path / "cases.csv", *rows))
    answer = await source.fetch(asking("HH-1", source))
    assert answer.fragments == ()
    assert [item.where for item in source.quarantined()] == ["row 2", "row 3", "row 5"]
    assert await language(source, "HH-2") == "English"


async def test_a_row_that_stands_twice_in_the_same_words_is_served(tmp_path: Path) -> None:
    source = csv_source(written(tmp_path / "cases.csv", row("HH-1"), row("HH-1")))
    assert await language(source, "HH-1") == "English"
    assert source.quarantined() == ()


async def test_a_good_and_a_dirty_row_of_one_reference_serve_nothing(tmp_path: Path) -> None:
    for rows in ((row("HH-1"), row("HH-1", WRONG_NUMBER)), (row("HH-1", WRONG_NUMBER), row("HH-1"))):
        source = csv_source(written(tmp_path / "cases.csv", *rows))
        assert (await source.fetch(asking("HH-1", source))).fragments == ()


async def test_a_replaced_file_is_read_anew(tmp_path: Path) -> None:
    path = written(tmp_path / "cases.csv", row("HH-1"))
    source = csv_source(path)
    assert await language(source, "HH-1") == "English"
    fresh = written(tmp_path / "fresh.csv", row("HH-0", language="Farsi"), row("HH-1", language="Polish"))
    os.replace(fresh, path)
    assert await language(source, "HH-1") == "Polish"
    assert await language(source, "HH-0") == "Farsi"


async def test_a_file_replaced_between_looking_and_reading_never_serves_another_row(tmp_path: Path) -> None:
    """The row at the remembered place is checked to be the one asked for."""
    path = written(tmp_path / "cases.csv", row("HH-1"), row("HH-2", language="Polish"))
    stat = path.stat()
    source = csv_source(path)
    assert await language(source, "HH-2") == "Polish"
    swapped = HEADINGS, row("HH-2", language="Polish"), row("HH-1"), ""
    with path.open("r+b") as file:
        file.write("\r\n".join(swapped).encode())
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert await language(source, "HH-2") == "Polish"
    assert await language(source, "HH-1") == "English"


async def test_a_file_that_keeps_changing_is_given_up_as_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = csv_source(written(tmp_path / "cases.csv", row("HH-1"), row("HH-2")))
    monkeypatch.setattr(CsvTable, "row", lambda *_: row("HH-2").split(","))
    with pytest.raises(SourceError, match="malformed"):
        await source.fetch(asking("HH-1", source))


@pytest.mark.parametrize(("failure", "code"), [(OSError(), "unreachable"), (FileError("x"), "malformed")])
async def test_a_row_that_cannot_be_read_is_a_failure_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    def fail(*_: object) -> Sequence[Raw]:
        raise failure

    source = csv_source(written(tmp_path / "cases.csv", row("HH-1")))
    monkeypatch.setattr(CsvTable, "row", fail)
    with pytest.raises(SourceError) as failed:
        await source.fetch(asking("HH-1", source))
    assert failed.value.code == code


async def test_nothing_of_the_content_stays_in_memory(tmp_path: Path) -> None:
    source = csv_source(written(tmp_path / "cases.csv", row("HH-1", NUMBER, "Polish")))
    await source.probe()
    kept = source._index()
    held = pickle.dumps((kept.positions, kept.width, kept.places, kept.unusable, kept.set_aside))
    assert not any(word in held for word in (b"HH-1", NUMBER.encode(), b"Polish", b"Secretname"))
    assert "Surname" not in kept.positions
    await source.close()
    assert source._known is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "unreachable"),
        (b"", "malformed"),
        (b"Case Ref,Other\r\nHH-1,x\r\n", "malformed"),
        ((HEADINGS + ",Case Ref\r\n").encode(), "malformed"),
    ],
)
async def test_a_missing_file_or_one_of_another_kind_is_a_failure_of_the_source(
    tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "cases.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError) as failed:
        await csv_source(path).probe()
    assert failed.value.code == code


async def test_quotes_line_breaks_and_a_byte_order_mark_are_read_as_meant(tmp_path: Path) -> None:
    quoted = row("HH-1").replace("Not after 7pm", '"Not after 7pm,\r\nsay ""the library"""')
    path = written(tmp_path / "cases.csv", quoted, row("HH-2", language="Polish"), "", encoding="utf-8-sig")
    source = csv_source(path)
    answer = await source.fetch(FetchRequest("HH-1", wanting("contact.safe_contact"), "corr"))
    assert by_field(answer.fragments) == {"contact.safe_contact": 'Not after 7pm,\r\nsay "the library"'}
    assert await language(source, "HH-2") == "Polish"


async def test_text_of_another_encoding_is_set_aside_unless_it_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "cases.csv", row("HH-1", language="Français"), row("HH-2"), encoding="cp1252")
    source = csv_source(path)
    assert [item.reason for item in source.quarantined()] == ["is not utf-8 text"]
    assert await language(source, "HH-2") == "English"
    assert await language(csv_source(path, CsvTable(encoding="cp1252")), "HH-1") == "Français"


async def test_a_badly_quoted_row_is_set_aside_and_reading_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path / "cases.csv", 'HH-1,"Nor"wich,x', row("HH-2", language="Polish"))
    source = csv_source(path)
    assert [(item.where, item.reason) for item in source.quarantined()] == [
        ("row 2", "is not well-formed CSV")
    ]
    assert await language(source, "HH-2") == "Polish"
    with pytest.raises(SourceError, match="malformed"):
        source._row(path.read_bytes().index(b"HH-1"))


async def test_files_beyond_measure_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "cases.csv", row("HH-1"), row("HH-2"))
    monkeypatch.setattr(index, "ROWS_MAXIMUM", 2)
    with pytest.raises(SourceError, match="malformed"):
        await csv_source(path).probe()
    monkeypatch.setattr(files, "FILE_MAXIMUM", 10)
    for table in (CsvTable(), XlsxTable()):
        with pytest.raises(SourceError, match="malformed"):
            await csv_source(
                workbook(tmp_path / "cases.xlsx") if table == XlsxTable() else path, table
            ).probe()


def workbook(path: Path) -> Path:
    book = Workbook()
    book.create_sheet("Empty", 0)
    sheet = book.create_sheet("Cases")
    sheet.append(HEADINGS.split(","))
    good: list[str | int | date | None] = [*row("HH-1").split(",")]
    good[1], good[11], good[14] = int(NUMBER), date(2026, 1, 2), date(2026, 11, 1)
    sheet.append([cell or None for cell in good])
    sheet.append([None])
    sheet.append(["HH-2", "x"])
    book.save(path)
    return path


async def test_a_workbook_is_read_with_its_own_dates_and_numbers(tmp_path: Path) -> None:
    source = csv_source(workbook(tmp_path / "cases.xlsx"), XlsxTable("Cases"))
    wanted = wanting("support-plan.start_date", "communication-needs.interpreter_required")
    answer = await source.fetch(FetchRequest("HH-1", wanted, "corr"))
    assert by_field(answer.fragments) == {
        "support-plan.start_date": "2026-01-02",
        "communication-needs.interpreter_required": False,
    }
    assert {item.as_of for item in answer.fragments} == {datetime(2026, 11, 1, tzinfo=UTC)}
    assert [(item.where, item.reason) for item in source.quarantined()] == [("row 4", "Row updated is empty")]


@pytest.mark.parametrize("sheet", ["", "Elsewhere"])
async def test_a_sheet_that_is_missing_or_empty_is_a_failure(tmp_path: Path, sheet: str) -> None:
    with pytest.raises(SourceError, match="malformed"):
        await csv_source(workbook(tmp_path / "cases.xlsx"), XlsxTable(sheet)).probe()


async def test_what_is_no_workbook_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "cases.xlsx"
    path.write_bytes(b"PK not a zip")
    with pytest.raises(SourceError, match="malformed"):
        await csv_source(path, XlsxTable()).probe()


def test_other_values_of_a_cell_are_read_as_text() -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    assert files._cell(Odd()) == "odd"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"[]", "not a JSON object"),
        (b"{}", "in which row"),
        (orjson.dumps({"table": {"headings": 99}}), "in which row"),
        (orjson.dumps({"table": {"headings": 1}}), "reference"),
        (None, "cannot be read"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(
    tmp_path: Path, document: bytes | None, reason: str
) -> None:
    path = tmp_path / "mine.json"
    if document is not None:
        path.write_bytes(document)
    with pytest.raises(MappingError, match=reason):
        load_tabular_mapping(str(path), SCHEMAS)


def test_an_operators_own_mapping_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    fields = {"my-story.what_matters": {"from": "Story"}}
    path.write_bytes(orjson.dumps({"table": {"headings": 1}, "reference": "Id", "fields": fields}))
    mapping: TabularMapping = load_tabular_mapping(str(path), SCHEMAS)
    assert mapping.sections == {"my-story"}
    assert mapping.layout.columns() == {"Id", "Story"}
