"""What the channels make of a message, and of what goes wrong; without a network."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Mapping
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from gateway.channels.configuration import read_channels
from gateway.channels.notify import NotifyChannel, NotifyKey
from gateway.channels.ports import About, By, Message, NotSentError
from gateway.channels.smtp import Mailbox, SmtpChannel
from gateway.settings import SettingsError
from tests.support.clock import FakeClock

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
API_KEY = f"my_test-key-{SERVICE}-{SECRET}"
MESSAGE = Message(By.EMAIL, "somebody@mail.test", "A subject", "A body\n", About.REQUEST, "reference-1")
TEXT = Message(By.TEXT, "01632 960001", "A subject", "A body\n", About.REQUEST, "reference-2")


class FakeServer:
    """Stands in for `smtplib.SMTP`: keeps what it was told, fails as it is told."""

    said: ClassVar[list[object]] = []
    fault: Exception | None = None

    def __init__(self, host: str, port: int, timeout: float, context: object = None) -> None:
        self.said.append(("connect", host, port, context is not None))

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def starttls(self, context: object) -> None:
        self.said.append("starttls")

    def login(self, user: str, password: str) -> None:
        self.said.append(("login", user, password))
        if password == "wrong":
            raise smtplib.SMTPAuthenticationError(535, b"no")

    def close(self) -> None:
        self.said.append("close")

    def send_message(self, email: EmailMessage) -> None:
        if self.fault is not None:
            raise self.fault
        self.said.append(email)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[FakeServer]:
    class Server(FakeServer):
        said: ClassVar[list[object]] = []

    monkeypatch.setattr(smtplib, "SMTP", Server)
    monkeypatch.setattr(smtplib, "SMTP_SSL", Server)
    return Server


def mail(**changes: Any) -> SmtpChannel:
    return SmtpChannel(Mailbox("mail.test", 587, "OnceTold <no-reply@oncetold.test>", **changes))


async def test_an_email_is_plain_automatic_and_the_same_at_each_try(server: type[FakeServer]) -> None:
    for _ in range(2):
        await mail().send(MESSAGE)
    first, second = [one for one in server.said if isinstance(one, EmailMessage)]
    assert first["To"] == "somebody@mail.test"
    assert first["From"] == "OnceTold <no-reply@oncetold.test>"
    assert first["Subject"] == "A subject"
    assert first["Message-ID"] == second["Message-ID"] == "<reference-1@oncetold.test>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_content() == "A body\n"
    assert server.said[:2] == [("connect", "mail.test", 587, False), "starttls"]


async def test_the_mail_servers_security_and_account_are_the_settings(server: type[FakeServer]) -> None:
    await mail(security="tls", user="u", password="p").send(MESSAGE)
    assert server.said[:2] == [("connect", "mail.test", 587, True), ("login", "u", "p")]
    server.said.clear()
    await mail(security="none").send(MESSAGE)
    assert server.said[0] == ("connect", "mail.test", 587, False)
    assert "starttls" not in server.said
    with pytest.raises(NotSentError, match="smtp-535"):
        await mail(security="none", user="u", password="wrong").send(MESSAGE)
    assert server.said[-1] == "close"
    assert "wrong" not in repr(mail(user="u", password="wrong"))


@pytest.mark.parametrize(
    ("fault", "code", "again"),
    [
        (smtplib.SMTPRecipientsRefused({"somebody@mail.test": (550, b"no")}), "recipient-refused", False),
        (smtplib.SMTPRecipientsRefused({"somebody@mail.test": (450, b"later")}), "recipient-refused", True),
        (smtplib.SMTPDataError(554, b"somebody@mail.test"), "smtp-554", False),
        (smtplib.SMTPDataError(451, b"later"), "smtp-451", True),
        (smtplib.SMTPServerDisconnected("somebody@mail.test"), "SMTPServerDisconnected", True),
        (ConnectionRefusedError("somebody@mail.test"), "ConnectionRefusedError", True),
    ],
)
async def test_what_a_mail_server_says_tells_whether_to_try_again(
    server: type[FakeServer], fault: Exception, code: str, *, again: bool
) -> None:
    server.fault = fault
    with pytest.raises(NotSentError) as error:
        await mail().send(MESSAGE)
    assert (error.value.code, error.value.again) == (code, again)
    assert "somebody" not in str(error.value)


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "a@b.test\r\nBcc: all@b.test", "@", "a@"])
async def test_an_address_that_is_none_is_refused_for_good(server: type[FakeServer], address: str) -> None:
    with pytest.raises(NotSentError) as error:
        await mail().send(Message(By.EMAIL, address, "s", "b", About.REQUEST, "r"))
    assert (error.value.code, error.value.again) == ("address-unusable", False)
    assert [one for one in server.said if isinstance(one, EmailMessage)] == []


class FakeNotify:
    """Stands in for an aiohttp session to GOV.UK Notify."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any, Any]] = []
        self.tokens: list[str] = []
        self.known: set[str] = set()
        self.status = 201
        self.document: object = {"id": "n"}
        self.listing: object = None
        self.fault: Exception | None = None
        self.length: int | None = None

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        **_: object,
    ) -> Any:
        self.calls.append((method, url, json, params))
        self.tokens.append(headers["Authorization"])
        if self.fault is not None:
            raise self.fault
        status, document = self.status, self.document
        if method == "GET":
            found: list[object] = [{}] if params is not None and params["reference"] in self.known else []
            status, document = (
                (200, {"notifications": found}) if self.listing is None else (500, self.listing)
            )
        yield FakeAnswer(status, document, self.length)


