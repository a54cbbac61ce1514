"""Step 5 by itself: whom it asks, and what it makes of every way in which a source can fail."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest

from adapters.contract import FetchRequest, SourceAnswer, SourceError
from core.keys import SubjectKey
from core.vocabulary import Label
from gateway.authority import AuthorityState
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.policy.port import Decision, SourcePermit
from gateway.views.fetch import fetch
from gateway.views.values import ALLOWED_NOTHING, Ask, Context, Fetched, InCharge
from tests.support.policies import undecided

SECTIONS = {"tenancy": frozenset({"status"})}


class Source:
    sections = frozenset({"tenancy"})

    def __init__(self, id_: str, answers: Callable[[], Awaitable[None]] | None = None) -> None:
        self.id = id_
        self.asked: list[FetchRequest] = []
        self._answers = answers

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        self.asked.append(request)
        if self._answers is not None:
            await self._answers()
        return SourceAnswer(self.id, ())

    async def probe(self) -> None: ...

    async def close(self) -> None: ...


class Outages:
    def __init__(self) -> None:
        self.settled: list[str] = []

    def known_down(self, source: str) -> bool:
        return False

    async def settle(self, source: str) -> None:
        self.settled.append(source)


def decision(*sources: str) -> Decision:
    return Decision("r", None, tuple(SourcePermit(name, SECTIONS, {}) for name in sources))


def context(**pointers: str) -> Context:
    caller = Caller("https://i.test", "o", "c", "p", "r", frozenset(), "t", None, 0)
    person = Person("p_1", pointers, Label.UNRESTRICTED, None, SubjectKey("p_1", bytes(32), bytes(16)))
    in_charge = InCharge(AuthorityState(1, "r", 0, ()), undecided())
    return Context(in_charge, caller, Ask("h", "x", None, "r"), person, ALLOWED_NOTHING, 0.0, "req_1")


async def fetching(
    sources: Mapping[str, Source], asked: Decision, whom: Context, deadline: float = 30.0
) -> tuple[Fetched, Outages]:
    outages = Outages()
    return await fetch(sources, outages, asked, whom, deadline), outages


def failing(error: BaseException) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise error

    return fail


async def test_each_permitted_source_is_asked_once_by_its_own_reference() -> None:
    sources = {name: Source(name) for name in ("a", "b", "c")}
    fetched, _ = await fetching(sources, decision("a", "b"), context(a="1", b="2", c="3"))
    assert [answer.source for answer in fetched.answers] == ["a", "b"]
    assert sources["a"].asked == [FetchRequest("1", SECTIONS, "req_1")]
    assert sources["b"].asked == [FetchRequest("2", SECTIONS, "req_1")]
    assert sources["c"].asked == []


async def test_a_source_without_a_pointer_is_not_asked() -> None:
    sources = {"a": Source("a")}
    fetched, _ = await fetching(sources, decision("a"), context())
    assert fetched == Fetched()
    assert sources["a"].asked == []


async def test_nobody_is_asked_about_nobody_nor_without_a_permit() -> None:
    sources = {"a": Source("a")}
    known = context(a="1")
    stranger = replace(known, person=None)
    assert (await fetching(sources, decision("a"), stranger))[0] == Fetched()
    assert (await fetching(sources, decision(), known))[0] == Fetched()
    assert sources["a"].asked == []


async def test_a_source_error_is_that_sources_failure_and_waits_for_the_probe_to_speak() -> None:
    sources = {"a": Source("a", failing(SourceError("a", "failed"))), "b": Source("b")}
    fetched, outages = await fetching(sources, decision("a", "b"), context(a="1", b="2"))
    assert [(error.source, error.code) for error in fetched.failures] == [("a", "failed")]
    assert [answer.source for answer in fetched.answers] == ["b"]
    assert outages.settled == ["a"]


@pytest.mark.parametrize(
    "bug", [ValueError("7 Made-up Row"), RecursionError(), KeyError("name"), TimeoutError(), OSError(5, "io")]
)
async def test_a_bug_is_that_sources_failure_and_its_words_stay_behind(bug: Exception) -> None:
    sources = {"a": Source("a", failing(bug)), "b": Source("b")}
    fetched, _ = await fetching(sources, decision("a", "b"), context(a="1", b="2"))
    assert [(error.source, error.code) for error in fetched.failures] == [("a", f"bug-{type(bug).__name__}")]
    assert str(fetched.failures[0]) == f"source a: bug-{type(bug).__name__}"
    assert [answer.source for answer in fetched.answers] == ["b"]


async def test_a_source_that_is_not_configured_is_a_failure() -> None:
    fetched, _ = await fetching({}, decision("a"), context(a="1"))
    assert [(error.source, error.code) for error in fetched.failures] == [("a", "not-configured")]


async def test_what_has_not_come_by_the_deadline_is_cancelled_and_counts_as_timeout() -> None:
    cancelled: list[str] = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("a")
            raise

    sources = {"a": Source("a", never), "b": Source("b")}
    fetched, _ = await fetching(sources, decision("a", "b"), context(a="1", b="2"), 0.05)
    assert [(error.source, error.code) for error in fetched.failures] == [("a", "timeout")]
    assert [answer.source for answer in fetched.answers] == ["b"]
    await asyncio.sleep(0)
    assert cancelled == ["a"]


async def test_the_sources_are_asked_at_the_same_time() -> None:
    both = asyncio.Barrier(2)

    async def meets() -> None:
        await both.wait()

    sources = {name: Source(name, meets) for name in ("a", "b")}
    fetched, _ = await fetching(sources, decision("a", "b"), context(a="1", b="2"))
    assert len(fetched.answers) == 2
