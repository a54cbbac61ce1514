"""Messages over real SMTP into the sandbox's mailbox, and what that mailbox takes and shows."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from adapters.sandbox.mail_sink import MESSAGE_MAXIMUM, MailSink
from gateway.channels.outbox import FIRST_PAUSE, Outbox
from gateway.channels.ports import About, By, Message, NotSentError
from gateway.channels.smtp import Mailbox, SmtpChannel
from gateway.channels.worker import Messenger
from tests.support.asking import FakeReach
from tests.support.clock import FakeClock
from tests.support.house import house, sqlite_urls

PORTAL = "http://127.0.0.1:8800/portal/"
READY_SECONDS = 30


@asynccontextmanager
async def mailbox(folder: Path) -> AsyncIterator[tuple[str, int]]:
    """The mailbox as `make run` starts it; gives the page's address and the port of SMTP."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapters.sandbox", "mail", "--port", "0", "--smtp-port", "0", "--folder", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ},
    )
    assert process.stdout is not None
    try:
        lines = [
            (await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)).decode().split()[-1]
            for _ in range(2)
        ]
        yield lines[1], int(lines[0].rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), READY_SECONDS) == 0


def channel(port: int) -> SmtpChannel:
    return SmtpChannel(Mailbox("127.0.0.1", port, "OnceTold <no-reply@oncetold.test>", "none"))


async def page_at(address: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/") as answer:
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        return await answer.text()


async def test_what_is_to_be_told_arrives_as_an_email_that_names_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    with house(*sqlite_urls(tmp_path), FakeClock()) as home:
        outbox = Outbox(home.database)

        async def wanted(_person: str, _about: About) -> bool:
            return True

        with home.database.write() as tx:
            outbox.put(tx, "p_somebody", About.REQUEST, home.clock.now())
        async with mailbox(folder) as (address, port):
            assert "Nothing yet." in await page_at(address)
            messenger = Messenger(outbox, FakeReach(), (channel(port),), wanted, home.clock, PORTAL)
            assert await messenger.look() == 1
            page = await page_at(address)
        (message,) = MailSink(folder).newest()
    assert message["To"] == "somebody@mail.test"
    assert "Somebody asks you something at OnceTold." in message.get_content()
    assert "<h2>Somebody asks you something at OnceTold</h2>" in page
    assert "p_somebody" not in message.as_string() + page


async def test_a_mail_server_that_is_down_costs_no_message(tmp_path: Path) -> None:
    clock = FakeClock()
    with house(*sqlite_urls(tmp_path), clock) as home:
        outbox = Outbox(home.database)

        async def wanted(_person: str, _about: About) -> bool:
            return True

        with home.database.write() as tx:
            outbox.put(tx, "p_somebody", About.REQUEST, clock.now())
        async with mailbox(tmp_path / "first") as (_, port):
            pass
        down = Messenger(outbox, FakeReach(), (channel(port),), wanted, clock, PORTAL)
        assert await down.look() == 0
        clock.advance(FIRST_PAUSE.total_seconds())
        async with mailbox(tmp_path / "second") as (_, port):
            up = Messenger(outbox, FakeReach(), (channel(port),), wanted, clock, PORTAL)
            assert await up.look() == 1
        assert len(MailSink(tmp_path / "second").newest()) == 1


async def test_text_in_a_message_stays_text_on_the_page_and_lone_dots_stay(tmp_path: Path) -> None:
    body = "<script>alert(1)</script>\n.\n..two dots\nzażółć\n"
    async with mailbox(tmp_path) as (address, port):
        sent = Message(By.EMAIL, "somebody@mail.test", "<b>bold</b>", body, About.REQUEST, "reference-1")
        await channel(port).send(sent)
        page = await page_at(address)
    assert "<script>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    (kept,) = MailSink(tmp_path).newest()
    assert kept.get_content().replace("\r\n", "\n") == body
    assert modes(tmp_path) == {0o600}


async def test_names_rise_after_a_new_start(tmp_path: Path) -> None:
    for number in (1, 2):
        async with mailbox(tmp_path) as (_, port):
            subject = f"number {number}"
            await channel(port).send(
                Message(By.EMAIL, "somebody@mail.test", subject, "b\n", About.REQUEST, str(number))
            )
    assert [one["Subject"] for one in MailSink(tmp_path).newest()] == ["number 2", "number 1"]


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.glob("*.eml")}


async def said(port: int, *lines: bytes) -> list[str]:
    """What the mailbox answers to each line; empty where it hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = [(await reader.readline()).decode().strip()]
    for line in lines:
        writer.write(line)
        await writer.drain()
        answers.append((await reader.readline()).decode().strip())
    writer.close()
    return answers


async def test_what_is_no_mail_is_not_kept(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as (_, port):
        answers = await said(
            port, b"HELO x\r\n", b"DATA\r\n", b"NOOP\r\n", b"STARTTLS\r\n", b"RSET\r\n", b"QUIT\r\n"
        )
        assert [one[:3] for one in answers] == ["220", "250", "503", "250", "502", "250", "221"]
        assert await said(port, b"x" * 10_000 + b"\r\n") == ["220 sandbox mailbox", ""]
        large = Message(
            By.EMAIL, "somebody@mail.test", "s", "x\n" * MESSAGE_MAXIMUM, About.REQUEST, "reference-1"
        )
        with pytest.raises(NotSentError, match="smtp-552"):
            await channel(port).send(large)
    assert MailSink(tmp_path).newest() == []
