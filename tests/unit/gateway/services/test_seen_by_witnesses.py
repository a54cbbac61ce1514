"""What residents and officers are told of the witnesses, and receipts that the log's earlier keys signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.note import Signer, split_note
from audit.verify import verify_receipt
from audit.witness.cosignature import Cosigner, open_witnessed
from audit.witness.kept import Cosignatures
from gateway.services.words import seen_words
from tests.support.house import ORIGIN
from tests.support.witnesses import COSIGNER, OTHER_COSIGNER
from tests.unit.gateway.services.served import Served, choice, officer

NOW = 1_790_000_000


def cosign(served: Served, *cosigners: Cosigner) -> int:
    """Have witnesses see the log as it stands; gives its size."""
    home = served.way.home
    head = home.log.store.head()
    assert head is not None
    text = split_note(head.checkpoint)[0]
    for one in cosigners:
        Cosignatures(home.database).keep(head.frontier.size, one.key.id, one.line(text, NOW))
    return head.frontier.size


async def test_a_proof_stands_on_the_newest_checkpoint_that_witnesses_have_seen(served: Served) -> None:
    await served.residents.allow(served.person, choice())
    size = cosign(served, COSIGNER, OTHER_COSIGNER)
    later = await served.residents.allow(served.person, choice("tenancy"))
    home = served.way.home
    reader = served.residents.reader
    seen, unseen = reader.receipt(size - 1), reader.receipt(int(later.reference.removeprefix("OT-")))
    assert seen.witnesses == tuple(sorted((COSIGNER.key.id, OTHER_COSIGNER.key.id)))
    assert unseen.witnesses == ()
    keys = [COSIGNER.key, OTHER_COSIGNER.key]
    note = seen.text.partition("\n\n")[2]
    assert open_witnessed(note, [home.verifier_key], keys, 2).size == size
    for receipt in (seen, unseen):
        assert verify_receipt(receipt.text, receipt.leaf, [home.verifier_key]).index == receipt.index


@pytest.mark.parametrize(
    ("cosigners", "words"),
    [
        ((), ""),
        ((COSIGNER,), " One witness outside this service has seen the log that holds it."),
        ((COSIGNER, OTHER_COSIGNER), " 2 witnesses outside this service have seen the log that holds it."),
    ],
)
async def test_residents_and_officers_are_told_how_many_witnesses_have_seen_it(
    served: Served, cosigners: tuple[Cosigner, ...], words: str
) -> None:
    looked = (await served.way.ask()).receipt.index
    cosign(served, *cosigners)
    proof = await served.residents.proof(served.person, looked)
    assert proof is not None
    assert proof.checked_words == f"Nobody has changed it since it was written down.{words}"
    verified = await served.officers.verify(officer(), looked)
    assert verified.words == f"The entry stands in the log, unchanged, under its signed checkpoint.{words}"
    assert seen_words(len(cosigners)) == words


async def test_a_receipt_of_an_earlier_key_stays_true(served: Served) -> None:
    done = await served.residents.allow(served.person, choice())
    index = int(done.reference.removeprefix("OT-"))
    proof = await served.residents.proof(served.person, index)
    assert proof is not None
    new, old = Signer(ORIGIN, bytes(32)).verifier_key, served.way.home.verifier_key
    changed = replace(served.residents, log_key=new, other_log_keys=(old,))
    assert (await changed.check_receipt(done.receipt, proof.leaf_b64)).checked
    again = await changed.proof(served.person, index)
    assert again is not None
    assert again.checked
    officers = replace(served.officers, log_key=new, other_log_keys=(old,))
    assert (await officers.log_state()).size > 0
    assert (await officers.verify(officer(), index)).ok
    forgot = replace(served.residents, log_key=new)
    assert not (await forgot.check_receipt(done.receipt, proof.leaf_b64)).checked
