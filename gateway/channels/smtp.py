"""E-mail over SMTP (RFC 5321), by the standard library's client on a thread of its own."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Literal

from gateway.channels.ports import By, Message, NotSentError

TIMEOUT_SECONDS = 20.0

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mail server that takes our messages. sender: `Name <address>`. `none` is for loopback alone."""

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """Implements `gateway.channels.ports.Channel` for e-mail."""

    mailbox: Mailbox

    @property
    def carries(self) -> frozenset[By]:
        """See `Channel.carries`."""
        return frozenset({By.EMAIL})

    async def send(self, message: Message) -> None:
        """See `Channel.send`. One that goes again has the same Message-ID (RFC 5322 section 3.6.4)."""
        await asyncio.to_thread(self._send, _email(message, self.mailbox.sender))

    def _send(self, email: EmailMessage) -> None:
        try:
            with self._connected() as server:
                server.send_message(email)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSentError("recipient-refused", again=all(code < 500 for code in codes)) from None
        except smtplib.SMTPResponseException as error:
            raise NotSentError(f"smtp-{error.smtp_code}", again=error.smtp_code < 500) from None
        except (smtplib.SMTPException, OSError) as error:
            # Its text may repeat the address.
            raise NotSentError(type(error).__name__, again=True) from None

    def _connected(self) -> smtplib.SMTP:
        box = self.mailbox
        if box.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                box.host, box.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(box.host, box.port, timeout=TIMEOUT_SECONDS)
        try:
            if box.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if box.user is not None:
                server.login(box.user, box.password or "")
        except BaseException:
            server.close()
            raise
        return server


def _email(message: Message, sender: str) -> EmailMessage:
    name, address = parseaddr(sender)
    email = EmailMessage()
    try:
        email["To"] = Address(addr_spec=message.address)
    except (MessageError, ValueError, IndexError):
        raise NotSentError("address-unusable", again=False) from None
    email["From"] = Address(name, addr_spec=address)
    email["Subject"] = message.subject
    email["Message-ID"] = f"<{message.reference}@{address.rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    email.set_content(message.body)
    return email
