"""The measurement of the policy engines: registers of any size that leave the question as it was, and its figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bench.policy import (
    NEW,
    REMEMBERED,
    SERVER,
    Asked,
    Options,
    Taken,
    last_line,
    measured,
    table,
    times_slower,
)
from bench.registers import FullSize, full_size, multiplied
from gateway.policy.compile import concerned
from gateway.policy.port import Decision, Question
from gateway.policy.registers import Registers
from tests.unit.gateway.policy.world import engine, world

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MS = 1_000_000


async def full(registers: Registers) -> FullSize:
    with engine(registers) as opened:
        return await full_size(registers, opened, NOW)


async def test_the_full_size_question_shows_something_of_three_sources() -> None:
    found = await full(world())
    assert found.sources == len(found.question.subject.pointers) == 3
    assert found.fields >= found.sections >= found.sources
    assert f"{found.fields} fields" in found.told()
    with engine(world()) as opened:
        decision = await opened.decide(found.question)
    assert (
        sum(len(names) for permit in decision.permits for names in permit.sections.values()) == found.fields
    )


@pytest.mark.parametrize("more", [0, 1, 100])
async def test_registers_grow_by_agreements_that_do_not_concern_the_question(more: int) -> None:
    found, size = await full(world()), len(world().agreements) + more
    grown = multiplied(world(), found.concerned, size)
    asker = found.question.asker.organisation
    assert len(grown.agreements) == size
    assert all(agreement.parties <= grown.organisations.keys() for agreement in grown.agreements.values())
    assert all(id_ == agreement.id for id_, agreement in grown.agreements.items())
    assert all(name == organisation.id for name, organisation in grown.organisations.items())
    key = (asker, found.question.purpose)
    assert concerned(grown)[key] == concerned(world())[key]
    assert concerned(grown)[key] <= found.concerned
    fresh = [one for id_, one in grown.agreements.items() if id_ not in world().agreements]
    assert len(fresh) == more
    assert not any(one.parties & world().organisations.keys() for one in fresh)


async def test_a_smaller_register_keeps_what_concerns_the_question() -> None:
    found = await full(world())
    least = multiplied(world(), found.concerned, len(found.concerned))
    assert least.agreements.keys() == found.concerned
    with pytest.raises(ValueError, match="have to stay"):
        multiplied(world(), found.concerned, len(found.concerned) - 1)


TAKEN: Taken = {
    (NEW, 10): [MS * 2 // 5] * 99 + [MS],
    (NEW, 100): [MS // 2] * 100,
    (REMEMBERED, 10): [MS // 100] * 100,
    (REMEMBERED, 100): [MS // 50] * 100,
    (SERVER, 10): [4 * MS] * 100,
    (SERVER, 100): [10 * MS] * 100,
}


def test_the_last_line_says_the_figures_in_milliseconds() -> None:
    assert last_line(TAKEN, (10, 100)) == (
        "policy bench: new p50 0.40/0.50 ms, remembered 0.015 ms, server 4.0/10.0 ms at 10/100 agreements; "
        "server/in-process 15.0"
    )


def test_without_a_server_the_last_line_says_nothing_of_one() -> None:
    alone = {key: times for key, times in TAKEN.items() if key[0] != SERVER}
    assert (
        last_line(alone, (10, 100))
        == "policy bench: new p50 0.40/0.50 ms, remembered 0.015 ms at 10/100 agreements"
    )


def test_the_table_has_a_line_an_engine_and_a_column_a_size() -> None:
    lines = table({**TAKEN, (SERVER, 100): []}, (10, 100))
    assert [line[:24].strip() for line in lines] == ["", "", NEW, REMEMBERED, SERVER]
    assert lines[2].split()[-4:] == ["0.400", "0.400", "0.500", "0.500"]
    assert lines[4].split()[-2:] == ["4.000", "4.000"]


def test_how_much_slower_the_server_is_compares_registers_of_one_size() -> None:
    assert times_slower(TAKEN, (10, 100)) == 15.0


class Fixed:
    """Decides the same each time."""

    def __init__(self, decision: Decision) -> None:
        self.revision = decision.revision
        self.decision = decision
        self.calls = 0

    async def decide(self, _: Question) -> Decision:
        self.calls += 1
        return self.decision


async def test_every_engine_has_as_many_turns() -> None:
    question = (await full(world())).question
    engines = [Fixed(Decision("r1", None)), Fixed(Decision("r2", None))]
    targets = [Asked(NEW, size, one, question) for size, one in zip((10, 100), engines, strict=True)]
    taken = await measured(targets, Options(rounds=3, calls=2, sizes=(10, 100)))
    assert [len(times) for times in taken.values()] == [6, 6]
    assert engines[0].calls == engines[1].calls


async def test_engines_that_do_not_agree_are_not_compared() -> None:
    question = (await full(world())).question
    other = replace(Decision("r1", None), named_sources=frozenset({"council"}))
    targets = [Asked(NEW, 10, Fixed(one), question) for one in (Decision("r1", None), other)]
    with pytest.raises(SystemExit, match="do not agree"):
        await measured(targets, Options(rounds=1, calls=1, sizes=(10,)))
