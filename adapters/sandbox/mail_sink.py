"""A mailbox for the sandbox: takes every e-mail over SMTP (RFC 5321), keeps it in a folder and shows it on a page.

It sends nothing on. On loopback only; it asks for no account and no TLS. What it takes is what a resident would have got.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

from aiohttp import web

from adapters.sandbox.serving import LOOPBACK, say

MESSAGE_MAXIMUM: Final = 256 * 1024
LINE_MAXIMUM: Final = 4096
SILENCE_SECONDS: Final = 30.0
SHOWN: Final = 50
_HEAD: Final = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sandbox mailbox</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>Sandbox mailbox</h1>
<p>What the sandbox sent to residents, newest first. Nothing left this machine.</p>
"""


class MailSink:
    """Keeps what it is sent. Names in the folder rise with time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._next = 1 + max(
            (int(path.stem) for path in folder.glob("*.eml") if path.stem.isdigit()), default=0
        )

    def keep(self, message: bytes) -> Path:
        """Keep one message; gives its file, which its owner alone can read."""
        path = self.folder / f"{self._next:06}.eml"
        self._next += 1
        path.touch(mode=0o600)
        path.write_bytes(message)
        return path

    def newest(self) -> list[EmailMessage]:
        """The newest messages first."""
        paths = sorted(self.folder.glob("*.eml"), reverse=True)[:SHOWN]
        return [message_from_bytes(path.read_bytes(), policy=default) for path in paths]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One SMTP conversation."""
        try:
            await self._talk(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, asyncio.LimitOverrunError):
            # Whoever talks no SMTP, or nothing at all, is left alone.
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def answer(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await answer("220 sandbox mailbox")
        recipients = 0
        while True:
            line = await _line(reader)
            verb = line[:4].upper()
            match verb:
                case b"EHLO" | b"HELO" | b"MAIL" | b"NOOP" | b"RSET":
                    recipients = 0 if verb in {b"MAIL", b"RSET"} else recipients
                    await answer("250 yes")
                case b"RCPT":
                    recipients += 1
                    await answer("250 yes")
                case b"DATA" if recipients:
                    await answer("354 go on, and end with a dot")
                    message = await _message(reader)
                    if message is None:
                        await answer("552 too large")
                    else:
                        self.keep(message)
                        await answer("250 kept")
                    recipients = 0
                case b"DATA":
                    await answer("503 for whom?")
                case b"QUIT":
                    await answer("221 bye")
                    return
                case _:
                    await answer("502 not here")


SINK: Final = web.AppKey("sink", MailSink)


async def _line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(SILENCE_SECONDS):
        return (await reader.readuntil(b"\r\n"))[:-2]


async def _message(reader: asyncio.StreamReader) -> bytes | None:
    """The message up to the lone dot, doubled dots made single (RFC 5321 section 4.5.2); None for one that is too large."""
    lines: list[bytes] = []
    size = 0
    while (line := await _line(reader)) != b".":
        size += len(line) + 2
        if size <= MESSAGE_MAXIMUM:
            lines.append(line[1:] if line.startswith(b".") else line)
    return None if size > MESSAGE_MAXIMUM else b"\r\n".join([*lines, b""])


def create_app(folder: Path, smtp_port: int) -> web.Application:
    """The page; while it is served, SMTP is taken on `smtp_port` (0: a free one, said on stdout)."""
    app = web.Application()
    app[SINK] = MailSink(folder)

    async def smtp(app: web.Application) -> AsyncIterator[None]:
        server = await asyncio.start_server(app[SINK].talk, LOOPBACK, smtp_port, limit=LINE_MAXIMUM)
        say(f"smtp: {LOOPBACK}:{server.sockets[0].getsockname()[1]}")
        yield
        server.close()

    app.cleanup_ctx.append(smtp)
    app.router.add_get("/", _page)
    return app


async def _page(request: web.Request) -> web.Response:
    sink = request.app[SINK]
    messages = await asyncio.to_thread(sink.newest)
    shown = "".join(_shown(one) for one in messages) or "<p>Nothing yet.</p>"
    headers = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}
    return web.Response(
        text=f"{_HEAD}{shown}</main></body></html>", content_type="text/html", headers=headers
    )


def _shown(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    text = "" if body is None else str(body.get_content())
    subject, to = html.escape(str(message["Subject"])), html.escape(str(message["To"]))
    return f"<article><h2>{subject}</h2><p>To {to}</p><pre>{html.escape(text)}</pre></article>\n"
