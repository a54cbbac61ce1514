"""The rules of the house that no other gate knows: `python -m scripts.check_house`.

Lengths of files; no registry's address and no path of a machine in what is committed; the locks fit pyproject.toml and
each other. Each check is a pure function from texts to findings; `main` reads the files.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 400
COUNTED = {".py", ".rego", ".sh", ".html", ".jinja", ".j2", ".css", ".js", ".sql", ".toml"}
COUNTED_NAMES = {"Makefile", "Dockerfile"}
# Files that are somebody else's, committed unchanged.
VENDORED = re.compile(r"(^|/)(vendor|govuk)[-/]|(^|/)govuk-frontend[^/]*$")

# Put together here so that this file does not find itself.
HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "registry.yarnpkg" + ".com",
    "proxy.golang" + ".org",
    "sum.golang" + ".org",
    "static.crates" + ".io",
    "repo1.maven" + ".org",
    "repo.maven.apache" + ".org",
    "deb.debian" + ".org",
)
ADDRESS = re.compile("|".join(re.escape(host) for host in HOSTS), re.IGNORECASE)
MACHINE = re.compile(r"(?<![\w.:/-])/(?:work/(?:main|shared)|root|home/\w+|Users/\w+|opt/wheels)(?:/|\b)")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


def too_long(path: str, text: str) -> Iterable[str]:
    """A file of ours that no longer has one subject."""
    name = Path(path)
    if VENDORED.search(path) or (name.suffix not in COUNTED and name.name not in COUNTED_NAMES):
        return
    lines = len(text.splitlines())
    if lines > LONGEST:
        yield f"{path}: {lines} lines, more than {LONGEST}: split it by subject"


def foreign_places(path: str, text: str) -> Iterable[str]:
    """Registry addresses and paths of one machine: the set-up of each machine decides where packages come from."""
    for number, line in enumerate(text.splitlines(), start=1):
        if ADDRESS.search(line):
            yield f"{path}:{number}: names a package registry's address"
        if MACHINE.search(line):
            yield f"{path}:{number}: names a path of one machine"


def pins(lock: str) -> dict[str, set[str]]:
    """Normalised package name -> its pinned versions (several where they differ by platform)."""
    found: dict[str, set[str]] = {}
    for line in lock.splitlines():
        match = PIN.match(line)
        if match:
            found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def without_hash(name: str, lock: str) -> Iterable[str]:
    """Pins that pip would take from anyone."""
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock):
        match = PIN.match(entry)
        if match and "--hash=sha256:" not in entry:
            yield f"{name}: {match[1]} is pinned without a hash"


def lock_gaps(name: str, lock: str, wanted: Iterable[str]) -> Iterable[str]:
    """Requirements that the lock does not fulfil."""
    pinned = pins(lock)
    for text in wanted:
        requirement = Requirement(text)
        versions = pinned.get(canonicalize_name(requirement.name), set())
        if not any(
            requirement.specifier.contains(Version(version), prereleases=True) for version in versions
        ):
            have = ", ".join(sorted(versions)) or "nothing"
            yield f"{name}: wants {requirement}, pins {have}: make lock"


def lock_differences(locks: Mapping[str, str], tested: str) -> Iterable[str]:
    """Versions that run but were not tested."""
    reference = pins(locks[tested])
    for name, lock in locks.items():
        for package, versions in pins(lock).items():
            if name != tested and package in reference and versions != reference[package]:
                yield f"{name}: {package} {sorted(versions)} is not the tested {sorted(reference[package])}: make lock"


def check_locks(root: Path) -> Iterable[str]:
    """All checks of requirements/*.txt against pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    run = project["project"]["dependencies"]
    wanted = {
        "build.txt": project["build-system"]["requires"],
        "run.txt": run,
        "sandbox.txt": run + extras["sandbox"],
        "dev.txt": run + extras["sandbox"] + extras["dev"],
    }
    locks = {name: (root / "requirements" / name).read_text() for name in wanted}
    for name, lock in locks.items():
        yield from (f"requirements/{finding}" for finding in without_hash(name, lock))
        yield from (f"requirements/{finding}" for finding in lock_gaps(name, lock, wanted[name]))
    yield from (f"requirements/{finding}" for finding in lock_differences(locks, "dev.txt"))


def files(root: Path) -> Iterable[str]:
    """What is committed, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the developer's own git
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({path for path in listed.stdout.split("\0") if path and (root / path).is_file()})


def main() -> int:
    """Print every finding; returns the exit status."""
    findings: list[str] = []
    for path in files(ROOT):
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        findings += [*too_long(path, text), *foreign_places(path, text)]
    findings += check_locks(ROOT)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
