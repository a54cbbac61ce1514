"""The unit of work: what a room does inside the one transaction that also extends the log.

A withdrawal and its entry, or a disclosure's guard and its entry, stand or fall together. Rooms do not know each other;
each gives functions that take the open transaction, and the gateway composes them into one `Work`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Written(Generic[T, E]):
    """What a unit of work did: a value for whoever asked, and the log entries that tell of it.

    then: what else to write in the same transaction once the entries' places in the log are known, in their order.
    """

    value: T
    entries: tuple[E, ...]
    then: Callable[[Connection, Sequence[int]], None] | None = None


Work: TypeAlias = Callable[[Connection], Written[T, E]]
"""Runs on the writer's thread, inside its transaction; may raise a domain error, which undoes this work alone."""


def only(value: T, *entries: E) -> Work[T, E]:
    """The unit of work that guards nothing and writes nothing of its own: it only appends entries."""

    def work(_: Connection) -> Written[T, E]:
        return Written(value, entries)

    return work
