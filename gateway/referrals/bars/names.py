"""The systems and codes of the messages: those of BaRS and FHIR, and our own where these have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from gateway.referrals.states import Status
from gateway.referrals.values import Urgency

Code: TypeAlias = tuple[str, str]
"""System and code (or value)."""

_NHS: Final = "https://fhir.nhs.uk"
_UK_CORE: Final = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-"
NHS_NUMBER: Final = f"{_NHS}/Id/nhs-number"

EVENTS: Final = f"{_NHS}/CodeSystem/message-events-bars"
EVENTS_BEFORE: Final = f"{_NHS}/CodeSystem/message-event-servicerequest"
"""What the alpha called it, and some still write."""
REQUEST: Final = "servicerequest-request"
RESPONSE: Final = "servicerequest-response"
REASONS: Final = f"{_NHS}/CodeSystem/message-reason-bars"
REASONS_BEFORE: Final = f"{_NHS}/CodeSystem/message-reason-servicerequest"
NEW: Final = "new"
UPDATE: Final = "update"
CATEGORIES: Final = f"{_NHS}/CodeSystem/message-category-servicerequest"
REFERRAL: Final[Code] = (CATEGORIES, "referral")
CONSENT_SCOPE: Final[Code] = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
DIRECT_CARE: Final[Code] = (f"{_NHS}/CodeSystem/consent-categories-bars", "DRC")
LANGUAGE: Final = "urn:ietf:bcp:47"

BUNDLE_PROFILE: Final = f"{_NHS}/StructureDefinition/BARSBundleMessage"
REQUEST_PROFILE: Final = f"{_NHS}/StructureDefinition/BARSMessageHeader-servicerequest-request"
RESPONSE_PROFILE: Final = f"{_NHS}/StructureDefinition/BARSMessageHeader-servicerequest-response"
DEFINITION: Final = f"{_NHS}/MessageDefinition/bars-message-servicerequest-request-referral"
RESPONSE_DEFINITION: Final = f"{_NHS}/MessageDefinition/bars-message-servicerequest-response-referral"
PROFILES: Final[Mapping[str, str]] = {
    "ServiceRequest": f"{_NHS}/StructureDefinition/BARSServiceRequest-request-referral",
    "Patient": f"{_UK_CORE}Patient",
    "Organization": f"{_UK_CORE}Organization",
    "HealthcareService": f"{_UK_CORE}HealthcareService",
    "CarePlan": f"{_UK_CORE}CarePlan",
    "Consent": f"{_UK_CORE}Consent",
}

OURS: Final = "urn:oncetold:"
PURPOSE: Final = f"{OURS}purpose"
SECTION: Final = f"{OURS}section"
THEME: Final = f"{OURS}theme"
HANDLE: Final = f"{OURS}handle"
REFERRAL_ID: Final = f"{OURS}referral"
REFERENCE: Final = f"{OURS}referral-reference"
SERVICE: Final = f"{OURS}directory-service"
HOW: Final = f"{OURS}agreed-how"
WORDING: Final = f"{OURS}wording"
REASON: Final = f"{OURS}referral-reason"
OUTCOME: Final = f"{OURS}referral-outcome"
MATTER: Final = f"{OURS}referral-consent"
CONTACT_DETAILS: Final[Code] = (MATTER, "contact-details")
SAYS: Final = f"{OURS}fhir:says"
"""Extension of a note: which member of a referral it is."""
RECEIPT: Final = f"{OURS}fhir:receipt"
SALT: Final = f"{OURS}fhir:salt"
"""Extensions of the header of a message that was disclosed: what proves it."""
SAFE_CONTACT: Final = "safe-contact"
NEEDS: Final = "needs"

PRIORITY: Final[Mapping[Urgency, str]] = {
    Urgency.ROUTINE: "routine",
    Urgency.SOON: "urgent",
    Urgency.URGENT: "asap",
}
"""http://hl7.org/fhir/R4/valueset-request-priority.html: urgent is above routine, asap above urgent, stat is at once."""

TASK_STATUS: Final[Mapping[Status, str]] = {
    Status.SENT: "requested",
    Status.COLLECTED: "received",
    Status.ACCEPTED: "accepted",
    Status.REFUSED: "rejected",
    Status.CLOSED: "completed",
    Status.WITHDRAWN: "cancelled",
    Status.EXPIRED: "failed",
}
"""http://hl7.org/fhir/R4/valueset-task-status.html."""
