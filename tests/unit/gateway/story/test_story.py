"""A resident's own words: kept under their key, offered like any other source's, gone when they say so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.contract import FetchRequest, NotHeldError, SourceError
from consent.portal.ports import NotPossible
from consent.portal.story_ports import NotKept
from consent.story.words import LONGEST, SECTION
from core.errors import BrokenRowError, ClosedError
from core.vocabulary import Label
from gateway.story.source import StorySource
from tests.support.faults import refuse_inserts
from tests.unit.gateway.story.told import ALL, SOURCE, WORDS, House, telling


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with telling(tmp_path) as opened:
        yield opened


def source_of(house: House) -> StorySource:
    found = house.way.parts.sources[SOURCE]
    assert isinstance(found, StorySource)
    return found


def at_rest(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def asked(house: House, *fields: str, reference: str | None = None) -> FetchRequest:
    return FetchRequest(reference or house.person, {SECTION: frozenset(fields)}, "req_test")


async def test_what_a_person_told_once_is_in_the_view_of_whoever_they_allow(house: House) -> None:
    written = house.clock.now()
    await house.pages.keep(house.person, "told_already", WORDS)
    assert (await house.ask()).sections == ()
    await house.allow()
    house.advance(3600)
    (section,) = (await house.ask()).sections
    assert (section.section, section.source) == (SECTION, SOURCE)
    assert dict(section.data) == {"told_already": WORDS}
    assert section.as_of.replace(microsecond=0) == written.replace(microsecond=0)
    assert section.basis["permission_rule"] == "permission"


async def test_only_the_fields_that_the_person_allowed_are_shown(house: House) -> None:
    await house.pages.keep(house.person, "told_already", WORDS)
    await house.pages.keep(house.person, "what_matters", "My dog")
    await house.allow({SECTION: frozenset({"what_matters"})})
    (section,) = (await house.ask()).sections
    assert dict(section.data) == {"what_matters": "My dog"}
    answer = await source_of(house).fetch(asked(house, "what_matters", "adjustments"))
    assert [(one.field, one.value) for one in answer.fragments] == [("what_matters", "My dog")]


@pytest.mark.parametrize("label", [Label.RESTRICTED, Label.VERY_RESTRICTED, Label.UNKNOWN])
async def test_how_to_reach_somebody_who_must_not_be_found_is_shown_to_nobody(
    tmp_path: Path, label: Label
) -> None:
    async with telling(tmp_path, label) as house:
        await house.pages.keep(house.person, "how_to_reach_me", "At my sister's, 12 Made-up Row")
        await house.pages.keep(house.person, "what_matters", "My dog")
        await house.allow()
        (section,) = (await house.ask()).sections
        assert dict(section.data) == {"what_matters": "My dog"}
        (reader,) = await house.pages.readers(house.person)
        assert "how_to_reach_me" not in reader.questions


async def test_the_first_answer_sets_the_pointer_and_deleting_takes_it_back(house: House) -> None:
    assert SOURCE not in house.row.pointers
    await house.pages.keep(house.person, "what_matters", "My dog")
    assert house.row.pointers[SOURCE] == house.person
    others = {name: place for name, place in house.row.pointers.items() if name != SOURCE}
    assert len(others) == 3
    await house.pages.keep(house.person, "adjustments", "Slowly")
    await house.pages.forget(house.person, "what_matters")
    assert SOURCE in house.row.pointers
    await house.pages.forget(house.person, None)
    assert house.row.pointers == others
    assert (await house.pages.story(house.person)).told == {}


async def test_every_change_stands_in_the_log_and_nothing_of_what_was_written(house: House) -> None:
    await house.pages.keep(house.person, "told_already", WORDS)
    await house.pages.keep(house.person, "told_already", WORDS + " Ever.")
    await house.pages.forget(house.person, "told_already")
    await house.pages.forget(house.person, None)
    outcomes = house.own_entries()
    assert [outcome for outcome, _ in outcomes] == ["story-deleted", "story-changed", "story-changed"]
    for _, detail in outcomes:
        assert detail == {"by": {"how": "portal", "by": house.person, "capacity": "self"}}


async def test_where_the_log_does_not_take_the_entry_nothing_of_the_story_changes(house: House) -> None:
    await house.pages.keep(house.person, "what_matters", "My dog")
    refuse_inserts(house.way.home.database, "log_entry_detail")
    with pytest.raises(ClosedError):
        await house.pages.keep(house.person, "what_matters", "My cat")
    with pytest.raises(ClosedError):
        await house.pages.forget(house.person, None)
    assert (await house.pages.story(house.person)).told["what_matters"].words == "My dog"
    assert SOURCE in house.row.pointers


async def test_only_the_newest_words_rest(house: House, tmp_path: Path) -> None:
    await house.pages.keep(house.person, "what_matters", "My dog")
    with house.way.home.database.read() as tx:
        before = bytes(tx.execute(text("SELECT sealed FROM person_story")).scalar_one())
    await house.pages.keep(house.person, "what_matters", "My cat")
    kept = at_rest(tmp_path)
    # Not even what was sealed: neither in a row, nor on a free page, nor in the journal.
    assert before not in kept
    with house.way.home.database.read() as tx:
        assert tx.execute(text("SELECT COUNT(*) FROM person_story")).scalar_one() == 1


async def test_a_look_decided_before_the_person_deleted_it_shows_nothing(house: House) -> None:
    await house.pages.keep(house.person, "what_matters", "My dog")
    await house.allow()
    source = source_of(house)
    fetched = await source.fetch(asked(house, "what_matters"))
    await house.pages.forget(house.person, None)
    assert fetched.fragments
    assert (await house.ask()).sections == ()
    with pytest.raises(NotHeldError):
        await source.fetch(asked(house, "what_matters"))


async def test_whoever_was_erased_or_never_wrote_holds_nothing(house: House) -> None:
    source = source_of(house)
    with pytest.raises(NotHeldError):
        await source.fetch(asked(house, "what_matters"))
    await house.pages.keep(house.person, "what_matters", "My dog")
    house.way.home.keys.erase(house.person, 1)
    with pytest.raises(NotHeldError):
        await source.fetch(asked(house, "what_matters"))
    assert (await house.pages.story(house.person)).told == {}
    for change in (
        house.pages.keep(house.person, "what_matters", "x"),
        house.pages.forget(house.person, None),
    ):
        with pytest.raises(NotPossible):
            await change


async def test_an_erasure_that_came_first_brings_nobody_back(house: House) -> None:
    with house.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM person"))
    with pytest.raises(NotPossible):
        await house.pages.keep(house.person, "what_matters", "My dog")
    with house.way.home.database.read() as tx:
        assert tx.execute(text("SELECT COUNT(*) FROM person_story")).scalar_one() == 0


async def test_an_altered_or_moved_row_does_not_open(house: House) -> None:
    await house.pages.keep(house.person, "what_matters", "My dog")
    with house.way.home.database.write() as tx:
        tx.execute(text("UPDATE person_story SET sealed = :s"), {"s": b"\0" * 64})
    with pytest.raises(BrokenRowError):
        await house.pages.story(house.person)
    with pytest.raises(SourceError) as failure:
        await source_of(house).fetch(asked(house, "what_matters"))
    assert failure.value.code == "failed"


async def test_the_source_is_well_while_the_database_answers_whoever_is_asked_about(house: House) -> None:
    source = source_of(house)
    await source.probe()
    with house.way.home.database.write() as tx:
        tx.execute(text("DROP TABLE person_story"))
    with pytest.raises(SourceError) as failure:
        await source.probe()
    assert failure.value.code == "unreachable"
    await source.close()
    assert source.sections == {SECTION}


async def test_what_cannot_be_kept_is_refused_before_anything_is_written(house: House) -> None:
    with pytest.raises(NotKept) as refused:
        await house.pages.keep(house.person, "what_matters", "x" * (LONGEST + 7))
    assert (refused.value.fault, refused.value.long, refused.value.longest) == (
        "too-long",
        LONGEST + 7,
        LONGEST,
    )
    with pytest.raises(NotKept):
        await house.pages.keep(house.person, "what_matters", "I live in NR2 1AB")
    for question in ("text", ""):
        with pytest.raises(KeyError):
            await house.pages.keep(house.person, question, "x")
        with pytest.raises(KeyError):
            await house.pages.forget(house.person, question)
    assert house.own_entries() == []


async def test_who_could_read_it_is_what_the_policy_says_now(house: House) -> None:
    assert await house.pages.readers(house.person) == ()
    permission = await house.allow({SECTION: frozenset({"what_matters", "adjustments"})})
    assert await house.pages.readers(house.person) == ()
    await house.pages.keep(house.person, "what_matters", "My dog")
    (reader,) = await house.pages.readers(house.person)
    assert reader.organisation_name == "Norfolk County Council (sandbox)"
    assert reader.questions == {"what_matters", "adjustments"}
    await house.way.stop(permission)
    assert await house.pages.readers(house.person) == ()
    assert await house.pages.readers("p_nobody") == ()


async def test_a_permission_given_before_the_agreement_named_the_story_opens_nothing(house: House) -> None:
    await house.pages.keep(house.person, "what_matters", "My dog")
    await house.allow({"tenancy": frozenset({"status"})})
    assert (await house.ask()).sections == ()
    await house.allow(ALL, "norwich-city-council")
    assert (await house.ask()).sections == ()
