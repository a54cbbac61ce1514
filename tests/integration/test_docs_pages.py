from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest

from gateway.problem_types import PROBLEM_TYPES
from gateway.smoke.browser import Browser
from tests.support.contract import ROOT, operations
from tests.support.running import RunningGateway

PAGES = ("/docs", "/docs/problems", "/docs/nothing-here")


class Found(HTMLParser):
    """Tags, ids and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "src", "action"}:
                self.addresses.append(value or "")


@pytest.mark.parametrize("path", PAGES)
async def test_the_pages_need_no_script_and_nothing_from_elsewhere(
    path: str, gateway: RunningGateway
) -> None:
    async with aiohttp.ClientSession() as session, session.get(gateway.url + path) as answer:
        found = Found(await answer.text())
        assert answer.status == (404 if "nothing" in path else 200)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert not found.tags & {"script", "iframe", "object", "style"}
    assert all(one.startswith(("/", "#")) for one in found.addresses)
    assert len(found.ids) == len(set(found.ids))


async def test_every_address_on_the_pages_leads_somewhere(gateway: RunningGateway) -> None:
    async with Browser() as browser:
        for path in PAGES[:2]:
            page = await browser.get(gateway.url + path)
            for address in Found(page.text).addresses:
                target = urljoin(page.url, address)
                found = await browser.open(target)
                # The portal asks to sign in first.
                assert found.status in {200, 403}, address
                fragment = urlsplit(target).fragment
                assert not fragment or fragment in Found(found.text).ids


async def test_every_problem_has_its_section_where_its_type_leads(gateway: RunningGateway) -> None:
    async with Browser() as browser:
        page = await browser.get(gateway.url + "/docs/problems")
        ids = set(Found(page.text).ids)
        assert set(PROBLEM_TYPES) <= ids
        assert "<code>views</code>" in page.text
        # The type of a problem that was really answered, followed as RFC 9457 section 3.1.1 says.
        missing = await browser.open(gateway.url + "/v1/nothing")
        kind = re.search(r'"type":"([^"]+)"', missing.text)
        assert kind is not None
        target = urlsplit(urljoin(missing.url, kind[1]))
        assert (await browser.get(target._replace(fragment="").geturl())).status == 200
        assert target.fragment in ids


async def test_the_first_page_lists_every_operation(gateway: RunningGateway) -> None:
    async with Browser() as browser:
        page = await browser.get(gateway.url + "/")
    assert urlsplit(page.url).path == "/docs"
    for operation in operations():
        assert f"<code>{operation.method} {operation.path}</code>" in page.text
    assert gateway.url + "/v1/views" in page.text


async def test_what_people_type_without_the_slash_leads_to_the_page(gateway: RunningGateway) -> None:
    async with Browser() as browser:
        for typed in ("/portal", "/console"):
            assert urlsplit((await browser.open(gateway.url + typed)).url).path == typed + "/"


def test_the_first_call_works_as_it_is_written(gateway: RunningGateway) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    text = (ROOT / "docs" / "first-call.md").read_text()
    steps = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(steps) == 7
    script = "\necho; echo --\n".join(["set -eu", *steps])
    script = script.replace("http://127.0.0.1:8800", gateway.url)
    script = script.replace(".venv/bin/oncetold", f"{sys.executable} -m gateway")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "ONCETOLD_DEMO_FOLDER": str(gateway.layout.folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = [one.strip() for one in done.stdout.split("--\n")]
    assert told[2].startswith('{"person":"h1.')
    assert '"sections":' in told[4]
    assert '"receipt":{"index":' in told[4]
    assert '"answer":"not-confirmed"' in told[5]
    assert '"section":"health-summary"' in told[6]
    assert '"review":{"within_hours":72,"person_told":"at-once"' in told[6]
    assert '"type":"/docs/problems#no-agreement"' in told[7]
