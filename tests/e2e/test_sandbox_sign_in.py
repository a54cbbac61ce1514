"""The sandbox's sign-in pages in a real Chromium: axe finds nothing, all fits the window, no script needed."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD, residents
from adapters.sandbox.identity_provider.signing_in import STRONG
from tests.conftest import ROOT, Parts
from tests.support.identity_provider import provider
from tests.support.picturing import pictured

SHOTS = ROOT / ".var" / "screenshots"
CALLBACK = "http://127.0.0.1:8800/signin/callback"
ASKED = (
    f"response_type=code&client_id=oncetold-web&redirect_uri={CALLBACK}&scope=openid%20profile&state=s&nonce=n"
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
)


def look(page: Page, name: str, width: int) -> None:
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    pictured(page, path=SHOTS / f"sandbox-{name}-{width}.png", full_page=False)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_sign_in_pages_are_accessible_and_work_without_scripts(
    tmp_path: Path, parts: Parts, width: int
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    with provider(tmp_path) as running, sync_playwright() as player:
        browser = player.chromium.launch(executable_path=parts.chromium, args=arguments)
        page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
        page.goto(f"{running.url}/authorize?{ASKED}")
        look(page, "sign-in", width)
        page.get_by_label("Account").select_option(residents()[0].username)
        page.get_by_label("Sandbox password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_title(re.compile("^Error: "))
        look(page, "sign-in-error", width)
        # A second factor, wrong at first.
        page.goto(
            f"{running.url}/authorize?{ASKED.replace('nonce=n', 'nonce=strong')}&acr_values={quote(STRONG)}&max_age=300"
        )
        page.get_by_label("Account").select_option(residents()[0].username)
        page.get_by_label("Sandbox password").fill(SANDBOX_PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        look(page, "security-code", width)
        page.get_by_label("Security code").fill("not digits")
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_title(re.compile("^Error: "))
        look(page, "security-code-error", width)
        page.get_by_label("Security code").fill(page.locator("#sandbox-code").inner_text())
        # Nobody listens at the gateway's door: that the browser asks there is all.
        with page.expect_request(f"{CALLBACK}?code=*"):
            page.get_by_role("button", name="Continue").click()
        page = page.context.new_page()
        page.goto(f"{running.url}/end_session")
        look(page, "signed-out", width)
        page.goto(f"{running.url}/authorize")
        look(page, "sign-in-refused", width)
        # Without scripts, as far as the gateway's door.
        plain = browser.new_context(java_script_enabled=False).new_page()
        plain.goto(f"{running.url}/authorize?{ASKED}")
        plain.get_by_label("Account").select_option(residents()[0].username)
        plain.get_by_label("Sandbox password").fill(SANDBOX_PASSWORD)
        with plain.expect_request(f"{CALLBACK}?code=*"):
            plain.get_by_role("button", name="Sign in").click()
        browser.close()
