"""`oncetold policy replay` and `oncetold policy forget-inputs`: the log's decisions under another policy, and their end."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from core.clock import SystemClock
from gateway.cli_telling import say, told

DIFFERS = 3
"""The exit status where the candidate would decide something otherwise; 0 where nothing, 1 where something went wrong."""

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A UK day, itself included.")]


def add_commands(policy: typer.Typer) -> None:
    """Add both commands to `oncetold policy`."""
    policy.command()(replay)
    policy.command("forget-inputs")(forget_inputs)


def replay(
    candidate: Annotated[Path, typer.Argument(help="A signed bundle, or a policies folder, signed or not.")],
    since: Day = None,
    until: Day = None,
    organisation: Annotated[str | None, typer.Option(help="Only what this recipient asked.")] = None,
    keys: Annotated[
        Path | None, typer.Option(help="Keys that may sign the bundle; ONCETOLD_POLICY_KEYS if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for another program.")] = False,
) -> None:
    """Ask the log's decisions again of a candidate policy: who would gain or lose what. Says nothing of any person.

    Exit status: 0 if nothing differs, 3 if something does, 1 if it could not be done.
    """
    from gateway import replaying
    from gateway.cli import settings_from_environment

    settings = settings_from_environment()
    with told():
        span = replaying.Span(since and since.date(), until and until.date(), organisation)
        found = asyncio.run(replaying.replay(settings, candidate, keys or settings.policy_keys, span))
        for line in [replaying.as_json(found)] if as_json else replaying.as_lines(found):
            say(line)
    if found.difference.lines:
        raise typer.Exit(DIFFERS)


def forget_inputs() -> None:
    """Delete the inputs of decisions whose day has come; a gateway does the same when it starts."""
    from core.storage import Database
    from gateway.cli import settings_from_environment
    from gateway.reviews.inputs import purge_inputs

    settings = settings_from_environment()
    with told():
        database = Database(settings.database_url)
        try:
            gone = purge_inputs(database, SystemClock().now())
            database.scrub()
        finally:
            database.close()
    say(f"forgot {gone} inputs")
