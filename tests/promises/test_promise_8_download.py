"""Promise 8, the resident sees it: everything that is told of them stands in their download; what is held back does not.

The companions take the protection out, so that the tests can fail.
"""

from __future__ import annotations

import io
import json
from gettext import NullTranslations
from pathlib import Path
from zipfile import ZipFile

import pytest

from audit.reader import every
from core.pages.words import Words
from gateway.services import held_beside, held_parts, looks
from gateway.services.holding import Discretion
from tests.support.walk import COUNCIL
from tests.unit.gateway.services.served import Served, choice, serving
from tests.unit.gateway.services.test_holding import HIDDEN, holding

WORDS = Words(NullTranslations())


async def places(served: Served) -> set[int]:
    """Every place in the log that the download names, in whichever part, with all that can be asked for."""
    pieces = await holding(served).download(served.person, WORDS, secret=True, hidden=frozenset())
    archive = ZipFile(io.BytesIO(b"".join([piece async for piece in pieces])))
    parts = [
        json.loads(archive.read(name))
        for name in archive.namelist()
        if name.endswith(".json") and "/" not in name
    ]
    return {row["index"] for part in parts for row in part["rows"] if "index" in row}


async def held_back_look(served: Served) -> int:
    index = (await served.way.ask()).receipt.index
    served.tamper(
        "INSERT INTO held_entry (\"index\", reason, held_ms, look_again_ms) VALUES (:i, 'danger', 1, 1)",
        i=index,
    )
    return index


async def test_every_look_refusal_and_decision_stands_in_the_download(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.way.ask()
        done = await served.residents.allow(served.person, choice())
        shown = (await served.way.ask()).receipt.index
        head = served.way.home.log.store.head()
        assert head is not None
        assert {int(done.reference.removeprefix("OT-")), shown} <= await places(served)
        told = {one.index for one in await served.residents.history(served.person, None)}
        assert told <= await places(served)


async def test_what_is_held_back_stands_in_no_part_of_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.residents.allow(served.person, choice())
        assert await held_back_look(served) not in await places(served)


async def test_without_the_condition_the_held_back_look_would_be_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((looks, "stands_in_history"), (held_parts, "is_told"), (held_beside, "is_told")):
        monkeypatch.setattr(module, name, every)
    async with serving(tmp_path) as served:
        await served.residents.allow(served.person, choice())
        assert await held_back_look(served) in await places(served)


async def usual_copy(served: Served) -> str:
    pieces = await holding(served, hidden=HIDDEN).download(
        served.person, WORDS, secret=False, hidden=frozenset()
    )
    archive = ZipFile(io.BytesIO(b"".join([piece async for piece in pieces])))
    return "".join(archive.read(name).decode() for name in archive.namelist())


async def test_a_copy_that_did_not_ask_names_no_service_that_keeps_secret_whom_it_helps(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as served:
        assert HIDDEN not in await usual_copy(served)
        assert COUNCIL in await usual_copy(served)


async def test_without_discretion_it_would_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Discretion, "keeps", lambda _self, _row: True)
    async with serving(tmp_path) as served:
        assert HIDDEN in await usual_copy(served)
