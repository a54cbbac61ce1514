"""What the gate of the policies refuses: rules that nobody explained, and paths that no question and no register has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import orjson
import pytest

from gateway.policy.question import to_input
from scripts.check_rego_metadata import main
from tests.support.questions import made_up, questions
from tests.unit.gateway.policy.world import POLICIES, data_of, world

if TYPE_CHECKING:
    from tests.conftest import Parts

TITLED = "# METADATA\n# title: A\n# scope: package\npackage a\n\n"


def checked(opa: Path, folder: Path) -> tuple[int, str]:
    command = [str(opa), "check", "--strict", "--schema", str(POLICIES / "schemas"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES / "rego", tmp_path / "rego"))


def test_the_policies_pass(parts: Parts, sources: Path) -> None:
    assert main([str(parts.opa), str(sources)]) == 0
    assert checked(parts.opa, sources) == (0, "")


@pytest.mark.parametrize(
    ("file", "right", "misspelt"),
    [
        ("role.rego", "input.asker.role]", "input.asker.roles]"),
        ("permission.rego", "input.subject.permissions", "input.subject.permisions"),
        ("permission.rego", "permission.kind in", "permission.knid in"),
        ("obligation.rego", "input.hold_back == null", "input.holdback == null"),
        ("label.rego", "data.registers.locations", "data.registers.location"),
        ("decide.rego", "data.registers.revision", "data.registers.revisions"),
        ("law.rego", "data.registers.only_for[organisation][", "data.registers.onlyfor[organisation]["),
    ],
)
def test_a_misspelt_path_is_refused(
    parts: Parts, sources: Path, file: str, right: str, misspelt: str
) -> None:
    text = (sources / file).read_text()
    assert right in text
    (sources / file).write_text(text.replace(right, misspelt))
    status, told = checked(parts.opa, sources)
    assert status != 0
    assert "undefined ref" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("package a\n", "a.rego:1: the package has no METADATA of scope package", id="package"),
        pytest.param(f"{TITLED}yes := true\n", "a.rego:6: the rule yes has no METADATA", id="rule"),
        pytest.param(
            f"{TITLED}# METADATA\n# title: Yes\nyes := true\n\n# METADATA\n# title: No\nno if not yes\n\nno if false\n",
            "the rule no has several heads: one annotation of scope document stands for all",
            id="heads",
        ),
        pytest.param(
            f"{TITLED}# METADATA\n# title: Yes\nyes if input.asker\n",
            "a.rego:1: the package reads input and names no schema of it",
            id="input",
        ),
        pytest.param(
            f"{TITLED}# METADATA\n# title: Yes\nyes if data.registers.hidden.a\n",
            "a.rego:1: the package reads data.registers and names no schema of it",
            id="data",
        ),
        pytest.param(
            f"{TITLED}# METADATA\n# description: Yes.\nyes := true\n",
            'a.rego:6: METADATA: "title" is a required property',
            id="title",
        ),
        pytest.param(f"{TITLED}# METADATA\n# title: yes.\nyes := true\n", "a.rego:6: title: ", id="sentence"),
        pytest.param(
            f"{TITLED}# METADATA\n# title: Yes\n# organizations: [us]\nyes := true\n",
            "a.rego:6: METADATA: ",
            id="keys",
        ),
    ],
)
def test_what_nobody_explained_is_named(
    parts: Parts, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "a.rego").write_text(text)
    assert main([str(parts.opa), str(tmp_path)]) == 1
    assert told in capsys.readouterr().err


def test_no_policies_at_all_do_not_pass(parts: Parts, tmp_path: Path) -> None:
    assert main([str(parts.opa), str(tmp_path)]) == 1


def test_the_schemas_say_exactly_what_the_engines_get() -> None:
    asked = jsonschema_rs.Draft7Validator(_schema("input"))
    known = jsonschema_rs.Draft7Validator(_schema("data"))
    for registers in (world(), made_up(world(), 1)):
        for question in questions(registers, 1, 200):
            asked.validate(to_input(question))
        known.validate(data_of(registers)["registers"])


def _schema(name: str) -> dict[str, object]:
    found: dict[str, object] = orjson.loads((POLICIES / "schemas" / f"{name}.schema.json").read_bytes())
    return found
