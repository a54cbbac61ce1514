"""What each process says it did, as it happened: one line an event, handed to the operating system before going on.

A line survives `kill -9` of the process that wrote it. Times are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from audit.log import Receipt


@dataclass(frozen=True, slots=True)
class Event:
    """One answered operation.

    what: `disclosed`, `empty`, `granted` or `withdrawn`; `closed` for one that was refused an answer (no receipt).
    begun, answered: monotonic seconds, around the append alone.
    """

    what: str
    person: int
    permission: str | None
    begun: float
    answered: float
    index: int = -1
    leaf: str = ""
    receipt: str = ""

    @property
    def leaf_bytes(self) -> bytes:
        """The receipt's leaf."""
        return base64.b64decode(self.leaf)


def answered(
    what: str, person: int, permission: str | None, begun: float, now: float, receipt: Receipt
) -> Event:
    """The event of an operation that has its receipt."""
    leaf = base64.b64encode(receipt.leaf).decode()
    return Event(what, person, permission, begun, now, receipt.index, leaf, receipt.text)


class Journal:
    """One process's journal. A new file for each life of a process, so that a torn last line spoils nothing."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, event: Event) -> None:
        """Hand one line to the operating system."""
        os.write(self._file, orjson.dumps(asdict(event)) + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read(path: Path) -> Iterator[Event]:
    """All whole lines."""
    *lines, _torn = path.read_bytes().split(b"\n")
    for line in lines:
        yield Event(**orjson.loads(line))


class Counter:
    """How many events a journal has by now, reading only what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._events = 0

    def __call__(self) -> int:
        """Count on."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            self._read += len(new)
            self._events += new.count(b"\n")
        return self._events
