"""Obtaining the real parts: what cannot be had leaves its reason, and nothing fails."""

import json
import subprocess
from pathlib import Path

import pytest

from scripts import parts, real_parts


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PARTS", tmp_path)
    monkeypatch.setattr(parts, "MISSING", tmp_path / "missing.json")


def refuse() -> None:
    raise real_parts.UnavailableError("there is none")


def test_a_part_that_cannot_be_had_leaves_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(parts.FINDERS, "opa", lambda: None)
    monkeypatch.setitem(real_parts.MAKERS, "opa", refuse)
    assert real_parts.main(["opa"]) == 0
    assert parts.missing() == {"opa": "there is none"}
    assert "opa        not to be had: there is none" in capsys.readouterr().out


def test_a_part_that_came_later_is_no_longer_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "missing.json").write_text(json.dumps({"opa": "old reason", "node": "another"}))
    monkeypatch.setitem(parts.FINDERS, "opa", lambda: tmp_path / "opa")
    assert real_parts.main(["opa"]) == 0
    assert parts.missing() == {"node": "another"}


def test_a_part_is_obtained_once_and_then_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setitem(parts.FINDERS, "opa", lambda: tmp_path / "opa" if made else None)
    monkeypatch.setitem(real_parts.MAKERS, "opa", lambda: made.append("opa"))
    assert [real_parts.provide("opa"), real_parts.provide("opa")] == [tmp_path / "opa"] * 2
    assert made == ["opa"]


def test_a_part_that_was_obtained_but_does_not_run_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(parts.FINDERS, "opa", lambda: None)
    monkeypatch.setitem(real_parts.MAKERS, "opa", lambda: None)
    with pytest.raises(real_parts.UnavailableError, match="does not run"):
        real_parts.provide("opa")


def test_an_unknown_part_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert real_parts.main(["keycloak"]) == 2
    assert "There are: postgres, node, opa, chromium" in capsys.readouterr().out


def test_the_wheels_go_builds_opa_where_the_systems_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def run(arguments: list[str | Path], _env: dict[str, str], _limit: float) -> None:
        tried.append(str(arguments[0]))
        if arguments[0] == Path("old"):
            raise real_parts.UnavailableError("go failed: needs go 1.26")

    monkeypatch.setattr(parts, "go_programs", lambda: [Path("old"), Path("new")])
    monkeypatch.setattr(real_parts, "_run", run)
    real_parts.build_opa()
    assert tried == ["old", "new"]


def test_without_a_home_gos_caches_stay_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(parts, "go_programs", lambda: [Path("go")])
    monkeypatch.setattr(real_parts, "_run", lambda _arguments, env, _limit: seen.append(env))
    real_parts.build_opa()
    assert seen[0]["GOCACHE"] == str(tmp_path / "go" / "build")
    assert seen[0]["GOBIN"] == str(tmp_path / "bin")


def test_chromium_is_not_installed_by_who_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_args, **_more: "/usr/bin/apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(real_parts.UnavailableError, match="only root may"):
        real_parts.install_chromium()


@pytest.mark.parametrize("has_it", [True, False])
def test_a_browser_without_windows_is_preferred_and_the_whole_one_does_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, *, has_it: bool
) -> None:
    tried: list[str] = []

    def run(arguments: list[str | Path], _env: dict[str, str], _limit: float) -> None:
        tried.append(str(arguments[-1]))
        if arguments[-1] == parts.HEADLESS_SHELL and not has_it:
            raise real_parts.UnavailableError("apt-get failed: unable to locate package")

    monkeypatch.setattr("shutil.which", lambda *_args, **_more: "/usr/bin/apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(real_parts, "_run", run)
    real_parts.install_chromium()
    assert tried == ["-q", parts.HEADLESS_SHELL, *([] if has_it else ["chromium"])]


def test_a_browser_that_is_there_does_where_no_better_one_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    browser, asked = Path("/usr/bin/chromium"), []

    def install() -> None:
        asked.append("apt-get")
        raise real_parts.UnavailableError("only root may")

    monkeypatch.setitem(parts.FINDERS, "chromium", lambda: browser)
    monkeypatch.setitem(real_parts.MAKERS, "chromium", install)
    monkeypatch.delenv(parts.CHROMIUM_NAMED, raising=False)
    assert (real_parts.provide("chromium"), asked) == (browser, ["apt-get"])
    monkeypatch.setenv(parts.CHROMIUM_NAMED, str(browser))
    assert (real_parts.provide("chromium"), asked) == (browser, ["apt-get"])


def test_a_programs_last_words_are_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess(["go"], 1, stdout="", stderr="downloading\nno such host\n")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: done)
    monkeypatch.setattr(parts, "go_programs", lambda: [Path("go")])
    with pytest.raises(real_parts.UnavailableError, match="go failed: no such host"):
        real_parts.build_opa()


def test_an_opa_of_another_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "opa").touch()
    monkeypatch.setattr("shutil.which", lambda *_args, **_more: None)
    monkeypatch.setattr(parts, "opa_version", lambda _path: "1.0.0")
    assert parts.opa() is None
    monkeypatch.setattr(parts, "opa_version", lambda _path: parts.OPA_VERSION)
    assert parts.opa() == tmp_path / "bin" / "opa"
