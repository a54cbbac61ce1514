"""`oncetold person`: what the operator does for one person. No identifier ever stands in a command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from core.clock import SystemClock
from gateway.cli_settings import settings_from_environment
from gateway.cli_telling import say, told

person = typer.Typer(no_args_is_help=True, help="Erase a person; stop by a paper's code.")


@person.callback()
def _person() -> None:
    """What the operator does for one person."""


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


@person.command("stop-by-code")
def stop_by_code() -> None:
    """Stop what a paper's code stands for, for somebody on the phone. Reads the code from the first line of stdin.

    Says the same for every code that could be one: whoever calls learns nothing, and neither does whoever types.
    """
    import asyncio

    from gateway.codes import read_code
    from gateway.codes_stopping import stopping

    typed = sys.stdin.readline()
    if read_code(typed) is None:
        raise typer.BadParameter("check the code: a letter or a number may be missing or wrong")
    settings = settings_from_environment()
    with told():
        asyncio.run(stopping(settings, SystemClock(), typed))
        say("if this code was good, nobody can look any more under it")
