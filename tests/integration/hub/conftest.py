"""A gateway with the sandbox and the team hub beside it; one for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.running import RunningGateway, running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with running(tmp_path_factory.mktemp("hub"), also=("hub",)) as found:
        yield found
