from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from adapters.fhir import FhirSource
from adapters.http import AddressError, base_address
from adapters.records import MappingError
from adapters.registry import ConfigurationError, Parts, build_sources, open_sources, system_parts
from adapters.rest import RestSource, load_rest_mapping
from adapters.tabular import TabularSource
from core.vocabulary import JsonObject
from tests.support.adapter_kit import SCHEMAS, StillClock

SECRET = "s3cret-of-the-practice"
PARTS = Parts(SCHEMAS, StillClock(), {"TOKEN": SECRET, "EMPTY": "  "})
FHIR: JsonObject = {
    "id": "practice",
    "kind": "fhir",
    "base_url": "http://127.0.0.1:8081",
    "sections": ["identity", "health-summary"],
    "credentials": {"scheme": "Bearer", "env": "TOKEN"},
    "limits": {"concurrent": 4, "timeout": 2},
    "options": {"batch": True, "alert_categories": ["safety"], "reference": "nhs-number"},
}
REST: JsonObject = {
    "id": "council",
    "kind": "rest",
    "base_url": "https://council.test/api/",
    "sections": ["tenancy"],
    "options": {"mapping": "council-housing"},
}
CSV: JsonObject = {
    "id": "charity",
    "kind": "csv",
    "path": "drop/cases.csv",
    "sections": ["contact"],
    "options": {"mapping": "charity-cases", "delimiter": ";", "encoding": "cp1252"},
}
XLSX: JsonObject = {
    **CSV,
    "id": "books",
    "kind": "xlsx",
    "options": {"mapping": "charity-cases", "sheet": "Cases"},
}


def refused(entry: JsonObject, *more: JsonObject) -> str:
    with pytest.raises(ConfigurationError) as failed:
        build_sources([entry, *more], PARTS)
    return str(failed.value)


def test_each_kind_of_source_is_built_with_its_sections() -> None:
    found = build_sources([FHIR, REST, CSV, XLSX], PARTS)
    assert [type(source) for source in found.values()] == [
        FhirSource,
        RestSource,
        TabularSource,
        TabularSource,
    ]
    assert {name: set(source.sections) for name, source in found.items()} == {
        "practice": {"identity", "health-summary"},
        "council": {"tenancy"},
        "charity": {"contact"},
        "books": {"contact"},
    }
    assert all(source.id == name for name, source in found.items())


async def test_opened_sources_share_one_health_and_close_together() -> None:
    opened = open_sources([FHIR, CSV], PARTS)
    assert set(opened.by_id) == {"practice", "charity"}
    assert not opened.health.known_down("practice")
    await opened.close()


def test_the_secret_shows_in_no_representation() -> None:
    source = build_sources([FHIR], PARTS)["practice"]
    assert isinstance(source, FhirSource)
    assert SECRET not in repr(source._client._endpoint)
    assert source._client._endpoint.headers["Authorization"] == f"Bearer {SECRET}"


def test_a_secret_may_stand_in_a_file_and_under_another_header(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{SECRET}\n")
    entry = {**REST, "credentials": {"header": "X-API-Key", "file": str(path)}}
    source = build_sources([entry], PARTS)["council"]
    assert isinstance(source, RestSource)
    assert source._client._endpoint.headers["X-API-Key"] == SECRET


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": ""}, "an id of its own"),
        ({"kind": "soap"}, "kind is one of fhir, rest, csv, xlsx"),
        ({"colour": "red"}, "does not know 'colour'"),
        ({"options": {"colour": "red"}}, "does not know 'colour'"),
        ({"options": {"reference": "surname"}}, "reference is id or nhs-number"),
        ({"sections": []}, "sections are among"),
        ({"sections": ["debts"]}, "sections are among"),
        ({"base_url": "ftp://127.0.0.1/"}, "must begin with http"),
        ({"base_url": None}, "must begin with http"),
        ({"base_url": "http://practice.test/"}, "plain http"),
        ({"credentials": {"env": "TOKEN", "token": SECRET}}, "does not know 'token'"),
        ({"credentials": {"scheme": "Bearer"}}, "either `env`"),
        ({"credentials": {"env": "TOKEN", "file": "x"}}, "either `env`"),
        ({"credentials": {"env": "NOWHERE"}}, "no secret in the variable NOWHERE"),
        ({"credentials": {"env": "EMPTY"}}, "no secret in the variable EMPTY"),
        ({"credentials": {"file": "/no/such/file"}}, "cannot be read"),
        ({"limits": {"timeout": 0}}, "timeout is a number above 0"),
        ({"limits": {"concurrent": True}}, "concurrent is a number above 0"),
        ({"limits": {"patience": 1}}, "does not know 'patience'"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused_and_says_what_to_mend(
    change: JsonObject, reason: str
) -> None:
    said = refused({**FHIR, **change})
    assert reason in said
    assert SECRET not in said


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    assert "no secret in the file" in refused({**FHIR, "credentials": {"file": str(tmp_path / "key")}})


def test_two_sources_cannot_have_one_id() -> None:
    assert "an id of its own" in refused(FHIR, FHIR)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"path": None}, "path names the dropped file"),
        ({"options": {"mapping": "charity-cases", "delimiter": ";;"}}, "delimiter is one character"),
        ({"options": {"mapping": "no-such-mapping"}}, "cannot be read"),
        ({"options": {}}, "cannot be read"),
    ],
)
def test_a_dropped_file_needs_a_path_and_a_mapping(change: JsonObject, reason: str) -> None:
    assert reason in refused({**CSV, **change})


def test_plain_http_to_another_machine_must_be_allowed_in_so_many_words() -> None:
    entry = {**FHIR, "base_url": "http://practice.test/fhir", "plain_http": True}
    assert set(build_sources([entry], PARTS)) == {"practice"}


@pytest.mark.parametrize(
    "address",
    [
        "https://user:pw@council.test/",
        "https://council.test/?key=1",
        "https://council.test/#x",
        "https:///x",
        "council.test",
    ],
)
def test_an_address_holds_no_secret_and_names_a_host(address: str) -> None:
    with pytest.raises(AddressError) as failed:
        base_address(address)
    assert "council" not in str(failed.value)


def test_a_base_address_ends_with_a_slash_so_that_paths_stand_below_it() -> None:
    assert str(base_address("https://council.test/api")) == "https://council.test/api/"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"[]", "not a JSON object"),
        (b"{}", "misses a member of `question`"),
        (orjson.dumps({"question": {"path": "q"}}), "misses a member of `question`"),
        (None, "cannot be read"),
    ],
)
def test_a_rest_mapping_that_cannot_be_used_is_refused(
    tmp_path: Path, document: bytes | None, reason: str
) -> None:
    path = tmp_path / "mine.json"
    if document is not None:
        path.write_bytes(document)
    with pytest.raises(MappingError, match=reason):
        load_rest_mapping(str(path), SCHEMAS)


def test_the_parts_of_a_deployment_take_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCETOLD_TEST_TOKEN", SECRET)
    assert system_parts(SCHEMAS, StillClock()).environment["ONCETOLD_TEST_TOKEN"] == SECRET
