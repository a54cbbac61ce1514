"""What the server does to the process that it runs in."""

import gc
from collections.abc import Iterator

import pytest

from gateway.serving import YOUNG_OBJECTS, calm_collector


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_was_made_at_the_start_is_no_longer_walked_through() -> None:
    kept = [{"made": "before"}]
    calm_collector()
    assert gc.get_freeze_count() > 0
    assert not any(one is kept for one in gc.get_objects())


def test_what_requests_leave_behind_is_still_collected() -> None:
    calm_collector()
    assert gc.isenabled()
    assert gc.get_threshold()[0] == YOUNG_OBJECTS
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
