"""The officers' console: what happened, whether it was right, and whether the log can be trusted.

`build_router` is handed `audit.console.ports.ConsoleServices` by the gateway and gives the routes under `/console`.
"""

from audit.console.context import ConsoleSettings
from audit.console.router import build_router

__all__ = ["ConsoleSettings", "build_router"]
