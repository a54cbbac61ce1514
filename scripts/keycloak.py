"""Keycloak for the integration tests, from Maven: `python -m scripts.keycloak` obtains it and says where it is.

It needs Java 17 or later and Maven on the PATH. The distribution (177 MB) goes to .var/parts and is kept there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from scripts.parts import PARTS

VERSION = "26.7.3"
HOME = PARTS / f"keycloak-{VERSION}"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
JAVA_AT_LEAST = 17
DOWNLOAD_LIMIT_SECONDS = 900


class UnavailableError(Exception):
    """Keycloak cannot be had on this machine; the message is the reason that the tests' summary shows."""


def obtain() -> Path:
    """Keycloak's folder, downloaded where it is not there yet; or `UnavailableError`."""
    _need_java()
    if not (HOME / "bin" / "kc.sh").exists():
        _unpack(_download())
    return HOME


def _need_java() -> None:
    java = shutil.which("java")
    if java is None:
        raise UnavailableError("java is not on this machine")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r'version "(\d+)', told.stderr)
    if found is None or int(found[1]) < JAVA_AT_LEAST:
        raise UnavailableError(f"java is older than {JAVA_AT_LEAST}")


def _download() -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError("mvn is not on this machine")
    PARTS.mkdir(parents=True, exist_ok=True)
    wanted = ["-B", "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={PARTS}"]
    try:
        done = subprocess.run(
            [maven, *wanted],
            cwd=PARTS,
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"mvn was not done after {DOWNLOAD_LIMIT_SECONDS} s") from error
    archive = PARTS / f"keycloak-quarkus-dist-{VERSION}.zip"
    if done.returncode != 0 or not archive.exists():
        raise UnavailableError("mvn could not download Keycloak")
    return archive


def _unpack(archive: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(PARTS)
    archive.unlink()
    # A zip file read by Python loses the right to run.
    for program in (HOME / "bin").glob("*.sh"):
        program.chmod(0o755)


if __name__ == "__main__":
    try:
        print(obtain())
    except UnavailableError as reason:
        sys.exit(f"keycloak: {reason}")
