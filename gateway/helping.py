"""Puts together what helps those who do not do everything here themselves: representatives, spoken decisions, papers' codes.

Called by the composition root's neighbours (gateway/app.py, gateway/pages.py) with the gateway that was composed.
"""

from __future__ import annotations

from functools import partial

from audit.console import representing
from audit.reader import LogReader
from consent.portal import acting as acting_pages
from consent.portal import representatives as representatives_pages
from consent.portal import stop_by_code as stop_by_code_pages
from consent.portal.router import AddPages
from consent.representing.store import Representations
from gateway.api.consents import ConsentParts
from gateway.api.consents_representing import RepresentingParts
from gateway.assisting import Assisting
from gateway.compose import Gateway
from gateway.recording_representatives import RecordingRepresentatives
from gateway.services.acting import Acting
from gateway.services.asked import ConsolePages
from gateway.services.noting import Noting
from gateway.services.representatives import RepresentativePages
from gateway.services.representatives_console import OfficerRepresentatives
from gateway.services.stop_by_code import StopByCode, Tries
from gateway.signin.service import SignIn


def acting_of(gateway: Gateway) -> Acting:
    """What knows for whom somebody may act."""
    return Acting(
        representations=Representations(gateway.database, gateway.keys),
        locator=gateway.locator,
        handles=gateway.handles,
        keys=gateway.keys,
        committer=gateway.committer,
        clock=gateway.clock,
    )


def groups_of(gateway: Gateway, signin: SignIn) -> tuple[AddPages, ...]:
    """The portal's pages about acting for others, being acted for, and papers' codes."""
    served = RepresentativePages(acting_of(gateway), signin, gateway.policy)
    codes = StopByCode(
        database=gateway.database,
        keys=gateway.keys,
        handles=gateway.handles,
        consenting=gateway.consenting,
        clock=gateway.clock,
        tries=Tries(gateway.clock),
    )
    return (
        partial(acting_pages.add_pages, services=served),
        partial(representatives_pages.add_pages, services=served),
        partial(stop_by_code_pages.add_pages, codes=codes),
    )


def console_group_of(gateway: Gateway, reader: LogReader, issuer: str) -> ConsolePages:
    """The console's pages about representatives. issuer: of the officers' sign-in."""
    served = OfficerRepresentatives(
        reader=reader,
        keys=gateway.keys,
        locator=gateway.locator,
        handles=gateway.handles,
        recording=RecordingRepresentatives(gateway.views),
        noting=Noting(gateway.committer, gateway.keys),
        issuer=issuer,
    )
    return partial(representing.add_pages, services=served)


def consents_of(gateway: Gateway) -> ConsentParts:
    """What writes spoken decisions down."""
    return ConsentParts(
        gateway.verifier, Assisting(gateway.views), gateway.clock, gateway.settings.public_url
    )


def representing_of(gateway: Gateway) -> RepresentingParts:
    """What writes authorities down."""
    return RepresentingParts(gateway.verifier, RecordingRepresentatives(gateway.views), gateway.clock)
