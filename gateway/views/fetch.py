"""Step 5: the sources in parallel, permitted fields only, one deadline for all.

A source that fails takes nothing else along (promise 9). Whether a source is known to be down is a matter of the source's
own health, never of this person: a failure that concerns one record must not be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from adapters.contract import FetchRequest, Source, SourceAnswer, SourceError
from gateway.policy.port import Decision, SourcePermit
from gateway.views.values import Context, Fetched


class Outages(Protocol):
    """The sources' health, as adapters/resilience.py keeps it."""

    def known_down(self, source: str) -> bool:
        """Whether the source is known to be down, for every person alike."""
        ...

    async def settle(self, source: str) -> None:
        """Wait until a probe that a failure set off has ended."""
        ...


async def fetch(
    sources: Mapping[str, Source], outages: Outages, decision: Decision, context: Context, deadline: float
) -> Fetched:
    """Ask every permitted source at once. What has not come by the deadline counts as `timeout`."""
    if context.person is None or not decision.permits:
        return Fetched()
    pointers = context.person.pointers
    calls = {
        permit.source: asyncio.ensure_future(
            _ask(sources, outages, permit, pointers[permit.source], context.correlation_id)
        )
        for permit in decision.permits
        if permit.source in pointers
    }
    if not calls:
        return Fetched()
    await asyncio.wait(calls.values(), timeout=deadline)
    answers: list[SourceAnswer] = []
    failures: list[SourceError] = []
    for source, call in calls.items():
        if not call.done():
            call.cancel()
            failures.append(SourceError(source, "timeout"))
            continue
        outcome = call.result()
        if isinstance(outcome, SourceError):
            failures.append(outcome)
        else:
            answers.append(outcome)
    return Fetched(tuple(answers), tuple(failures))


async def _ask(
    sources: Mapping[str, Source], outages: Outages, permit: SourcePermit, reference: str, correlation_id: str
) -> SourceAnswer | SourceError:
    source = sources.get(permit.source)
    if source is None:
        return SourceError(permit.source, "not-configured")
    try:
        return await source.fetch(FetchRequest(reference, permit.sections, correlation_id))
    except SourceError as error:
        await outages.settle(permit.source)
        return error
    except Exception as error:  # noqa: BLE001 - an adapter's bug is that source's failure, and nobody else's
        return SourceError(permit.source, f"bug-{type(error).__name__}")
