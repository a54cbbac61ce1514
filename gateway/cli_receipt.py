"""`oncetold consent`: what strangers check of a consent receipt, offline; and how its signing key changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.clock import SystemClock
from gateway.cli_telling import say, told

consent = typer.Typer(no_args_is_help=True, help="Check consent receipts; change the key that signs them.")

SecretsFile = Annotated[Path, typer.Argument(metavar="SECRETS", help="The secrets file of the gateways.")]


@consent.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="A receipt (.jws or .txt), or a download of everything (.zip).")
    ],
    jwks: Annotated[
        Path | None, typer.Option(help="The service's key set, as /.well-known/jwks.json gives it.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="Instead: a public key, the `x` of its JWK. Repeat it for more.")
    ] = None,
    log_key: Annotated[
        list[str] | None,
        typer.Option(
            "--log-key", help="The log's public key, to check its line too. Repeat it for older ones."
        ),
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="Which service must have given it out.")] = None,
) -> None:
    """Check a consent receipt offline, with public keys alone, and say what it proves. Exit status 1 if it does not hold."""
    from gateway.receipt_checking import Trusted, verify_file

    with told():
        for line in verify_file(file, Trusted.of(jwks, key or (), log_key or (), issuer)):
            say(line)


@consent.command("add-key")
def add_key(path: SecretsFile) -> None:
    """Step 1: publish the next key beside the one that signs. Restart every replica; who verifies offline takes it in."""
    from gateway.receipt_keys import add_receipt_key

    with told():
        say(f"published after a restart: {add_receipt_key(path).kid}")


@consent.command("change-key")
def change_key(path: SecretsFile) -> None:
    """Step 2: the next key signs. Restart every replica within a day; what the old one signed before stays true."""
    from gateway.receipt_keys import change_receipt_key

    with told():
        say(f"signs after a restart: {change_receipt_key(path, SystemClock().now()).kid}")
