"""The referral form offers the organisations that will take it from whoever is signed in, and says why not the others."""

from __future__ import annotations

from pathlib import Path

from tests.unit.hub.fakes import PARTNERS, hub_in

RECEIVERS = ["age-well-norfolk", "norwich-city-council"]


async def test_the_form_offers_who_will_take_it_and_says_why_not_the_others(tmp_path: Path) -> None:
    team = {**PARTNERS["teams"]["interact"], "receives": {"interact-home-health": RECEIVERS}}
    desk = hub_in(tmp_path, partners={**PARTNERS, "teams": {"interact": team}})
    desk.gateway.answers["GET /v1/organisations"] = [
        {
            "organisation": one,
            "title": one,
            "kind": "charity",
            "takes_referrals_for": ["interact-home-health"] if one == RECEIVERS[0] else ["agreed-referral"],
        }
        for one in RECEIVERS
    ]
    practice = desk.sign_in("wensum-valley-practice", "receptionist", name="Pam Reed", subject="pam")
    page = await practice.get("/interact/refer")
    assert 'value="age-well-norfolk"' in page.text
    assert 'value="norwich-city-council"' not in page.text
    why = "No agreement lets Wensum Valley Practice refer to them."
    assert f"Not on the list: Norwich City Council. {why}" in page.words
    desk.gateway.answers["GET /v1/organisations"] = []
    page = await practice.get("/interact/refer")
    assert "No agreement in force lets Wensum Valley Practice refer to this team." in page.words
    assert "<form" not in page.text.partition("<main")[2]
    desk.hub.parts.database.close()
