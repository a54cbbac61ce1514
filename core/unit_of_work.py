"""The unit of work: what a room does inside the one transaction that also extends the log.

A withdrawal and its entry, or a disclosure's guard and its entry, stand or fall together. Rooms do not know each other;
each gives functions that take the open transaction, and the gateway composes them into one `Work`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from sqlalchemy import Connection

T_co = TypeVar("T_co", covariant=True)
E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Written(Generic[T_co, E_co]):
    """What a unit of work did: a value for whoever asked, and the log entries that tell of it."""

    value: T_co
    entries: tuple[E_co, ...]


Work: TypeAlias = Callable[[Connection], Written[T_co, E_co]]
"""Runs on the writer's thread, inside its transaction; may raise a domain error, which undoes this work alone."""
