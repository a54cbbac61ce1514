"""Who works in this hub: the organisations with their sign-in clients, and which roles make up each team. One YAML file.

    organisations:
      - {id: norwich-city-council, title: Norwich City Council, client: norwich-city-council-hub, secret_file: ...}
    teams:
      interact:
        receives: {interact-home-health: [age-well-norfolk]}
        members:
          - {organisation: norwich-city-council, role: housing-officer, title: Housing specialist}

An organisation signs its own people in through its own client, so that each token says employer and role. A team is what
a feature of the hub opens to: whoever is no member finds no page of it (404).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from hub.errors import HubError


class PartnersError(HubError):
    """The file of partners cannot be used; the message says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """One employer. id: as the gateway's registers name it. client: its sign-in client for this hub.

    scope: what the client asks for itself, without anybody signed in; with `pointers`, the hub answers as a source of the
    organisation's (hub/source.py).
    """

    id: str
    title: str
    client: str
    secret_file: Path = field(repr=False)
    scope: str = "referrals"

    @property
    def is_source(self) -> bool:
        """Whether others may ask for what its teams wrote."""
        return "pointers" in self.scope.split()


@dataclass(frozen=True, slots=True)
class Member:
    """One kind of team member: everybody with this role at this employer. title: what the team calls them."""

    organisation: str
    role: str
    title: str


@dataclass(frozen=True, slots=True)
class Team:
    """The members of one feature's team. receives: purpose -> the organisations at which its referrals arrive."""

    members: tuple[Member, ...] = ()
    receives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def title_of(self, organisation: str, role: str) -> str | None:
        """What the team calls whoever has this employer and role; None for whoever is no member."""
        found = (one.title for one in self.members if (one.organisation, one.role) == (organisation, role))
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Partners:
    """All of the file."""

    organisations: tuple[Organisation, ...]
    teams: Mapping[str, Team]

    def organisation(self, name: str) -> Organisation | None:
        """The organisation with this id."""
        return next((one for one in self.organisations if one.id == name), None)

    def title(self, name: str) -> str:
        """What to call an organisation; its id where this hub does not know it."""
        found = self.organisation(name)
        return name if found is None else found.title

    def team(self, name: str) -> Team:
        """The team of a feature; one without members where the file has none."""
        return self.teams.get(name, Team())

    def called(self, organisation: str, role: str) -> str | None:
        """What the first team that has such a member calls them; None for whoever is in no team."""
        titles = (team.title_of(organisation, role) for team in self.teams.values())
        return next(filter(None, titles), None)

    def receiver(self, organisation: str, purpose: str, features: Container[str]) -> str | None:
        """The feature, of these, whose team receives such referrals at the organisation; None where nobody does."""
        found = (
            name
            for name, team in self.teams.items()
            if name in features and organisation in team.receives.get(purpose, ())
        )
        return next(found, None)

    @property
    def receiving(self) -> frozenset[str]:
        """The organisations at which referrals arrive."""
        return frozenset(
            one for team in self.teams.values() for receivers in team.receives.values() for one in receivers
        )


_READER = TypeAdapter(Partners)


def read_partners(path: Path) -> Partners:
    """The file's partners. Raises `PartnersError`."""
    try:
        found = _READER.validate_python(yaml.safe_load(path.read_text()))
    except OSError as error:
        raise PartnersError(f"{path.name} cannot be read: {type(error).__name__}") from error
    except yaml.YAMLError as error:
        raise PartnersError(f"{path.name} is not YAML") from error
    except ValidationError as error:
        places = "; ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise PartnersError(f"{path.name} does not fit at {places}") from None
    known = {one.id for one in found.organisations}
    for name, team in found.teams.items():
        named = {one.organisation for one in team.members} | {
            to for receivers in team.receives.values() for to in receivers
        }
        if not named <= known:
            raise PartnersError(f"{path.name}: team {name} names {', '.join(sorted(named - known))}")
    return found
