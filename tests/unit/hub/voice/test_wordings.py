"""The words we use before somebody agrees: a register of versions, and the page that shows them beside each other."""

from __future__ import annotations

import importlib
import pkgutil
import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import hub
from hub.voice.feature import FEATURE
from hub.voice.wordings.comparing import Piece, compare
from hub.voice.wordings.register import RegisterError, read_register, versions_by_id
from tests.conftest import ROOT
from tests.unit.hub.fakes import Desk, hub_in
from tests.unit.hub.voice.conftest import VOICE_PARTNERS

# What the gateway takes as `words` of a spoken consent (a code) and as `agreed.words` of a referral.
TAKEN_BY_THE_GATEWAY = (r"^[a-z][a-z0-9-]{0,63}$", r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


def a_version(number: int, begins: str, words: str = "May we?", **changes: object) -> dict[str, object]:
    return {
        "number": number,
        "from": begins,
        "words": words,
        "written_with": None,
        "changed": "Made shorter.",
        "why": "It was too long.",
        **changes,
    }


def register_in(folder: Path, *versions: dict[str, object], **changes: object) -> Path:
    text = {
        "id": "ask",
        "title": "Before we ask",
        "purposes": ["agreed-referral"],
        "versions": list(versions),
        **changes,
    }
    path = folder / "register.yaml"
    path.write_text(yaml.safe_dump({"texts": [text]}))
    return path


def read_out() -> dict[str, str]:
    """What the hub's forms have read out, by the name told to the gateway: `X_TO_READ` with `X_WORDS` or `X_VERSION`."""
    found = {}
    for module in pkgutil.walk_packages(hub.__path__, "hub."):
        values = {} if module.name == "hub.__main__" else vars(importlib.import_module(module.name))
        for name in [name for name in values if name.endswith("_TO_READ")]:
            stem = name.removesuffix("_TO_READ")
            version = values.get(f"{stem}_VERSION", values.get(f"{stem}_WORDS"))
            if version is not None:
                found[version] = values[name]
    return found


def test_every_words_that_a_form_has_read_out_stand_in_the_register_as_they_are_read() -> None:
    names = versions_by_id(read_register())
    forms = read_out()
    assert {"interact-2026-2", "front-door-referral-2026-1", "duty-to-refer-2026-1"} <= set(forms)
    for name, words in forms.items():
        assert names[name].words == words, name


def test_every_version_of_the_hubs_own_register_has_a_name_that_the_gateway_takes() -> None:
    for name in versions_by_id(read_register()):
        assert all(re.fullmatch(pattern, name) for pattern in TAKEN_BY_THE_GATEWAY)


def test_the_hubs_own_register_names_purposes_that_exist() -> None:
    known = yaml.safe_load((ROOT / "policies" / "registers" / "purposes.yaml").read_text())["purposes"]
    named = {purpose for text in read_register() for purpose in text.purposes}
    assert named <= {one["id"] for one in known}


def test_a_version_is_in_use_from_its_day_until_the_next_one(tmp_path: Path) -> None:
    path = register_in(tmp_path, a_version(1, "2026-11-02"), a_version(2, "2026-12-01"))
    (text,) = read_register(path)
    days = (date(2026, 1, 1), date(2026, 11, 2), date(2026, 11, 30), date(2026, 12, 1))
    assert [text.used_on(day).number for day in days] == [1, 1, 1, 2]


GROUP = {"group": "Reading group", "when": "2026-11-01", "how": "They met twice."}


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ([a_version(2, "2026-11-02")], "not numbered 1, 2, 3"),
        ([a_version(1, "2026-11-02"), a_version(2, "2026-11-02")], "begins no later than the one before"),
        ([a_version(1, "2026-10-02", written_with=GROUP)], "ask-1 was used before it was written"),
        ([], r"texts\.0\.versions"),
        ([a_version(1, "2026-11-02", why="")], r"texts\.0\.versions\.0\.why"),
        ([a_version(1, "2026-11-02", authors="us")], r"texts\.0\.versions\.0\.authors"),
    ],
)
def test_a_register_that_does_not_hold_together_is_refused_with_the_place(
    tmp_path: Path, versions: list[dict[str, object]], told: str
) -> None:
    with pytest.raises(RegisterError, match=told):
        read_register(register_in(tmp_path, *versions))


def test_a_register_with_a_text_twice_or_a_name_too_long_is_refused(tmp_path: Path) -> None:
    path = register_in(tmp_path, a_version(1, "2026-11-02"))
    twice = yaml.safe_load(path.read_text())
    twice["texts"] *= 2
    path.write_text(yaml.safe_dump(twice))
    with pytest.raises(RegisterError, match="has a text twice"):
        read_register(path)
    with pytest.raises(RegisterError, match=r"texts\.0\.id"):
        read_register(register_in(tmp_path, a_version(1, "2026-11-02"), id="a" * 59))


