"""The services of receipts beside the portal's, over the same log."""

from __future__ import annotations

from dataclasses import replace

from gateway.notice import saying
from gateway.receipt_keys import ReceiptKeys, receipt_keys
from gateway.secrets import Secrets
from gateway.services.consent_receipts import ConsentReceipts
from gateway.services.portal import ResidentServices
from tests.unit.gateway.services.served import ORIGIN, Served


def keys_of(seed: bytes = bytes(range(32))) -> ReceiptKeys:
    from audit.note import Signer

    return receipt_keys(Secrets(b"m" * 32, b"k" * 32, Signer("x", bytes(32)), receipt_seed=seed))


def receipts_of(served: Served, keys: ReceiptKeys | None = None) -> ConsentReceipts:
    home = served.way.home
    return ConsentReceipts(
        keys=home.keys,
        reader=served.residents.reader,
        policy=served.residents.policy,
        log_keys=(home.verifier_key,),
        receipt_keys=keys or keys_of(),
        public_url=ORIGIN,
    )


def saying_residents(served: Served) -> ResidentServices:
    """The portal's services, whose decisions keep the words that were said."""
    words = saying(lambda: served.residents.registers, served.clock)
    return replace(served.residents, consenting=replace(served.way.consenting, said=words))
