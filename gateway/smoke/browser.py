"""A browser without JavaScript, as small as the story needs: cookies, redirects, forms."""

from __future__ import annotations

from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from core.errors import OnceToldError

REDIRECTS_MAXIMUM = 8


class BrowseError(OnceToldError):
    """A page did not answer as the story expects; the message names the path, never what a person typed."""


class _Forms(HTMLParser):
    """Collects the page's forms (action and named fields) and links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "input" and self.forms and given.get("type") == "hidden":
            self.forms[-1][1][given.get("name", "")] = given.get("value", "")


class Page:
    """One page that was shown."""

    def __init__(self, url: str, status: int, text: str) -> None:
        self.url, self.status, self.text = url, status, text
        found = _Forms()
        found.feed(text)
        self.forms, self.links = found.forms, found.links

    def form(self, action_part: str) -> tuple[str, dict[str, str]]:
        """The address and hidden fields of the form whose action holds the text (or posts to the page itself)."""
        for action, fields in self.forms:
            if action_part in (action or self.url):
                return urljoin(self.url, action or self.url), dict(fields)
        raise BrowseError(f"{urlsplit(self.url).path}: no form for {action_part}")


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        # Browsers count loopback as secure and keep its Secure cookies by origin; aiohttp's own jar would not.
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=30)
        )
        self._cookies: dict[str, dict[str, str]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, url: str) -> Page:
        """Open an address and follow its redirects. Raises `BrowseError` for a page that answers an error."""
        page = await self.open(url)
        if page.status >= 400:
            raise BrowseError(f"{urlsplit(page.url).path} answered {page.status}")
        return page

    async def open(self, url: str) -> Page:
        """Open an address and follow its redirects, whatever the page answers."""
        return await self._go("GET", url, None)

    async def post(self, url: str, fields: dict[str, str] | list[tuple[str, str]]) -> Page:
        """Send a form and follow its redirects."""
        page = await self._go("POST", url, fields)
        if page.status >= 400:
            raise BrowseError(f"{urlsplit(page.url).path} answered {page.status} to a form")
        return page

    async def _go(self, method: str, url: str, fields: dict[str, str] | list[tuple[str, str]] | None) -> Page:
        for _ in range(REDIRECTS_MAXIMUM):
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            headers = {"Origin": origin} if method == "POST" else {}
            kept = self._cookies.setdefault(origin, {})
            if kept:
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
            async with self._session.request(
                method, url, data=fields, headers=headers, allow_redirects=False
            ) as answer:
                for name, cookie in answer.cookies.items():
                    kept[name] = cookie.value
                if answer.status not in {301, 302, 303, 307}:
                    return Page(url, answer.status, await answer.text())
                url = urljoin(url, answer.headers["Location"])
            method, fields = "GET", None
        raise BrowseError(f"{urlsplit(url).path}: redirected without end")


async def sign_in(browser: Browser, door: str, username: str, password: str) -> Page:
    """Open a page that needs a sign-in, sign in at the identity provider, and come back to it."""
    page = await browser.open(door)
    start = next((link for link in page.links if "/signin/" in link), None)
    if page.status != 403 or start is None:
        raise BrowseError(f"{urlsplit(door).path}: does not ask to sign in")
    page = await browser.get(urljoin(page.url, start))
    action, fields = page.form("")
    return await browser.post(action, {**fields, "username": username, "password": password})
