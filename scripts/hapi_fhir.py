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
    java = _java()
    if not HOME.is_dir():
        _download()
    return [java, "-Xmx384m", "-cp", f"{HOME}/*", str(PROJECT / "PlainServer.java")]


def _java() -> str:
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        raise UnavailableError("a Java development kit is not on this machine")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r'version "(\d+)', told.stderr)
    if found is None or int(found[1]) < JAVA_AT_LEAST:
        raise UnavailableError(f"java is older than {JAVA_AT_LEAST}")
    return java


def _download() -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError("mvn is not on this machine")
    # Under another name until all of it is there: a download that broke off is none.
    unfinished = HOME.with_name(HOME.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    wanted = ["dependency:copy-dependencies", f"-DoutputDirectory={unfinished}", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(
            [maven, "-B", "-q", "-f", str(PROJECT / "pom.xml"), *wanted],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"mvn was not done after {DOWNLOAD_LIMIT_SECONDS} s") from error
    if done.returncode != 0 or not any(unfinished.glob("hapi-fhir-server-*.jar")):
        raise UnavailableError("mvn could not download HAPI FHIR")
    _keep(unfinished)


def _keep(unfinished: Path) -> None:
    try:
        unfinished.rename(HOME)
    except OSError:
        # Another run of the tests was quicker.
        if not HOME.is_dir():
            raise


if __name__ == "__main__":
    try:
        print(*obtain())
    except UnavailableError as reason:
        sys.exit(f"hapi-fhir: {reason}")
