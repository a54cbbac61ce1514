"""The pages of Voice in a real Chromium at 320 and 1280 px: each fits, answers at once, passes axe, needs no script.

Screenshots of each go to .var/screenshots, for a person to look at.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.voice.feature import FEATURE
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge
from tests.unit.hub.fakes import Desk, hub_in
from tests.unit.hub.voice.conftest import VOICE_PARTNERS
from tests.unit.hub.voice.filled import CODES, REGISTER, addresses, fill

PUBLIC = (
    Shown("voice-say", "/voice", "many", "We do not ask who you are."),
    Shown("voice-thanks", "/voice/thanks", "many", "What happens now"),
    Shown("voice-answer", "/voice/answer", "many", "Did you get a code"),
    Shown("voice-paper", "/voice/paper", "many", "You do not have to say who you are."),
    Shown("voice-you-said", "/voice/you-said", "many", "what we do about it"),
    Shown("voice-you-said-none", "/voice/you-said", "none", "There is nothing on the list yet."),
    Shown("voice-plans", "/voice/plans", "many", "1 of 4 done."),
    Shown("voice-plans-none", "/voice/plans", "none", "There are no plans to show yet."),
    Shown("voice-plan", "plan", "many", "Too many homes are cold and damp"),
    Shown("voice-words", "/voice/words", "many", "We write each change down here."),
    Shown("voice-wording", "/voice/words/home-and-health", "many", "What was taken out is"),
    Shown("voice-wording-one", "/voice/words/one-version", "many", "Version 1, used now"),
)
TEAM = (
    Shown("voice-team", "/voice/team", "many", "2 things wait to be read."),
    Shown("voice-team-none", "/voice/team", "none", "Nothing waits to be read."),
    Shown("voice-write-down", "/voice/team/write-down", "many", "Do not ask who they are for this."),
    Shown("voice-written", "/voice/team/written", "many", "It waits to be read now."),
    Shown("voice-heard", "heard", "many", "adjudication"),
    Shown("voice-item", "item", "many", "Everybody sees this."),
    Shown("voice-plans-team", "/voice/team/plans", "many", "Warm and dry homes"),
    Shown("voice-plan-team", "plan-team", "many", "Change the plan"),
    Shown("voice-plan-form", "plan-form", "many", "What is the plan called?"),
    Shown("voice-action-form", "action-form", "many", "What is to be done?"),
    Shown("voice-home", "/", "many", "What people told us"),
)


SESSION = b"__Host-hub-session"


def behind_its_name(app: ASGIApp) -> ASGIApp:
    """As a proxy does that serves the hub under its public name: the browser's origin becomes that of the hub.

    The session's cookie is for https only: here the browser holds it under another name.
    """

    async def proxied(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            own = b"http://" + dict(scope["headers"]).get(b"host", b"")
            scope["headers"] = [
                (
                    name,
                    value.replace(own, b"https://hub.test")
                    if name == b"origin"
                    else value.replace(b"preview", SESSION),
                )
                for name, value in scope["headers"]
            ]
        await app(scope, receive, send)

    return proxied


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    config = uvicorn.Config(
        behind_its_name(app), host="127.0.0.1", port=0, log_level="warning", ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the preview did not start"
        assert time.monotonic() < deadline, "the preview did not start in time"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


Place = tuple[str, Desk, dict[str, str]]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    found: dict[str, Place] = {}
    register = tmp_path_factory.mktemp("register") / "register.yaml"
    register.write_text(REGISTER)
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("HUB_VOICE_WORDINGS", str(register))
        for state in ("many", "none"):
            desk = hub_in(tmp_path_factory.mktemp(state), (FEATURE,), VOICE_PARTNERS)
            database = desk.hub.parts.database
            stack.callback(database.close)
            if state == "many":
                database.write_now(fill)
            by_chance = database.read_now(addresses) if state == "many" else {}
            found[state] = (stack.enter_context(serving(desk.hub.app)), desk, by_chance)
        yield found


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(parts.chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def opened(chromium: Browser, place: Place, width: int, *, team: bool = False, script: bool = True) -> Page:
    address, desk, _ = place
    context = chromium.new_context(
        base_url=address, viewport={"width": width, "height": WIDTHS[width]}, java_script_enabled=script
    )
    if team:
        (value,) = desk.sign_in().cookies.values()
        context.add_cookies([{"name": "preview", "value": value, "url": address}])
    return context.new_page()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", [*PUBLIC, *TEAM], ids=lambda shown: shown.name)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, places: dict[str, Place], shown: Shown, width: int
) -> None:
    place = places[shown.state]
    page = opened(chromium, place, width, team=shown in TEAM)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(place[2].get(shown.address, shown.address))
    assert complaints == []
    for one in page.locator("summary").all():
        one.click()
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    page.evaluate("scrollTo(0, 0)")
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_somebody_says_something_without_script_and_sees_the_answer_by_the_code(
    chromium: Browser, places: dict[str, Place], width: int
) -> None:
    page = opened(chromium, places["many"], width, script=False)
    page.goto("/voice")
    page.get_by_label("What do you want to say?").fill("Please say who looked.")
    page.get_by_label("I want to see the answer. Give me a code.").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you. We have it").wait_for(state="hidden")
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_role("link", name="Choose what it is about").click()
    page.get_by_label("Somebody looked at my information").check()
    page.get_by_role("button", name="Send").click()
    code = page.locator(".voice-code").inner_text()
    page.get_by_role("link", name="Your answer", exact=True).first.click()
    page.get_by_label("Your code").fill(code.lower())
    page.get_by_role("button", name="Show the answer").click()
    expect(page.get_by_role("heading", name="We have not read it yet")).to_be_visible()
    assert code not in page.url
    assert page.context.cookies() == []
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["errors", "code", "full"])
def test_the_form_in_its_other_states_passes_axe(
    chromium: Browser, places: dict[str, Place], name: str, width: int
) -> None:
    page = opened(chromium, places["many"], width)
    page.goto("/voice")
    if name == "code":
        page.get_by_label("A form or a letter").check()
        page.get_by_label("What do you want to say?").fill("Please write shorter letters.")
        page.get_by_label("I want to see the answer. Give me a code.").check()
    elif name == "full":
        page.get_by_label("Leave this box empty").evaluate("box => { box.value = 'filled' }")
    page.get_by_role("button", name="Send").click()
    page.wait_for_load_state()
    judge(page, f"voice-say-{name}", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("unread", CODES["unread"], "We have not read it yet"),
        ("answered", CODES["answered"], "Done"),
        ("aside", CODES["aside"], "We cannot answer this here"),
        ("unknown", "ZZZZ-ZZZZ-ZZZZ", "We do not know this code"),
    ],
)
def test_what_a_code_opens_is_seen_at_once(
    chromium: Browser, places: dict[str, Place], name: str, code: str, words: str, width: int
) -> None:
    page = opened(chromium, places["many"], width)
    page.goto("/voice/answer")
    page.get_by_label("Your code").fill(code)
    page.get_by_role("button", name="Show the answer").click()
    answer = page.get_by_role("heading", name=words).bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, f"voice-answer-{name}", width)
    page.context.close()


def test_the_paper_form_fits_one_sheet_with_its_slip(chromium: Browser, places: dict[str, Place]) -> None:
    page = opened(chromium, places["many"], 1280)
    page.goto("/voice/paper")
    margin = "15mm"
    printed = page.pdf(format="A4", margin={"top": margin, "bottom": margin, "left": margin, "right": margin})
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_team_writes_down_a_call_and_puts_it_on_the_list(
    chromium: Browser, places: dict[str, Place], width: int
) -> None:
    page = opened(chromium, places["none"], width, team=True, script=False)
    page.goto("/voice/team/write-down")
    page.get_by_role("button", name="Keep it").click()
    expect(page).to_have_title(re.compile("^Error: "))
    for choice in ("By phone", "Monday to Friday, between 9am and 5pm", "A rule"):
        page.get_by_label(choice).check()
    page.get_by_label("What did they say?").fill(f"Why must I show my payslip three times? ({width})")
    page.get_by_label("Yes. Show me a code to give them").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("heading", name="Their code")).to_be_visible()
    page.goto("/voice/team")
    page.get_by_role("link", name="Why must I show my payslip").first.click()
    page.get_by_label("You said, in our own words").fill("People are asked for one paper many times")
    page.get_by_label("Theme").select_option(label="Money")
    page.get_by_label("Who answers").select_option(label="All of us together")
    page.get_by_role("button", name="Put it on the list").click()
    page.get_by_role("link", name="People are asked for one paper many times").first.click()
    page.get_by_label("Everybody", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("I checked: nobody can be known by these words").check()
    page.get_by_role("button", name="Save").click()
    page.goto("/voice/you-said")
    expect(page.get_by_text("People are asked for one paper many times").first).to_be_visible()
    page.context.close()
