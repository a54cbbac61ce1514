"""People under an R or V label are located by no page of the portal or the console, and by no message.

Every page that can be opened is opened, by the resident and by officers, after looks of every kind: a page that is added
later is among them by itself.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from itertools import product, zip_longest
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import PlainTextResponse

from audit.entries import Kind
from consent.permissions import Given
from consent.portal.settings_ports import Contact
from core.vocabulary import Label
from gateway.app import create_app
from gateway.channels.messages import text_of
from gateway.channels.ports import About
from gateway.consenting import Grant
from gateway.people import trace
from gateway.people.locator import Registration
from gateway.people.registering import register_durably
from gateway.reach.reaching import Reaching
from gateway.services.could_see import PolicyServices
from gateway.services.settings_of import SettingsPages
from gateway.services.story import StoryPages
from gateway.story.source import SOURCE
from gateway.views.pipeline import view
from gateway.views.values import Ask
from tests.support.walk import CALLERS, COUNCIL, PRACTICE, FakeOutages, FakeSource, FakeVerifier, registers
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import OFFICER, RESIDENT
from tests.unit.gateway.test_pages import resident_of, signed_in

NUMBER = str(RESIDENT["nhs_number"])
COUNTY, PURPOSE = "norfolk-county-council", "early-help-triage"
OF_RECORDS = ("7 Zyxwarden Row", "NR99 9ZX", "100099900099")
"""Where sources say that the person is."""
OWN = "Zyxcottage by the mill"
"""Where the person says that they are, in their own story."""
OWN_PAGES = ("/portal/story", "/portal/story/how_to_reach_me", "/portal/story/preview")
"""Where a person reads their own words."""
RECORDS = {
    COUNCIL: {
        "contact": {
            "address": OF_RECORDS[0],
            "postcode": OF_RECORDS[1],
            "uprn": OF_RECORDS[2],
            "telephone": "01632 960001",
        },
        "tenancy": {"tenancy_type": "secure", "status": "active"},
    },
    PRACTICE: {"contact": {"address": OF_RECORDS[0], "telephone": "01632 960001"}},
}


def routes_of(router: APIRouter) -> Iterator[APIRoute]:
    """Every route of a router and of those that it includes, which FastAPI keeps as they are."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        included = getattr(route, "original_router", None)
        if isinstance(included, APIRouter):
            yield from routes_of(included)


@dataclass
class Town:
    """A whole gateway with fake sources, and its web."""

    house: Composed
    app: FastAPI
    opened: int = 0

    def addresses(self, room: str) -> Iterator[str]:
        """Every address that a GET route of the room can have, with every value that it could mean here."""
        purposes, organisations = sorted(registers().purposes), sorted(registers().organisations)
        values = {
            "index": [str(index) for index in range(self.house.size)],
            "organisation": [COUNTY, COUNCIL, *organisations[:3]],
            "purpose": [PURPOSE, *purposes[:3]],
            "question": ["what_matters", "how_to_reach_me", "told_already", "adjustments"],
            "channel": ["email", "text"],
            "kind": ["break-glass", "hold-back", "look-again", "sample"],
            "reference": [f"OT-{index}" for index in range(self.house.size)],
        }
        for route in routes_of(self.app.router):
            if "GET" in (route.methods or ()) and route.path.startswith(f"/{room}/"):
                names = re.findall(r"{(\w+)(?::\w+)?}", route.path)
                pieces = re.split(r"{\w+(?::\w+)?}", route.path)
                for chosen in product(*(values.get(name, ["1", "none"]) for name in names)):
                    yield "".join(
                        f"{piece}{value}" for piece, value in zip_longest(pieces, chosen, fillvalue="")
                    )

    async def crawl(self, room: str, browser: Browser, planted: tuple[str, ...]) -> None:
        """Open every page, and find nothing of what was planted."""
        for address in self.addresses(room):
            if address == "/portal/leave":
                continue
            answer = await browser.get(address)
            assert answer.status < 500, address
            self.opened += answer.status == 200
            text = answer.text.replace("&#39;", "'")
            looked_for = planted if address not in OWN_PAGES else OF_RECORDS
            assert not [one for one in looked_for if one in text], address


async def look(town: Town, who: str, **how: str) -> tuple[str, ...]:
    """Ask for a view, and give all values that it shows."""
    parts = town.house.gateway.views
    handle = town.house.gateway.handles.make(CALLERS[who].organisation, trace.by_nhs_number(NUMBER))
    ask = Ask(handle, how.pop("purpose", PURPOSE), None, "to arrange help", **how)
    found = await view(parts, [who], ask, "req_test")
    return tuple(str(value) for section in found.sections for value in section.data.values())


