"""A label that its source goes on confirming does not run out (gateway/views/record.py)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from core.vocabulary import Label
from tests.support.clock import FakeClock
from tests.support.walk import NHS_NUMBER, PRACTICE, Walk, walk


async def looks_after(way: Walk, clock: FakeClock, passed: timedelta) -> timedelta:
    """Let time pass, look once, and give how old the person's label is afterwards."""
    clock.advance(passed.total_seconds())
    assert (await way.ask()).sections
    person = way.home.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    assert person.label_at is not None
    return clock.now() - person.label_at


async def test_a_label_confirmed_by_a_look_is_young_again_but_not_written_at_every_look(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with walk(tmp_path, clock=clock) as way:
        way.sources[PRACTICE] = replace(way.sources[PRACTICE], label=Label.UNRESTRICTED)
        way.parts = way.without(sources=way.sources)
        await way.allow()
        assert await looks_after(way, clock, timedelta(hours=1)) >= timedelta(hours=1)
        assert await looks_after(way, clock, timedelta(days=2)) == timedelta(0)
