"""The settings as a command needs them, from the environment."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from gateway.settings import Settings


def settings_from_environment() -> Settings:
    """The settings, or exit status 2 with what is missing, never the values."""
    try:
        return Settings()
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            name = "_".join(["ONCETOLD", *(str(part).upper() for part in one["loc"])])
            typer.echo(f"oncetold: {name}: {one['msg']}", err=True)
        raise typer.Exit(2) from error