@pytest.fixture(params=[Label.RESTRICTED, Label.VERY_RESTRICTED])
async def town(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    async with composed(tmp_path, monkeypatch) as house:
        gateway = house.gateway
        sources = {
            name: FakeSource(name, records, label=request.param if name == PRACTICE else None)
            for name, records in RECORDS.items()
        }
        parts = replace(
            gateway.views,
            verifier=FakeVerifier(CALLERS),
            sources={**sources, SOURCE: gateway.views.sources[SOURCE]},
            outages=FakeOutages(),
        )
        house.gateway = replace(gateway, views=parts)
        house.app = create_app(house.gateway)
        yield Town(house, house.app)


async def lived(town: Town) -> None:
    """A person whom two sources know, who told their story and allowed all of it; looks, an emergency, a refusal."""
    gateway = town.house.gateway
    await signed_in(town.house)
    for name in RECORDS:
        registration = Registration(name, f"record-at-{name}", NUMBER)
        await register_durably(
            gateway.locator, gateway.ledger, gateway.committer, gateway.clock, registration, lambda _: ()
        )
    person = resident_of(town.house)
    key = gateway.keys.get(person)
    stories = StoryPages(gateway.stories, gateway.keys, gateway.telling, PolicyServices(gateway.views))
    await stories.keep(person, "how_to_reach_me", OWN)
    await stories.keep(person, "what_matters", "My dog")
    everything = {name: section.fields for name, section in registers().sections.items()}
    grant = Grant(PURPOSE, COUNTY, everything, frozenset({*RECORDS, SOURCE}), None)
    await gateway.consenting.give(key, grant, Given("portal", person))
    shown = [await look(town, "triager"), await look(town, "triager")]
    assert any("01632 960001" in values for values in shown), "something was shown"
    assert any("My dog" in values for values in shown)
    shown.append(await look(town, "nurse", purpose="break-glass-emergency", emergency="found-unconscious"))
    shown.append(await look(town, "housing", purpose="homelessness-prevention"))
    for values in shown:
        assert not set(values) & {*OF_RECORDS, OWN}


async def test_no_page_of_portal_or_console_tells_where_somebody_is_who_must_not_be_found(town: Town) -> None:
    await lived(town)
    await town.crawl("portal", await signed_in(town.house), (*OF_RECORDS, OWN))
    assert town.opened > 30
    for officer in (dict(OFFICER), {**OFFICER, "sub": "county-officer", "organisation": COUNTY}):
        await town.crawl("console", await signed_in(town.house, officer, "console"), (*OF_RECORDS, OWN))
    assert town.opened > 60
    tag = town.house.gateway.keys.get(resident_of(town.house)).tag
    assert len(town.house.reader.of_tag(tag, [kind.value for kind in Kind], None, 100)) >= 7


async def test_a_page_that_would_tell_is_found(town: Town) -> None:
    await lived(town)

    @town.app.get("/portal/leaky", include_in_schema=False)
    async def leaky() -> PlainTextResponse:
        return PlainTextResponse(f"They are at {OF_RECORDS[0]}.")

    # The room's own answer to every other address stands before it: a page of a group comes before that.
    town.app.router.routes.insert(0, town.app.router.routes.pop())
    with pytest.raises(AssertionError, match="/portal/leaky"):
        await town.crawl("portal", await signed_in(town.house), (*OF_RECORDS, OWN))


async def test_no_message_is_sent_to_them_and_none_says_anything_of_anybody(town: Town) -> None:
    await lived(town)
    gateway = town.house.gateway
    person = resident_of(town.house)
    # The sign-in is not asked by what is done here.
    settings = SettingsPages(gateway.wishes, gateway.keys, gateway.choosing, None)  # type: ignore[arg-type]
    await settings.reach(person, Contact("email", "sam@example.test", others_read=False))
    reaching = Reaching(gateway.wishes, gateway.locator, gateway.clock)
    assert await reaching.of(person) is None
    for about in About:
        message = text_of(about, "https://gateway.test/portal/", lambda words: words)
        said = f"{message.subject} {message.body}"
        assert not [one for one in (*OF_RECORDS, OWN, NUMBER, person, "Council") if one in said]


async def test_without_the_label_such_a_person_would_be_sent_messages(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived(town)
    gateway = town.house.gateway
    person = resident_of(town.house)
    settings = SettingsPages(gateway.wishes, gateway.keys, gateway.choosing, None)  # type: ignore[arg-type] # as above
    await settings.reach(person, Contact("email", "sam@example.test", others_read=False))
    monkeypatch.setattr("gateway.reach.reaching.ENDANGERED", frozenset())
    assert await Reaching(gateway.wishes, gateway.locator, gateway.clock).of(person) is not None