def test_a_register_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match=r"none\.yaml cannot be read: FileNotFoundError"):
        read_register(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("texts: [")
    with pytest.raises(RegisterError, match="is not YAML"):
        read_register(tmp_path / "broken.yaml")


def test_two_versions_are_compared_word_by_word() -> None:
    left, right = compare("May we tell them about you?", "May we tell the council about you?")
    assert [(piece.text, piece.changed) for piece in left] == [
        ("May we tell ", False),
        ("them about you?", True),
    ]
    left, right = compare("You can say no to it. You can stop.", "You can say yes to it. You can stop.")
    assert [piece.text for piece in right if piece.changed] == ["yes"]
    assert compare("Same words", "Same words")[0] == (Piece("Same words", changed=False),)


def test_words_that_stayed_by_chance_are_not_marked_as_having_stayed() -> None:
    left, right = compare("You give your consent to us", "Do you say yes to us now")
    assert all(piece.changed for piece in (*left, *right))


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_of_a_text_are_the_text(before: str, after: str) -> None:
    left, right = compare(before, after)
    assert "".join(piece.text for piece in left) == before
    assert "".join(piece.text for piece in right) == after
    unchanged = ["".join(piece.text for piece in side if not piece.changed) for side in (left, right)]
    assert unchanged[0] == unchanged[1]


async def test_everybody_reads_the_words_in_use_and_that_no_group_worked_on_them_yet(desk: Desk) -> None:
    page = await desk.browser().get("/voice/words")
    assert "Version 1, since 23 November 2026." in page.words
    assert page.words.count("So far we wrote them by ourselves.") == 1


async def test_a_version_that_shares_nothing_with_the_one_before_is_said_to_be_new(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = register_in(tmp_path, a_version(1, "2026-11-02", "One"), a_version(2, "2026-11-09", "Two"))
    monkeypatch.setenv("HUB_VOICE_WORDINGS", str(path))
    desk = hub_in(tmp_path, (FEATURE,), VOICE_PARTNERS)
    page = await desk.browser().get("/voice/words/ask")
    assert page.text.index("Version 1") < page.text.index("Version 2")
    assert "All of it was written anew." in page.words
    assert "<del>" not in page.text
    assert "ask-2" in page.words
    desk.hub.parts.database.close()


async def test_a_text_with_one_version_is_shown_alone_and_one_that_is_not_there_is_no_page(
    desk: Desk,
) -> None:
    page = await desk.browser().get("/voice/words/duty-to-refer-2026")
    assert "Version 1, used now" in page.words
    assert "<ins>" not in page.text
    assert "You have no home, or you may lose it." in page.words
    assert (await desk.browser().get("/voice/words/none")).status == 404


async def test_any_two_versions_can_be_chosen_and_a_group_that_helped_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = register_in(
        tmp_path,
        a_version(1, "2026-11-02", "May we tell the council?"),
        a_version(2, "2026-11-09", "May we tell the surgery?", written_with=GROUP),
        a_version(3, "2026-12-24", "Three"),
    )
    monkeypatch.setenv("HUB_VOICE_WORDINGS", str(path))
    desk = hub_in(tmp_path, (FEATURE,), VOICE_PARTNERS)
    browser = desk.browser()
    page = await browser.get("/voice/words/ask")
    assert "Version 2, used now" in page.words
    assert "May we tell the <del>council?</del>" in page.text
    assert "May we tell the <ins>surgery?</ins>" in page.text
    assert "Reading group, 1 November 2026. They met twice." in page.words
    assert "Written with Reading group." in (await browser.get("/voice/words")).words
    page = await browser.get("/voice/words/ask?before=1&after=3")
    assert "Version 3, not used yet" in page.words
    assert "Version 2," not in page.words
    for asked in ("before=x&after=99", "before=%C2%B2&after="):
        assert "Version 2, used now" in (await browser.get(f"/voice/words/ask?{asked}")).words
    desk.hub.parts.database.close()


async def test_without_any_texts_the_page_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "register.yaml"
    path.write_text("texts: []")
    monkeypatch.setenv("HUB_VOICE_WORDINGS", str(path))
    desk = hub_in(tmp_path, (FEATURE,), VOICE_PARTNERS)
    assert "There are no words to show yet." in (await desk.browser().get("/voice/words")).words
    desk.hub.parts.database.close()
