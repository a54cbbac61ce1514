"""A journey tells itself: each step is a sentence, a picture at two widths and what axe found; at the end a page of docs.

The pages go to the folder of `JOURNEYS_DOCS`, else to .var/journeys: only a person who has looked at the pictures puts them
into docs/journeys (`python -m scripts.journeys --docs`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD, account_named
from tests.conftest import ROOT
from tests.e2e.journey.eyes import WIDTHS, Eyes, context
from tests.support.picturing import pictured
from tests.support.running import RunningGateway

PHONE, DESK = 320, 1280
QUALITY = 60


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, in a sentence, and the picture of it that the docs show: a JPEG, for docs are carried by everybody."""

    sentence: str
    picture: bytes = field(repr=False)


@dataclass
class Traveller:
    """One person in the journey: their browser, and the hand that writes the journey down. width: of what they carry."""

    page: Page
    story: Story
    width: int

    def step(self, sentence: str) -> None:
        """Look at the page that is open, and write down what it shows."""
        name = f"{self.story.name}-{len(self.story.steps) + 1:02}"
        eyes = self.story.eyes
        # A picture of the whole page shows what stays in place where the window stood, and a ring around the last field.
        self.page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0) }")
        eyes.look(self.page, name)
        self.page.set_viewport_size({"width": self.width, "height": WIDTHS[self.width]})
        shown = pictured(self.page, type="jpeg", quality=QUALITY)
        self.story.steps.append(Step(sentence, shown))

    def sign_in(self, door: str, username: str) -> None:
        """From the page that somebody wants, through their employer where the hub asks, and the sign-in service's form."""
        page, account = self.page, account_named(username)
        assert account is not None
        page.goto(door)
        self.follow("Sign in")
        if account.organisation is not None:
            page.locator(f"a[href^='/sign-in/{account.organisation}?']").click()
        page.get_by_label("Account").select_option(username)
        page.get_by_label("Sandbox password").fill(SANDBOX_PASSWORD)
        self.press("Sign in")

    def reads(self, *texts: str) -> None:
        """Each text is to be seen."""
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()

    def reads_not(self, *texts: str) -> None:
        """No text of these is on the page."""
        for text in texts:
            expect(self.page.get_by_text(text)).to_have_count(0)

    def waits_for(self, address: str, text: str) -> None:
        """Open the address again until the text is there: what goes from house to house takes a moment."""
        for _ in range(60):
            self.page.goto(address)
            if self.page.get_by_text(text).count():
                return
            self.page.wait_for_timeout(500)
        self.reads(text)

    def follow(self, link: str) -> None:
        self.page.get_by_role("link", name=link).first.click()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()

    def write(self, label: str, words: str) -> None:
        self.page.get_by_label(label, exact=True).fill(words)

    def choose(self, label: str, group: str | None = None) -> None:
        within = self.page if group is None else self.page.get_by_role("group", name=group)
        within.get_by_label(label, exact=True).check()


@dataclass
class Story:
    """One journey. title: in the mission's words; about: whom it is about, in a few sentences."""

    name: str
    title: str
    about: str
    house: RunningGateway
    chromium: Browser
    eyes: Eyes
    script: bool
    steps: list[Step] = field(default_factory=list)

    @property
    def hub(self) -> str:
        return self.house.addresses.hub

    @property
    def gateway(self) -> str:
        return self.house.addresses.gateway

    def traveller(self, address: str, width: int = DESK) -> Traveller:
        """Somebody with a browser of their own."""
        page = context(self.chromium, address, script=self.script).new_page()
        return Traveller(page, self, width)


@contextmanager
def story(
    house: RunningGateway, chromium: Browser, name: str, title: str, about: str, *, script: bool = False
) -> Iterator[Story]:
    """Tell a journey, and write its page where all of it held. Most pages are met without JavaScript."""
    eyes = Eyes(context(chromium, house.addresses.hub, script=True).new_page())
    told = Story(name, title, about, house, chromium, eyes, script)
    try:
        yield told
    finally:
        for one in chromium.contexts:
            one.close()
    write_page(told, Path(os.environ.get("JOURNEYS_DOCS") or ROOT / ".var" / "journeys"))


def write_page(told: Story, folder: Path) -> None:
    """The journey as a page of docs, with its pictures beside it."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    lines = [f"# {told.title}", "", told.about, ""]
    for number, step in enumerate(told.steps, start=1):
        name = f"{told.name}-{number:02}.jpg"
        (pictures / name).write_bytes(step.picture)
        lines += [f"{number}. {step.sentence}", "", f"   ![{step.sentence}](pictures/{name})", ""]
    lines.append(f"Played by `make journeys` (tests/journeys/test_{told.name.replace('-', '_')}.py).")
    (folder / f"{told.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
