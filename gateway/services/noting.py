"""That an officer read something: an entry of the log, written before anything of it is shown."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from audit.committer import Committer
from audit.console.ports import Officer
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from core.keys import KeyStore
from core.unit_of_work import only
from core.vocabulary import Json


@dataclass(frozen=True, slots=True)
class Noting:
    """Writes such entries, sealed under the key of the officer's organisation."""

    committer: Committer
    keys: KeyStore

    async def note(self, officer: Officer, outcome: str, what: dict[str, Json]) -> None:
        """Write one. outcome: one of the kind `audit-read` (docs/audit-log.md). Raises `ClosedError`."""
        draft = Draft(
            kind=Kind.AUDIT_READ,
            outcome=outcome,
            organisations=frozenset({officer.organisation}),
            detail={"officer": officer.id, **what},
            recipient=officer.organisation,
            role="officer",
        )
        key = await asyncio.to_thread(self.keys.get_or_create, f"org:{officer.organisation}")
        await self.committer.append(Append(only(None, seal_entry(draft, key))))
