"""Who could come in by a door that is not theirs: officers by a stranger's word, residents whose row was erased."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.identity.issuers import Issuer, TrustRegister, load_issuers, trust
from tests.unit.gateway.composed import composed
from tests.unit.gateway.signin.fake_provider import ISSUER, OFFICER, RESIDENT

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"


def speaking_for(organisations: frozenset[str]) -> object:
    """Loads the trust register as it stands, with the sign-in's own provider among its issuers."""

    def load(path: Path, *, loopback: bool = False) -> TrustRegister:
        known = load_issuers(path, loopback=loopback)
        (template,) = known.issuers.values()
        clients: Mapping[str, str] = {}
        provider: Issuer = replace(
            template,
            id="login",
            url=ISSUER,
            jwks_uri=f"{ISSUER}/jwks",
            organisations=organisations,
            clients=clients,
        )
        return trust([template, provider])

    return load


@pytest.mark.parametrize(("organisation", "admitted"), [(COUNTY, True), (CITY, False)])
async def test_a_provider_makes_officers_only_of_the_organisations_that_it_speaks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, organisation: str, admitted: bool
) -> None:
    monkeypatch.setattr("gateway.compose.load_issuers", speaking_for(frozenset({COUNTY})))
    async with composed(tmp_path, monkeypatch) as house:
        before = house.size
        browser = house.browser()
        reply = await browser.sign_in(house.idp, {**OFFICER, "organisation": organisation}, "console")
        assert (reply.status == 303) is admitted
        if not admitted:
            assert "does not speak for your organisation" in reply.text
            assert house.size == before
        assert ((await browser.get("/console/")).status == 200) is admitted


async def test_a_resident_whose_row_was_erased_comes_in_as_somebody_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch) as house:
        number = str(RESIDENT["nhs_number"])
        assert (await house.browser().sign_in(house.idp, RESIDENT, "portal")).status == 303
        erased = house.gateway.locator.by_nhs_number(number)
        assert erased is not None
        house.gateway.keys.erase(erased.id, 1)
        browser = house.browser()
        assert (await browser.sign_in(house.idp, RESIDENT, "portal")).status == 303
        anew = house.gateway.locator.by_nhs_number(number)
        assert anew is not None
        assert anew.id != erased.id
        page = await browser.get("/portal/history")
        assert page.status == 200
        assert "/portal/history/" not in page.text
