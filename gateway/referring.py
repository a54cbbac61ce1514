"""Puts together what hands people over. Called by gateway/app.py, gateway/pages.py and gateway/compose.py's neighbours."""

from __future__ import annotations

from functools import partial

from audit.reader import LogReader
from consent.portal import referrals as pages
from consent.portal.router import AddPages
from gateway.api.referrals_steps import ReferralParts
from gateway.compose import Gateway
from gateway.notice import saying
from gateway.referrals.receiving import Receiving
from gateway.referrals.sending import Sending
from gateway.referrals.store import Referrals
from gateway.services.referrals import ReferralPages


def referrals_of(gateway: Gateway) -> ReferralParts:
    """What takes referrals, gives them out and keeps what becomes of them."""
    sending = Sending(
        views=gateway.views,
        referrals=Referrals(gateway.database, gateway.keys),
        idempotency=gateway.asking.idempotency,
        reader=LogReader(gateway.database, gateway.log.store, gateway.keys),
        said=saying(lambda: gateway.registers, gateway.clock),
    )
    return ReferralParts(
        verifier=gateway.verifier,
        sending=sending,
        receiving=receiving_of(gateway),
        clock=gateway.clock,
        registers=lambda: gateway.registers,
        directory=gateway.directory,
    )


def receiving_of(gateway: Gateway) -> Receiving:
    """What gives referrals out and takes their steps."""
    return Receiving(gateway.views, Referrals(gateway.database, gateway.keys))


def group_of(gateway: Gateway) -> AddPages:
    """The portal's pages of referrals."""
    served = ReferralPages(receiving_of(gateway), lambda: gateway.registers)
    return partial(pages.add_pages, referrals=served)
