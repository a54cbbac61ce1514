"""Only who keeps labels may say that a person is unrestricted: anybody else's word would open every source's locations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.vocabulary import Label
from gateway.policy.registers import Registers
from tests.support.walk import CHARITY, COUNCIL, PRACTICE, Walk, registers, walk


@pytest.fixture
async def unlabelled(tmp_path: Path) -> AsyncIterator[Walk]:
    """Somebody of whom no label is known, and who allowed everything."""
    async with walk(tmp_path, label=Label.UNKNOWN) as opened:
        await opened.allow()
        yield opened


def told(way: Walk, source: str, label: Label) -> None:
    way.sources[source].label = label


async def located(way: Walk) -> bool:
    # The decision comes before the answer that brings a label: the next one knows it.
    await way.ask()
    answer = await way.ask()
    return any("address" in section.data for section in answer.sections)


@pytest.mark.parametrize("source", [COUNCIL, CHARITY])
async def test_a_source_that_keeps_no_labels_cannot_open_a_location(unlabelled: Walk, source: str) -> None:
    told(unlabelled, source, Label.UNRESTRICTED)
    assert not await located(unlabelled)


async def test_the_practice_reads_the_label_and_may_say_unrestricted(unlabelled: Walk) -> None:
    told(unlabelled, PRACTICE, Label.UNRESTRICTED)
    assert await located(unlabelled)


@pytest.mark.parametrize("source", [COUNCIL, CHARITY, PRACTICE])
async def test_a_restriction_counts_from_anybody(tmp_path: Path, source: str) -> None:
    async with walk(tmp_path, label=Label.UNRESTRICTED) as way:
        await way.allow()
        assert await located(way)
        told(way, source, Label.RESTRICTED)
        assert not await located(way)


def test_without_the_register_every_source_would_be_believed() -> None:
    """The companion: were the charity among those that keep labels, its word would count."""
    known = registers()
    charity = replace(known.organisations[CHARITY], keeps_labels=True)
    trusting: Registers = replace(known, organisations={**known.organisations, CHARITY: charity})
    assert known.believed(CHARITY, Label.UNRESTRICTED) is None
    assert trusting.believed(CHARITY, Label.UNRESTRICTED) is Label.UNRESTRICTED


def test_a_source_that_is_in_no_register_is_not_believed_either() -> None:
    assert registers().believed("atlantis", Label.UNRESTRICTED) is None
    assert registers().believed("atlantis", Label.RESTRICTED) is Label.RESTRICTED
    assert registers().believed(PRACTICE, None) is None
