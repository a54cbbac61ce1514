"""The export as lines of JSON (NDJSON): what each line says, written and read. Pure.

The first line is the header, the last one says that the export ends there. Between them stand, in this order where the
export is whole: tiles (the hashes of up to 256 entries to come), entries, and after the last entry of each batch its
checkpoint. Where it is a choice of entries, each carries its receipt instead. docs/audit-log.md shows every line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import orjson

from audit.entries import Opening
from audit.errors import VerificationError
from audit.merkle import HASH_BYTES
from audit.text import from_base64, to_base64
from core.vocabulary import Json, JsonObject

FORMAT = "log-export/v1"
LINE_MAXIMUM = 1_000_000


class ExportError(VerificationError):
    """A file is no export, or one of its lines cannot be read."""


@dataclass(frozen=True, slots=True)
class Header:
    """whole: whether every entry is there. size: entries in the log when it was made. made: when, ISO 8601 in UTC.

    key: the log's public key. others: those that signed before it, or sign beside it: older checkpoints need them.
    """

    whole: bool
    origin: str
    key: str
    size: int
    made: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TileLine:
    """The leaf hashes of the entries n * 256 and so on, as the log's tile holds them."""

    n: int
    hashes: bytes


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry. opening: where its key still stands. broken: its detail is not the one that the leaf commits to."""

    index: int
    leaf: bytes
    opening: Opening | None = None
    broken: bool = False
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    """A signed checkpoint."""

    text: str


@dataclass(frozen=True, slots=True)
class EndLine:
    """How many entries the export holds."""

    entries: int


Line: TypeAlias = Header | TileLine | EntryLine | CheckpointLine | EndLine


def write_line(line: Line) -> bytes:
    """The line as JSON, with its newline."""
    return orjson.dumps(_to_json(line), default=dict) + b"\n"


def _to_json(line: Line) -> dict[str, Json]:
    match line:
        case Header():
            what = "whole" if line.whole else "entries"
            others: dict[str, Json] = {"other_keys": list(line.others)} if line.others else {}
            return {
                "oncetold": FORMAT,
                "what": what,
                "origin": line.origin,
                "key": line.key,
                **others,
                "size": line.size,
                "made": line.made,
            }
        case TileLine():
            return {"tile": line.n, "hashes": to_base64(line.hashes)}
        case EntryLine():
            value: dict[str, Json] = {"index": line.index, "leaf": to_base64(line.leaf)}
            if line.opening is not None:
                value["opening"] = line.opening.to_json()
            if line.broken:
                value["broken"] = True
            if line.receipt is not None:
                value["receipt"] = line.receipt
            return value
        case CheckpointLine():
            return {"checkpoint": line.text}
        case EndLine():
            return {"end": True, "entries": line.entries}


def read_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """The reverse, line by line; raises `ExportError` naming the line, from 1."""
    for number, raw in enumerate(lines, 1):
        try:
            yield _from_json(raw)
        except (ValueError, KeyError, TypeError, VerificationError) as error:
            raise ExportError(f"line {number} of the export cannot be read") from error


def _from_json(raw: bytes) -> Line:
    if len(raw) > LINE_MAXIMUM:
        raise ExportError("too long")
    value = orjson.loads(raw)
    if not isinstance(value, dict):
        raise ExportError("no object")
    if "oncetold" in value:
        if value["oncetold"] != FORMAT:
            raise ExportError("another format")
        what = cast("Literal['whole', 'entries']", value["what"])
        return Header(
            {"whole": True, "entries": False}[what],
            _text(value, "origin"),
            _text(value, "key"),
            _number(value, "size"),
            _text(value, "made"),
            _texts(value, "other_keys"),
        )
    if "tile" in value:
        hashes = _bytes(value, "hashes")
        if len(hashes) % HASH_BYTES:
            raise ExportError("no whole hashes")
        return TileLine(_number(value, "tile"), hashes)
    if "checkpoint" in value:
        return CheckpointLine(_text(value, "checkpoint"))
    if "end" in value:
        return EndLine(_number(value, "entries"))
    opening = value.get("opening")
    return EntryLine(
        _number(value, "index"),
        _bytes(value, "leaf"),
        None if opening is None else Opening.from_json(cast("JsonObject", opening)),
        value.get("broken") is True,
        _text(value, "receipt") if "receipt" in value else None,
    )


def _text(value: Mapping[str, object], name: str) -> str:
    found = value[name]
    if not isinstance(found, str):
        raise ExportError(name)
    return found


def _texts(value: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Left out where there are none."""
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ExportError(name)
    return tuple(found)


def _number(value: Mapping[str, object], name: str) -> int:
    found = value[name]
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise ExportError(name)
    return found


def _bytes(value: Mapping[str, object], name: str) -> bytes:
    found = from_base64(_text(value, name))
    if found is None:
        raise ExportError(name)
    return found
