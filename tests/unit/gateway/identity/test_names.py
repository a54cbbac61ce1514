"""A practitioner's name in a token (OpenID Connect Core section 5.1): optional, of no weight, and never shown."""

from __future__ import annotations

import pytest

from core.vocabulary import Json
from gateway.identity.caller import Caller
from tests.unit.gateway.identity.forge import ABSENT, Forge


async def caller(**claims: Json) -> Caller:
    forge = Forge()
    return await forge.verifier.verify(forge.bearer(claims=forge.claims(**claims)))


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        ({}, ("", "")),
        ({"family_name": "Okafor", "given_name": "Robin"}, ("Okafor", "Robin")),
        ({"family_name": "dos Santos", "name": "Someone Else"}, ("dos Santos", "")),
        ({"name": "Robin James Okafor"}, ("Okafor", "Robin")),
        ({"name": "Okafor"}, ("", "")),
        ({"name": ""}, ("", "")),
        ({"family_name": 7, "given_name": ["Robin"], "name": {"a": 1}}, ("", "")),
        ({"family_name": "x" * 201, "name": "Robin Okafor"}, ("Okafor", "Robin")),
    ],
)
async def test_whatever_stands_there_the_token_counts(
    claims: dict[str, Json], names: tuple[str, str]
) -> None:
    found = await caller(**claims)
    assert (found.family_name, found.given_name) == names


async def test_the_name_stands_in_no_representation() -> None:
    assert "Rarename" not in repr(await caller(family_name="Rarename", given_name="Rarename"))


async def test_an_application_alone_has_no_name() -> None:
    found = await caller(sub="harbour-app", role=ABSENT, name="Harbour Application")
    assert (found.family_name, found.given_name) == ("", "")
