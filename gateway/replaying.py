"""A replay over a gateway's own storage: candidate and settings in, the difference out, in words or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from consent.ledger import Ledger
from core.keys import KeyStore
from core.storage import Database
from core.times import to_ms
from gateway.policy.live import Policy
from gateway.policy.opening import read_trusted
from gateway.policy.replay import Replay, open_candidate
from gateway.policy.replaying import Difference, Line
from gateway.policy.uk_days import end_of_day, start_of_day
from gateway.reviews.inputs import sealed_inputs
from gateway.secrets import load_secrets
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Span:
    """Which entries are asked again: from the first UK day to the last, and of which recipient; None for all."""

    since: date | None = None
    until: date | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The two policies, and what they would decide otherwise."""

    today: Policy
    candidate: Policy
    difference: Difference


async def replay(
    settings: Settings,
    open_policy: Callable[[Settings], Policy],
    candidate: Path,
    keys: Path | None,
    span: Span,
) -> Replayed:
    """Ask the log's decisions again. Raises a subclass of `OnceToldError` for what cannot be read or decided at all."""
    tried = open_candidate(candidate, {} if keys is None else read_trusted(keys))
    # Both engines mean the same, and the one in process needs no server and no token.
    today = open_policy(settings.model_copy(update={"opa_url": None, "opa_token_file": None}))
    try:
        with _storage(settings) as (database, key_store):
            asking = Replay(today, tried, key_store, Ledger(database))
            inputs = sealed_inputs(
                database,
                None if span.since is None else to_ms(start_of_day(span.since)),
                None if span.until is None else to_ms(end_of_day(span.until)),
                span.organisation,
            )
            return Replayed(today, tried, await asking.run(inputs))
    finally:
        await today.release()
        await tried.release()


@contextmanager
def _storage(settings: Settings) -> Iterator[tuple[Database, KeyStore]]:
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    try:
        yield database, KeyStore(key_database, secrets.key_encryption_key)
    finally:
        database.close()
        key_database.close()


def as_lines(replayed: Replayed) -> Iterator[str]:
    """The difference for an officer."""
    today, candidate, found = replayed.today, replayed.candidate, replayed.difference
    yield f"today      {today.revision}"
    yield f"candidate  {candidate.revision}"
    yield (
        f"{_decisions(found.decisions)} asked again, {found.changed} would differ; not asked: "
        f"{found.erased} erased, {found.unreadable} unreadable"
    )
    for (organisation, role, purpose), lines in groupby(found.sorted(), key=_asking):
        yield ""
        yield f"{organisation}, {role or 'an application alone'}, {purpose}"
        for line, count in lines:
            yield f"  {_words(line)} (in {_decisions(count)})"


def as_json(replayed: Replayed) -> str:
    """The difference for a program: one JSON object."""
    today, candidate, found = replayed.today, replayed.candidate, replayed.difference
    return json.dumps(
        {
            "today": {"revision": today.revision, "number": today.number},
            "candidate": {"revision": candidate.revision, "number": candidate.number},
            "decisions": found.decisions,
            "changed": found.changed,
            "erased": found.erased,
            "unreadable": found.unreadable,
            "differences": [{**asdict(line), "decisions": count} for line, count in found.sorted()],
        },
        indent=2,
    )


def _asking(counted: tuple[Line, int]) -> tuple[str, str | None, str]:
    line = counted[0]
    return line.organisation, line.role, line.purpose


def _words(line: Line) -> str:
    source = "" if line.source is None else f" of {line.source}"
    agreement = "" if line.agreement is None else f", under {line.agreement}"
    return f"{line.what} {line.detail}{source}{agreement}"


def _decisions(count: int) -> str:
    return "1 decision" if count == 1 else f"{count} decisions"
