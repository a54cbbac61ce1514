"""Fake services of the console: the officer's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from fastapi import Request

from audit.console.overviews import Counted, Day, Overview
from audit.console.ports import (
    SEARCH_PAGE,
    Decided,
    Decision,
    FilterOptions,
    Filters,
    Hold,
    Item,
    LogState,
    NotDecided,
    Officer,
    Option,
    Review,
    ReviewKind,
    Row,
    SourceFields,
    Task,
    Verified,
    Waiting,
)
from audit.console.samples import Draw, Samples
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
    kinds=(
        Option("disclosure", "Information left"),
        Option("refusal", "Nothing left"),
        Option("break-glass", "Emergency look"),
        Option("administration", "Decision"),
    ),
    outcomes=(
        Option("shown", "Shown"),
        Option("no-permission", "The person had not allowed it"),
        Option("review-wrong", "It was not right"),
    ),
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


TODAY = NOW.date()
VERSION = "1792508820000"
EMERGENCY = Row(
    41500,
    NOW - timedelta(hours=20),
    "break-glass",
    "shown",
    LONG_NAME,
    "Emergency department nurse",
    "An emergency",
    "XK7-2MQ4-9T",
)
HELD = Row(
    41400,
    NOW - timedelta(days=2),
    "disclosure",
    "shown",
    "Norfolk County Council",
    "Safeguarding lead",
    "Keeping someone safe",
    "QJ4-77PA-2M",
)
DECISION = Row(
    41600, NOW, "administration", "review-wrong", "Harbour Help", "", "An emergency", "XK7-2MQ4-9T"
)
HOLD = Hold("Telling you now could put you in danger", NOW + timedelta(days=26), None, None)
RIGHT = Decided("break-glass", "Harbour Help", "It was right", NOW - timedelta(hours=1), 41600)
OPEN = Decided("break-glass", LONG_NAME, "", None, None)
TASKS = (
    Task("hold-back", HELD, NOW - timedelta(hours=26), -26),
    Task("break-glass", replace(EMERGENCY, index=41300), NOW - timedelta(days=4), -96),
    Task("break-glass", replace(EMERGENCY, index=41299), NOW + timedelta(minutes=20), 0),
    Task("break-glass", EMERGENCY, NOW + timedelta(hours=5), 5),
    Task("sample", replace(HELD, index=41250), NOW + timedelta(days=9), 216),
    Task("look-again", replace(HELD, recipient_name=LONG_NAME), NOW + timedelta(days=26), 624),
)


def emergency(found: Row = EMERGENCY) -> Item:
    """An emergency look in full."""
    return replace(
        item(replace(found, kind="disclosure", outcome="shown")),
        row=found,
        emergency="Somebody was found who could not speak for themselves",
        reason="Found on the floor at home, does not answer",
        person_said="Nobody asks them first in an emergency",
        reviews=(replace(OPEN, organisation_name="Harbour Help"),),
    )


def enquiry() -> Item:
    """A look that is held back, in full."""
    return replace(
        item(HELD),
        basis="6(1)(e) Care Act 2014 s.42, 9(2)(g) DPA 2018 Sch 1 para 18, confidentiality: statute",
        clause="safeguarding-enquiry, clause 5.1",
        reason="A neighbour told us of shouting and bruises",
        person_said="They had allowed nothing that this could rest on",
        hold=HOLD,
    )


def a_review(kind: ReviewKind, index: int, officer: str) -> Review:
    """A review of the fakes: the officer's id says in which state."""
    held = kind not in {"break-glass", "sample"}
    hold = replace(HOLD, released=NOW) if officer == "decided" else HOLD
    shown = replace(enquiry(), hold=hold) if held else emergency()
    task = next(one for one in TASKS if one.kind == kind and one.row.index == index)
    done = officer == "decided"
    return Review(
        kind=kind,
        item=shown,
        task=None if done else task,
        ours=replace(RIGHT, kind=kind, outcome="The person is told now" if held else RIGHT.outcome)
        if done
        else None,
        others=(OPEN, replace(RIGHT, organisation_name="Norwich City Council")),
        barred="You looked yourself, so somebody else of your organisation has to decide this."
        if officer == "own"
        else "",
        first_day=TODAY + timedelta(days=1),
        last_day=TODAY + timedelta(days=28),
        version=VERSION,
    )


