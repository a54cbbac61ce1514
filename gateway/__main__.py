"""`python -m gateway` is `oncetold`."""

from gateway.cli import app

app()
