"""The image and its compose file, read as text: there is no container engine in the tests."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    """The Dockerfile's stages, each a list of (instruction, arguments)."""
    text = (ROOT / "Dockerfile").read_text()
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    steps = [
        (line.split(maxsplit=1)[0].upper(), line.split(maxsplit=1)[1]) for line in lines.splitlines() if line
    ]
    starts = [number for number, (name, _) in enumerate(steps) if name == "FROM"]
    return [steps[start:end] for start, end in zip(starts, [*starts[1:], len(steps)], strict=True)]


def arguments(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for instruction, rest in stage if instruction == name]


def test_the_image_is_built_in_stages_and_ships_no_build_tool(stages: list[list[tuple[str, str]]]) -> None:
    assert len(stages) == 2
    assert arguments(stages[-1], "COPY") == ["--from=build /opt/oncetold /opt/oncetold"]
    assert not any("pip" in command for command in arguments(stages[-1], "RUN"))


def test_the_image_runs_as_a_numeric_user_that_is_not_root(stages: list[list[tuple[str, str]]]) -> None:
    users = arguments(stages[-1], "USER")
    assert len(users) == 1
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", users[0])


def test_the_image_tells_whether_it_is_well(stages: list[list[tuple[str, str]]]) -> None:
    (check,) = arguments(stages[-1], "HEALTHCHECK")
    command = json.loads(check[check.index("CMD ") + 4 :])
    assert command[:2] == ["python", "-c"]
    assert "/healthz" in command[2]
    compile(command[2], "healthcheck", "exec")


def test_the_image_starts_the_service_without_a_shell(stages: list[list[tuple[str, str]]]) -> None:
    (command,) = arguments(stages[-1], "CMD")
    assert json.loads(command) == ["oncetold", "serve"]


def test_nothing_enters_the_image_unchecked(stages: list[list[tuple[str, str]]]) -> None:
    for stage in stages:
        assert not arguments(stage, "ADD")
        for command in arguments(stage, "RUN"):
            assert not re.search(r"curl|wget|https?:", command)
            for install in re.findall(r"pip install [^&]*", command):
                assert "--require-hashes" in install or "--no-index" in install


def test_the_image_carries_no_secret(stages: list[list[tuple[str, str]]]) -> None:
    for stage in stages:
        for value in arguments(stage, "ENV") + arguments(stage, "ARG"):
            assert not re.search(r"(password|token|secret|key)\w*=(?!/etc/|sqlite:)\S", value, re.IGNORECASE)


def test_every_package_of_ours_is_in_the_image(stages: list[list[tuple[str, str]]]) -> None:
    copied = {rest.split()[-1] for rest in arguments(stages[0], "COPY")}
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for package in ("core", "audit", "consent", "adapters", "policies", "gateway"):
        assert package in copied
        assert f"!{package}" in allowed


def test_the_build_sees_only_what_is_named() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    assert "adapters/sandbox" in rules


def test_the_compose_file_takes_every_right_away() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])  # noqa: S108 - the container's own
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert not service.get("privileged", False)
        assert "environment" not in service
