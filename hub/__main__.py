"""`python -m hub serve`: run the hub with the settings of the environment (HUB_...); docs/hub.md lists them."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Annotated

import structlog
import typer
import uvicorn

from hub.app import compose
from hub.errors import HubError
from hub.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The team hub.", pretty_exceptions_enable=False)


@app.callback()
def hub() -> None:
    """The team hub: a reference partner application for multi-agency teams."""


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="The port, instead of HUB_PORT.")] = None,
) -> None:
    """Serve the pages and work in the background, until SIGTERM or SIGINT."""
    configure_logs()
    settings = Settings() if port is None else Settings(port=port)
    try:
        asyncio.run(_serve(settings))
    except HubError as error:
        sys.stderr.write(f"the hub cannot start: {error}\n")
        raise typer.Exit(1) from error


async def _serve(settings: Settings) -> None:
    async with compose(settings) as composed, composed.background.running():
        config = uvicorn.Config(
            composed.app,
            host=settings.host,
            port=settings.port,
            # Access lines would hold paths; our own log says what happened, without them.
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
        )
        await uvicorn.Server(config).serve()


def configure_logs() -> None:
    """One JSON object a line on standard error: events and kinds, never what anybody wrote."""
    logging.basicConfig(level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    app()
