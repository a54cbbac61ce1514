"""`oncetold log-key`: how the log goes over to another signing key, in two steps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli_telling import say, told

log_key = typer.Typer(no_args_is_help=True, help="Change the log's signing key without a break.")

SecretsFile = Annotated[Path, typer.Argument(metavar="SECRETS", help="The secrets file of the gateways.")]


@log_key.command()
def add(path: SecretsFile) -> None:
    """Step 1: a new key signs beside the old one. Restart every replica, then give the new key to all who verify."""
    from gateway.log_keys import add_log_key

    with told():
        say(f"signs beside the old key after a restart: {add_log_key(path)}")


@log_key.command("go-over")
def go_over(path: SecretsFile) -> None:
    """Step 2: the new key alone signs. Restart every replica; the old private key is gone, its public key stays known."""
    from gateway.log_keys import go_over as change

    with told():
        say(f"signs alone after a restart: {change(path)}")
