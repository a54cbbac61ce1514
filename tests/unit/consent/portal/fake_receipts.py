"""Fake receipts of the portal: the person's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from consent.portal.receipts_ports import RECEIPTS_PAGE, Checked, Issued, Paper, ReceiptLine
from consent.receipts.jws import armoured, token_in
from core.errors import ClosedError
from tests.unit.consent.portal.fakes import LONG_NAME, NOW, RECEIPT

TOKEN = "eyJhbGciOiJFZERTQSJ9." + "QUJD" * 120 + "." + "c2ln" * 21
LINE = ReceiptLine("OT-41017", 41017, NOW, "allowed", "Harbour Help", "Help with money and debts")
LINES = (
    LINE,
    replace(LINE, reference="OT-41000", index=41000, what="stopped", at=NOW - timedelta(hours=2)),
    replace(
        LINE,
        reference="OT-40100",
        index=40100,
        what="refused",
        at=NOW - timedelta(days=2),
        organisation_name=LONG_NAME,
        purpose_title="Pomoc najniebezpieczniejszym konstantynopolitańczykowianeczkom",
    ),
    replace(
        LINE, reference="OT-40000", index=40000, what="unrefused", at=NOW - timedelta(days=3), organisation_name="",
        purpose_title="",
    ),
)  # fmt: skip
PAPER = Paper(
    reference="OT-41017",
    what="allowed",
    at=NOW,
    purposes=("Help with money and debts",),
    words=(
        "An adviser looks at what you owe, so that you need not tell it again.",
        "They may only look because you say yes, and only for this.",
    ),
    kinds=("Money you owe", "Your home"),
    organisations=("Harbour Help",),
    sources=("Norwich City Council", LONG_NAME),
    since=NOW,
    until=NOW + timedelta(days=51),
    how="portal",
    capacity="self",
    issuer="https://gateway.test",
)
HOSTILE = replace(
    PAPER, organisations=("<script>alert(1)</script>",), purposes=('"><img src=x onerror=alert(2)>',)
)


def issued(paper: Paper) -> Issued:
    return Issued(paper, TOKEN, armoured(TOKEN))


class FakeReceipts:
    """`ReceiptServices` without a gateway."""

    async def receipts(self, person: str, before: int | None) -> tuple[ReceiptLine, ...]:
        if person == "closed":
            raise ClosedError("audit log", "cannot be read")
        if person == "full" and before is None:
            return tuple(
                replace(LINE, reference=f"OT-{1000 - place}", index=1000 - place)
                for place in range(RECEIPTS_PAGE)
            )
        return LINES if person == "many" and before is None else (LINE,) if person == "one" else ()

    async def receipt(self, person: str, reference: str) -> Issued | None:
        if reference.startswith(("STOP-", "ALLOW-")):
            return issued(replace(PAPER, what="stopped" if reference[0] == "S" else "allowed"))
        if reference not in {"OT-41017", "OT-41000", "OT-40100", "OT-40000"}:
            return None
        what = {"OT-41000": "stopped", "OT-40100": "refused", "OT-40000": "unrefused"}.get(reference)
        paper = HOSTILE if person == "hostile" else PAPER
        if what == "stopped":
            return issued(replace(paper, what="stopped", how="assisted", reference=reference))
        if what == "refused":
            no = replace(paper, what="refused", organisations=(), until=None, capacity="attorney", words=())
            return issued(replace(no, how="representative", reference=reference))
        if what == "unrefused":
            return issued(replace(paper, what="unrefused", how="imported", sources=(), reference=reference))
        return issued(paper)

    async def check(self, text: str, leaf: str) -> Checked:
        if token_in(text) == TOKEN:
            return Checked(True, "We gave it out, and nobody has changed it.", NOW, PAPER)
        if text.split() == RECEIPT.split():
            return Checked(True, "The line is in the list, and nobody has changed it.", NOW)
        return Checked(False, "The receipt and the line do not fit together, or it is not ours.", None)
