"""What lies about: files that others could read, core dumps, parts below their floors, schemas that stand open."""

import resource
import stat
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pytest
from jose import backends
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jsonschema_rs import Draft202012Validator

from core.sections import SectionSchema, policies_folder
from core.storage import Database
from core.vocabulary import JsonObject
from gateway import serving
from gateway.settings import Settings

FLOORS = {
    "starlette": (1, 3, 1),
    "fastapi": (0, 134),
    "python-multipart": (0, 0, 31),
    "authlib": (1, 6, 11),
    "aiohttp": (3, 14, 3),
    "python-jose": (3, 4, 0),
}


def test_a_new_database_and_its_journal_are_its_owners_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'main.db'}")
    with database.write() as tx:
        tx.exec_driver_sql("CREATE TABLE one (value INTEGER)")
    files = list(tmp_path.iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    database.close()


def test_a_database_that_lies_in_memory_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite://", "sqlite:///:memory:", f"sqlite:///{tmp_path / 'no-such-folder' / 'main.db'}"):
        Database(url).close()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_serves_leaves_no_core_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []
    monkeypatch.setattr(resource, "setrlimit", lambda what, limit: limits.append((what, limit)))

    async def nothing(_: Settings) -> None:
        return None

    monkeypatch.setattr(serving, "_serve", nothing)
    monkeypatch.setattr(serving, "configure_logs", lambda: None)
    serving.serve(Settings.model_construct())
    assert limits == [(resource.RLIMIT_CORE, (0, 0))]


@pytest.mark.parametrize("part", FLOORS)
def test_no_part_lies_below_its_floor(part: str) -> None:
    installed = tuple(int(number) for number in version(part).split(".")[:3])
    assert installed >= FLOORS[part]


def test_signatures_are_proven_by_cryptography_and_never_by_ecdsa() -> None:
    assert backends.ECKey is CryptographyECKey
    assert backends.RSAKey is CryptographyRSAKey


def objects(schema: Mapping[str, Any], where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if schema.get("type") == "object":
        yield where, schema
    for name, inner in schema.get("properties", {}).items():
        yield from objects(inner, f"{where}.{name}")
    if "items" in schema:
        yield from objects(schema["items"], f"{where}[]")


@pytest.mark.parametrize(
    "path", sorted((policies_folder() / "sections").glob("*.json")), ids=lambda path: path.stem
)
def test_no_object_within_a_section_takes_a_key_that_is_not_published(path: Path) -> None:
    document = orjson.loads(path.read_bytes())
    found = dict(objects(document, path.stem))
    assert found
    assert [where for where, one in found.items() if one.get("additionalProperties") is not False] == []


def test_a_fault_of_a_section_as_a_whole_takes_all_of_it() -> None:
    document: JsonObject = {"type": "object", "properties": {"a": {}, "b": {}}, "maxProperties": 1}
    names = frozenset({"a", "b"})
    nothing: frozenset[str] = frozenset()
    schema = SectionSchema(
        "s", 1, names, nothing, nothing, nothing, document, Draft202012Validator(dict(document))
    )
    assert schema.validate({"a": 1, "b": 2}) == ("a", "b")
    assert schema.validate({"a": 1}) == ()
