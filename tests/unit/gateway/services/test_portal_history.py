"""Who looked, as the portal tells it; the proofs, and what they say about a log that somebody changed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from audit.entries import Draft, Kind, Opening, seal_entry
from audit.log import Append
from audit.note import Signer
from audit.text import from_base64
from audit.verify import verify_receipt
from consent.portal.ports import HISTORY_PAGE
from core.unit_of_work import only
from core.vocabulary import Json
from tests.support.house import ORIGIN
from tests.support.walk import registers
from tests.unit.gateway.services.served import COUNTY, PURPOSE, Served, choice

GOOD, BAD = "Nobody has changed it since it was written down.", "It does not hold. Please tell us at once."
SECTIONS = registers().sections


def append(served: Served, outcome: str, detail: dict[str, Json], kind: Kind = Kind.DISCLOSURE) -> int:
    """Write an entry about the person straight into the log, as another version of the gateway may have."""
    draft = Draft(kind, outcome, frozenset({COUNTY}), detail, recipient=COUNTY, purpose=PURPOSE)
    home = served.way.home
    return home.log.append(Append(only(None, seal_entry(draft, served.way.person.key)))).receipts[0].index


async def test_every_decision_look_and_refusal_is_told_newest_first(served: Served) -> None:
    refused = await served.way.ask()
    allowed = await served.residents.allow(served.person, choice("tenancy"))
    looked = await served.way.ask()
    assert allowed.permitted is not None
    await served.residents.stop(served.person, allowed.permitted.id)
    last, look, first, attempt = await served.residents.history(served.person, None)
    tenancy = (SECTIONS["tenancy"].title,)
    county = registers().organisations[COUNTY].title
    assert [one.what for one in (last, look, first, attempt)] == ["stopped", "looked", "allowed", "tried"]
    assert (look.index, attempt.index) == (looked.receipt.index, refused.receipt.index)
    assert [one.kinds for one in (last, look, first, attempt)] == [tenancy, tenancy, tenancy, ()]
    assert [one.allowed_by for one in (last, look, first, attempt)] == ["", "you", "", ""]
    assert [one.role_words for one in (last, look)] == ["You", registers().roles["triager"].title]
    assert {one.organisation_name for one in (last, look, first, attempt)} == {county}
    assert {one.purpose_title for one in (last, look)} == {registers().purposes[PURPOSE].title}


async def test_a_look_that_the_law_allowed_names_the_law(served: Served) -> None:
    await served.way.ask("housing", "homelessness-prevention")
    (look,) = await served.residents.history(served.person, None)
    assert look.what == "looked"
    assert look.allowed_by.startswith("the law: ")
    assert len(look.allowed_by) > len("the law: ")


async def test_the_history_of_one_person_is_nobody_elses(served: Served) -> None:
    await served.residents.allow(served.person, choice())
    other = served.way.home.person("9990000026").id
    assert await served.residents.history(other, None) == ()
    assert (
        await served.residents.proof(other, (await served.residents.history(served.person, None))[0].index)
        is None
    )


async def test_the_history_is_paged_by_index(served: Served) -> None:
    indexes = [append(served, "disclosed", {}) for _ in range(HISTORY_PAGE + 2)][::-1]
    first = await served.residents.history(served.person, None)
    assert [one.index for one in first] == indexes[:HISTORY_PAGE]
    second = await served.residents.history(served.person, first[-1].index)
    assert [one.index for one in second] == indexes[HISTORY_PAGE:]
    assert await served.residents.history(served.person, 0) == ()


async def test_an_index_that_no_database_can_hold_is_no_failure(served: Served) -> None:
    await served.residents.allow(served.person, choice())
    assert len(await served.residents.history(served.person, 10**30)) == 1
    assert await served.residents.proof(served.person, 10**30) is None
    assert await served.residents.proof(served.person, 2**53) is None


async def test_details_of_another_shape_are_told_without_guessing(served: Served) -> None:
    strange: dict[str, Json] = {"sections": ["tenancy"], "basis": {COUNTY: "none"}, "permission": 7}
    append(served, "disclosed", strange)
    append(served, "renewed", strange, Kind.CONSENT)
    changed, look = await served.residents.history(served.person, None)
    assert (changed.what, changed.kinds) == ("changed", ())
    assert (look.what, look.kinds, look.role_words) == ("looked", (), "An application")


async def test_a_proof_convinces_a_stranger_who_has_only_the_logs_key(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    look = await served.way.ask()
    proof = await served.residents.proof(served.person, look.receipt.index)
    assert proof is not None
    assert (proof.index, proof.checked, proof.checked_words) == (look.receipt.index, True, GOOD)
    leaf = from_base64(proof.leaf_b64)
    assert leaf is not None
    opening = Opening.from_json(json.loads(proof.opening_json))
    verify_receipt(proof.receipt_text, leaf, [served.way.home.verifier_key], (opening.salt, opening.detail))
    assert opening.detail["outcome"] == "disclosed"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log_entry_detail SET outcome = 'empty'",
        "UPDATE log_entry_detail SET recipient = 'age-well-norfolk'",
        "UPDATE log_entry_detail SET role = NULL",
        "UPDATE log_entry_detail SET purpose = 'social-prescribing'",
        "UPDATE log_entry_detail SET at_ms = at_ms - 1",
        "UPDATE log_entry_detail SET sealed = zeroblob(60)",
        "UPDATE log_entry SET leaf = zeroblob(41)",
        "UPDATE log_entry SET leaf = x'01" + "00" * 40 + "'",
    ],
)
async def test_a_changed_entry_is_called_so_and_the_rest_of_the_history_is_still_shown(
    served: Served, change: str
) -> None:
    done = await served.residents.allow(served.person, choice("tenancy"))
    look = await served.way.ask()
    served.tamper(f'{change} WHERE "index" = :index', index=look.receipt.index)
    proof = await served.residents.proof(served.person, look.receipt.index)
    assert proof is not None
    assert (proof.checked, proof.checked_words) == (False, BAD)
    whole = await served.residents.proof(served.person, int(done.reference.removeprefix("OT-")))
    assert whole is not None
    assert whole.checked
    assert len(await served.residents.history(served.person, None)) == 2


async def test_an_index_without_an_entry_proves_nothing(served: Served) -> None:
    assert await served.residents.proof(served.person, 10_000) is None


async def test_anybody_can_have_a_receipt_checked(served: Served) -> None:
    done = await served.residents.allow(served.person, choice())
    proof = await served.residents.proof(served.person, int(done.reference.removeprefix("OT-")))
    assert proof is not None
    check = await served.residents.check_receipt(done.receipt, proof.leaf_b64)
    assert check.checked
    assert check.at == done.at
    # As a browser sends it: other line ends, empty lines around, a leaf that was broken over two lines.
    pasted = "\r\n\r\n" + done.receipt.replace("\n", "\r\n") + "\r\n"
    assert (
        await served.residents.check_receipt(pasted, proof.leaf_b64[:20] + "\r\n " + proof.leaf_b64[20:])
    ).checked


async def test_a_receipt_that_is_not_ours_is_refused_alike_whatever_is_wrong_with_it(served: Served) -> None:
    done = await served.residents.allow(served.person, choice())
    proof = await served.residents.proof(served.person, int(done.reference.removeprefix("OT-")))
    assert proof is not None
    stranger = replace(served.residents, log_key=Signer(ORIGIN, bytes(32)).verifier_key)
    answers = [
        await served.residents.check_receipt("", ""),
        await served.residents.check_receipt(done.receipt, "no base64!"),
        await served.residents.check_receipt(done.receipt, "AAAA"),
        await served.residents.check_receipt(done.receipt[:-30], proof.leaf_b64),
        await served.residents.check_receipt("\x00\ud800" * 5, proof.leaf_b64),
        await stranger.check_receipt(done.receipt, proof.leaf_b64),
    ]
    assert len(set(answers)) == 1
    assert (answers[0].checked, answers[0].at) == (False, None)
