"""The directory from files, folders, data packages and feeds; and the judgement of a feed."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.contract import SourceError
from adapters.http import Reply
from adapters.openreferral import __main__ as command
from adapters.openreferral import folder as folders
from adapters.openreferral.feed import PAGES_MAXIMUM, fetch_directory, fetch_feed
from adapters.openreferral.folder import DirectoryError, read_directory
from adapters.openreferral.judging import Verdict, judge

SERVICE: dict[str, Any] = {"id": "s-1", "name": "Debt advice", "status": "active"}
TABLES = {
    "services.csv": "id,organization_id,name,status,minimum_age\ns-1,o-1,Debt advice,active,18\ns-2,,Late,active,old\n",
    "organizations.csv": "id,name,description\no-1,Norfolk Advice,Advice\n",
    "organization_identifiers.csv": "id,organization_id,identifier_type,identifier\ni-1,o-1,urn:x,advice\n",
    "service_at_location.csv": "id,service_id,location_id\nat-1,s-1,l-1\n",
    "locations.csv": "id,location_type,name\nl-1,physical,Centre\n",
    "address.csv": "id,location_id,address_1,city,postal_code\nx-1,l-1,1 Street,Norwich,NR1 1AA\n",
    "addresses.csv": "id,location_id,address_1,city,postal_code\nx-1,l-1,1 Street,Norwich,NR1 1AA\n",
    "contacts.csv": "id,service_id,name\nc-1,s-1,Jane\n",
    "phones.csv": "id,contact_id,service_id,number\np-1,c-1,,01632 960001\n",
    "attributes.csv": "id,link_id,taxonomy_term_id\nt-1,s-1,x-1\n",
    "taxonomy_terms.csv": "id,name,description\nx-1,Debt,Debts\n",
    "service_areas.csv": "id,service_id,name\na-1,s-1,Norwich\n",
    "schedules.csv": "id,what\n1,ever\n",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_tables_are_joined_into_services(tmp_path: Path) -> None:
    directory = read_directory(written(tmp_path, TABLES))
    service = directory.services["s-1"]
    assert service.provider is not None
    assert service.provider.identifiers[0].value == "advice"
    assert (service.telephone, service.areas, service.eligibility.minimum_age) == (
        "01632 960001",
        ("Norwich",),
        18,
    )
    assert [term.name for term in service.terms] == ["Debt"]
    assert [place.postcode for place in service.places] == ["NR1 1AA"]
    assert [str(one) for one in directory.quarantined] == [
        f"{tmp_path.name}: service s-2.minimum_age: a number of years from 0 to 150 is expected"
    ]


def test_a_data_package_names_its_tables_and_leads_nowhere_else(tmp_path: Path) -> None:
    resources: list[Any] = [
        {"name": "services", "path": "services.csv"},
        {"name": "organizations", "path": "organizations.csv"},
        {"name": "phones", "path": "../phones.csv"},
        {"name": "locations", "path": "missing.csv"},
        {"name": "schedules", "path": "schedules.csv"},
        "nothing",
    ]
    package = orjson.dumps({"resources": resources}).decode()
    written(tmp_path, {**TABLES, "datapackage.json": package})
    directory = read_directory(tmp_path / "datapackage.json")
    assert list(directory.services) == ["s-1"]
    assert [str(one) for one in directory.quarantined[:3]] == [
        "datapackage.json: resource ?.path: a name and the name of a file beside it are expected",
        "datapackage.json: resource ?.path: a name and the name of a file beside it are expected",
        "datapackage.json: locations ?: the file cannot be read",
    ]
    (tmp_path / "datapackage.json").write_text("{}")
    assert read_directory(tmp_path / "datapackage.json").services == {}


def test_rows_and_files_that_cannot_be_read_are_quarantined_and_the_rest_is_served(tmp_path: Path) -> None:
    files = {
        "services.csv": "id,name,status\ns-1,Debt advice,active\ntoo,few\n",
        "phones.csv": "",
        "broken.json": "{",
        "good.json": orjson.dumps({**SERVICE, "id": "s-9"}).decode(),
    }
    directory = read_directory(written(tmp_path, files))
    assert list(directory.services) == ["s-1", "s-9"]
    assert [str(one) for one in directory.quarantined] == [
        "broken.json: document ?: it cannot be read as JSON",
        f"{tmp_path.name}: phones ?: the file cannot be read",
        f"{tmp_path.name}: services ?: row 3 has not as many cells as headings",
    ]
    assert list(read_directory(tmp_path / "services.csv").services) == ["s-1"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "FILE_MAXIMUM", 10)
    written(tmp_path, {"one.json": orjson.dumps(SERVICE).decode(), "two.json": "[]"})
    directory = read_directory(tmp_path)
    assert directory.services == {}
    assert [one.reason for one in directory.quarantined] == ["the file is too large"]


def test_where_nothing_can_be_read_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="no such file or folder"):
        read_directory(tmp_path / "missing")
    with pytest.raises(DirectoryError, match="nothing in it can be read"):
        read_directory(tmp_path)


class Feed:
    """A feed by path; what is not there answers as a server that does not hold it."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    async def get(self, path: str, correlation_id: str = "") -> Reply:
        if path not in self.answers:
            raise SourceError("directory", "not-held")
        return Reply(200, self.answers[path])


