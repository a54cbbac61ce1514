"""`oncetold witness`: a separate small server that cosigns the checkpoints of logs which only grew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli_telling import say, told

witness = typer.Typer(
    invoke_without_command=True,
    help="Cosign the checkpoints of logs that only grew from what was seen before (C2SP tlog-witness).",
)

KeyFile = Annotated[Path, typer.Option("--key", help="Its private key, readable by its owner only.")]
StateFile = Annotated[Path, typer.Option("--state", help="What it saw: never lose it, never restore it.")]


@witness.callback()
def serve(
    context: typer.Context,
    key: Annotated[Path | None, typer.Option(help="Its private key, readable by its owner only.")] = None,
    state: Annotated[Path | None, typer.Option(help="What it saw: never lose it, never restore it.")] = None,
    log_key: Annotated[
        list[str] | None, typer.Option(help="The public key of a log to watch; repeat it for more.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where it listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where it listens.", min=0, max=65535)] = 8840,
) -> None:
    """Serve until SIGTERM: POST /add-checkpoint and GET /key."""
    if context.invoked_subcommand is not None:
        return
    if key is None or state is None or not log_key:
        raise typer.BadParameter("say --key, --state and --log-key, or `oncetold witness keygen`")
    from audit.note import VerifierKey
    from gateway.witness_files import WitnessFiles
    from gateway.witness_serving import serve_witness

    with told():
        logs = [VerifierKey.parse(one) for one in log_key]
        serve_witness(WitnessFiles(key, state), logs, host, port)


@witness.command()
def keygen(
    key: KeyFile,
    state: StateFile,
    name: Annotated[str, typer.Option(help="Its name in every cosignature, like witness.example/w1.")],
) -> None:
    """Make the key and the file of a new witness, and print its public key for ONCETOLD_WITNESSES_FILE."""
    from gateway.witness_files import WitnessFiles, make_witness

    with told():
        say(f"the witness's public key: {make_witness(WitnessFiles(key, state), name)}")


@witness.command()
def evidence(key: KeyFile, state: StateFile) -> None:
    """Print what logs were caught at: pairs of checkpoints of one size with different roots, both signed by the log."""
    from audit.witness.store import WitnessStore
    from gateway.witness_files import read_witness_key

    with told():
        store = WitnessStore(state, read_witness_key(key).key)
        try:
            found = store.evidence()
        finally:
            store.close()
        for one in found:
            say(f"{one.origin} showed two trees of size {one.size}:\n{one.ours}\n{one.theirs}")
        if not found:
            say("nothing: no log showed it two trees")
