"""Exports over a real store, at the command line as their makers and their readers use it: each checked offline again."""

from __future__ import annotations

import csv
import io
import json
import stat
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner, Result

from audit import tiles
from audit.entries import Draft, Kind, seal_entry
from audit.export.packing import pack_signing
from audit.export.rows import ExportRows, Selection
from audit.log import Append
from audit.note import Signer
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.cli import app
from gateway.exporting import Exports, officers_may_open
from gateway.secrets import load_secrets, make_secrets
from tests.support.house import House, house, sqlite_urls

COUNTY, CITY, CHARITY = "norfolk-county-council", "norwich-city-council", "harbour-charity"
ADA = "9990000018"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A gateway's storage and settings, with looks, a refusal and a sign-in; the command line finds it."""
    import tests.support.house as support

    secrets = tmp_path / "secrets.json"
    make_secrets(secrets, support.ORIGIN)
    loaded = load_secrets(secrets)
    monkeypatch.setattr(support, "KEK", loaded.key_encryption_key)
    monkeypatch.setattr(support, "MASTER", loaded.master)
    monkeypatch.setattr(support, "Signer", lambda *_: loaded.signer)
    urls = sqlite_urls(tmp_path)
    for name, value in {
        "DATABASE_URL": urls[0],
        "KEYS_URL": urls[1],
        "SECRETS_FILE": secrets,
        "SOURCES_FILE": tmp_path / "none",
        "ISSUERS_FILE": tmp_path / "none",
    }.items():
        monkeypatch.setenv(f"ONCETOLD_{name}", str(value))
    with house(*urls) as home:
        ada = home.person(ADA)
        look: dict[str, Json] = {
            "person": "ABCD-2345",
            "practitioner": "hal",
            "sections": {CITY: {"tenancy": ["status"]}},
        }
        for draft in (
            Draft(
                Kind.DISCLOSURE,
                "disclosed",
                frozenset({COUNTY, CITY}),
                {**look, "failures": []},
                COUNTY,
                "triager",
            ),
            Draft(
                Kind.DISCLOSURE,
                "disclosed",
                frozenset({COUNTY, CITY}),
                {**look, "failures": [{"source": CHARITY, "code": "timeout"}]},
                COUNTY,
                "triager",
            ),
            Draft(
                Kind.REFUSAL,
                "empty",
                frozenset({COUNTY}),
                {**look, "reasons": ["objection"]},
                COUNTY,
                "triager",
            ),
            Draft(Kind.CONSENT, "given", frozenset({CHARITY}), {"permission": {}}),
            Draft(Kind.AUDIT_READ, "searched", frozenset({CITY}), {"officer": "olga"}, CITY, "officer"),
        ):
            home.log.append(Append(only(None, seal_entry(draft, ada.key))))
        yield home


