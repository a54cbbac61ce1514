from __future__ import annotations

import pytest
from fastapi import FastAPI

from audit.console import ConsoleSettings, build_router
from audit.console.ports import SEARCH_PAGE, Filters, LogState
from tests.unit.audit.console.fakes import CHECKPOINT, LEAF, LONG_NAME, TOKEN, FakeConsole
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

FOR_OFFICERS = ["/console/", "/console/items/41017", "/console/items/41017/receipt.txt", "/console/log"]


class Console:
    """The console with fake services, and a browser."""

    def __init__(self, services: FakeConsole | None = None) -> None:
        self.services = services or FakeConsole()
        self.app = FastAPI()
        self.app.include_router(build_router(self.services, (), ConsoleSettings(("https://idp.example",))))

    async def get(self, address: str, state: str = "many") -> Answer:
        return await ask(self.app, "GET", address, state=state)

    async def page(self, address: str, state: str = "many", status: int = 200) -> Markup:
        answer = await self.get(address, state)
        assert answer.status == status
        return assert_keeps_the_house_rules(answer.text)


@pytest.fixture
def console() -> Console:
    return Console()


async def test_a_search_shows_what_happened_in_words(console: Console) -> None:
    text = (await console.page("/console/")).text
    assert LONG_NAME in text
    for said in (
        "20 October 2026 at 2:07pm",
        "Information left",
        "adviser, Harbour Help",
        "XK7-2MQ4-9T",
        "Odd code",
    ):
        assert said in text


async def test_a_search_keeps_its_filters_and_hands_them_on(console: Console) -> None:
    markup = await console.page("/console/?text=Harbour&kind=refusal&from=2026-10-01")
    (asked,) = console.services.searched
    assert (asked.text, asked.kind) == ("Harbour", "refusal")
    assert [one["value"] for one in markup.attributes("option") if "selected" in one] == ["refusal"]
    values = {one.get("name"): one.get("value") for one in markup.attributes("input")}
    assert values["text"] == "Harbour"
    assert values["from"] == "2026-10-01"
    assert [one for one in markup.attributes("details") if "open" in one]


async def test_a_search_that_cannot_be_is_told_and_not_made(console: Console) -> None:
    markup = await console.page("/console/?text=999%20000%200018&from=yesterday")
    assert markup.title.startswith("Error: ")
    assert "Search without the NHS number" in markup.text
    assert "999" not in markup.text
    assert console.services.searched == []


async def test_a_full_page_leads_on_with_the_same_filters(console: Console) -> None:
    markup = await console.page("/console/?text=Harbour", "full")
    assert f"/console/?text=Harbour&before={1001 - SEARCH_PAGE}" in {
        link["href"] for link in markup.attributes("a")
    }


async def test_an_empty_result_says_what_to_try(console: Console) -> None:
    assert "Nothing was found." in (await console.page("/console/", "none")).text
    assert console.services.searched == [Filters()]


async def test_an_item_tells_who_asked_what_was_decided_and_what_left(console: Console) -> None:
    text = (await console.page("/console/items/41017")).text
    for said in (
        "The reason they gave: First talk about the rent arrears",
        "What the person had said Allowed on 10 September 2026 until 10 December 2026.",
        "Let through.",
        "Basis in law Consent, UK GDPR Article 6(1)(a)",
        "Clause Agreement norwich-debt-advice-2026, clause 4.2",
        "Norwich City Council debts.arrears_band debts.repayment_plan tenancy.landlord",
        LEAF,
    ):
        assert said in text


async def test_a_refused_item_says_that_nothing_left(console: Console) -> None:
    text = (await console.page("/console/items/40100")).text
    for said in ("They gave no reason.", "Nothing left.", "Clause None", "Nothing was written down."):
        assert said in text
    assert "Download the receipt" not in text
    assert (await console.get("/console/items/40100/receipt.txt")).status == 404


async def test_the_receipt_is_a_plain_text(console: Console) -> None:
    answer = await console.get("/console/items/41017/receipt.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.endswith(CHECKPOINT)


@pytest.mark.parametrize(("index", "said"), [(41017, "The proof holds"), (40100, "The proof does not hold")])
async def test_verify_now_says_what_was_found(console: Console, index: int, said: str) -> None:
    form = (await console.page(f"/console/items/{index}")).fields()
    answer = await ask(console.app, "POST", f"/console/items/{index}", state="many", form=form)
    text = assert_keeps_the_house_rules(answer.text).text
    assert said in text
    assert "Checked on 20 October 2026 at 4:07pm." in text


async def test_verify_now_needs_the_sessions_own_token(console: Console) -> None:
    answer = await ask(console.app, "POST", "/console/items/41017", state="many", form={"csrf": "guessed"})
    assert answer.status == 403
    assert "The proof holds" not in answer.text


@pytest.mark.parametrize(
    "address", ["/console/items/7", "/console/items/x", "/console/items/7/receipt.txt", "/console/x"]
)
async def test_what_does_not_concern_the_officers_organisation_does_not_exist(
    console: Console, address: str
) -> None:
    assert (await console.page(address, status=404)).h1 == "We cannot find this page"


async def test_verifying_what_does_not_concern_them_is_no_way_round(console: Console) -> None:
    answer = await ask(console.app, "POST", "/console/items/7", state="many", form={"csrf": TOKEN})
    assert answer.status == 404


async def test_the_log_shows_its_last_checkpoint_and_how_a_stranger_checks_it(console: Console) -> None:
    text = (await console.page("/console/log")).text
    assert "The log holds 41,018 entries." in text
    assert "20 October 2026 at 4:07pm" in text
    assert " ".join(CHECKPOINT.split()) in text
    assert "How a stranger checks it" in text


async def test_an_empty_log_says_so() -> None:
    class Empty(FakeConsole):
        async def log_state(self) -> LogState:
            return LogState(0, None, "")

    assert "The log is empty." in (await Console(Empty()).page("/console/log")).text


@pytest.mark.parametrize("address", FOR_OFFICERS)
async def test_without_sign_in_there_is_nothing_but_the_way_to_it(console: Console, address: str) -> None:
    markup = await console.page(address, "out", 403)
    assert "/console/sign-in" in {link["href"] for link in markup.attributes("a")}
    assert console.services.searched == []


async def test_after_signing_out_the_page_says_so_to_anybody(console: Console) -> None:
    assert (await console.page("/console/signed-out", "out")).h1 == "You are signed out"


async def test_signing_out_is_a_form_with_the_sessions_token(console: Console) -> None:
    markup = await console.page("/console/log")
    assert {"method": "post", "action": "/console/sign-out"}.items() <= markup.attributes("form")[0].items()
    assert markup.fields() == {"csrf": TOKEN}


async def test_when_the_log_is_closed_the_page_says_so(console: Console) -> None:
    assert (await console.page("/console/", "closed", 503)).h1 == "This is not working right now"


async def test_what_a_practitioner_wrote_is_never_run(console: Console) -> None:
    answer = await console.get("/console/items/38000")
    markup = assert_keeps_the_house_rules(answer.text)
    assert "</q><script>alert(4)</script>" in markup.text
    assert "<script>alert(3)</script>" in markup.text
    assert_keeps_the_house_rules((await console.get("/console/")).text)


async def test_without_settings_forms_go_nowhere_but_home() -> None:
    app = FastAPI()
    app.include_router(build_router(FakeConsole()))
    policy = (await ask(app, "GET", "/console/")).headers["content-security-policy"]
    assert "form-action 'self';" in policy
