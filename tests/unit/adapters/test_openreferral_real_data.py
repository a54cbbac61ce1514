"""Published Open Referral data: what becomes of every file, and the validator's cases judged as they are named."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from adapters.openreferral.documents import read_document
from adapters.openreferral.folder import read_directory
from adapters.openreferral.judging import ENDPOINTS, Verdict, judge
from adapters.openreferral.services import Refusals

COUNSELLING = "ac148810-d857-441c-9679-408f346de14b"
NUMBER = "organization_identifier d4dbcebc-0802-47cb-8651-b937ac4f2f3e.identifier: a text is expected"

# File -> how many services it tells of, and what is quarantined. Every JSON file of the two folders fits one line.
TABLE: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("hsds/examples/tabular.json", 1, (NUMBER,)),
    ("*/service_list_data.json", 128, ()),
    ("hsds-uk/validator-mocks/Mocks/V3.0-UK-Test/service_list.json", 128, ()),
    ("*/service_list.json", 1, ()),
    ("*/service_full.json", 1, ()),
    ("*/service_at_location_list.json", 1, ()),
    ("*/service_at_location_full.json", 1, ()),
    ("hsds/examples/organization_full.json", 1, ()),
    ("*/organization_full.json", 1, ()),
    ("*/organization_list.json", 0, ()),
    ("*/taxonomy*.json", 0, ()),
    ("*/api_details.json", 0, ()),
    ("hsds/examples/base.json", 0, ()),
    ("hsds/examples/location.json", 0, ()),
)


def line_of(name: str) -> tuple[str, int, tuple[str, ...]]:
    return next(line for line in TABLE if Path(name).match(line[0]))


def test_every_published_file_is_read_or_refused_with_a_reason(real_data: Path) -> None:
    files = [
        one
        for folder in ("hsds/examples", "hsds-uk/examples", "hsds-uk/validator-mocks")
        for one in sorted((real_data / folder).rglob("*.json"))
    ]
    assert len(files) > 45
    met = set()
    for file in files:
        name = file.relative_to(real_data).as_posix()
        refusals = Refusals(file.name)
        services = read_document(orjson.loads(file.read_bytes()), refusals)
        line = line_of(name)
        met.add(line)
        told = tuple(str(one).partition(": ")[2] for one in refusals.found)
        assert (name, len(services), told) == (name, *line[1:])
        assert {one.id for one in services} <= {COUNSELLING}
    assert met == set(TABLE)


@pytest.mark.parametrize("folder", ["hsds/examples/csv", "hsds-uk/examples/csv"])
def test_the_published_tables_tell_the_same_as_the_published_json(real_data: Path, folder: str) -> None:
    tables = read_directory(real_data / folder)
    whole = read_directory((real_data / folder).parent / "service_full.json").services[COUNSELLING]
    service = tables.services[COUNSELLING]
    assert tables.quarantined == ()
    assert (service.name, service.description, service.url) == (whole.name, whole.description, whole.url)
    assert (service.eligibility, service.areas, service.provider) == (
        whole.eligibility,
        whole.areas,
        whole.provider,
    )
    assert [place.town for place in service.places] == [place.town for place in whole.places] == ["MyCity"]
    # Its attribute belongs to no service of the tables, and nobody's name is kept.
    assert service.terms == ()
    assert "Persona" not in repr(tables)


@pytest.mark.parametrize(
    ("case", "verdict", "said"),
    [
        ("Test", Verdict.PASS, []),
        (
            "Warn",
            Verdict.WARN,
            [
                ("service_list", "services can be read one by one, but are not listed"),
                ("service_at_location_full", "what it tells of is not in the list"),
            ],
        ),
        (
            "Fail",
            Verdict.FAIL,
            [
                ("api_details", "the feed does not say what it is"),
                ("service_list", "no service can be read"),
                ("service_at_location_full", "what it tells of is not in the list"),
            ],
        ),
    ],
)
def test_the_validators_cases_are_judged_as_they_are_named(
    real_data: Path, case: str, verdict: Verdict, said: list[tuple[str, str]]
) -> None:
    folder = real_data / "hsds-uk" / "validator-mocks" / "Mocks" / f"V3.0-UK-{case}"
    feed = {
        one.stem: orjson.loads(one.read_bytes()) for one in folder.glob("*.json") if one.stem in ENDPOINTS
    }
    judgement = judge(feed)
    assert judgement.verdict is verdict
    assert [(one.endpoint, one.reason) for one in judgement.findings] == said
