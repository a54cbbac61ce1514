"""GOV.UK Notify over its REST API (docs.notifications.service.gov.uk/rest-api.html), for e-mails and text messages.

A client of our own: the published Python one waits on a thread for each call and brings a second HTTP client and a third
library for tokens along. A template at Notify holds nothing but `((subject))` and `((body))`, so that the words are ours, in
every language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from joserfc import jwt
from joserfc.jwk import OctKey

from core.clock import Clock
from core.vocabulary import JsonObject
from gateway.channels.ports import By, Message, NotSentError

BASE_URL = "https://api.notifications.service.gov.uk"
TIMEOUT_SECONDS = 20.0
ANSWER_MAXIMUM = 65_536
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(f"(?P<name>.+)-(?P<service>{_UUID})-(?P<secret>{_UUID})")
_PATHS = {By.EMAIL: "email", By.TEXT: "sms"}
_TO = {By.EMAIL: "email_address", By.TEXT: "phone_number"}


@dataclass(frozen=True, slots=True)
class NotifyKey:
    """An API key of Notify: `name-service-secret`, the last two UUIDs."""

    service: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> NotifyKey:
        """Raises `ValueError`, which repeats nothing of the key."""
        found = _KEY.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                "a key of GOV.UK Notify is its name, the service's id and the secret, with hyphens between"
            )
        return cls(found["service"], found["secret"])

    def token(self, clock: Clock) -> str:
        """A token for one call: Notify takes none that is older than 30 seconds."""
        claims = {"iss": self.service, "iat": int(clock.now().timestamp())}
        return jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, OctKey.import_key(self.secret), ["HS256"])


@dataclass(frozen=True, slots=True)
class NotifyChannel:
    """Implements `gateway.channels.ports.Channel`. templates: by what it carries, the template's UUID."""

    key: NotifyKey
    templates: Mapping[By, str]
    session: aiohttp.ClientSession
    clock: Clock
    base_url: str = BASE_URL

    @property
    def carries(self) -> frozenset[By]:
        """See `Channel.carries`."""
        return frozenset(self.templates)

    async def send(self, message: Message) -> None:
        """See `Channel.send`. Notify keeps our reference, so what it already has is not sent a second time."""
        if await self._has(message.reference):
            return
        words = {"body": message.body} | ({"subject": message.subject} if message.by is By.EMAIL else {})
        body = {
            _TO[message.by]: message.address,
            "template_id": self.templates[message.by],
            "personalisation": words,
            "reference": message.reference,
        }
        status, answer = await self._call("POST", f"/v2/notifications/{_PATHS[message.by]}", json=body)
        if status != 201:
            # 429 is a limit of a minute or of a day, 403 a key or a clock that an operator mends; 400 nothing mends.
            raise NotSentError(f"notify-{status}-{_code(answer)}", again=status != 400)

    async def _has(self, reference: str) -> bool:
        status, answer = await self._call("GET", "/v2/notifications", params={"reference": reference})
        found = answer.get("notifications")
        if status != 200 or not isinstance(found, list):
            raise NotSentError(f"notify-{status}-{_code(answer)}", again=True)
        return bool(found)

    async def _call(
        self,
        method: str,
        path: str,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> tuple[int, JsonObject]:
        headers = {"Authorization": f"Bearer {self.key.token(self.clock)}"}
        try:
            async with self.session.request(
                method,
                self.base_url + path,
                json=json,
                params=params,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                allow_redirects=False,
            ) as answer:
                if (answer.content_length or 0) > ANSWER_MAXIMUM:
                    raise NotSentError("notify-answer-too-large", again=True)
                found = await answer.json(content_type=None)
                return answer.status, found if isinstance(found, dict) else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NotSentError(type(error).__name__, again=True) from None


def _code(answer: JsonObject) -> str:
    """Notify's own name of the error, if it is a plain word; its message may repeat the address."""
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("error") if isinstance(first, dict) else None
    return (
        code if isinstance(code, str) and code.isascii() and code.isalpha() and len(code) < 40 else "unknown"
    )
