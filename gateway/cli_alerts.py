"""`oncetold audit alerts` and `oncetold audit staff`: what the operator's timer runs, and who works where."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import SystemClock
from gateway.cli_settings import settings_from_environment
from gateway.cli_telling import say, told
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.policy.register_values import Registers


def add_commands(audit: typer.Typer, registers_of: Callable[[Settings], Registers]) -> None:
    """Add both commands to `oncetold audit`. registers_of: the registers of the policy that the settings name."""

    @audit.command()
    def alerts() -> None:
        """Go through all finished days of every organisation's looks; daily, from a timer. Safe to repeat and to cut off."""
        from gateway.alerting.running import going_through

        settings = settings_from_environment()
        with (
            told(),
            going_through(settings, SystemClock(), registers_of(settings)) as (organisations, scanning),
        ):
            for organisation in organisations:
                days = scanning.catch_up(organisation, most_days=366)
                if days:
                    say(f"{organisation}: {days} {'day' if days == 1 else 'days'} gone through")

    @audit.command()
    def staff(
        organisation: Annotated[str, typer.Option(help="Whose people the list is about.")],
        issuer: Annotated[str, typer.Option(help="Where they sign in, as in their tokens' iss.")],
        file: Annotated[
            Path | None,
            typer.Option(
                exists=True,
                dir_okay=False,
                help='Lines of {"person": HANDLE, "practitioner": SUBJECT}; else stdin.',
            ),
        ] = None,
    ) -> None:
        """Take in who works for an organisation, for the alerts about own records and colleagues; every quarter."""
        from gateway.alerting.running import taking_in
        from gateway.alerting.staff import read_members

        settings = settings_from_environment()
        with told(), taking_in(settings, SystemClock(), organisation, issuer) as lists:
            text = sys.stdin.read() if file is None else file.read_text(encoding="utf-8")
            lines = lists.take_in(organisation, read_members(text.splitlines(), issuer))
            say(f"taken in: {lines} {'line' if lines == 1 else 'lines'}")
