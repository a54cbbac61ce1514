"""The bulkhead, the breaker and what is known of health, with a fake source and a clock that is told when to go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.contract import FetchRequest, NotHeldError, SourceAnswer, SourceError
from adapters.resilience import Health, Limits, Resilient, Rhythm
from tests.support.adapter_kit import wanting

REQUEST = FetchRequest("p-1", wanting("identity.name"), "corr-1")
ANSWER = SourceAnswer("practice", ())


class FakeSource:
    """A source whose fetches and probes do as they are told."""

    id = "practice"
    sections = frozenset({"identity"})

    def __init__(self) -> None:
        self.fetch_fails: BaseException | None = None
        self.probe_fails: Exception | None = None
        self.fetches = 0
        self.probes = 0
        self.closed = False
        self.fetch_gate = asyncio.Event()
        self.probe_gate = asyncio.Event()
        self.fetch_gate.set()
        self.probe_gate.set()

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        self.fetches += 1
        assert request is REQUEST
        await self.fetch_gate.wait()
        if self.fetch_fails is not None:
            raise self.fetch_fails
        return ANSWER

    async def probe(self) -> None:
        self.probes += 1
        await self.probe_gate.wait()
        if self.probe_fails is not None:
            raise self.probe_fails

    async def close(self) -> None:
        self.closed = True


class Steps:
    """A sleep that ends when the test says so, and remembers how long it was to be."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._go = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self._go.wait()
        self._go.clear()

    async def step(self) -> None:
        self._go.set()
        await quiet()