class FakeAnswer:
    def __init__(self, status: int, document: object, length: int | None) -> None:
        self.status, self._document, self.content_length = status, document, length

    async def json(self, content_type: str | None) -> object:
        if isinstance(self._document, Exception):
            raise self._document
        return json.loads(json.dumps(self._document))


def notify(session: FakeNotify) -> NotifyChannel:
    templates = {By.EMAIL: TEMPLATE, By.TEXT: TEMPLATE}
    return NotifyChannel(NotifyKey.parse(API_KEY), templates, session, FakeClock())  # type: ignore[arg-type] # a stand-in


async def test_notify_is_asked_in_its_own_words_with_a_fresh_token() -> None:
    session = FakeNotify()
    for message in (MESSAGE, TEXT):
        await notify(session).send(message)
    base = "https://api.notifications.service.gov.uk/v2/notifications"
    assert session.calls == [
        ("GET", base, None, {"reference": "reference-1"}),
        (
            "POST",
            f"{base}/email",
            {
                "email_address": "somebody@mail.test",
                "template_id": TEMPLATE,
                "personalisation": {"subject": "A subject", "body": "A body\n"},
                "reference": "reference-1",
            },
            None,
        ),
        ("GET", base, None, {"reference": "reference-2"}),
        (
            "POST",
            f"{base}/sms",
            {
                "phone_number": "01632 960001",
                "template_id": TEMPLATE,
                "personalisation": {"body": "A body\n"},
                "reference": "reference-2",
            },
            None,
        ),
    ]
    token = jwt.decode(session.tokens[0].removeprefix("Bearer "), OctKey.import_key(SECRET), ["HS256"])
    assert token.header == {"typ": "JWT", "alg": "HS256"}
    assert token.claims == {"iss": SERVICE, "iat": int(FakeClock().now().timestamp())}


async def test_what_notify_has_already_is_not_sent_again() -> None:
    session = FakeNotify()
    session.known = {"reference-1"}
    await notify(session).send(MESSAGE)
    assert [call[0] for call in session.calls] == ["GET"]


@pytest.mark.parametrize(
    ("status", "document", "code", "again"),
    [
        (
            400,
            {"errors": [{"error": "BadRequestError", "message": "x"}]},
            "notify-400-BadRequestError",
            False,
        ),
        (403, {"errors": [{"error": "AuthError"}]}, "notify-403-AuthError", True),
        (429, {"errors": [{"error": "RateLimitError"}]}, "notify-429-RateLimitError", True),
        (500, {"errors": [{"error": "somebody@mail.test"}]}, "notify-500-unknown", True),
        (503, [], "notify-503-unknown", True),
        (500, {"errors": ["x"]}, "notify-500-unknown", True),
        (200, ValueError("not JSON"), "ValueError", True),
    ],
)
async def test_what_notify_says_tells_whether_to_try_again(
    status: int, document: object, code: str, *, again: bool
) -> None:
    session = FakeNotify()
    session.status, session.document = status, document
    with pytest.raises(NotSentError) as error:
        await notify(session).send(MESSAGE)
    assert (error.value.code, error.value.again) == (code, again)


