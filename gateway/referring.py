"""Puts together what hands people over. Called by gateway/app.py, gateway/pages.py and gateway/compose.py's neighbours."""

from __future__ import annotations

from audit.reader import LogReader
from gateway.api.referrals_steps import ReferralParts
from gateway.compose import Gateway
from gateway.notice import saying
from gateway.referrals.receiving import Receiving
from gateway.referrals.sending import Sending
from gateway.referrals.store import Referrals


def referrals_of(gateway: Gateway) -> ReferralParts:
    """What takes referrals, gives them out and keeps what becomes of them."""
    referrals = Referrals(gateway.database, gateway.keys)
    sending = Sending(
        views=gateway.views,
        referrals=referrals,
        idempotency=gateway.asking.idempotency,
        reader=LogReader(gateway.database, gateway.log.store, gateway.keys),
        said=saying(lambda: gateway.registers, gateway.clock),
    )
    return ReferralParts(gateway.verifier, sending, Receiving(gateway.views, referrals), gateway.clock)