def page(number: int) -> str:
    return f"services?page={number}&per_page=100"


async def test_a_feed_is_read_page_by_page_and_each_service_in_full() -> None:
    feed = Feed(
        {
            page(1): {"contents": [SERVICE, {"id": "../x"}, SERVICE], "total_pages": 2},
            page(2): {"contents": [{**SERVICE, "id": "s-2", "name": "Slim"}], "total_pages": 2},
            "services/s-1": {**SERVICE, "description": "In full"},
        }
    )
    directory = await fetch_directory(feed)
    assert [(one.name, one.description) for one in directory.services.values()] == [
        ("Debt advice", "In full"),
        ("Slim", None),
    ]
    assert [str(one) for one in directory.quarantined] == [
        "services: service ?.id: an id is expected",
        "services/s-2: service s-2: not told in full: not-held",
    ]


async def test_a_feed_ends_with_its_last_page_or_an_empty_one() -> None:
    assert (await fetch_directory(Feed({page(1): {"contents": []}}))).services == {}
    last = Feed({page(1): {"contents": [SERVICE], "last_page": True}, "services/s-1": SERVICE})
    assert list((await fetch_directory(last)).services) == ["s-1"]


async def test_a_feed_that_breaks_off_or_never_ends_is_no_directory() -> None:
    with pytest.raises(DirectoryError, match="services, page 1: not-held"):
        await fetch_directory(Feed({}))
    endless = {page(number): {"contents": [SERVICE]} for number in range(1, PAGES_MAXIMUM + 1)}
    with pytest.raises(DirectoryError, match="more than"):
        await fetch_directory(Feed({**endless, "services/s-1": SERVICE}))


GOOD: dict[str, Any] = {
    "api_details": {"version": "HSDS-UK-3.0"},
    "service_list": {"contents": [SERVICE]},
    "service_full": SERVICE,
}


@pytest.mark.parametrize(
    ("feed", "verdict", "said"),
    [
        (GOOD, Verdict.PASS, []),
        ({**GOOD, "api_details": {}}, Verdict.FAIL, ["version: a text is expected"]),
        ({**GOOD, "api_details": None}, Verdict.FAIL, ["the feed does not say what it is"]),
        (
            {**GOOD, "service_full": {**SERVICE, "id": "other"}},
            Verdict.WARN,
            ["what it tells of is not in the list"],
        ),
        ({**GOOD, "taxonomy_list": []}, Verdict.WARN, ["a page with contents is expected"]),
        (
            {one: GOOD[one] for one in ("api_details", "service_list")},
            Verdict.WARN,
            ["services are listed, but not told in full"],
        ),
        (
            {one: GOOD[one] for one in ("api_details", "service_full")},
            Verdict.WARN,
            ["services can be read one by one, but are not listed"],
        ),
        (
            {**GOOD, "service_full": {**SERVICE, "status": "open"}},
            Verdict.FAIL,
            ["service s-1.status: one of active, inactive, defunct, temporarily closed is expected"],
        ),
        ({"api_details": GOOD["api_details"]}, Verdict.FAIL, ["no service can be read"]),
        (
            {**GOOD, "service_list": {"contents": SERVICE}},
            Verdict.FAIL,
            ["page ?.contents: a list is expected", "what it tells of is not in the list"],
        ),
    ],
)
def test_a_feed_is_judged_by_what_a_directory_needs(
    feed: dict[str, Any], verdict: Verdict, said: list[str]
) -> None:
    judgement = judge(feed)
    assert (judgement.verdict, [one.reason for one in judgement.findings]) == (verdict, said)


async def test_a_feed_is_asked_for_all_that_it_is_judged_by() -> None:
    feed = Feed(
        {
            "": {"version": "HSDS-UK-3.0"},
            "services": {"contents": [SERVICE]},
            "services/s-1": SERVICE,
            "taxonomies": {"contents": []},
        }
    )
    assert set(await fetch_feed(feed)) == {"api_details", "service_list", "service_full", "taxonomy_list"}


def test_the_command_says_what_a_place_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, {"one.json": orjson.dumps([SERVICE, {**SERVICE, "id": "b", "name": ""}]).decode()})
    assert command.main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "one.json: service b.name: it is required and missing\n1 services, 1 records quarantined\n"
    )
    assert command.main(["check", str(tmp_path / "missing")]) == 1
    assert command.main(["check", "http://user:secret@feed.test/"]) == 1
    assert command.main([]) == 2
    assert "secret" not in capsys.readouterr().err


def test_the_command_can_be_run_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["openreferral"])
    with pytest.raises(SystemExit) as ended, pytest.warns(RuntimeWarning):
        runpy.run_module("adapters.openreferral", run_name="__main__", alter_sys=True)
    assert ended.value.code == 2