QUIET = tuple(Day(TODAY - timedelta(days=27 - n), 0, 0, 0) for n in range(28))
OVERVIEW = Overview(
    days=tuple(
        replace(day, shown=n * 137 % 41 + 3 * n, refused=n * 7 % 11, emergencies=n % 9 // 8)
        for n, day in enumerate(QUIET)
    ),
    refusals=(Counted("Nothing shown", 121), Counted("Role not agreed", 14)),
    organisations=(
        Counted("Norfolk County Council", 1140),
        Counted(LONG_NAME, 503),
        Counted("Harbour Help", 1),
    ),
    purposes=(Counted("Help with money and debts", 1600), Counted("Early help", 44)),
)


@dataclass
class FakeConsole:
    """`ConsoleServices` without a gateway. The session is the cookie `state`; "out" is nobody."""

    default_state: str = "many"
    searched: list[Filters] = field(default_factory=list)
    decided: list[tuple[str, int, Decision]] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)

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
        if index == EMERGENCY.index:
            return emergency()
        if index == HELD.index:
            return enquiry()
        if index == DECISION.index:
            return replace(item(DECISION), about=EMERGENCY.index, words="He was </q><b>not</b> in danger")
        found = next((one for one in ROWS if one.index == index), None)
        return None if found is None else item(found, hostile=index == 38000)

    async def verify(self, officer: Officer, index: int) -> Verified:
        if index == 40100:
            return Verified(False, "The line does not lead to the last checkpoint's root.", NOW)
        return Verified(True, "The line leads to the last checkpoint's root in 16 steps.", NOW)

    async def waiting(self, officer: Officer) -> Waiting:
        counts = {"many": Waiting(5, 2), "one": Waiting(1, 0), "late": Waiting(1, 1), "lots": Waiting(140, 1)}
        return counts.get(officer.id, Waiting(0, 0))

    async def tasks(self, officer: Officer) -> tuple[Task, ...]:
        return {"many": TASKS, "lots": TASKS, "one": TASKS[3:4], "late": TASKS[:1]}.get(officer.id, ())

    async def review(self, officer: Officer, kind: ReviewKind, index: int) -> Review | None:
        if (kind, index) not in {(one.kind, one.row.index) for one in TASKS}:
            return None
        return a_review(kind, index, officer.id)

    async def decide(self, officer: Officer, kind: ReviewKind, index: int, decision: Decision) -> None:
        if officer.id in {"slow", "decided"}:
            raise NotDecided("Somebody else has decided this in the meantime. Look at what they decided.")
        self.decided.append((kind, index, decision))

    async def overview(self, officer: Officer) -> Overview:
        return Overview(QUIET, (), (), ()) if officer.id == "none" else OVERVIEW

    async def samples(self, officer: Officer) -> Samples:
        monday = date(2026, 10, 12)
        newest = Draw(monday, date(2026, 10, 18), 5, 41700, 240, 12, 3, 1)
        older = Draw(date(2026, 10, 5), date(2026, 10, 11), 5, 40002, 1_221, 62, 62, 0)
        drawn = {
            "drawn": (newest, older),
            "done": (older,),
            "quiet": (replace(older, looks=0, drawn=0, right=0),),
        }
        draws = drawn.get(officer.id, () if officer.id == "none" else (older,))
        return Samples(monday, date(2026, 10, 18), officer.id not in drawn, (1, 5, 10), draws)

    async def draw(self, officer: Officer, percent: int) -> None:
        if officer.id == "drawn":
            raise NotDecided("Last week is drawn already. It cannot be drawn again.")
        self.drawn.append(percent)

    async def log_state(self) -> LogState:
        return LogState(41018, NOW, CHECKPOINT)
