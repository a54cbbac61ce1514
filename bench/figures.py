"""The arithmetic of the measurement. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Round:
    """One target under load for some seconds.

    latencies: microseconds, one a request. cpu: seconds of processor time of the server, the sources and the load
    generator meanwhile; None where this system does not tell.
    """

    seconds: float
    latencies: tuple[int, ...]
    cpu_server: float | None = None
    cpu_sources: float | None = None
    cpu_load: float | None = None

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one target at one number of connections. Latencies in milliseconds, CPU in ms a request."""

    rate: float
    slowest: float
    fastest: float
    p50: float
    p95: float
    p99: float
    cpu_server: float | None
    cpu_sources: float | None
    cpu_load: float | None


def row(rounds: Sequence[Round]) -> Row:
    """The rounds of one target together: the median round's rate, percentiles over all requests."""
    rates = [one.rate for one in rounds]
    together = sorted(latency for one in rounds for latency in one.latencies)
    count = len(together)
    return Row(
        rate=median(rates),
        slowest=min(rates),
        fastest=max(rates),
        p50=percentile(together, 50) / 1000,
        p95=percentile(together, 95) / 1000,
        p99=percentile(together, 99) / 1000,
        cpu_server=_per_request([one.cpu_server for one in rounds], count),
        cpu_sources=_per_request([one.cpu_sources for one in rounds], count),
        cpu_load=_per_request([one.cpu_load for one in rounds], count),
    )


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile of values in ascending order."""
    if not ordered:
        raise ValueError("no request was answered")
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def ratio(full: Sequence[Round], bare: Sequence[Round]) -> float:
    """Full to bare in requests a second: the median over the pairs that ran next to each other."""
    return median(one.rate / other.rate for one, other in zip(full, bare, strict=True))


def cpu_ratio(full: Row, bare: Row) -> float | None:
    """How many requests the full way answers with the processor time of one bare one."""
    if full.cpu_server is None or bare.cpu_server is None or full.cpu_server == 0:
        return None
    return bare.cpu_server / full.cpu_server


def _per_request(seconds: Sequence[float | None], count: int) -> float | None:
    known = [one for one in seconds if one is not None]
    return sum(known) * 1000 / count if len(known) == len(seconds) else None
