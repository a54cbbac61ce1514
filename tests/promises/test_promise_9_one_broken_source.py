"""Promise 9. One broken source breaks nothing else; an outage is told alike for every person, to those it concerns."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.contract import FetchRequest, NotHeldError, Source, SourceAnswer, SourceError
from adapters.resilience import Health, Limits, Resilient, Rhythm
from audit.entries import open_entry
from audit.leaf import parse
from core.vocabulary import JsonObject
from gateway.policy.port import Decision
from gateway.views import pipeline
from gateway.views.fetch import Outages, fetch
from gateway.views.pipeline import Parts
from gateway.views.values import Context, Fetched, Recorded, Ruling, View
from tests.support.walk import CHARITY, COUNCIL, PRACTICE, STRANGER_NUMBER, FakeOutages, FakeSource, Walk


@dataclass
class FastSleeper(FakeSource):
    """A source that never answers, and does not want to be stopped either."""

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        self.asked.append(request)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            raise ValueError("what a source may say in its last moment") from None
        raise AssertionError("nobody waits an hour")


class AdapterError(Exception):
    """What nobody meant to happen."""


def fails(error: Callable[[], Exception]) -> Callable[[Walk], None]:
    def break_it(way: Walk) -> None:
        way.sources[PRACTICE].fault = error  # type: ignore[assignment] # a bug is no SourceError

    return break_it


def never_answers(way: Walk) -> None:
    way.sources[PRACTICE] = FastSleeper(PRACTICE, way.sources[PRACTICE].records)


def is_slow(way: Walk) -> None:
    way.sources[PRACTICE].delay = 60


def is_missing(way: Walk) -> None:
    del way.sources[PRACTICE]


BROKEN: dict[str, tuple[Callable[[Walk], None], str]] = {
    "unreachable": (fails(lambda: SourceError(PRACTICE, "unreachable")), "unreachable"),
    "failing": (fails(lambda: SourceError(PRACTICE, "failed")), "failed"),
    "malformed": (fails(lambda: SourceError(PRACTICE, "malformed")), "malformed"),
    "not-held": (fails(lambda: NotHeldError(PRACTICE)), "not-held"),
    "a-bug": (fails(lambda: AdapterError("with words of the record")), "bug-AdapterError"),
    "a-bug-of-memory": (fails(MemoryError), "bug-MemoryError"),
    "slow": (is_slow, "timeout"),
    "never-answers": (never_answers, "timeout"),
    "not-configured": (is_missing, "not-configured"),
}


def names(view: View) -> set[str]:
    return {one.source for one in view.sections}


def detail_of(way: Walk, view: View) -> JsonObject:
    with way.home.database.read() as tx:
        sealed = tx.exec_driver_sql(
            'SELECT sealed FROM log_entry_detail ORDER BY "index" DESC LIMIT 1'
        ).scalar_one()
    detail = open_entry(sealed, parse(view.receipt.leaf).commitment, way.person.key).detail["detail"]
    assert isinstance(detail, dict)
    return detail


async def the_others_arrive(way: Walk) -> View:
    """The promise: what the other sources have arrives, whatever became of this one."""
    try:
        async with asyncio.timeout(30):
            view = await way.ask()
    except Exception as error:
        raise AssertionError(f"one source's failure was everybody's: {type(error).__name__}") from error
    assert names(view) == {COUNCIL, CHARITY}
    return view


@pytest.mark.parametrize("name", BROKEN)
async def test_promise_9_one_broken_source_breaks_nothing_else(way: Walk, name: str) -> None:
    breaks, code = BROKEN[name]
    await way.allow()
    breaks(way)
    view = await the_others_arrive(way)
    assert detail_of(way, view)["failures"] == [{"source": PRACTICE, "code": code}]
    # The health of the source has not spoken, so nothing is told: the failure may be this person's record.
    assert view.unavailable == ()


async def test_promise_9_all_sources_broken_is_an_empty_view_and_no_error(way: Walk) -> None:
    await way.allow()
    for source in way.sources.values():
        source.fault = lambda: SourceError("any", "failed")
    assert (await way.ask()).sections == ()


async def outages_read_alike(way: Walk) -> None:
    """The promise: known and unknown, allowed and not, all hear the same of a source that is down."""
    allowed, stranger = await way.ask(), await way.ask(nhs_number=STRANGER_NUMBER)
    assert allowed.unavailable == stranger.unavailable


async def test_promise_9_an_outage_is_told_alike_for_every_person(way: Walk) -> None:
    await way.allow()
    way.outages.down.add(PRACTICE)
    way.sources[PRACTICE].fault = lambda: SourceError(PRACTICE, "open")
    await outages_read_alike(way)
    assert (await way.ask()).unavailable == (PRACTICE,)


async def only_those_concerned_hear_of_outages(way: Walk) -> None:
    """The promise: an outage is told where the agreement names the source, and nowhere else."""
    way.outages.down.update({COUNCIL, PRACTICE, CHARITY})
    assert (await way.ask()).unavailable == (CHARITY, COUNCIL, PRACTICE)
    assert (await way.ask("prescriber", "social-prescribing")).unavailable == (CHARITY, PRACTICE)
    assert (await way.ask("adviser", "income-debt-advice")).unavailable == (COUNCIL, PRACTICE)


async def test_promise_9_an_outage_is_told_only_where_the_agreement_names_the_source(way: Walk) -> None:
    await way.allow()
    await only_those_concerned_hear_of_outages(way)


async def test_promise_9_only_the_probe_which_knows_no_person_marks_a_source(way: Walk) -> None:
    await way.allow()
    health = Health(way.sources.values(), rhythm=Rhythm(interval=3600))
    guarded: dict[str, Source] = {
        name: Resilient(source, health, Limits(failures=3)) for name, source in way.sources.items()
    }
    parts = way.without(sources=guarded, outages=health)
    way.sources[PRACTICE].fault = lambda: SourceError(PRACTICE, "failed")
    for _ in range(8):
        view = await way.ask(parts=parts)
        assert names(view) == {COUNCIL, CHARITY}
        assert view.unavailable == ()
        assert (await way.ask(parts=parts, nhs_number=STRANGER_NUMBER)).unavailable == ()
    await health.close()


async def everything_or_nothing(
    sources: Mapping[str, Source], outages: Outages, decision: Decision, context: Context, deadline: float
) -> Fetched:
    """A fetch without isolation: one call after another, nobody's failure caught."""
    assert context.person is not None
    answers = []
    for permit in decision.permits:
        request = FetchRequest(
            context.person.pointers[permit.source], permit.sections, context.correlation_id
        )
        answers.append(await asyncio.wait_for(sources[permit.source].fetch(request), deadline))
    return Fetched(tuple(answers))


