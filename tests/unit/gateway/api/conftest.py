"""What several tests of the endpoints use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from audit.proofs import Proofs
from gateway.services.log_reading import LogParts
from tests.unit.gateway.api.audit_desk import Desk
from tests.unit.gateway.services.served import serving


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(tmp_path) as served:
        home, officers = served.way.home, served.officers
        parts = LogParts(
            reader=officers.reader,
            store=home.log.store,
            proofs=Proofs(home.database, home.log.store),
            reviews=officers.reviews,
            keys=home.keys,
            committer=home.committer,
            registers=lambda: officers.registers,
            log_keys=(home.verifier_key,),
            cosigned=lambda: None,
        )
        yield Desk(served, parts)
