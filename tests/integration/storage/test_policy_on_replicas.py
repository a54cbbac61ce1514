"""Two gateways over one real database: a suspension and a bundle put in force by the one count for the other at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import ClosedError, OnceToldError
from gateway.authority import OlderPolicyError, SameNumberError
from gateway.in_force import putting_in_force
from gateway.views.values import RefusedError
from tests.support.house import house
from tests.support.policies import undecided
from tests.support.replicas import AGREEMENT, SUSPENDED_IN_ITS_FILE, bundle_of, replica
from tests.support.walk import walk

PARTY = "norwich-city-council"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return bundle_of(tmp_path_factory.mktemp("newer"), 5, SUSPENDED_IN_ITS_FILE)


async def test_a_suspension_counts_from_the_other_replicas_next_request(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    async with walk(tmp_path, urls, clock=SystemClock()) as way:
        await way.allow()
        with replica(way, tmp_path) as other:
            assert (await way.ask()).sections
            other.suspending.suspend(AGREEMENT, PARTY, "It was signed in haste")
            with pytest.raises(RefusedError) as refused:
                await way.ask()
            assert refused.value.refusal.code == "agreement-suspended"
            other.suspending.resume(AGREEMENT, PARTY, "Signed again")
            assert (await way.ask()).sections


async def test_a_bundle_closes_the_replica_that_is_behind_until_it_has_it(
    urls: tuple[str, str], tmp_path: Path, newer: bytes
) -> None:
    async with walk(tmp_path, urls, clock=SystemClock()) as way:
        with replica(way, tmp_path) as one, replica(way, tmp_path) as other:
            await one.given(newer)
            with pytest.raises(ClosedError, match="another policy is in force"):
                await way.ask(parts=other.parts)
            await other.given(newer)
            with pytest.raises(RefusedError):
                await way.ask(parts=other.parts)


def test_of_two_bundles_that_come_at_once_the_newer_one_stays(urls: tuple[str, str], tmp_path: Path) -> None:
    with house(*urls) as home:
        together, refused = threading.Barrier(8), []

        def puts(number: int) -> None:
            work = putting_in_force(home.authority, home.keys, undecided(f"revision-{number}", number))
            together.wait(30)
            try:
                home.log.append(work)
            except (OlderPolicyError, SameNumberError) as error:
                refused.append(error)

        threads = [threading.Thread(target=puts, args=(number,)) for number in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        state = home.authority.state()
        assert state is not None
        assert (state.bundle, state.number) == ("revision-8", 8)
        head = home.log.store.head()
        assert head is not None
        # Who was refused left no entry; who was not left one.
        assert head.frontier.size == 8 - len(refused)
        with pytest.raises(OnceToldError, match="number 7 is older than 8"):
            home.log.append(putting_in_force(home.authority, home.keys, undecided("revision-7", 7)))
