from __future__ import annotations

import re
from functools import partial

import pytest
from fastapi import FastAPI

from consent.portal import PortalSettings, build_router
from consent.portal.could_see import add_pages, organisations
from tests.unit.consent.portal.fakes import MANY_COULD, NOBODY_COULD, NOW, FakePortal
from tests.unit.consent.portal.test_pages import SYSTEM_WORDS
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

PAGE = "/portal/who-could-see-me"


async def get(state: str, address: str = PAGE) -> Answer:
    services = FakePortal()
    app = FastAPI()
    app.include_router(
        build_router(services, (partial(add_pages, policy=services),), PortalSettings(now=lambda: NOW))
    )
    return await ask(app, "GET", address, state=state)


async def page(state: str) -> Markup:
    answer = await get(state)
    assert answer.status == 200
    return assert_keeps_the_house_rules(answer.text)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("many", "4 organisations could look at things about you now. In an emergency, more people could."),
        ("one", "1 organisation could look at things about you now."),
        ("none", "Nobody could look at anything about you now."),
        ("law", "Nobody could look at anything about you now. Only in an emergency."),
        ("full", "There are more than we can show on one page."),
    ],
)
async def test_the_first_lines_answer_who_could_look_and_what_stops_the_others(state: str, said: str) -> None:
    text = (await page(state)).text
    assert said in text
    assert "Nobody else can look." in text


async def test_what_the_person_allowed_and_what_the_law_allows_stand_apart() -> None:
    found = await page("many")
    assert [link["href"] for link in found.attributes("a") if link["href"].startswith("#")] == [
        "#main-content",
        "#allowed",
        "#unless-no",
        "#law",
        "#emergency",
    ]
    parts = re.split(
        r"You allowed They|The law allows, unless you say no They|The law allows They", found.text
    )
    assert "Harbour Help" in parts[1]
    assert "Until 10 December 2026" in parts[1]
    assert "If you do not agree Tell Norwich City Council." in parts[2]
    assert "You cannot stop this." in parts[3]
    assert "Care Act 2014 section 42" in parts[3]


async def test_each_kind_of_information_is_told_by_field_and_by_source() -> None:
    text = (await page("one")).text
    assert "Money you owe From Norwich City Council How much rent you owe How you pay it back" in text
    assert "Who Adviser Social prescriber" in text


async def test_what_rests_on_one_permission_is_stopped_from_here() -> None:
    assert "/portal/stop/p1" in {link["href"] for link in (await page("one")).attributes("a")}
    assert not any("/portal/stop/" in link["href"] for link in (await page("law")).attributes("a"))


async def test_a_question_is_answered_yes_or_nothing_and_shows_nothing() -> None:
    text = (await page("many")).text
    assert (
        "They could ask Does this person owe their landlord no rent? They are told Yes, or nothing." in text
    )


async def test_the_first_page_leads_here_and_no_page_of_one_part_has_a_list_of_parts() -> None:
    home = assert_keeps_the_house_rules((await get("one", "/portal/")).text)
    assert PAGE in {link["href"] for link in home.attributes("a")}
    assert not [link for link in (await page("one")).attributes("a") if link["href"] == "#allowed"]


async def test_no_system_word_reaches_the_resident_and_names_are_shown_as_text() -> None:
    assert SYSTEM_WORDS.search((await page("many")).text) is None
    assert "<script>alert(1)</script>" in (await page("hostile")).text
    assert "/portal/stop/p%224" in {link["href"] for link in (await page("hostile")).attributes("a")}


async def test_nobody_is_shown_anything_without_a_sign_in_or_while_the_policy_is_in_doubt() -> None:
    assert (await get("out")).status != 200
    assert (await get("closed")).status == 503


def test_an_organisation_is_counted_once_and_an_emergency_apart() -> None:
    assert organisations(NOBODY_COULD) == 0
    assert organisations(MANY_COULD) == 4
