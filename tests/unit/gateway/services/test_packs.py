"""Evidence packs and searches as files: the officer's own entries alone, bounded, told of first, and verified offline."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest

from audit.console.packs_ports import NotPacked
from audit.console.ports import Filters
from audit.entries import Draft, Kind, seal_entry
from audit.errors import VerificationError
from audit.export.packing import PackError, check_pack
from audit.log import Append
from audit.reader import Query
from core.unit_of_work import only
from gateway.exporting import OUTCOME
from gateway.services import packs as module
from gateway.verifying import Given, verify_file
from tests.unit.gateway.services.asking import a_look, asked_pages, newest
from tests.unit.gateway.services.looking import COUNCIL, COUNTY, HOSPITAL, officer
from tests.unit.gateway.services.served import Served

TODAY = date(2026, 11, 23)


def indexes(pack: bytes) -> list[int]:
    with ZipFile(io.BytesIO(pack)) as archive:
        lines = archive.read("entries.ndjson").splitlines()[1:]
    return [json.loads(line)["index"] for line in lines]


async def pack(
    served: Served, organisation: str = COUNTY, *, index: int | None = None, filters: Filters | None = None
) -> bytes:
    return await asked_pages(served).packs().pack(officer(organisation), filters or Filters(), index)


async def test_a_pack_of_some_days_verifies_offline_and_holds_their_own_entries_alone(
    served: Served, tmp_path: Path
) -> None:
    looks = [await a_look(served), await a_look(served)]
    refused = (await served.way.ask("adviser", "income-debt-advice")).receipt.index
    made = await pack(served, filters=Filters(from_day=TODAY, to_day=TODAY))
    assert indexes(made) == looks
    assert refused not in indexes(made)
    file = tmp_path / "pack.zip"
    file.write_bytes(made)
    told = "\n".join(verify_file(file, Given([str(served.way.home.verifier_key)])))
    assert f"concerning: {COUNTY}, from 2026-11-23, to 2026-11-23" in told
    checked = check_pack(io.BytesIO(made), [served.way.home.verifier_key])
    assert (checked.entries, checked.opened) == (2, 2)


async def test_a_pack_that_somebody_touched_does_not_verify(served: Served) -> None:
    await a_look(served)
    made = await pack(served)
    out = io.BytesIO()
    with ZipFile(io.BytesIO(made)) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"safeguarding-lead", b"safeguarding-leaf"))
    with pytest.raises(PackError, match="not the file that was signed"):
        check_pack(io.BytesIO(out.getvalue()), [served.way.home.verifier_key])


async def test_the_log_tells_of_the_pack_before_it_is_made(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = await a_look(served)

    def broken(*_: object) -> None:
        raise RuntimeError("cut off")

    monkeypatch.setattr("gateway.exporting.Exports.pack", broken)
    with pytest.raises(NotPacked):
        await pack(served, filters=Filters(kind="disclosure", text="nobody by name"))
    assert served.officers.reader.search(Query(COUNTY, outcome=OUTCOME)) == (), (
        "nothing was found to be told of"
    )
    with pytest.raises(RuntimeError):
        await pack(served, filters=Filters(kind="disclosure"))
    entry, said = newest(served, COUNTY, OUTCOME)
    assert (entry.kind, entry.recipient) == (Kind.AUDIT_READ.value, COUNTY)
    assert said == {
        "officer": "officer-1",
        "format": "pack",
        "entries": 1,
        "entry": None,
        "kind": "disclosure",
        "outcome": None,
        "purpose": None,
        "from": None,
        "to": None,
        "person": None,
        "text": False,
    }
    assert look < entry.index


async def test_one_entry_makes_a_pack_and_anothers_is_refused_and_written_down(served: Served) -> None:
    look = await a_look(served)
    assert indexes(await pack(served, index=look)) == [look]
    assert indexes(await pack(served, COUNCIL, index=look)) == [look], "its record was looked at"
    for index in (look, 10_000, 2**60):
        with pytest.raises(NotPacked) as caught:
            await pack(served, HOSPITAL, index=index)
        assert (caught.value.field, caught.value.words) == (
            "entry",
            "Your organisation has no entry of that number.",
        )
        assert newest(served, HOSPITAL, "refused")[1]["entry"] == min(index, 2**53 - 1)


async def test_what_officers_may_not_see_is_not_in_the_pack(served: Served) -> None:
    refused = (await served.way.ask("triager", sections=frozenset({"tenancy"}))).receipt.index
    made = await pack(served, index=refused)
    with ZipFile(io.BytesIO(made)) as archive:
        assert not any(name.startswith("openings/") for name in archive.namelist())


async def test_the_persons_code_chooses_their_entries(served: Served) -> None:
    look = await a_look(served)
    code = (await served.officers.search(officer(COUNTY), Filters(kind="disclosure")))[0].person_pseudonym
    made = await pack(served, filters=Filters(text=code.lower()))
    assert indexes(made) == [look]
    assert newest(served, COUNTY, OUTCOME)[1]["person"] == code


async def test_none_and_too_many_say_what_to_change(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotPacked, match="not packed") as none:
        await pack(served, filters=Filters(from_day=date(2001, 1, 1), to_day=date(2001, 1, 2)))
    assert "Nothing was found" in none.value.words
    for _ in range(3):
        await a_look(served)
    monkeypatch.setattr(module, "PACK_MOST", 2)
    with pytest.raises(NotPacked) as many:
        await pack(served)
    assert "more than 2,000 entries" in many.value.words
    monkeypatch.setattr(module, "ROWS_MOST", 2)
    with pytest.raises(NotPacked) as lines:
        await asked_pages(served).packs().rows(officer(COUNTY), Filters(), "csv")
    assert "more than 5,000 lines" in lines.value.words
    assert served.officers.reader.search(Query(COUNTY, outcome=OUTCOME)) == (), "no file, no word of one"


async def test_a_log_that_cannot_prove_its_entries_makes_no_pack(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_look(served)

    def unproven(*_: object) -> None:
        raise VerificationError("no path")

    monkeypatch.setattr("gateway.exporting.Exports.pack", unproven)
    with pytest.raises(NotPacked) as caught:
        await pack(served)
    assert "cannot prove" in caught.value.words


@pytest.mark.parametrize("form", ["csv", "ndjson"])
async def test_a_search_as_a_file_says_its_filters_on_the_first_line(served: Served, form: str) -> None:
    look = await a_look(served)
    filters = Filters(kind="disclosure", from_day=TODAY, text="county")
    services = asked_pages(served).packs()
    made = await services.rows(officer(COUNTY), filters, "csv" if form == "csv" else "ndjson")
    code = (await served.officers.search(officer(COUNTY), Filters(kind="disclosure")))[0].person_pseudonym
    first, rest = made.splitlines()[0], made.splitlines()[1:]
    for part in (COUNTY, "disclosure", "2026-11-23"):
        assert part in first
    assert "county " not in first.replace(COUNTY, ""), "words may be a name: only that there were some"
    if form == "csv":
        assert first.startswith("# oncetold search-export/v1")
        row = next(csv.DictReader(io.StringIO("\n".join(rest))))
        assert (row["index"], row["person"]) == (str(look), code)
    else:
        told = json.loads(first)
        assert (told["entries"], told["filters"]["text"]) == (1, True)
        assert json.loads(rest[0])["person"] == code
    assert newest(served, COUNTY, OUTCOME)[1]["format"] == form


async def test_no_cell_is_taken_for_a_formula(served: Served) -> None:
    home = served.way.home
    draft = Draft(
        Kind.REFUSAL, "=cmd()", frozenset({COUNTY}), {"person": "+CALL"}, COUNTY, "@role", "-purpose"
    )
    home.log.append(Append(only(None, seal_entry(draft, home.organisation_key()))))
    made = await asked_pages(served).packs().rows(officer(COUNTY), Filters(), "csv")
    row = list(csv.reader(io.StringIO(made)))[2]
    assert row[3:] == ["'=cmd()", COUNTY, "'@role", "'-purpose", "'+CALL"]
