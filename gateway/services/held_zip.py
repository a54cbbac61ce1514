"""A ZIP file that is written while it is sent: whatever it holds, only some kilobytes of it are in memory at a time.

If what it is made of fails meanwhile, the file ends without its directory, and no program takes it for whole.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zlib import compressobj, decompressobj

import orjson

from consent.portal.downloading_ports import HeldRow

PIECE: Final = 64 * 1024
"""Bytes that gather before they are sent."""

_STYLE: Final = (
    "body{font:1.1rem/1.5 sans-serif;max-width:44rem;margin:0 auto;padding:1rem;color:#0b0c0c;background:#fff}"
    "h2{margin-top:2rem;font-size:1.2rem}dl{margin:0}dt{font-weight:700;margin-top:.5rem}dd{margin:0;"
    "overflow-wrap:anywhere}a{color:#1d70b8}section{border-top:1px solid #b1b4b6;padding-bottom:1rem}"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive. text: gives its content piece by piece; asked for once, in the order of the archive."""

    name: str
    text: Callable[[], AsyncIterator[str]]


class _Sink:
    """What the archive writes into; it cannot be gone back in, so sizes follow what they are of."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        """See `io.RawIOBase.write`."""
        self._bytes += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def __len__(self) -> int:
        return len(self._bytes)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


async def archive(members: Sequence[Member], at: datetime) -> AsyncIterator[bytes]:
    """The bytes of a ZIP file of these members."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as file:  # type: ignore[call-overload] # it asks for write and flush alone
        for member in members:
            info = ZipInfo(member.name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
            info.compress_type = ZIP_DEFLATED
            with file.open(info, "w") as out:
                async for piece in member.text():
                    out.write(piece.encode())
                    if len(sink) >= PIECE:
                        yield sink.take()
    yield sink.take()


def once(text: str) -> Callable[[], AsyncIterator[str]]:
    """The content of a member that is known already."""

    async def pieces() -> AsyncIterator[str]:
        yield text

    return pieces


async def as_json(name: str, at: datetime, rows: AsyncIterator[HeldRow]) -> AsyncIterator[str]:
    """A part for machines: one object, its rows one a line."""
    yield f'{{"oncetold":"held/v1","part":"{name}","made":"{at.isoformat()}","rows":[\n'
    comma = ""
    async for row in rows:
        yield comma + orjson.dumps(row.data).decode()
        comma = ",\n"
    yield "\n]}\n"


class Aside:
    """What people read of a part, which waits deflated until its rows were written for programs: so they are read once.

    A row is a few short lines here, some tens of bytes once deflated; all that is long stands in the other file alone.
    """

    def __init__(self) -> None:
        self._deflate = compressobj()
        self._pieces: list[bytes] = []

    async def of(self, rows: AsyncIterator[HeldRow]) -> AsyncIterator[HeldRow]:
        """The rows, each put aside as it passes."""
        async for row in rows:
            facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in row.facts)
            listed = f"<dl>{facts}</dl>" if facts else ""
            text = f"<section><h2>{escape(row.heading)}</h2>{listed}</section>\n"
            self._pieces.append(self._deflate.compress(text.encode()))
            yield row

    def taken(self) -> Iterator[str]:
        """What was put aside, piece by piece; once, at the end."""
        self._pieces.append(self._deflate.flush())
        inflate, text = decompressobj(), getincrementaldecoder("utf-8")()
        for piece in self._pieces:
            told = text.decode(inflate.decompress(piece))
            if told:
                yield told


async def as_html(
    title: str, about: str, nothing: str, back: str, language: str, aside: Aside
) -> AsyncIterator[str]:
    """A part for people: a page without script that needs no network."""
    yield head(title, language)
    yield f'<p><a href="index.html">{escape(back)}</a></p>\n<h1>{escape(title)}</h1>\n<p>{escape(about)}</p>\n'
    empty = True
    for piece in aside.taken():
        empty = False
        yield piece
    if empty:
        yield f"<p>{escape(nothing)}</p>\n"
    yield FOOT


def head(title: str, language: str) -> str:
    """How a page begins."""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)} - OnceTold</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    )


FOOT: Final = "</main>\n</body>\n</html>\n"
"""How a page ends."""
