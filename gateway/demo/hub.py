"""The demonstration's team hub: who works in it, by employer and role. It is a program of its own, started beside us."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

import yaml

from adapters.sandbox.identity_provider.clients import HUB_ORGANISATIONS, HUB_SOURCES, secret_of
from gateway.demo.layout import Addresses, Layout

GEOGRAPHY: Final = ("HUB_GEOGRAPHY_FOLDER", "HUB_GEOGRAPHY_DISTRICT", "HUB_GEOGRAPHY_VINTAGE")
"""What whoever starts the demonstration may say of the district: boundaries are no part of the program (docs/insight.md)."""

TITLES: Final = {
    "age-well-norfolk": "Age Well Norfolk",
    "harbour-charity": "Harbour Help",
    "newleaf-support": "Newleaf Support",
    "norfolk-county-council": "Norfolk County Council",
    "norfolk-mental-health-trust": "Norfolk Mental Health Trust",
    "norfolk-volunteering": "Norfolk Volunteering",
    "norwich-acute-hospital": "Norwich Acute Hospital",
    "norwich-city-council": "Norwich City Council",
    "norwich-help-hub": "Norwich Help Hub",
    "steadfast-support": "Steadfast Support",
    "wensum-valley-practice": "Wensum Valley Practice",
}

# feature -> purposes and at whom their referrals arrive; members as (organisation, role, what the team calls them).
TEAMS: Final[dict[str, tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str, str], ...]]]] = {
    "interact": (
        {"interact-home-health": ("age-well-norfolk", "norwich-city-council", "norfolk-county-council")},
        (
            ("age-well-norfolk", "social-prescriber", "Social prescriber"),
            ("wensum-valley-practice", "care-coordinator", "Care co-ordinator"),
            ("norfolk-county-council", "integrated-care-coordinator", "County integrated care co-ordinator"),
            ("norwich-city-council", "housing-officer", "Housing specialist"),
            ("norfolk-volunteering", "volunteer-coordinator", "Volunteer co-ordinator"),
            ("harbour-charity", "team-coordinator", "Team co-ordinator"),
        ),
    ),
    "support": (
        {
            "hospital-link": ("norfolk-mental-health-trust",),
            "low-level-support": ("newleaf-support",),
            "intensive-support": ("newleaf-support",),
            "assertive-outreach": ("norfolk-mental-health-trust",),
        },
        (
            ("norfolk-mental-health-trust", "ward-link-worker", "Ward link worker"),
            ("norfolk-mental-health-trust", "outreach-worker", "Outreach worker"),
            ("steadfast-support", "floating-support-worker", "Floating support worker"),
            ("newleaf-support", "floating-support-worker", "Floating support worker"),
        ),
    ),
    "front-door": (
        {"early-help-triage": ("norwich-help-hub", "norfolk-county-council")},
        (
            ("norwich-help-hub", "hub-triager", "Help hub triager"),
            ("norwich-help-hub", "community-connector", "Community connector"),
            ("norfolk-county-council", "triager", "County early-help triager"),
            ("norfolk-county-council", "social-worker", "County social worker"),
        ),
    ),
    # Specified public authorities (Housing Act 1996 s.213B) that the agreement binds, as far as their people sign in here.
    "duty-to-refer": (
        {},
        (
            ("norwich-acute-hospital", "ae-nurse", "Emergency department nurse"),
            ("norfolk-mental-health-trust", "ward-link-worker", "Ward link worker"),
        ),
    ),
    # The local housing authorities whose housing staff sign in here.
    "duty-received": (
        {"duty-to-refer": ("norwich-city-council",)},
        (("norwich-city-council", "housing-officer", "Housing options officer"),),
    ),
    "insight": (
        {},
        (("norfolk-county-council", "integrated-care-coordinator", "Partnership officer"),),
    ),
    "voice": (
        {},
        (
            ("harbour-charity", "team-coordinator", "Voice co-ordinator"),
            ("norfolk-volunteering", "volunteer-coordinator", "Voice volunteer"),
            ("norfolk-county-council", "integrated-care-coordinator", "Partnership officer"),
            ("norwich-city-council", "housing-officer", "Partnership officer"),
        ),
    ),
}


def hub_sources(layout: Layout, addresses: Addresses, limits: dict[str, float]) -> list[dict[str, object]]:
    """The hub as a source of the gateway's: the support plans that its teams write; none where it was not started."""
    if not addresses.hub:
        return []
    return [
        {
            "id": name,
            "kind": "rest",
            "base_url": f"{addresses.hub}/source/{name}/",
            "sections": ["support-plan"],
            "credentials": {"header": "X-API-Key", "file": str(source_key(layout))},
            "limits": limits,
            "options": {"mapping": "team-hub"},
        }
        for name in HUB_SOURCES
    ]


def source_key(layout: Layout) -> Path:
    """The file of the key by which the gateway asks the hub; made once and kept."""
    path = layout.hub / "source.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path


def write_hub(layout: Layout, addresses: Addresses) -> dict[str, str]:
    """Write the partners file and the clients' secrets; gives the hub's environment, with the geography that ours names."""
    layout.hub.mkdir(parents=True, exist_ok=True)
    organisations = []
    for name in HUB_ORGANISATIONS:
        secret = layout.hub / f"{name}.secret"
        secret.touch(mode=0o600)
        secret.write_text(secret_of(f"{name}-hub"))
        organisations.append(
            {
                "id": name,
                "title": TITLES[name],
                "client": f"{name}-hub",
                "secret_file": str(secret),
                "scope": "referrals pointers" if name in HUB_SOURCES else "referrals",
            }
        )
    teams = {
        feature: {
            "receives": {purpose: list(at) for purpose, at in receives.items()},
            "members": [{"organisation": at, "role": role, "title": title} for at, role, title in members],
        }
        for feature, (receives, members) in TEAMS.items()
    }
    partners = layout.hub / "partners.yaml"
    partners.write_text(yaml.safe_dump({"organisations": organisations, "teams": teams}, sort_keys=False))
    return {
        "HUB_DATABASE": str(layout.hub / "hub.db"),
        "HUB_PARTNERS_FILE": str(partners),
        "HUB_GATEWAY_URL": addresses.gateway,
        "HUB_SIGN_IN_ISSUER": addresses.identity,
        "HUB_PUBLIC_URL": addresses.hub,
        "HUB_PORT": addresses.hub.rpartition(":")[2],
        "HUB_SOURCE_KEY_FILE": str(source_key(layout)),
        **{name: os.environ[name] for name in GEOGRAPHY if name in os.environ},
    }