async def test_notify_that_cannot_be_reached_or_read_is_tried_again() -> None:
    session = FakeNotify()
    session.fault = aiohttp.ClientConnectionError("somebody@mail.test")
    with pytest.raises(NotSentError, match="ClientConnectionError"):
        await notify(session).send(MESSAGE)
    session = FakeNotify()
    session.listing = {}
    with pytest.raises(NotSentError, match="notify-500-unknown"):
        await notify(session).send(MESSAGE)
    session = FakeNotify()
    session.length = 1_000_000
    with pytest.raises(NotSentError, match="too-large"):
        await notify(session).send(MESSAGE)


def test_a_key_shows_nothing_of_itself() -> None:
    assert NotifyKey.parse(f" {API_KEY}\n") == NotifyKey(SERVICE, SECRET)
    assert SECRET not in repr(NotifyKey.parse(API_KEY))
    with pytest.raises(ValueError, match="GOV") as error:
        NotifyKey.parse(f"{SERVICE}-{SECRET[:-1]}")
    assert SECRET[:8] not in str(error.value)


# The file -----------------------------------------------------------------------------------------------------------

SMTP = (
    "{kind: smtp, host: 127.0.0.1, port: 1025, sender: 'OnceTold <no-reply@oncetold.test>', security: none}"
)


def channels_file(folder: Path, *entries: str) -> Path:
    (folder / "key").write_text(API_KEY + "\n")
    (folder / "password").write_text("p\n")
    (folder / "empty").write_text("\n")
    path = folder / "channels.yaml"
    path.write_text(
        "channels:\n" + "".join(f"  - {entry.replace('FOLDER', str(folder))}\n" for entry in entries)
    )
    return path


async def test_the_channels_of_a_file_carry_what_it_says(tmp_path: Path) -> None:
    path = channels_file(
        tmp_path,
        SMTP,
        "{kind: smtp, host: mail.test, sender: a@b.test, user: u, password_file: FOLDER/password}",
        f"{{kind: notify, key_file: FOLDER/key, text_template: {TEMPLATE}}}",
    )
    session = FakeNotify()
    first, second, third = [one(session, FakeClock()) for one in read_channels(path)]  # type: ignore[arg-type] # a stand-in
    assert isinstance(first, SmtpChannel)
    assert isinstance(second, SmtpChannel)
    assert isinstance(third, NotifyChannel)
    assert first.carries == {By.EMAIL}
    assert (second.mailbox.port, second.mailbox.security, second.mailbox.password) == (587, "starttls", "p")
    assert third.carries == {By.TEXT}
    assert third.key == NotifyKey(SERVICE, SECRET)
    assert read_channels(None) == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{kind: pigeon}", "pigeon|smtp"),
        (SMTP.replace("127.0.0.1", "mail.test"), "on this machine only"),
        (SMTP.replace("no-reply@oncetold.test", "nobody"), "Name <address>"),
        (SMTP.replace("port: 1025", "user: u"), "go together"),
        ("{kind: smtp, host: m, sender: a@b.test, user: u, password_file: FOLDER/none}", "cannot be read"),
        ("{kind: smtp, host: m, sender: a@b.test, user: u, password_file: FOLDER/empty}", "holds no secret"),
        ("{kind: notify, key_file: FOLDER/key}", "email_template or text_template"),
        (f"{{kind: notify, key_file: FOLDER/key, text_template: {TEMPLATE}, base_url: 'http://x'}}", "https"),
        (f"{{kind: notify, key_file: FOLDER/password, text_template: {TEMPLATE}}}", "GOV.UK Notify"),
        ("{kind: notify, key_file: FOLDER/key, text_template: x}", "text_template"),
        ("just words", "channels"),
    ],
)
def test_a_file_that_will_not_do_says_what_is_wrong(tmp_path: Path, entry: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as error:
        read_channels(channels_file(tmp_path, entry))
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("content", ["", "channels: 1", "[", "- a"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "channels.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError):
        read_channels(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_channels(tmp_path / "none.yaml")
