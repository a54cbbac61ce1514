"""What a request must look like before anything of ours reads it. Pure: bytes in, a refusal or nothing out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl

HEADERS_MAXIMUM: Final = 64
HEADER_BYTES_MAXIMUM: Final = 16 * 1024
QUERY_BYTES_MAXIMUM: Final = 8 * 1024
QUERY_FIELDS_MAXIMUM: Final = 100

Code = Literal[
    "body-too-large",
    "body-too-slow",
    "malformed-length",
    "malformed-path",
    "malformed-query",
    "malformed-host",
    "unknown-host",
    "headers-too-large",
    "token-in-address",
]

# A slash, backslash, dot, percent sign or control character in disguise: two readers of the path would see two paths.
_DISGUISED: Final = re.compile(rb"%(?:2[ef5]|5c|[01][0-9a-f]|7f)|%(?![0-9a-f]{2})", re.IGNORECASE)
_DOT_SEGMENT: Final = re.compile(rb"/\.{1,2}(?:/|\Z)")
# RFC 9110 section 7.2, RFC 3986 section 3.2.2: a name or address, and perhaps a port.
_HOST: Final = re.compile(rb"(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further. `detail` says what to do and holds nothing of the request."""

    status: int
    code: Code
    title: str
    detail: str


BODY_TOO_SLOW: Final = Refusal(
    408, "body-too-slow", "The body took too long", "Send the whole body within the time limit."
)
MALFORMED_LENGTH: Final = Refusal(
    400, "malformed-length", "Content-Length is not a length", "Send one Content-Length, as a whole number."
)
_PATH: Final = Refusal(
    400,
    "malformed-path",
    "The path has more than one meaning",
    "Send the path without empty or dot segments and without encoded slashes, backslashes, dots or percent signs.",
)
_QUERY: Final = Refusal(
    400, "malformed-query", "The query is too long", f"Send at most {QUERY_BYTES_MAXIMUM} bytes of query."
)
_TOKEN: Final = Refusal(
    400,
    "token-in-address",
    "A token stands in the address",
    "Send the token in the Authorization header only, and replace this one: addresses end up in logs.",
)
_HOST_MALFORMED: Final = Refusal(
    400, "malformed-host", "The Host header is not a host", "Send exactly one Host header."
)
_HOST_UNKNOWN: Final = Refusal(
    421,
    "unknown-host",
    "This host is not served here",
    "Use the gateway's published address, or have its operator add this one to the hosts it serves.",
)
_HEADERS: Final = Refusal(
    431,
    "headers-too-large",
    "The headers are too large",
    f"Send at most {HEADERS_MAXIMUM} headers of {HEADER_BYTES_MAXIMUM} bytes together.",
)
_TOKEN_NAMES: Final = frozenset({"access_token", "id_token"})


def body_too_large(maximum: int) -> Refusal:
    """The refusal of a body of more than `maximum` bytes."""
    return Refusal(413, "body-too-large", "The body is too large", f"Send at most {maximum} bytes.")


def refuse_path(raw_path: bytes) -> Refusal | None:
    """Refuse a path (as sent, without query) that two readers could read in two ways (security.md, 13)."""
    if not raw_path.startswith(b"/") or b"//" in raw_path or b"\\" in raw_path:
        return _PATH
    if b"/." in raw_path and _DOT_SEGMENT.search(raw_path):
        return _PATH
    return _PATH if b"%" in raw_path and _DISGUISED.search(raw_path) else None


def refuse_query(query: bytes) -> Refusal | None:
    """Refuse a token in the query, in whatever disguise, and a query without end (RFC 9700 section 4.3.2)."""
    if not query:
        return None
    if len(query) > QUERY_BYTES_MAXIMUM:
        return _QUERY
    try:
        fields = parse_qsl(
            query.decode("latin-1"), keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAXIMUM
        )
    except ValueError:
        return _QUERY
    return _TOKEN if any(name.lower() in _TOKEN_NAMES for name, _ in fields) else None


def refuse_headers(headers: Iterable[tuple[bytes, bytes]]) -> Refusal | None:
    """Refuse headers beyond the bounds; the server in front of us may have none of its own."""
    count = size = 0
    for name, value in headers:
        count += 1
        size += len(name) + len(value)
    return _HEADERS if count > HEADERS_MAXIMUM or size > HEADER_BYTES_MAXIMUM else None


def refuse_host(values: list[bytes], allowed: frozenset[bytes] | None) -> Refusal | None:
    """Refuse anything but one well-formed Host header that is among the `allowed` (lower case, with port); None: any."""
    if len(values) != 1 or not _HOST.fullmatch(values[0]):
        return _HOST_MALFORMED
    return None if allowed is None or values[0].lower() in allowed else _HOST_UNKNOWN


def declared_length(values: list[bytes]) -> int | Refusal | None:
    """The body's declared length in bytes; None where none is declared."""
    if not values:
        return None
    if len(values) > 1 or not _LENGTH.fullmatch(values[0]):
        return MALFORMED_LENGTH
    return int(values[0])
