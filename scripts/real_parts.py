"""Make the real parts of the tests available: `python -m scripts.real_parts [part ...]`.

One line a part: where it is, or why it cannot be had. What cannot be had is no failure here: its reason goes into
.var/parts/missing.json, and the tests that need it are skipped with that reason in their summary.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from scripts import parts

GO_LIMIT_SECONDS = 1500
APT_LIMIT_SECONDS = 1200
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class UnavailableError(Exception):
    """A part that cannot be had on this machine; the message is the reason that the tests' summary shows."""


def say(text: str) -> None:
    """Tell the person at the terminal, at once."""
    print(text, flush=True)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no output"


def _run(arguments: list[str | Path], env: dict[str, str], limit: float) -> None:
    """Run to the end; `UnavailableError` with the program's last line when it fails."""
    name = Path(arguments[0]).name
    try:
        done = subprocess.run(
            arguments,
            env=env,
            timeout=limit,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{name} was not done after {limit:.0f} s") from error
    except OSError as error:
        raise UnavailableError(f"{name} does not start: {error.strerror}") from error
    if done.returncode != 0:
        raise UnavailableError(f"{name} failed: {_last_line(done.stderr or done.stdout)}")


def _go_environment() -> dict[str, str]:
    """Go's caches stay where Go keeps them, so that the next clone is quick; without a home they go under .var."""
    env = dict(os.environ, GOBIN=str(parts.PARTS / "bin"), GOTOOLCHAIN="local", CGO_ENABLED="0")
    home = env.get("HOME")
    if not home or not os.access(home, os.W_OK):
        folder = parts.PARTS / "go"
        env |= {"HOME": str(folder), "GOPATH": str(folder), "GOCACHE": str(folder / "build")}
        # Go makes its module cache read-only; ours must go away with `make clean`.
        env["GOFLAGS"] = "-modcacherw"
    return env


def build_opa() -> None:
    """Build OPA with the first Go that can; the system's may be too old, then the wheel's does it."""
    programs = parts.go_programs()
    if not programs:
        raise UnavailableError("no Go to build OPA with")
    reason = ""
    for program in programs:
        say(f"  opa        building {parts.OPA_VERSION} with {program} (about two minutes, once) ...")
        try:
            _run(
                [program, "install", f"github.com/open-policy-agent/opa@v{parts.OPA_VERSION}"],
                _go_environment(),
                GO_LIMIT_SECONDS,
            )
        except UnavailableError as error:
            reason = str(error)
        else:
            return
    raise UnavailableError(reason)


def install_chromium() -> None:
    """Install Debian's Chromium, without windows of its own where Debian has that; only root can."""
    apt = shutil.which("apt-get", path=SYSTEM_PATH)
    if apt is None:
        raise UnavailableError("not installed, and there is no apt-get here")
    if os.geteuid() != 0:
        raise UnavailableError("not installed, and only root may: apt-get install chromium")
    say("  chromium   installing Debian's package, without a desktop's windows ...")
    env = dict(os.environ, PATH=SYSTEM_PATH, DEBIAN_FRONTEND="noninteractive")
    _run([apt, "update", "-q"], env, APT_LIMIT_SECONDS)
    install: list[str | Path] = [apt, "install", "-q", "-y", "--no-install-recommends"]
    try:
        _run([*install, parts.HEADLESS_SHELL], env, APT_LIMIT_SECONDS)
    except UnavailableError as error:
        say(f"  chromium   {error}; the whole browser then, which is slower ...")
        _run([*install, "chromium"], env, APT_LIMIT_SECONDS)


def _from_the_lock() -> None:
    raise UnavailableError("neither on this machine nor in the wheels of requirements/dev.txt")


MAKERS: dict[str, Callable[[], None]] = {
    "postgres": _from_the_lock,
    "node": _from_the_lock,
    "opa": build_opa,
    "chromium": install_chromium,
}


def is_second_best(name: str, found: Path) -> bool:
    """Whether another one would be better, and may be had on this machine: a browser that somebody named is as wanted."""
    return (
        name == "chromium" and found.name != parts.HEADLESS_SHELL and parts.CHROMIUM_NAMED not in os.environ
    )


def provide(name: str) -> Path:
    """Where the part is, after obtaining it if need be; `UnavailableError` with the reason if it cannot be had."""
    find = parts.FINDERS[name]
    found = find()
    if found is None:
        MAKERS[name]()
        found = find()
    elif is_second_best(name, found):
        with suppress(UnavailableError):
            MAKERS[name]()
            found = find()
    if found is None:
        raise UnavailableError("was obtained, but does not run")
    return found


def main(names: list[str]) -> int:
    """Provide the named parts, or all; returns the exit status, 2 for a name that is no part."""
    unknown = [name for name in names if name not in MAKERS]
    if unknown:
        say(f"No such part: {', '.join(unknown)}. There are: {', '.join(MAKERS)}.")
        return 2
    parts.PARTS.mkdir(parents=True, exist_ok=True)
    reasons = parts.missing()
    say("Real parts for the tests:")
    for name in names or list(MAKERS):
        started = time.monotonic()
        try:
            found = provide(name)
        except UnavailableError as error:
            reasons[name] = str(error)
            say(f"  {name:<10} not to be had: {error}")
        else:
            reasons.pop(name, None)
            seconds = time.monotonic() - started
            say(f"  {name:<10} {found}" + (f"  ({seconds:.0f} s)" if seconds >= 1 else ""))
    parts.MISSING.write_text(json.dumps(reasons, indent=2, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
