"""What every feature is handed, and what a feature is. hub/features.py lists them; hub/app.py makes the parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session

from hub.clock import Clock
from hub.database import Database
from hub.doors import Doors
from hub.gateway import Gateway
from hub.happenings import Heard
from hub.migrations import Schema
from hub.outbox import Outbox
from hub.pages.rendering import Link, Pages
from hub.partners import Partners
from hub.places.settings import NO_PLACES, Places
from hub.received import Received
from hub.source import PlanOf


@dataclass(frozen=True, slots=True)
class Parts:
    """The hub's shared parts. public_url: the hub's own address in the browser, without a slash at the end. places: the
    district that it is in, as far as it has its geography.
    """

    clock: Clock
    database: Database
    gateway: Gateway
    outbox: Outbox
    doors: Doors
    pages: Pages
    partners: Partners
    public_url: str
    places: Places = NO_PLACES


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of what rests about people: what, why, until when; shown at /what-is-kept and told in docs/hub.md."""

    what: str
    why: str
    until: str


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the hub, in a package of its own: hub/<name with underscores>.

    name: as in the partners file and in addresses (`/interact`). package: its folder of Python and `templates`.
    title, about: its card on the first page. schema: its tables. kept: what it keeps about people.
    build_router: its pages. receive: a referral that arrives for this team becomes its own record, in the transaction
    that keeps the referral; None where none arrive. sweep: delete what is past its end; gives how many rows. for_all:
    links on the first page for everybody who is signed in, team or not. team_page: where the team's card and menu lead,
    where that is not `/<name>`. plan_of: the support plan of one record, for others to see under the gateway's rules
    (hub/source.py); None where it holds none. heard: is told what happens in any feature (hub/happenings.py).
    """

    name: str
    package: str
    title: str
    about: str
    schema: Schema
    kept: tuple[Kept, ...]
    build_router: Callable[[Parts], APIRouter]
    receive: Callable[[Session, Received, datetime], None] | None = None
    sweep: Callable[[Session, datetime], int] | None = None
    for_all: tuple[Link, ...] = ()
    team_page: str | None = None
    plan_of: PlanOf | None = None
    heard: Heard | None = None

    @property
    def home(self) -> str:
        """The address of the team's first page."""
        return self.team_page or f"/{self.name}"
