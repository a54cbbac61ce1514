"""The shape of a made-up person, and of what each agency keeps about them.

Values are in the words of the agency that keeps them (its codes, its record ids), because mapping them is the adapters'
work. Dates are naive calendar days in the United Kingdom; `Moment`s are timezone-aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core.vocabulary import Label

TODAY = date(2026, 11, 23)
"""The day on which the sandbox's records stand still: ages and bands are counted from here, never from the clock."""

PRACTICE = "wensum-valley-practice"
PRACTICE_ODS = "Z9W01"
COUNCIL = "norwich-city-council"
CHARITY = "harbour-charity"
SOURCES = (PRACTICE, COUNCIL, CHARITY)


@dataclass(frozen=True, slots=True)
class Coding:
    """A code with its system (a FHIR canonical URL) and what people read."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Address:
    """A home that does not exist: made-up streets, postcode area NR99 (never allocated), UPRNs from 99990..."""

    lines: tuple[str, ...]
    town: str
    postcode: str
    uprn: str


@dataclass(frozen=True, slots=True)
class Language:
    """BCP 47 code and English name of a language."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody of the same household. relationship: what they are to the person (council's code, see housing.py)."""

    position: int
    relationship: str
    birth_date: date
    full_name: str


@dataclass(frozen=True, slots=True)
class Representative:
    """Who may act for the person, with what authority (uk.md, "capacity", "children").

    authority: `lpa-health-and-welfare`, `lpa-property-and-financial-affairs` or `parental-responsibility`.
    """

    position: int
    full_name: str
    authority: str
    registered_on: date


@dataclass(frozen=True, slots=True)
class Allergy:
    """criticality: low, high or unable-to-assess; severity: mild, moderate or severe; security: label codes."""

    substance: Coding
    severity: str
    criticality: str
    status: str
    recorded_on: date
    security: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """severity: mild, moderate, severe; status: condition-clinical code; security: label codes."""

    name: Coding
    severity: str
    status: str
    recorded_on: date
    security: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Medication:
    """status: active, on-hold, stopped or completed; security: label codes."""

    name: Coding
    dosage: str
    status: str
    asserted_on: date
    security: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of care or support. lead: a role, never a name. security: label codes."""

    category: str
    status: str
    goals: tuple[str, ...]
    start: date
    review: date
    lead: str
    security: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A safeguarding flag of the practice."""

    description: str
    status: str
    since: date
    security: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PracticeRecord:
    """What the practice keeps.

    id: its FHIR Patient id. invalidated: the record was withdrawn after its pointer was registered, so that reading
    it answers 404 INVALIDATED_RESOURCE (PDS, REDACTED).
    """

    id: str
    updated: datetime
    channel: str
    safe_contact: str
    written_format: Coding | None
    adjustments: tuple[str, ...]
    allergies: tuple[Allergy, ...]
    conditions: tuple[Condition, ...]
    medications: tuple[Medication, ...]
    plans: tuple[Plan, ...]
    alerts: tuple[Alert, ...]
    invalidated: bool = False


@dataclass(frozen=True, slots=True)
class Repair:
    """One job, in the council's codes (housing.py)."""

    job: str
    trade: str
    priority: str
    reported: date
    status: str


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A finished adaptation of the home."""

    code: str
    description: str
    completed: date


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A letting, in the council's codes (housing.py). Relatives of one household may share it."""

    reference: str
    type_code: str
    landlord: str
    status_code: str
    started: date
    arrears_pence: int
    repayment_plan: bool
    repairs: tuple[Repair, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """The property behind the address, in the council's codes."""

    type_code: str
    bedrooms: int
    heating_code: str
    damp_code: str
    adaptations: tuple[Adaptation, ...]


@dataclass(frozen=True, slots=True)
class CouncilRecord:
    """What the council keeps. reference: its person reference; nhs_number: None where the council was never told."""

    reference: str
    nhs_number: str | None
    updated: datetime
    channel: str
    contact_note: str
    home: Home
    tenancy: Tenancy | None
    household: tuple[Relative, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service that the charity knows to be involved."""

    name: str
    kind: str
    since: date


@dataclass(frozen=True, slots=True)
class CharityRecord:
    """One row of the charity's case list. case_number: its own id."""

    case_number: str
    nhs_number: str | None
    updated: date
    channel: str
    safe_contact: str
    adjustments: tuple[str, ...]
    services: tuple[Service, ...]
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist. position: their place in the generated tuple, stable for a seed."""

    position: int
    nhs_number: str
    family_name: str
    given_names: tuple[str, ...]
    birth_date: date
    gender: str
    deceased_on: date | None
    label: Label
    address: Address
    telephone: str
    landline: str
    email: str
    language: Language
    interpreter_required: bool
    representative: Representative | None
    practice: PracticeRecord | None
    council: CouncilRecord | None
    charity: CharityRecord | None

    @property
    def full_name(self) -> str:
        """Given names and family name, as one line."""
        return " ".join((*self.given_names, self.family_name))

    @property
    def sources(self) -> frozenset[str]:
        """The ids of the sources that know the person."""
        records = zip(SOURCES, (self.practice, self.council, self.charity), strict=True)
        return frozenset(source for source, record in records if record is not None)

    def reference(self, source: str) -> str | None:
        """The source's own id of the record; None where it does not know the person. Unrelated to the NHS number."""
        if source == PRACTICE:
            return self.practice.id if self.practice else None
        if source == COUNCIL:
            return self.council.reference if self.council else None
        return self.charity.case_number if self.charity else None


def age(born: date, on: date = TODAY) -> int:
    """Full years of age on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