async def quiet() -> None:
    """Let every task that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
async def steps() -> Steps:
    return Steps()


@pytest.fixture
async def health(source: FakeSource, steps: Steps) -> AsyncIterator[Health]:
    made = Health([source], lambda _: 5.0, Rhythm(jitter=0.0), steps.sleep, lambda: 0.5)
    yield made
    await made.close()


def resilient(source: FakeSource, health: Health, **limits: float) -> Resilient:
    said = {"concurrent": 2, "failures": 3, "timeout": 5.0, **limits}
    return Resilient(source, health, Limits(int(said["concurrent"]), int(said["failures"]), said["timeout"]))


async def failing(source: Resilient, code: str) -> None:
    with pytest.raises(SourceError) as failed:
        await source.fetch(REQUEST)
    assert failed.value.code == code


async def test_an_answer_passes_through(source: FakeSource, health: Health) -> None:
    wrapped = resilient(source, health)
    assert await wrapped.fetch(REQUEST) is ANSWER
    assert (wrapped.id, set(wrapped.sections), source.probes) == ("practice", {"identity"}, 0)


async def test_a_failed_fetch_alone_never_marks_the_source_as_down(
    source: FakeSource, health: Health
) -> None:
    source.fetch_fails = SourceError("practice", "failed")
    await failing(resilient(source, health), "failed")
    await health.settle("practice")
    assert source.probes == 1
    assert not health.known_down("practice")


async def test_a_failed_probe_marks_the_source_as_down_for_every_person(
    source: FakeSource, health: Health
) -> None:
    wrapped = resilient(source, health)
    source.fetch_fails, source.probe_fails = (SourceError("practice", "unreachable") for _ in range(2))
    await failing(wrapped, "unreachable")
    assert not health.known_down("practice")
    await health.settle("practice")
    assert health.known_down("practice")
    source.fetch_fails = None
    await failing(wrapped, "open")
    assert source.fetches == 1


async def test_many_failures_at_once_cause_one_probe(source: FakeSource, health: Health) -> None:
    wrapped = resilient(source, health, concurrent=10, failures=50)
    source.fetch_fails = SourceError("practice", "timeout")
    source.probe_gate.clear()
    await asyncio.gather(*(failing(wrapped, "timeout") for _ in range(10)))
    await quiet()
    assert source.probes == 1
    waiting = [asyncio.create_task(health.settle("practice")) for _ in range(3)]
    source.probe_gate.set()
    await asyncio.gather(*waiting)
    assert source.probes == 1


async def test_settle_returns_at_once_where_nothing_is_pending(source: FakeSource, health: Health) -> None:
    await health.settle("practice")
    assert source.probes == 0


async def test_giving_up_the_wait_does_not_stop_the_probe_for_others(
    source: FakeSource, health: Health
) -> None:
    source.probe_gate.clear()
    source.probe_fails = SourceError("practice", "failed")
    health.suspect("practice")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(health.settle("practice"), 0.001)
    source.probe_gate.set()
    await health.settle("practice")
    assert health.known_down("practice")


async def test_the_bulkhead_fails_fast_when_it_is_full(source: FakeSource, health: Health) -> None:
    wrapped = resilient(source, health, concurrent=2)
    source.fetch_gate.clear()
    running = [asyncio.create_task(wrapped.fetch(REQUEST)) for _ in range(2)]
    await quiet()
    await failing(wrapped, "busy")
    assert source.fetches == 2
    source.fetch_gate.set()
    assert await asyncio.gather(*running) == [ANSWER, ANSWER]
    assert await wrapped.fetch(REQUEST) is ANSWER
    assert source.probes == 0


async def test_after_failures_in_a_row_the_breaker_is_open_until_the_probe_has_spoken(
    source: FakeSource, health: Health
) -> None:
    wrapped = resilient(source, health, failures=3)
    source.fetch_fails = SourceError("practice", "failed")
    source.probe_gate.clear()
    for _ in range(3):
        await failing(wrapped, "failed")
    await failing(wrapped, "open")
    assert (source.fetches, health.known_down("practice")) == (3, False)
    source.probe_gate.set()
    await health.settle("practice")
    await quiet()
    source.fetch_fails = None
    assert await wrapped.fetch(REQUEST) is ANSWER


async def test_an_answer_between_failures_keeps_the_breaker_closed(
    source: FakeSource, health: Health
) -> None:
    wrapped = resilient(source, health, failures=2)
    source.probe_gate.clear()
    for failure in (SourceError("practice", "failed"), NotHeldError("practice")) * 3:
        source.fetch_fails = failure
        await failing(wrapped, failure.code)
    source.fetch_fails = None
    assert await wrapped.fetch(REQUEST) is ANSWER


@pytest.mark.parametrize("code", ["not-held", "busy"])
async def test_a_record_that_is_not_held_and_a_busy_source_are_no_sign_of_harm(
    source: FakeSource, health: Health, code: str
) -> None:
    source.fetch_fails = NotHeldError("practice") if code == "not-held" else SourceError("practice", code)
    await failing(resilient(source, health), code)
    await quiet()
    assert source.probes == 0


async def test_a_source_that_takes_too_long_is_given_up_and_probed(
    source: FakeSource, health: Health
) -> None:
    source.fetch_gate.clear()
    wrapped = resilient(source, health, timeout=0.001, concurrent=1)
    await failing(wrapped, "timeout")
    await health.settle("practice")
    assert source.probes == 1
    source.fetch_gate.set()
    assert await wrapped.fetch(REQUEST) is ANSWER


async def test_a_caller_that_gives_up_causes_a_probe_and_frees_its_place(
    source: FakeSource, health: Health
) -> None:
    source.fetch_gate.clear()
    wrapped = resilient(source, health, concurrent=1)
    running = asyncio.create_task(wrapped.fetch(REQUEST))
    await quiet()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await health.settle("practice")
    source.fetch_gate.set()
    assert source.probes == 1
    assert await wrapped.fetch(REQUEST) is ANSWER


async def test_a_probe_that_never_answers_or_breaks_has_not_shown_the_source_to_be_well(
    source: FakeSource, steps: Steps
) -> None:
    quick = Health([source], lambda _: 0.001, Rhythm(), steps.sleep)
    source.probe_gate.clear()
    await quick.suspect("practice")
    assert quick.known_down("practice")
    source.probe_gate.set()
    await quick.suspect("practice")
    assert not quick.known_down("practice")
    source.probe_fails = ValueError("a fault of the adapter")
    await quick.suspect("practice")
    assert quick.known_down("practice")


async def test_sources_are_probed_unasked_and_marked_up_again_by_the_probe(
    source: FakeSource, health: Health, steps: Steps
) -> None:
    source.probe_fails = SourceError("practice", "unreachable")
    health.start()
    await quiet()
    assert health.known_down("practice")
    for _ in range(6):
        await steps.step()
    source.probe_fails = None
    await steps.step()
    assert not health.known_down("practice")
    assert steps.waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 5.0]


def test_waits_are_spread_by_chance_around_the_rhythm() -> None:
    rhythm = Rhythm(interval=10.0, jitter=0.2)
    assert [rhythm.wait(0, chance) for chance in (0.0, 0.5, 1.0)] == [8.0, 10.0, 12.0]


async def test_closing_ends_the_probing(source: FakeSource, health: Health, steps: Steps) -> None:
    health.start()
    await quiet()
    await health.close()
    await steps.step()
    assert source.probes == 1


async def test_probe_and_close_reach_the_source(source: FakeSource, health: Health) -> None:
    wrapped = resilient(source, health)
    await wrapped.probe()
    await wrapped.close()
    assert (source.probes, source.closed) == (1, True)


async def test_a_source_that_nobody_configured_is_not_known_to_be_down(health: Health) -> None:
    assert not health.known_down("nobody")
    await health.settle("nobody")
