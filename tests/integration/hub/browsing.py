"""A browser at a running hub: it keeps cookies, signs in at the sandbox's provider, and posts the forms that it is shown."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD, account_named

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Page:
    """What was shown."""

    status: int
    address: str
    text: str

    @property
    def words(self) -> str:
        """Without markup, its white space made single."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


class HubBrowser:
    """One browser at the hub with this address."""

    def __init__(self, base: str) -> None:
        # Chromium and Firefox count loopback as secure and keep __Host- cookies there; so does this one.
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(base))
        self._base = base
        self._session = aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=30))

    async def __aenter__(self) -> HubBrowser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, address: str) -> Page:
        async with self._session.get(urljoin(self._base, address)) as answer:
            return Page(answer.status, str(answer.url), await answer.text())

    async def post(self, address: str, fields: Mapping[str, str]) -> Page:
        async with self._session.post(urljoin(self._base, address), data=fields) as answer:
            return Page(answer.status, str(answer.url), await answer.text())

    async def sign_in(self, username: str) -> Page:
        """Through one's employer's sign-in, as shown."""
        account = account_named(username)
        assert account is not None
        page = await self.get(f"/sign-in/{account.organisation}?back=/")
        form = forms(page.text)[0]
        return await self.post(
            urljoin(page.address, form.action), {"username": username, "password": SANDBOX_PASSWORD}
        )

    async def fill(self, address: str, action: str = "", /, **fields: str) -> Page:
        """Post the form of a page whose action ends so, with its hidden fields."""
        return await self.press(await self.get(address), action, **fields)

    async def press(self, page: Page, action: str = "", /, **fields: str) -> Page:
        """Post the form of a page that is open already."""
        found = [
            one for one in forms(page.text) if one.action.endswith(action) and "sign-out" not in one.action
        ]
        assert found, page.words
        target = urljoin(page.address, found[0].action or page.address)
        return await self.post(target, {**found[0].hidden, **fields})

    async def until(self, address: str, words: str) -> Page:
        """Look again and again until the page says so."""
        last = time.monotonic() + PATIENCE
        while True:
            page = await self.get(address)
            if words in page.words:
                return page
            assert time.monotonic() < last, f"never said {words!r}: {page.words}"
            await asyncio.sleep(0.25)


@dataclass
class Posted:
    """A form of a page: where it goes, and its hidden fields."""

    action: str
    hidden: dict[str, str]


def forms(text: str) -> list[Posted]:
    """The forms of a page, in their order."""
    reader = _Forms()
    reader.feed(text)
    return reader.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Posted] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Posted(given.get("action", ""), {}))
        elif tag == "input" and given.get("type") == "hidden" and self.found:
            self.found[-1].hidden[given.get("name", "")] = given.get("value", "")
