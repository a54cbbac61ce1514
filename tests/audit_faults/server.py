"""The PostgreSQL of these tests from outside: stopped without warning and started again, or kept from writing."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

from tests.race.workers import FORK
from tests.support.postgres import Cluster

RESTART_LIMIT_SECONDS = 60.0


class _As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class Server:
    """The server of a cluster, found by its data folder. Whoever is not root has to be the one who started it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        with cluster.connect() as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        self._data = Path(str(row[0]))
        self._program = Path((self._data / "postmaster.opts").read_text().split(" ", 1)[0]).with_name(
            "pg_ctl"
        )
        self._restarted = False

    @property
    def pid(self) -> int:
        """The process whose children the server's connections are."""
        return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])

    def crash(self) -> None:
        """Stop at once, without a word to anybody and without a checkpoint, and start again with the same options."""
        self._control("restart", "-m", "immediate", "-l", str(self._data / "restarted.log"))
        self._restarted = True

    @contextmanager
    def forgetful(self) -> Iterator[None]:
        """Let it say that a transaction is committed before it is on the disk (asynchronous commit)."""
        settings = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
        self.set(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in settings.items())
        try:
            yield
        finally:
            self.set(f"ALTER SYSTEM RESET {name}" for name in settings)

    def processes(self) -> list[int]:
        """The first process, which all later ones take their limits from, and all that there are."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *(int(child) for child in children.split())]

    def limit_files(self, pids: Iterable[int], limit: int) -> None:
        """Let these processes write no file beyond a length (bytes). Those that have ended meanwhile have no limit."""
        # Only the owner of a process may, unless one has more rights than root in a container has.
        limiting = FORK.Process(target=_limit, args=(self._account(), tuple(pids), limit))
        limiting.start()
        limiting.join()
        if limiting.exitcode != 0:
            raise RuntimeError("the server's processes could not be limited (prlimit)")

    def stop(self) -> None:
        """Stop what was started here."""
        if self._restarted:
            self._control("stop", "-m", "fast")

    def _control(self, *arguments: str) -> None:
        # fmt: off
        done = subprocess.run(
            [self._program, "-D", self._data, "-w", "-t", str(int(RESTART_LIMIT_SECONDS)), *arguments],
            capture_output=True, text=True, check=False, cwd=self._data.parent, timeout=2 * RESTART_LIMIT_SECONDS,
            **self._account(),
        )
        # fmt: on
        if done.returncode != 0:
            raise RuntimeError(f"pg_ctl {arguments[0]}: {done.stdout[-300:]}{done.stderr[-300:]}")

    def set(self, statements: Iterable[str]) -> None:
        """Change settings of a running server."""
        with self._cluster.connect() as connection:
            for statement in (*statements, "SELECT pg_reload_conf()"):
                connection.execute(statement.encode())

    def _account(self) -> _As:
        if os.geteuid() != 0:
            return {}
        owner = self._data.stat()
        return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def _limit(account: _As, pids: Sequence[int], limit: int) -> None:
    if account:
        os.setgroups(account["extra_groups"])
        os.setresgid(*[account["group"]] * 3)
        os.setresuid(*[account["user"]] * 3)
    for pid in pids:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@contextmanager
def server_of(cluster: Cluster) -> Iterator[Server]:
    """The cluster's server, to be restarted at will."""
    server = Server(cluster)
    # File by file, its start would wait for every database that other tests left in the cluster.
    server.set(["ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'"])
    try:
        yield server
    finally:
        server.stop()
