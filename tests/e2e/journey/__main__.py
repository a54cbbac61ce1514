"""`python -m tests.e2e.journey FIRST_PORT`: `oncetold demo` on ports of its own, so that two on one machine never meet."""

from __future__ import annotations

import sys

from gateway.cli import app
from gateway.demo import layout

if __name__ == "__main__":
    first = int(sys.argv[1])
    layout.PREFERRED.update({name: first + at for at, name in enumerate(layout.PREFERRED)})
    app(["demo"])
