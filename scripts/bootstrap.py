"""Make .venv from the locks: `python3 scripts/bootstrap.py run|dev`.

Needs only a Python of 3.11 or newer with its standard library, and the package registry that pip is set up for. `run`
installs what the sandbox needs (requirements/sandbox.txt), `dev` the tests and gates over it (requirements/dev.txt).
Every file is checked against its hash. Written so that an older Python still reads it and can say that it is too old.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ["build", "sandbox"], "dev": ["build", "dev"]}
OLDEST = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.14")
APT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NO_PIP = """
This Python can make no virtual environment with pip. Do one of these, then run make again:
  - Debian, Ubuntu:  apt-get install python3-venv     (as root)
  - Fedora:          dnf install python3-pip          (as root)
  - or name another Python:  make PYTHON=/path/to/python3.11 ...
"""


def say(text: str) -> None:
    """Tell the person at the terminal, at once."""
    print(text, flush=True)


def newer_python() -> str | None:
    """A Python on the PATH that is new enough, for the machine whose python3 is not."""
    for name in CANDIDATES:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", "import venv"], check=False).returncode == 0:
            return found
    return None


def quiet(*arguments: object, env: dict[str, str] | None = None) -> bool:
    """Run and say whether it went well; what it printed is of no use to anybody."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
        check=False,
    )
    return done.returncode == 0


def has_pip() -> bool:
    """Whether .venv has a working pip."""
    return PYTHON.exists() and quiet(PYTHON, "-m", "pip", "--version")


def make_venv() -> bool:
    """Make .venv with pip, by the first way that this machine allows."""
    if has_pip():
        return True
    say(f"Making .venv with {sys.executable} ({sys.version.split()[0]}) ...")
    if quiet(sys.executable, "-m", "venv", "--clear", VENV) and has_pip():
        return True
    # Debian splits ensurepip off; the machine's own pip can install one into a bare environment.
    bare = quiet(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    if bare and quiet(sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "pip") and has_pip():
        return True
    apt = shutil.which("apt-get", path=APT_PATH)
    if apt and os.geteuid() == 0:
        say("  this Python lacks its venv module: installing Debian's python3-venv ...")
        env = dict(os.environ, PATH=APT_PATH, DEBIAN_FRONTEND="noninteractive")
        quiet(apt, "update", "-q", env=env)
        quiet(apt, "install", "-q", "-y", "--no-install-recommends", "python3-venv", env=env)
        return quiet(sys.executable, "-m", "venv", "--clear", VENV) and has_pip()
    return False


def pip(*arguments: str) -> None:
    """Run .venv's pip; ends the set-up with pip's own words when it fails."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"Set-up stopped: pip could not install {arguments[-1]}; the lines above say why.")


def install(kind: str) -> None:
    """Install the locks of `kind` and the project itself, which stays in this folder."""
    for lock in LOCKS[kind]:
        say(f"Installing requirements/{lock}.txt, each file checked by its hash ...")
        # Wheels only: building a source archive would fetch and run tools that no lock names.
        pip("--require-hashes", "--only-binary=:all:", "-r", f"requirements/{lock}.txt")
    pip("--no-deps", "--no-build-isolation", "--editable", ".")


def main(kind: str) -> int:
    """Bring .venv up to `kind`; returns the exit status."""
    if sys.version_info < OLDEST:
        newer = newer_python()
        if newer is None:
            print(
                f"OnceTold needs Python 3.11 or newer; this is {sys.version.split()[0]}.{NO_PIP}",
                file=sys.stderr,
            )
            return 1
        os.execv(newer, [newer, __file__, kind])  # noqa: S606 - the same script under a newer Python
    started = time.monotonic()
    (ROOT / ".var").mkdir(exist_ok=True)
    with (ROOT / ".var" / "setup.lock").open("w") as lock:
        # `make run` and `make smoke` started together would both install.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not make_venv():
            print(NO_PIP, file=sys.stderr)
            return 1
        install(kind)
    say(f"Set-up done in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(LOCKS)}")
    sys.exit(main(sys.argv[1]))