@pytest.mark.parametrize("name", BROKEN)
async def test_without_isolation_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await way.allow()
    BROKEN[name][0](way)
    monkeypatch.setattr(pipeline, "fetch", everything_or_nothing)
    with pytest.raises(AssertionError):
        await the_others_arrive(way)


async def test_without_telling_outages_by_health_alone_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []

    async def remembers(*args: Any) -> Fetched:
        fetched = await fetch(*args)
        failed[:] = [error.source for error in fetched.failures]
        return fetched

    await way.allow()
    way.sources[PRACTICE].fault = lambda: SourceError(PRACTICE, "malformed")
    monkeypatch.setattr(pipeline, "fetch", remembers)
    monkeypatch.setattr(FakeOutages, "known_down", lambda _, source: source in failed)
    with pytest.raises(AssertionError):
        await outages_read_alike(way)


async def test_without_asking_whom_an_outage_concerns_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told_to_all(parts: Parts, context: Context, ruling: Ruling, recorded: Recorded) -> View:
        down = tuple(sorted(name for name in parts.sources if parts.outages.known_down(name)))
        return View(context.ask.purpose, recorded.sections, down, recorded.receipt)

    await way.allow()
    monkeypatch.setattr(pipeline, "answer", told_to_all)
    with pytest.raises(AssertionError):
        await only_those_concerned_hear_of_outages(way)
