"""Fake services of the console: the officer's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fastapi import Request

from audit.console.ports import (
    SEARCH_PAGE,
    FilterOptions,
    Filters,
    Item,
    LogState,
    Officer,
    Option,
    Row,
    SourceFields,
    Verified,
)
from core.errors import ClosedError

NOW = datetime(2026, 10, 20, 15, 7, tzinfo=UTC)
TOKEN = "officer-form-token"
LONG_NAME = "Norfolskie Stowarzyszenie Przeciwdziałania Bezdomności Razem"
CHECKPOINT = """oncetold.example/log
41018
5YQeZ1bZg3lE6g3tE0c3oZ0V3Zkq6x2yqvR2Q1k8n4I=

— oncetold.example/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
LEAF = "b25jZXRvbGQtbGVhZi12MQAAAZKj3vrWbTtmsH1eZVuWS8R4K3Yb1CTvXzqH7sFdP0q9NxM"
OPTIONS = FilterOptions(
    kinds=(Option("disclosure", "Information left"), Option("refusal", "Nothing left")),
    outcomes=(Option("shown", "Shown"), Option("no-permission", "The person had not allowed it")),
    purposes=(
        Option("income-debt-advice", "Help with money and debts"),
        Option("early-help-triage", "Early help"),
    ),
)


def row(index: int, at: datetime, outcome: str = "shown", recipient: str = "Harbour Help") -> Row:
    """A line of the results."""
    kind = "disclosure" if outcome == "shown" else "refusal"
    return Row(index, at, kind, outcome, recipient, "adviser", "Help with money and debts", "XK7-2MQ4-9T")


ROWS = (
    row(41017, NOW - timedelta(hours=2)),
    row(40100, NOW - timedelta(days=1), "no-permission", LONG_NAME),
    row(38000, NOW - timedelta(days=9), "odd-code", "<script>alert(3)</script>"),
)


def item(found: Row, *, hostile: bool = False) -> Item:
    """An entry in full."""
    refused = found.kind == "refusal"
    fields = (
        SourceFields(
            "Norwich City Council", ("debts.arrears_band", "debts.repayment_plan", "tenancy.landlord")
        ),
        SourceFields(LONG_NAME, ("contact.safe_contact",)),
    )
    return Item(
        row=found,
        fields=() if refused else fields,
        basis="" if refused else "Consent, UK GDPR Article 6(1)(a)",
        clause="" if refused else "Agreement norwich-debt-advice-2026, clause 4.2",
        decision="Not let through: the person had not allowed it." if refused else "Let through.",
        reason="</q><script>alert(4)</script>"
        if hostile
        else ""
        if refused
        else "First talk about the rent arrears",
        person_said="" if refused else "Allowed on 10 September 2026 until 10 December 2026.",
        proof_state="In the log since 20 October 2026; its receipt is complete.",
        leaf=LEAF,
        receipt="" if refused else f"c2sp.org/tlog-proof@v1\nindex {found.index}\n\n{CHECKPOINT}",
    )


@dataclass
class FakeConsole:
    """`ConsoleServices` without a gateway. The session is the cookie `state`; "out" is nobody."""

    default_state: str = "many"
    searched: list[Filters] = field(default_factory=list)

    async def signed_in(self, request: Request) -> Officer | None:
        state = request.cookies.get("state", self.default_state)
        if state == "out":
            return None
        organisation = LONG_NAME if state == "many" else "Harbour Help"
        return Officer(state, "Robin Okafor", "harbour-charity", organisation, TOKEN)

    def sign_in_url(self, request: Request) -> str:
        return "/console/sign-in"

    def sign_out_url(self, request: Request) -> str:
        return "/console/sign-out"

    def csrf_ok(self, request: Request, token: str) -> bool:
        return token == TOKEN

    async def options(self, officer: Officer) -> FilterOptions:
        return OPTIONS

    async def search(self, officer: Officer, filters: Filters) -> tuple[Row, ...]:
        self.searched.append(filters)
        if officer.id == "closed":
            raise ClosedError("audit log", "cannot commit")
        if officer.id == "full" and filters.before is None:
            return tuple(row(1000 - i, NOW - timedelta(hours=i)) for i in range(SEARCH_PAGE))
        return ROWS if officer.id == "many" else ()

    async def item(self, officer: Officer, index: int) -> Item | None:
        found = next((one for one in ROWS if one.index == index), None)
        return None if found is None else item(found, hostile=index == 38000)

    async def verify(self, officer: Officer, index: int) -> Verified:
        if index == 40100:
            return Verified(False, "The line does not lead to the last checkpoint's root.", NOW)
        return Verified(True, "The line leads to the last checkpoint's root in 16 steps.", NOW)

    async def log_state(self) -> LogState:
        return LogState(41018, NOW, CHECKPOINT)
