"""The mission's journeys through the whole house: `python -m scripts.journeys` (make journeys).

Starts gateway, agencies, identity provider and team hub, and walks each journey in a real Chromium. Each writes its page
with pictures to .var/journeys, or with `--docs` to docs/journeys, once somebody has looked at them. The last line tells the
figures. The exit status is 0 only if every journey held; one that could not run has not held.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree.ElementTree import parse

from scripts.parts import ROOT
from scripts.policy import read_results

TESTS = "tests/journeys"
DOCS = ROOT / "docs" / "journeys"
LOOKED_AT = ROOT / ".var" / "journeys"


def main(arguments: list[str]) -> int:
    """Walk them all and tell; returns the exit status."""
    started = time.monotonic()
    folder = DOCS if "--docs" in arguments else LOOKED_AT
    with tempfile.TemporaryDirectory() as made:
        report = Path(made) / "journeys.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            TESTS,
            f"--junit-xml={report}",
            "-o",
            "junit_family=xunit1",
        ]
        ended = subprocess.run(
            command, cwd=ROOT, env=dict(os.environ, JOURNEYS_DOCS=str(folder)), check=False
        )
        if not report.exists():
            print("journeys: NOT WALKED, pytest wrote no report")
            return 1
        results = read_results(parse(report).getroot())  # noqa: S314 - our own file, just written
    pages = sorted(folder.glob("*.md"))
    pictures = len(list((folder / "pictures").glob("*.jpg")))
    held = results.ran - len(results.not_held)
    for name in results.not_held:
        print(f"journeys: did not hold: {name}")
    print(
        f"journeys: {held} of {results.ran} held, {len(pages)} pages with {pictures} pictures in "
        f"{folder.relative_to(ROOT)}, axe without violations at 320 and 1280 px, {time.monotonic() - started:.0f} s"
    )
    return 0 if results.ran and not results.not_held and ended.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