def run(*arguments: str | Path, code: int = 0, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def export(*options: str | Path, code: int = 0) -> Result:
    return run("audit", "export", *options, code=code)


def key(home: House) -> tuple[str, str]:
    return "--key", str(home.verifier_key)


def test_a_whole_export_is_written_once_privately_and_verifies_offline(kept: House, tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    assert "6 entries" in export("--out", out).stdout, "the export itself is written in the log first"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    told = run("audit", "verify", out, *key(kept)).stdout
    assert "6 entries, each as its signed checkpoints state" in told
    assert "0 of them" in told
    assert b"ABCD-2345" not in out.read_bytes()
    assert "never overwrites" in export("--out", out, code=1).stderr
    opened = tmp_path / "opened.ndjson"
    export("--out", opened, "--openings")
    assert "7 of them" in run("audit", "verify", opened, *key(kept)).stdout
    assert "it continues what was kept" in run("audit", "verify", opened, *key(kept), "--kept", out).stdout
    older = run("audit", "verify", out, *key(kept), "--kept", opened, code=1)
    assert "rolled back, first bad: entry 6" in older.stderr
    reader = ExportRows(kept.database, kept.keys).reader
    entry = reader.entry(5)
    assert entry is not None
    assert (entry.kind, entry.outcome) == ("audit-read", "exported")


def test_an_export_of_a_log_whose_key_changed_carries_every_key_and_verifies_offline(
    kept: House, tmp_path: Path
) -> None:
    secrets, before, between, after = (
        tmp_path / name for name in ("secrets.json", "before.ndjson", "between.ndjson", "after.ndjson")
    )
    export("--out", before)
    old = str(kept.verifier_key)
    run("log-key", "add", secrets)
    export("--out", between)
    run("log-key", "go-over", secrets)
    new = str(load_secrets(secrets).signer.verifier_key)
    export("--out", after)
    headers = [json.loads(path.read_text().partition("\n")[0]) for path in (before, between, after)]
    assert [(one["key"], one.get("other_keys")) for one in headers] == [
        (old, None),
        (old, [new]),
        (new, [old]),
    ]
    carried = [part for one in (headers[2]["key"], *headers[2]["other_keys"]) for part in ("--key", one)]
    assert "8 entries, each as its signed checkpoints state" in run("audit", "verify", after, *carried).stdout
    assert (
        "it continues" in run("audit", "verify", after, *carried, "--kept", before, "--kept", between).stdout
    )
    assert "7 entries" in run("audit", "verify", between, "--key", old).stdout
    assert old in run("audit", "verify", after, "--key", new, code=1).stderr, "it says which key is missing"
    assert new in run("audit", "verify", after, "--key", old, code=1).stderr


def test_a_choice_and_a_pack_of_a_log_whose_key_changed_say_which_keys_there_were(
    kept: House, tmp_path: Path
) -> None:
    secrets, chosen, pack = (tmp_path / name for name in ("secrets.json", "chosen.ndjson", "pack.zip"))
    run("log-key", "add", secrets)
    run("log-key", "go-over", secrets)
    old, new = str(kept.verifier_key), str(load_secrets(secrets).signer.verifier_key)
    export("--out", chosen, "--entry", "1", "--openings")
    assert "1 entries stand" in run("audit", "verify", chosen, "--key", new).stdout, (
        "under the newest checkpoint"
    )
    told = run("audit", "verify", chosen, "--key", old, code=1).stderr
    assert new in told
    export("--out", pack, "--format", "pack", "--organisation", COUNTY)
    with ZipFile(pack) as archive:
        assert archive.read("key.txt").decode().splitlines() == [new, old]
    run("audit", "verify", pack, "--key", new)
    run("audit", "verify", pack, "--key", old, code=1)


def test_a_key_is_not_believed_because_an_export_names_it(kept: House, tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    export("--out", out)
    first, _, rest = out.read_text().partition("\n")
    stranger = str(Signer(kept.signer.name, b"\x09" * 32).verifier_key)
    header = {**json.loads(first), "key": stranger, "other_keys": [str(kept.verifier_key)]}
    out.write_text(json.dumps(header) + "\n" + rest)
    assert str(kept.verifier_key) in run("audit", "verify", out, "--key", stranger, code=1).stderr
    out.write_text(json.dumps({**json.loads(first), "key": stranger}) + "\n" + rest)
    assert "--key" not in run("audit", "verify", out, "--key", stranger, code=1).stderr, "nobody knows which"
    for nonsense in ("text", [1], [""]):
        out.write_text(json.dumps({**header, "other_keys": nonsense}) + "\n" + rest)
        run("audit", "verify", out, "--key", stranger, code=1)


def test_an_export_that_somebody_touched_names_the_entry(kept: House, tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    export("--out", out)
    lines = out.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith('{"index":3,'))
    del lines[at]
    out.write_text("\n".join(lines) + "\n")
    assert "deleted, first bad: entry 3" in run("audit", "verify", out, *key(kept), code=1).stderr
    out.write_text("nonsense")
    run("audit", "verify", out, *key(kept), code=1)


def test_an_officers_export_holds_their_entries_and_opens_what_their_console_shows(
    kept: House, tmp_path: Path
) -> None:
    pack = tmp_path / "county.zip"
    assert "4 entries" in export("--out", pack, "--format", "pack", "--organisation", COUNTY).stdout
    told = run("audit", "verify", pack, *key(kept)).stdout
    assert f"concerning: {COUNTY}" in told
    assert "2 come with their detail" in told
    with ZipFile(pack) as archive:
        names = archive.namelist()
        assert [one for one in names if one.startswith("openings/")] == ["openings/0.json", "openings/5.json"]
        events = json.loads(archive.read("audit-events.json"))
        assert len(events["entry"]) == 4
        assert len(list(csv.DictReader(io.StringIO(archive.read("entries.csv").decode())))) == 4
        whole = b"".join(map(archive.read, names))
    assert b"timeout" not in whole, "which sources failed stays silent"
    assert b"objection" not in whole, "and why nothing was shown"
    receipt = tmp_path / "receipt.txt"
    with ZipFile(pack) as archive:
        receipt.write_bytes(archive.read("receipts/0.txt"))
    assert "give it with --leaf" in run("audit", "verify", receipt, *key(kept), code=1).stderr


def test_the_operators_pack_of_one_entry_opens_it(kept: House, tmp_path: Path) -> None:
    pack = tmp_path / "one.zip"
    assert "1 entry" in export("--out", pack, "--format", "pack", "--entry", "2").stdout
    with ZipFile(pack) as archive:
        assert b"objection" in archive.read("openings/2.json")
    assert "say which" in export("--out", tmp_path / "all.zip", "--format", "pack", code=1).stderr
    assert not (tmp_path / "all.zip").exists(), "half an export is none"
    none = export(
        "--out",
        tmp_path / "x.zip",
        "--format",
        "pack",
        "--since",
        "2001-01-01",
        "--until",
        "2001-01-02",
        code=1,
    )
    assert "choose another period" in none.stderr


def test_a_choice_of_entries_carries_its_receipts(kept: House, tmp_path: Path) -> None:
    out = tmp_path / "looks.ndjson"
    assert "2 entries" in export("--out", out, "--kind", "disclosure").stdout
    assert "2 entries stand in a log of 6" in run("audit", "verify", out, *key(kept)).stdout
    assert "no kind looks" in export("--out", tmp_path / "x", "--kind", "looks", code=1).stderr
    export("--out", tmp_path / "x", "--format", "xml", code=2)
    assert "cannot be written" in export("--out", tmp_path / "no" / "x", code=1).stderr


def test_the_table_comes_with_its_metadata_and_fhir_as_one_bundle(kept: House, tmp_path: Path) -> None:
    out = tmp_path / "log.csv"
    export("--out", out, "--format", "csv")
    assert json.loads((tmp_path / "log.csv-metadata.json").read_text())["url"] == "log.csv"
    assert len(list(csv.DictReader(io.StringIO(out.read_text())))) == 6
    bundle = tmp_path / "log.json"
    export("--out", bundle, "--format", "fhir", "--openings")
    read = json.loads(bundle.read_text())
    assert [one["resource"]["resourceType"] for one in read["entry"]] == ["AuditEvent"] * 7
    assert "ABCD-2345" in bundle.read_text()
    silent = tmp_path / "silent.json"
    export("--out", silent, "--format", "fhir")
    assert "ABCD-2345" not in silent.read_text()


def test_two_checkpoints_are_held_against_each_other_by_the_tiles(kept: House, tmp_path: Path) -> None:
    older, newer, proof = (tmp_path / name for name in ("older.txt", "newer.txt", "proof.txt"))
    before, _ = kept.log.store.head(), None
    assert before is not None
    older.write_text(before.checkpoint)
    kept.log.append(
        Append(only(None, seal_entry(Draft(Kind.REFUSAL, "empty", frozenset(), {}), kept.organisation_key())))
    )
    after = kept.log.store.head()
    assert after is not None
    newer.write_text(after.checkpoint)
    folder = tmp_path / "tiles"
    for tile in tiles.tiles_of(6):
        path = folder / tile.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(kept.log.store.tile(tile.level or 0, tile.n) or b"")
    told = run("audit", "verify", newer, "--older", older, "--tiles", folder, *key(kept)).stdout
    assert "it is the log of 5 entries, grown" in told
    assert "signed by its log" in run("audit", "verify", newer, *key(kept)).stdout
    run("audit", "verify", newer, "--older", older, *key(kept), code=1)
    proof.write_text(run("audit", "prove", older, newer, "--tiles", folder, *key(kept)).stdout)
    grown = run("audit", "verify", proof, "--older", older, *key(kept)).stdout
    assert "the log of 6 entries is the log of 5 entries, grown" in grown
    assert "--older" in run("audit", "verify", proof, *key(kept), code=1).stderr
    run("audit", "verify", proof, "--older", newer, *key(kept), code=1)
    assert (
        "is missing"
        in run(
            "audit", "verify", newer, "--older", older, "--tiles", tmp_path / "no", *key(kept), code=1
        ).stderr
    )


def test_fsck_says_what_is_wrong_and_what_to_do(kept: House, tmp_path: Path) -> None:
    told = run("audit", "fsck").stdout
    assert "all is as it should be" in told
    head = kept.log.store.head()
    assert head is not None
    later = tmp_path / "kept.txt"
    kept.log.append(
        Append(only(None, seal_entry(Draft(Kind.REFUSAL, "empty", frozenset(), {}), kept.organisation_key())))
    )
    newest = kept.log.store.head()
    assert newest is not None
    later.write_text(newest.checkpoint)
    run("audit", "fsck", "--kept", later)
    with kept.database.write() as tx:
        tx.exec_driver_sql("UPDATE log_entry_detail SET role = 'none'")
        tx.exec_driver_sql('UPDATE log_entry SET leaf = zeroblob(41) WHERE "index" = 3')
    told = run("audit", "fsck", code=1).stdout
    assert "BAD leaf edited, first bad: entry 3" in told
    assert "what to do (leaf edited): compare with a backup" in told


def test_a_person_is_erased_by_a_number_that_stands_in_no_command_line(kept: House) -> None:
    run("person", "erase", "--reason", "asked", code=2)
    told = run(
        "person", "erase", "--nhs-number-stdin", "--reason", "asked by the person", stdin=f"{ADA}\n"
    ).stdout
    assert "5 entries of the log are about nobody any more" in told
    assert ADA not in told
    again = run("person", "erase", "--nhs-number-stdin", "--reason", "asked", stdin=f"{ADA}\n", code=1)
    assert "nobody is known" in again.stderr
    assert ADA not in again.output
    assert "all is as it should be" in run("audit", "fsck").stdout


def test_retain_says_that_nothing_is_due(kept: House) -> None:
    assert kept.log.store.head() is not None
    assert run("audit", "retain").stdout == "no detail is due\n"


def test_memory_stays_flat_however_long_the_export(kept: House) -> None:
    """Four times the entries must not need twice the memory."""
    exports = Exports(ExportRows(kept.database, kept.keys), pack_signing(kept.signer), kept.clock)

    def peak() -> int:
        tracemalloc.start()
        try:
            with Path("/dev/null").open("wb") as out:
                exports.write(out, "ndjson", Selection(), None)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def grow(entries: int) -> None:
        draft = Draft(Kind.REFUSAL, "empty", frozenset({COUNTY}), {}, COUNTY)
        own = kept.organisation_key()
        for _ in range(entries // 100):
            kept.log.commit([Append(only(None, seal_entry(draft, own))) for _ in range(100)])

    grow(2_000)
    before = peak()
    grow(6_000)
    assert peak() < 2 * before


def test_what_stands_beside_no_leaf_opens_for_no_officer(kept: House) -> None:
    rows = ExportRows(kept.database, kept.keys)
    row = next(iter(rows.entries(Selection(), 1)))
    opening = rows.opening(row)
    assert opening is not None
    assert officers_may_open(row, opening)
    bare = type(row)(row.index, row.leaf, None, ())
    assert not officers_may_open(bare, opening)
    assert rows.opening(bare) is None
