"""A source says whom it knows, renews a label and takes it back: over HTTP, seen in the locator and in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest

from adapters.sandbox.people import nhs_number
from core.keys import KeyStore
from core.storage import Database
from core.vocabulary import Label
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Person
from tests.support.house import KEK, MASTER
from tests.support.running import RunningGateway

CHARITY = "harbour-charity"
FIRST, SECOND, THIRD = (nhs_number(77, at) for at in (20_001, 20_002, 20_003))


@contextmanager
def locator(gateway: RunningGateway) -> Iterator[Locator]:
    database, keys = Database(gateway.settings.database_url), Database(gateway.settings.keys_url)
    try:
        yield Locator(database, KeyStore(keys, KEK), Handles(MASTER))
    finally:
        database.close()
        keys.close()


def known(gateway: RunningGateway, number: str) -> Person | None:
    with locator(gateway) as found:
        return found.by_nhs_number(number)


async def say(gateway: RunningGateway, method: str, source: str, **body: Any) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {await gateway.source(source)}"}
    async with (
        aiohttp.ClientSession(gateway.url, headers=headers) as session,
        session.request(method, "/v1/pointers", json=body) as answer,
    ):
        return answer.status, await answer.text()


async def test_a_source_registers_renews_and_takes_back_its_own_record(gateway: RunningGateway) -> None:
    assert known(gateway, FIRST) is None
    assert await say(gateway, "PUT", CHARITY, reference="HH-900001", nhs_number=FIRST) == (204, "")
    person = known(gateway, FIRST)
    assert person is not None
    assert person.pointers == {CHARITY: "HH-900001"}
    # The council knows the same person, and is told nothing of it.
    council = "norwich-city-council"
    assert await say(gateway, "PUT", council, reference="P-900001", nhs_number=FIRST, label="R") == (204, "")
    person = known(gateway, FIRST)
    assert person is not None
    assert person.pointers == {CHARITY: "HH-900001", council: "P-900001"}
    assert person.label is Label.RESTRICTED
    # Who keeps no labels cannot lift one, nor say that there is none.
    assert await say(gateway, "PUT", council, reference="P-900001", nhs_number=FIRST, label="U") == (204, "")
    person = known(gateway, FIRST)
    assert person is not None
    assert person.label is Label.RESTRICTED
    assert await say(gateway, "DELETE", CHARITY, reference="HH-900001") == (204, "")
    person = known(gateway, FIRST)
    assert person is not None
    assert person.pointers == {council: "P-900001"}


async def test_taking_back_what_never_stood_is_answered_alike(gateway: RunningGateway) -> None:
    assert await say(gateway, "DELETE", CHARITY, reference="HH-never") == (204, "")
    # Another source's reference is no reference of ours.
    assert await say(gateway, "PUT", CHARITY, reference="HH-900002", nhs_number=SECOND) == (204, "")
    assert await say(gateway, "DELETE", "norwich-city-council", reference="HH-900002") == (204, "")
    person = known(gateway, SECOND)
    assert person is not None
    assert person.pointers == {CHARITY: "HH-900002"}


async def test_demographics_find_the_person_whom_a_source_registered(gateway: RunningGateway) -> None:
    said = {"family_name": "Łazarz", "given_name": "Zoë", "birth_date": "1961-02-03", "postcode": "NR99 9QQ"}
    status, _ = await say(gateway, "PUT", CHARITY, reference="HH-900003", nhs_number=THIRD, demographics=said)
    assert status == 204
    headers = {"Authorization": f"Bearer {await gateway.triager()}"}
    spelt = {"family_name": "lazarz", "given_name": "ZOE", "birth_date": "1961-02-03", "postcode": "nr999qq"}
    async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
        handles = []
        for body in ({"demographics": said}, {"demographics": spelt}, {"nhs_number": THIRD}):
            async with session.post("/v1/people/trace", json=body) as answer:
                assert answer.status == 200
                handles.append((await answer.json())["person"])
    assert handles[0] == handles[1]
    with locator(gateway) as found:
        mac = Handles(MASTER).open("norfolk-county-council", handles[0])
        assert mac is not None
        person = found.find(mac)
    assert person is not None
    assert person.pointers == {CHARITY: "HH-900003"}


async def test_a_corrected_number_moves_the_record_and_tells_nothing_of_whose_it_was(
    gateway: RunningGateway,
) -> None:
    one, other = (nhs_number(77, at) for at in (20_004, 20_005))
    council = "norwich-city-council"
    assert await say(gateway, "PUT", CHARITY, reference="HH-900004", nhs_number=one) == (204, "")
    assert await say(gateway, "PUT", council, reference="P-900005", nhs_number=other) == (204, "")
    # The number belongs to somebody whom only the council registered: the answer is as for somebody new.
    assert await say(gateway, "PUT", CHARITY, reference="HH-900004", nhs_number=other) == (204, "")
    left, found = known(gateway, one), known(gateway, other)
    assert left is not None
    assert found is not None
    assert left.pointers == {}
    assert found.pointers == {CHARITY: "HH-900004", council: "P-900005"}


async def test_the_log_tells_of_the_sources_act_and_of_nobody(gateway: RunningGateway) -> None:
    number = nhs_number(77, 20_006)
    await say(gateway, "PUT", CHARITY, reference="HH-900006", nhs_number=number)
    await say(gateway, "DELETE", CHARITY, reference="HH-900006")
    with gateway.log() as reader:
        revoked, registered = gateway.entries(CHARITY, "pointer")[:2]
        openings = [reader.open(one) for one in (registered, revoked)]
    assert [(one.kind, one.outcome) for one in (registered, revoked)] == [
        ("pointer", "registered"),
        ("pointer", "revoked"),
    ]
    for opening in openings:
        assert opening is not None
        detail = opening.detail["detail"]
        assert isinstance(detail, Mapping)
        assert detail["client"] == f"{CHARITY}-source"
        assert "900006" not in json.dumps(opening.to_json())
        assert number not in json.dumps(opening.to_json())


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_who_may_ask_for_views_may_not_register_for_others(
    gateway: RunningGateway, method: str
) -> None:
    headers = {"Authorization": f"Bearer {await gateway.triager()}"}
    async with (
        aiohttp.ClientSession(gateway.url, headers=headers) as session,
        session.request(method, "/v1/pointers", json={"reference": "HH-1"}) as answer,
    ):
        assert answer.status == 403
        assert (await answer.json())["type"] == "/docs/problems#insufficient-scope"
        assert 'scope="pointers"' in answer.headers["WWW-Authenticate"]
