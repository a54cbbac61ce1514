"""What operators count: views by outcome, refusals by code, batches, sources and witnesses. Off unless a port is set.

It listens on an address of its own, never on the public one: how often looks come to nothing would tell a partner who asks
and counts what silence hides (promise 4). No label holds a person, a practitioner, a client or an organisation that asked
(promise 7); the counts are those of this replica since it started.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from audit.entries import Kind, SealedEntry
from core.errors import OnceToldError

BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Upper bounds of the batch sizes that are counted."""

_LOOKS: Final = frozenset({Kind.DISCLOSURE, Kind.BREAK_GLASS})


class MetricsError(OnceToldError):
    """The address for metrics cannot be listened on."""


@dataclass(frozen=True, slots=True)
class State:
    """What is asked for when metrics are read. down: source -> whether it is known to be. alert: the policy's, a code."""

    down: Callable[[], Mapping[str, bool]]
    witnesses: Callable[[], Mapping[str, int]]
    alert: Callable[[], str | None]


class Meters:
    """Counts of one gateway; implements `audit.log.Watches`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._views = self._counter("views", "Looks, by what became of them.", "outcome")
        self._refusals = self._counter("refusals", "Refusals that depend on no person, by code.", "code")
        self._entries = self._counter("log_entries", "Entries written into the log, by kind.", "kind")
        self._failed = Counter(
            "oncetold_log_failed_appends", "Units of work that could not be stored.", registry=self.registry
        )
        self._batch = Histogram(
            "oncetold_log_batch_entries",
            "Entries that became durable together.",
            buckets=BATCHES,
            registry=self.registry,
        )

    def committed(self, entries: Sequence[SealedEntry]) -> None:
        """See `audit.log.Watches.committed`."""
        for draft in (entry.draft for entry in entries):
            self._entries.labels(draft.kind.value).inc()
            if draft.kind in _LOOKS:
                self._views.labels("empty" if draft.outcome == "empty" else "disclosed").inc()
            elif draft.kind is Kind.REFUSAL and draft.outcome == "empty":
                self._views.labels("empty").inc()
            elif draft.kind is Kind.REFUSAL:
                self._refusals.labels(draft.outcome).inc()
        if entries:
            self._batch.observe(len(entries))

    def failed(self, appends: int) -> None:
        """See `audit.log.Watches.failed`."""
        self._failed.inc(appends)

    def watch(self, state: State) -> None:
        """Tell of this too from now on."""
        self.registry.register(_States(state))

    def _counter(self, name: str, words: str, label: str) -> Counter:
        return Counter(f"oncetold_{name}", words, [label], registry=self.registry)


class _States(Collector):
    """What stands now, read each time."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client.registry.Collector`."""
        return list(self._families())

    def _families(self) -> Iterator[Metric]:
        down = GaugeMetricFamily(
            "oncetold_source_down", "1 while the source is known to be down.", labels=["source"]
        )
        for source, is_down in sorted(self._state.down().items()):
            down.add_metric([source], float(is_down))
        yield down
        witnesses = GaugeMetricFamily("oncetold_witnesses", "Witnesses, by state.", labels=["state"])
        for state, many in sorted(self._state.witnesses().items()):
            witnesses.add_metric([state], many)
        yield witnesses
        alert = GaugeMetricFamily(
            "oncetold_policy_alert", "1 while the newest policy bundle is refused, by why.", labels=["code"]
        )
        code = self._state.alert()
        if code is not None:
            alert.add_metric([code], 1.0)
        yield alert


class Listener:
    """Serves metrics at an address of their own until it is closed."""

    def __init__(self, meters: Meters, host: str, port: int) -> None:
        """Listen. port: 0 for any that is free. Raises `MetricsError`."""
        self._server: WSGIServer
        self._thread: threading.Thread
        try:
            self._server, self._thread = start_http_server(port, host, meters.registry)
        except OSError as error:
            raise MetricsError(
                f"metrics cannot be served at {host}:{port}: {type(error).__name__}"
            ) from error

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
