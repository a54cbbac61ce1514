"""The council's housing system: its own blocks, field names and codes for a made-up person. Pure.

council_housing.py shows samples. Days are dd/mm/yyyy, yes and no are Y and N, a UPRN is a number or a string; CODE_LISTS
says what the codes mean. The system knows arrears in pence and shows a band.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from adapters.sandbox.person import CouncilRecord, Home, Person, Relative, Tenancy, age
from core.vocabulary import Json, JsonObject

CODE_LISTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "tenancyTypeCode": {
            "SEC": "Secure",
            "INT": "Introductory",
            "AST": "Assured shorthold",
            "LIC": "Licence",
        },
        "tenancyStatusCode": {"CUR": "Current", "NSP": "Notice of seeking possession served", "END": "Ended"},
        "propertyTypeCode": {"FLT": "Flat", "HSE": "House", "BUN": "Bungalow", "MAI": "Maisonette"},
        "heatingTypeCode": {
            "GCH": "Gas central heating",
            "ELS": "Electric storage heaters",
            "DIS": "District heating",
            "NWK": "Not working",
        },
        "dampMouldCode": {
            "NON": "None reported",
            "RPT": "Reported",
            "INV": "Being investigated",
            "WKS": "Works ordered",
            "RES": "Resolved",
        },
        "tradeCode": {
            "PL": "Plumbing",
            "EL": "Electrical",
            "CA": "Carpentry",
            "HE": "Heating",
            "DM": "Damp and mould",
            "RF": "Roofing",
        },
        "priorityCode": {"P1": "Emergency", "P2": "Urgent", "P3": "Routine"},
        "jobStatusCode": {"RPT": "Reported", "SCH": "Scheduled", "WIP": "In progress", "CMP": "Completed"},
        "arrearsBand": {
            "A": "No arrears",
            "B": "Under 500 pounds",
            "C": "500 to 1,500 pounds",
            "D": "Over 1,500 pounds",
        },
        "relationshipCode": {
            "PTNR": "Partner",
            "CHLD": "Child",
            "PRNT": "Parent",
            "SIBL": "Brother or sister",
        },
        "contactMethodCode": {
            "T": "Telephone",
            "X": "Text message",
            "E": "Email",
            "L": "Letter",
            "V": "Visit",
        },
        "ageBand": {
            "00-04": "Under 5",
            "05-11": "5 to 11",
            "12-15": "12 to 15",
            "16-17": "16 to 17",
            "18-24": "18 to 24",
            "25-44": "25 to 44",
            "45-64": "45 to 64",
            "65-79": "65 to 79",
            "80+": "80 and over",
        },
    }
)

BLOCKS: Final = ("tenancy", "property", "repairs", "arrears", "adaptations", "household", "contact")
"""What a query may include."""

Block = JsonObject | tuple[JsonObject, ...] | None

_METHODS: Final = {"telephone": "T", "text": "X", "email": "E", "letter": "L", "visit": "V"}
_AGE_BANDS: Final = (
    (5, "00-04"),
    (12, "05-11"),
    (16, "12-15"),
    (18, "16-17"),
    (25, "18-24"),
    (45, "25-44"),
    (65, "45-64"),
    (80, "65-79"),
)


def uk_date(day: date) -> str:
    """dd/mm/yyyy, as the system writes days."""
    return day.strftime("%d/%m/%Y")


def uprn(person: Person) -> Json:
    """The UPRN as a number for every second home and as a string for the others, as real extracts do."""
    value = person.address.uprn
    return int(value) if (int(value) // 10) % 2 == 0 else value


def arrears_band(pence: int) -> str:
    """The band of a debt in pence: the system shows the band, never the sum."""
    if pence <= 0:
        return "A"
    if pence < 50_000:
        return "B"
    return "C" if pence <= 150_000 else "D"


def age_band(born: date) -> str:
    """The band of an age."""
    years = age(born)
    return next((band for below, band in _AGE_BANDS if years < below), "80+")


def blocks(person: Person, record: CouncilRecord) -> Mapping[str, Block]:
    """Block name -> object, list of objects, or None where the person holds no tenancy."""
    letting = record.tenancy
    return {
        "tenancy": None if letting is None else _tenancy(letting, person),
        "property": _property(record.home, person),
        "repairs": () if letting is None else repairs(letting),
        "arrears": None if letting is None else _arrears(letting),
        "adaptations": tuple(
            {
                "adaptationCode": item.code,
                "adaptationText": item.description,
                "completedDate": uk_date(item.completed),
            }
            for item in record.home.adaptations
        ),
        "household": tuple(_member(item) for item in record.household),
        "contact": _contact(record, person),
    }


def surplus(person: Person, record: CouncilRecord) -> Mapping[str, Block]:
    """Every block with fields that nobody asked for: what the fault `excess` adds."""
    found = dict(blocks(person, record))
    letting = record.tenancy
    if letting is not None:
        found["arrears"] = {**_arrears(letting), "balancePence": letting.arrears_pence}
    found["household"] = tuple(
        {**_member(item), "fullName": item.full_name, "dateOfBirth": uk_date(item.birth_date)}
        for item in record.household
    )
    found["contact"] = {**_contact(record, person), "fullName": person.full_name, "ethnicOriginCode": "ZZ"}
    found["caseNotes"] = ({"noteText": "Visited. Spoke at the door.", "notedBy": "Officer 12"},)
    return found


def repairs(letting: Tenancy) -> tuple[JsonObject, ...]:
    """Jobs of a tenancy, finished ones too."""
    return tuple(
        {
            "jobNumber": job.job,
            "tradeCode": job.trade,
            "priorityCode": job.priority,
            "reportedDate": uk_date(job.reported),
            "jobStatusCode": job.status,
        }
        for job in letting.repairs
    )


def _tenancy(letting: Tenancy, person: Person) -> JsonObject:
    return {
        "tenancyRef": letting.reference,
        "tenancyTypeCode": letting.type_code,
        "landlordName": letting.landlord,
        "tenancyStatusCode": letting.status_code,
        "commencementDate": uk_date(letting.started),
        "uprn": uprn(person),
    }


def _property(home: Home, person: Person) -> JsonObject:
    return {
        "uprn": uprn(person),
        "addressLines": [*person.address.lines, person.address.town],
        "postCode": person.address.postcode,
        "propertyTypeCode": home.type_code,
        "bedroomCount": home.bedrooms,
        "heatingTypeCode": home.heating_code,
        "dampMouldCode": home.damp_code,
    }


def _arrears(letting: Tenancy) -> JsonObject:
    return {
        "arrearsBand": arrears_band(letting.arrears_pence),
        "repaymentPlanInd": "Y" if letting.repayment_plan else "N",
    }


def _member(relative: Relative) -> JsonObject:
    return {"relationshipCode": relative.relationship, "ageBand": age_band(relative.birth_date)}


def _contact(record: CouncilRecord, person: Person) -> JsonObject:
    return {
        "mobileTel": person.telephone.replace(" ", ""),
        "homeTel": person.landline.replace(" ", ""),
        "emailAddr": person.email,
        "contactMethodCode": _METHODS[record.channel],
        "contactNote": record.contact_note,
        "corrAddressLines": [*person.address.lines, person.address.town],
        "corrPostCode": person.address.postcode,
        "corrUprn": uprn(person),
    }
