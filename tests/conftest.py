"""What every test may ask for, and what no unit test may do.

Fixtures: `real_data` (published payloads), `parts` (real programs), `postgres_url` and `fresh_database` (a real
PostgreSQL). A part that is missing skips the test and says why at the end of the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from scripts import parts as real_parts
from tests.support.postgres import Cluster, running_cluster
from tests.support.sockets import SocketGuard
from tests.support.templates import compile_templates_once
from tests.support.tiers import ORDER, Tally, tier_of

if TYPE_CHECKING:
    from tests.support.running import RunningGateway

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"
guard = SocketGuard()


# A busy machine is no failing property; and CI judges the same examples each time, so that red means a change.
settings.register_profile("house", deadline=None, print_blob=True, derandomize=IN_CI)


def pytest_configure() -> None:
    settings.load_profile("house")
    guard.install()
    compile_templates_once()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        tier = tier_of(item.path.relative_to(ROOT).as_posix())
        if tier in ORDER:
            item.add_marker(getattr(pytest.mark, tier))
        if tier == "unit":
            item.add_marker(pytest.mark.disable_socket)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    guard.closed = item.get_closest_marker("unit") is not None


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    guard.closed = False


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the tests by tier, and give every skip its reason."""
    tally = Tally()
    for kind in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
        for report in terminalreporter.stats.get(kind, []):
            if not isinstance(report, pytest.TestReport | pytest.CollectReport):
                continue
            tally.add(report.nodeid, {"xfailed": "passed", "xpassed": "failed"}.get(kind, kind))
            if kind == "skipped" and isinstance(report.longrepr, tuple):
                tally.add_skip(report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
    if tally.counts:
        terminalreporter.section("tests by tier")
        for line in tally.lines():
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published payloads; CI always has it, so there its absence is a failure."""
    named = os.environ.get("ONCETOLD_REAL_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    where = (
        "ONCETOLD_REAL_DATA names no folder"
        if named
        else "no ../shared/data, and ONCETOLD_REAL_DATA is not set"
    )
    if IN_CI:
        pytest.fail(f"the published payloads are missing in CI: {where}")
    pytest.skip(f"the published payloads are not on this machine: {where}")


@dataclass(frozen=True, slots=True)
class Parts:
    """The real programs; `need` gives the path, or skips the test with the reason."""

    reasons: dict[str, str]

    def need(self, name: str) -> Path:
        """The program `opa`, `node` or `chromium`; `postgres` is the folder of its programs."""
        found = real_parts.FINDERS[name]()
        if found is None:
            pytest.skip(f"{name}: {self.reasons.get(name, 'not on this machine yet; `make parts` gets it')}")
        return found

    @property
    def opa(self) -> Path:
        return self.need("opa")

    @property
    def node(self) -> Path:
        return self.need("node")

    @property
    def chromium(self) -> Path:
        return self.need("chromium")


@pytest.fixture(scope="session")
def parts() -> Parts:
    return Parts(real_parts.missing())


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One real PostgreSQL for the whole run. It comes with the lock file, so its absence is an error, never a skip."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def fresh_database(postgres_cluster: Cluster) -> Callable[[], str]:
    """A factory: each call gives the SQLAlchemy URL of a new, empty PostgreSQL database."""
    return postgres_cluster.fresh_database


@pytest.fixture(scope="session")
def postgres_url(fresh_database: Callable[[], str]) -> str:
    """A PostgreSQL database shared by the run, for tests that do not mind each other's tables."""
    return fresh_database()


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway that runs, over SQLite and the sandbox; one for the whole run."""
    # Imported here: the unit tests, which start in a second, need none of it.
    from tests.support.running import running

    with running(tmp_path_factory.mktemp("gateway")) as found:
        yield found
