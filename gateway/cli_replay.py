"""`oncetold policy replay` and `oncetold policy forget-inputs`: the log's decisions under another policy, and their end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import SystemClock
from gateway.cli_telling import say, told
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.policy.live import Policy

DIFFERS = 3
"""The exit status where the candidate would decide something otherwise; 0 where nothing, 1 where something went wrong."""

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A UK day, itself included.")]


def add_commands(
    policy: typer.Typer, read_settings: Callable[[], Settings], open_policy: Callable[[Settings], Policy]
) -> None:
    """Add both commands to `oncetold policy`. open_policy: the policy that the settings name, as the gateway opens it."""

    @policy.command()
    def replay(
        candidate: Annotated[
            Path, typer.Argument(help="A signed bundle, or a policies folder, signed or not.")
        ],
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

        settings = read_settings()
        with told():
            span = replaying.Span(since and since.date(), until and until.date(), organisation)
            trusted = keys or settings.policy_keys
            found = asyncio.run(replaying.replay(settings, open_policy, candidate, trusted, span))
            for line in [replaying.as_json(found)] if as_json else replaying.as_lines(found):
                say(line)
        if found.difference.lines:
            raise typer.Exit(DIFFERS)

    @policy.command("forget-inputs")
    def forget_inputs() -> None:
        """Delete the inputs of decisions whose day has come; a gateway does the same when it starts."""
        from core.storage import Database
        from gateway.reviews.inputs import purge_inputs

        settings = read_settings()
        with told():
            database = Database(settings.database_url)
            try:
                gone = purge_inputs(database, SystemClock().now())
                database.scrub()
            finally:
                database.close()
        say(f"forgot {gone} inputs")
