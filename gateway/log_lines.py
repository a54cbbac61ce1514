"""How our processes log: JSON lines on stdout, without personal data by construction."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import TypeAlias

import structlog

_ExcInfo: TypeAlias = (
    "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"
)


def configure_logs() -> None:
    """JSON lines on stdout, without personal data by construction: events carry codes and correlation ids only."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(TypesOnly("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class TypesOnly(logging.Formatter):
    """Of an exception that others log (uvicorn, asyncio), the type alone: its message may hold record content."""

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name that `logging` calls
        """See `logging.Formatter`."""
        return "" if ei[0] is None else ei[0].__name__
