"""How every command speaks to the person at the terminal: one line at a time, and one line for what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from core.errors import OnceToldError


def say(line: str) -> None:
    """One line to the person at the terminal, at once."""
    typer.echo(line)
    sys.stdout.flush()


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong on purpose becomes one line on stderr and exit status 1.

    Of a database's own error only the kind is told: its text quotes statements and their values.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except OnceToldError as error:
        typer.echo(f"oncetold: {error}", err=True)
        raise typer.Exit(1) from error
    except SQLAlchemyError as error:
        typer.echo(f"oncetold: database: {type(error).__name__}; `oncetold doctor` says more", err=True)
        raise typer.Exit(1) from error
