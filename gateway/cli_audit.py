"""`oncetold audit`: what strangers check with files and public keys, and what the log's keeper exports and checks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from core.clock import SystemClock
from gateway.cli_settings import settings_from_environment
from gateway.cli_telling import say, told

audit = typer.Typer(
    no_args_is_help=True,
    help="Check the log with public keys only (verify, prove); export it and check its store.",
)

Keys = Annotated[
    list[str],
    typer.Option("--key", help="The log's public key, as `oncetold init` printed it; repeat for older ones."),
]
KeptFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--kept", help="A checkpoint, receipt or export that somebody else kept; repeat it for more."
    ),
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A UK day, itself included.")]


@audit.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="A receipt, an export, an evidence pack, a checkpoint or a proof.")
    ],
    key: Keys,
    leaf: Annotated[str | None, typer.Option(help="Of a receipt: its leaf, base64.")] = None,
    opening: Annotated[
        Path | None, typer.Option(help="Of a receipt: the opening (JSON) that a resident downloaded.")
    ] = None,
    kept: KeptFiles = None,
    older: Annotated[
        Path | None, typer.Option(help="An older checkpoint, which the file's log must continue.")
    ] = None,
    tiles: Annotated[
        Path | None, typer.Option(help="The newer log's tiles, as they lie under /log/.")
    ] = None,
) -> None:
    """Check offline, with public keys alone: a receipt, an export, a pack, a pair of checkpoints.

    Exit status 1 names the first bad entry, and what was done: edited, deleted, inserted, reordered, truncated, rolled back
    or forked.
    """
    from gateway.verifying import Given, verify_file

    with told():
        for line in verify_file(file, Given(key, leaf, opening, kept or (), older, tiles)):
            say(line)


@audit.command()
def prove(
    older: Annotated[Path, typer.Argument(help="A checkpoint that somebody saw.")],
    newer: Annotated[Path, typer.Argument(help="A newer one.")],
    tiles: Annotated[Path, typer.Option(help="The newer log's tiles, as they lie under /log/.")],
    key: Keys,
) -> None:
    """Write the proof that the newer checkpoint's log is the older one's, grown (C2SP tlog-witness) to stdout."""
    from gateway.verifying import prove as run

    with told():
        typer.echo(run(older, newer, tiles, key), nl=False)


@audit.command()
def export(
    out: Annotated[Path, typer.Option(help="A new file; an export never overwrites.")],
    form: Annotated[str, typer.Option("--format", help="ndjson, csv, fhir or pack.")] = "ndjson",
    since: Day = None,
    until: Day = None,
    organisation: Annotated[
        str | None, typer.Option(help="Only entries that concern it, with what its officers may see.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind.")] = None,
    entry: Annotated[int | None, typer.Option(min=0, help="Only this entry.")] = None,
    openings: Annotated[
        bool,
        typer.Option("--openings", help="With the details, where keys still stand; a pack always has them."),
    ] = False,
) -> None:
    """Export the log: whole and verifiable (ndjson), as a table, as FHIR AuditEvents, or a signed evidence pack.

    The log itself tells of every export.
    """
    from gateway.exporting import FORMATS, operating, selection_of

    if form not in FORMATS:
        raise typer.BadParameter(f"one of {', '.join(FORMATS)}", param_hint="--format")
    settings = settings_from_environment()
    with told(), operating(settings, SystemClock()) as operator:
        chosen = selection_of(since and since.date(), until and until.date(), organisation, kind, entry)
        count = operator.export(out, form, chosen, openings=openings)
        say(f"written: {out}, {count} {'entry' if count == 1 else 'entries'}")


@audit.command()
def fsck(
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="A key that the log signed with and that is not in the secrets. Repeat it for more."
        ),
    ] = None,
    kept: KeptFiles = None,
) -> None:
    """Check the store itself: every leaf against tiles, head, checkpoints, index and details. Changes nothing.

    Exit status 0 if all is as it should be; 1 if not, with what was found and what to do.
    """
    from gateway.checking_store import check_store

    settings = settings_from_environment()
    with told():
        lines, clean = check_store(settings, key or (), kept or ())
        for line in lines:
            say(line)
    if not clean:
        raise typer.Exit(1)


@audit.command()
def retain() -> None:
    """Delete details whose time has come, by the retention register; never a leaf, nor what an open review is about."""
    from gateway.retaining import retain as run

    settings = settings_from_environment()
    with told():
        for line in run(settings, SystemClock()):
            say(line)
