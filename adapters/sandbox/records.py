"""What each agency knows about one made-up person: pure functions of the part they play and a seeded source of chance."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final, TypeVar

from adapters.sandbox import words
from adapters.sandbox.person import (
    TODAY,
    Adaptation,
    Alert,
    Allergy,
    CharityRecord,
    Coding,
    Condition,
    CouncilRecord,
    Home,
    Medication,
    Plan,
    PracticeRecord,
    Relative,
    Repair,
    Service,
    Tenancy,
)
from adapters.sandbox.roster import Part

T = TypeVar("T")

REPAIR_TRADES: Final = ("PL", "EL", "CA", "HE", "DM", "RF")
REPAIR_PRIORITIES: Final = ("P1", "P2", "P3")
OPEN: Final = ("RPT", "SCH", "WIP")
ADAPTATIONS: Final = (
    ("LAS", "Level access shower"),
    ("STL", "Stairlift"),
    ("GRB", "Grab rails"),
    ("RMP", "Ramp"),
)


def some(rng: Random, items: Sequence[T], low: int, high: int) -> tuple[T, ...]:
    """Between low and high different items, in no order."""
    return tuple(rng.sample(items, rng.randint(low, min(high, len(items)))))


def day_before(rng: Random, days: int, until: date = TODAY) -> date:
    """A day at most so many days before another."""
    return until - timedelta(days=rng.randint(1, days))


def _moment(rng: Random) -> datetime:
    """When a record was last changed: some day of the last 90, at a whole minute, UTC."""
    day = day_before(rng, 90)
    return datetime(day.year, day.month, day.day, rng.randint(6, 19), rng.randint(0, 59), tzinfo=UTC)


def plan(rng: Random, status: str) -> Plan:
    """A plan with two goals or three, begun in the last year and looked at again in the next half."""
    return Plan(
        category=rng.choice(words.PLAN_CATEGORIES),
        status=status,
        goals=some(rng, words.GOALS, 2, 3),
        start=day_before(rng, 360),
        review=TODAY + timedelta(days=rng.randint(14, 180)),
        lead=rng.choice(words.LEADS),
    )


def practice_record(rng: Random, part: Part) -> PracticeRecord:
    """What the practice keeps. `sensitive` parts get a PSY condition, an SDV alert and an R medicine on top."""
    least = 2 if part.rich else 0
    allergies = tuple(
        Allergy(
            substance=substance,
            severity=rng.choice(("mild", "moderate", "severe")),
            criticality=rng.choice(("low", "high")),
            status="active",
            recorded_on=day_before(rng, 3000),
        )
        for substance in some(rng, words.ALLERGENS, least, 3)
    )
    return PracticeRecord(
        id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        updated=_moment(rng),
        channel=rng.choice(("telephone", "email", "letter", "visit")),
        safe_contact=rng.choice(words.SAFE_CONTACTS),
        written_format=words.WRITTEN_FORMATS[0]
        if part.rich
        else rng.choice((*words.WRITTEN_FORMATS, None, None)),
        adjustments=some(rng, words.ADJUSTMENTS, least, 3),
        allergies=allergies,
        conditions=_conditions(rng, part, least),
        medications=_medications(rng, part, least),
        plans=(plan(rng, "active"),) if part.rich or rng.random() < 0.5 else (),
        alerts=_alerts(rng, part),
        invalidated=part.invalidated,
    )


def _conditions(rng: Random, part: Part, least: int) -> tuple[Condition, ...]:
    def condition(name: Coding, security: tuple[str, ...] = ()) -> Condition:
        severity = rng.choice(("mild", "moderate", "severe"))
        status = rng.choice(("active", "active", "remission"))
        return Condition(name, severity, status, day_before(rng, 4000), security)

    plain = tuple(condition(name) for name in some(rng, words.CONDITIONS, least, 3))
    return (*plain, condition(rng.choice(words.SENSITIVE_CONDITIONS), ("PSY",))) if part.sensitive else plain


def _medications(rng: Random, part: Part, least: int) -> tuple[Medication, ...]:
    def medication(item: tuple[Coding, str], security: tuple[str, ...] = ()) -> Medication:
        name, dosage = item
        return Medication(
            name, dosage, rng.choice(("active", "active", "on-hold")), day_before(rng, 700), security
        )

    plain = tuple(medication(item) for item in some(rng, words.MEDICATIONS, least, 3))
    return (*plain, medication(words.SENSITIVE_MEDICATION, ("R",))) if part.sensitive else plain


def _alerts(rng: Random, part: Part) -> tuple[Alert, ...]:
    plain = tuple(
        Alert(description, "active", day_before(rng, 500))
        for description in some(rng, words.ALERTS, 1 if part.rich else 0, 2 if part.rich else 1)
    )
    if not part.sensitive:
        return plain
    return (*plain, Alert(words.SENSITIVE_ALERT, "active", day_before(rng, 500), ("SDV",)))


def home(rng: Random, *, rich: bool) -> Home:
    """The property of a household."""
    adaptations = tuple(
        Adaptation(code, description, day_before(rng, 2000))
        for code, description in some(rng, ADAPTATIONS, 1 if rich else 0, 2)
    )
    return Home(
        type_code=rng.choice(("FLT", "HSE", "BUN", "MAI")),
        bedrooms=rng.randint(1, 4),
        heating_code=rng.choice(("GCH", "ELS", "DIS", "NWK")),
        damp_code=rng.choice(("RPT", "INV", "WKS") if rich else ("NON", "NON", "RPT", "RES")),
        adaptations=adaptations,
    )


def tenancy(rng: Random, reference: str, *, rich: bool) -> Tenancy:
    """The letting of a household. A rich one has two open repairs and arrears between 500 and 1,500 pounds."""
    jobs = rng.randint(2, 4) if rich else rng.randint(0, 2)
    repairs = tuple(
        Repair(
            job=f"J{rng.randint(100_000, 999_999)}",
            trade=rng.choice(REPAIR_TRADES),
            priority=rng.choice(REPAIR_PRIORITIES),
            reported=day_before(rng, 120),
            # A finished job shows that an adapter drops what is not open.
            status=OPEN[at % len(OPEN)] if at < 2 else "CMP",
        )
        for at in range(jobs)
    )
    arrears = rng.randint(50_000, 150_000) if rich else rng.choice((0, 0, 0, 12_345, 99_900, 210_050))
    return Tenancy(
        reference=reference,
        type_code=rng.choice(("SEC", "INT", "AST", "LIC")),
        landlord=rng.choice(words.LANDLORDS),
        status_code="NSP" if arrears > 150_000 else "CUR",
        started=day_before(rng, 5000),
        arrears_pence=arrears,
        repayment_plan=arrears > 0 and (rich or rng.random() < 0.5),
        repairs=repairs,
    )


def council_record(
    rng: Random,
    reference: str,
    nhs_number: str | None,
    dwelling: Home,
    letting: Tenancy | None,
    relatives: tuple[Relative, ...],
) -> CouncilRecord:
    """What the council keeps; home and letting are the household's."""
    return CouncilRecord(
        reference=reference,
        nhs_number=nhs_number,
        updated=_moment(rng),
        channel=rng.choice(("telephone", "text", "email", "letter", "visit")),
        contact_note=rng.choice(words.SAFE_CONTACTS),
        home=dwelling,
        tenancy=letting,
        household=relatives,
    )


def charity_record(rng: Random, case_number: str, nhs_number: str | None, part: Part) -> CharityRecord:
    """One row of the charity's case list."""
    services = tuple(
        Service(name, kind, day_before(rng, 900))
        for name, kind in some(rng, words.SERVICES, 2 if part.rich else 0, 3)
    )
    return CharityRecord(
        case_number=case_number,
        nhs_number=nhs_number,
        updated=day_before(rng, 60),
        channel=rng.choice(("telephone", "text", "email", "letter")),
        safe_contact=rng.choice(words.SAFE_CONTACTS),
        adjustments=some(rng, words.ADJUSTMENTS, 1 if part.rich else 0, 2),
        services=services,
        plan=plan(rng, rng.choice(("active", "on-hold"))) if part.rich or rng.random() < 0.5 else None,
    )
