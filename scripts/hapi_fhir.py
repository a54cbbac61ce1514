"""HAPI FHIR for the integration tests, from Maven: `python -m scripts.hapi_fhir` obtains it and says where it is.

It needs a JDK of 17 or later and Maven on the PATH. HAPI's server and what it leans on (81 files, 69 MB) go to .var/parts
and are kept there; Java compiles the one file of ours, scripts/hapi/PlainServer.java, as it starts it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.parts import PARTS, ROOT

PROJECT = ROOT / "scripts" / "hapi"
HOME = PARTS / "hapi-fhir"
JAVA_AT_LEAST = 17
DOWNLOAD_LIMIT_SECONDS = 600


class UnavailableError(Exception):
    """HAPI FHIR cannot be had on this machine; the message is the reason that the tests' summary shows."""


def obtain() -> list[str]:
    """The command that starts the server, its parts downloaded where they are not there yet; or `UnavailableError`."""
    return command(PROJECT, HOME, "PlainServer.java", 384)


def command(project: Path, home: Path, program: str, memory: int) -> list[str]:
    """What runs a program of a Maven project with at most so many MiB, its parts in `home`; or `UnavailableError`."""
    java = _java()
    if not home.is_dir():
        _download(project, home)
    return [java, f"-Xmx{memory}m", "-cp", f"{home}/*", str(project / program)]


def _java() -> str:
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        raise UnavailableError("a Java development kit is not on this machine")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r'version "(\d+)', told.stderr)
    if found is None or int(found[1]) < JAVA_AT_LEAST:
        raise UnavailableError(f"java is older than {JAVA_AT_LEAST}")
    return java


def _download(project: Path, home: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError("mvn is not on this machine")
    # Under another name until all of it is there: a download that broke off is none.
    unfinished = home.with_name(home.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    wanted = ["dependency:copy-dependencies", f"-DoutputDirectory={unfinished}", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(
            [maven, "-B", "-q", "-f", str(project / "pom.xml"), *wanted],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"mvn was not done after {DOWNLOAD_LIMIT_SECONDS} s") from error
    if done.returncode != 0 or not any(unfinished.glob("hapi-fhir-base-*.jar")):
        raise UnavailableError("mvn could not download HAPI FHIR")
    _keep(unfinished, home)


def _keep(unfinished: Path, home: Path) -> None:
    try:
        unfinished.rename(home)
    except OSError:
        # Another run of the tests was quicker.
        if not home.is_dir():
            raise


if __name__ == "__main__":
    try:
        print(*obtain())
    except UnavailableError as reason:
        sys.exit(f"hapi-fhir: {reason}")
