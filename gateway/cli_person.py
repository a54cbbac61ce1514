"""`oncetold person`: what the operator does for one person. No identifier ever stands in a command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from core.clock import SystemClock
from gateway.cli_settings import settings_from_environment
from gateway.cli_telling import say, told

person = typer.Typer(no_args_is_help=True, help="Erase a person.")


@person.callback()
def _person() -> None:
    """Keeps `erase` a command of its own."""


@person.command()
def erase(
    reason: Annotated[str, typer.Option(help="Why, in one line that names nobody; the log keeps it.")],
    nhs_number_stdin: Annotated[
        bool, typer.Option("--nhs-number-stdin", help="Read the NHS number from the first line of stdin.")
    ] = False,
) -> None:
    """Erase a person: their rows, sessions and key. Entries about them stay, provable and about nobody.

    Waits while a review of possible misuse is open, and says until when.
    """
    from gateway.erasing import erasing

    if not nhs_number_stdin:
        raise typer.BadParameter("give the number on stdin, with --nhs-number-stdin")
    settings = settings_from_environment()
    with told(), erasing(settings, SystemClock()) as parts:
        gone = parts.erase_person(sys.stdin.readline(), reason)
        say(
            f"erased: {gone.rows} rows and the key; {gone.entries} entries of the log are about nobody any more"
        )
        say(f"the log tells of it in entry {gone.receipt.index}")
