"""The rules of the house find what they are for, and only that."""

import pytest

from scripts import check_house

HASH = " \\\n    --hash=sha256:" + "0" * 64 + "\n"


def test_a_file_over_the_limit_is_named_with_its_length() -> None:
    assert list(check_house.too_long("core/x.py", "a\n" * 400)) == []
    assert list(check_house.too_long("core/x.py", "a\n" * 401)) == [
        "core/x.py: 401 lines, more than 400: split it by subject"
    ]


@pytest.mark.parametrize(
    "path", ["requirements/dev.txt", "core/pages/static/govuk-frontend.min.css", "a/vendor/b.js"]
)
def test_locks_and_other_peoples_files_may_be_long(path: str) -> None:
    assert list(check_house.too_long(path, "a\n" * 1000)) == []


@pytest.mark.parametrize("host", check_house.HOSTS)
def test_a_registrys_address_is_found(host: str) -> None:
    assert list(check_house.foreign_places("a", f"fine\nindex = https://{host}/simple")) == [
        "a:2: names a package registry's address"
    ]


@pytest.mark.parametrize(
    "path", ["/ro" + "ot/x", "/home/" + "jo/x", "/Users/" + "jo/x", "'/opt/" + "wheels'", "/work/" + "main/x"]
)
def test_a_path_of_one_machine_is_found(path: str) -> None:
    assert list(check_house.foreign_places("a", f"at {path}")) == ["a:1: names a path of one machine"]


@pytest.mark.parametrize(
    "text", ["GET /v1/work/main", "https://example.test/root/x", "/opt/oncetold", "the /homepage"]
)
def test_other_paths_are_left_alone(text: str) -> None:
    assert list(check_house.foreign_places("a", text)) == []


def test_pins_are_read_with_extras_and_markers() -> None:
    lock = "A_b[c]==1.0" + HASH + "d==2.0 ; sys_platform == 'win32'" + HASH + "d==3.0" + HASH
    assert check_house.pins(lock) == {"a-b": {"1.0"}, "d": {"2.0", "3.0"}}


def test_a_pin_without_a_hash_is_found() -> None:
    assert list(check_house.without_hash("run.txt", "a==1" + HASH + "b==2\n")) == [
        "run.txt: b is pinned without a hash"
    ]


def test_a_lock_that_lags_behind_the_project_is_found() -> None:
    lock = "a==1.5" + HASH
    assert list(check_house.lock_gaps("run.txt", lock, ["a>=1.2"])) == []
    assert list(check_house.lock_gaps("run.txt", lock, ["a>=2", "b"])) == [
        "run.txt: wants a>=2, pins 1.5: make lock",
        "run.txt: wants b, pins nothing: make lock",
    ]


def test_a_version_that_runs_but_was_not_tested_is_found() -> None:
    locks = {"run.txt": "a==1" + HASH + "c==1" + HASH, "dev.txt": "a==2" + HASH}
    assert list(check_house.lock_differences(locks, "dev.txt")) == [
        "run.txt: a ['1'] is not the tested ['2']: make lock"
    ]


def test_the_committed_locks_fit_the_project() -> None:
    assert list(check_house.check_locks(check_house.ROOT)) == []
