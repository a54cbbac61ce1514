"""The bodies of /v1/referrals, as published in openapi/gateway.yaml: strict, closed, bounded."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from gateway.api.audit_models import Query
from gateway.api.consents_models import Moment
from gateway.api.models import WHOLE, Answer, Code, Day, Handle, NhsNumber, ReceiptView, Request
from gateway.people.trace import TraceError, by_nhs_number
from gateway.referrals.states import Outcome, Reason, Status
from gateway.referrals.values import How, Theme, Urgency

REFERRAL_ID_PATTERN: Final = r"^ref_[A-Za-z0-9_-]{24}$"
CURSOR_PATTERN: Final = r"^[A-Za-z0-9_-]{1,120}$"

# Nothing but what is written: line breaks and tabs are the only controls.
_NO_CONTROLS: Final = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
_LINE: Final = r"^[^\x00-\x1f\x7f]*$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_NO_CONTROLS)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
Lines = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_NO_CONTROLS)]
ServiceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
OwnReference = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
Words = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Cursor = Annotated[str, StringConstraints(pattern=CURSOR_PATTERN)]
ReferralId = Annotated[str, StringConstraints(pattern=REFERRAL_ID_PATTERN)]


def _number(value: str) -> str:
    try:
        by_nhs_number(value)
    except TraceError as error:
        raise ValueError(str(error)) from None
    return "".join(value.split())


CheckedNumber = Annotated[NhsNumber, AfterValidator(_number)]
ThemeCode = Literal[
    "housing",
    "damp",
    "repairs",
    "money",
    "food",
    "mental-health",
    "loneliness",
    "caring",
    "family",
    "work",
    "safety",
    "health",
    "other",
]
UrgencyCode = Literal["routine", "soon", "urgent"]
HowCode = Literal["spoken", "written", "by-representative"]
StatusCode = Literal["sent", "collected", "accepted", "refused", "closed", "withdrawn", "expired"]
ReasonCode = Literal["full", "not-eligible", "wrong-service", "out-of-area", "unsafe", "other"]
OutcomeCode = Literal[
    "moved",
    "adapted",
    "decluttered",
    "income-raised",
    "medication-in-order",
    "respiratory-health",
    "housing-with-care",
    "connected",
    "advice-given",
    "housing-duty-owed",
    "handed-on",
    "declined-by-person",
    "lost-contact",
    "other",
]


class AboutBody(Request):
    """Who is referred, as far as you know: enough for a person without a handle or an NHS number."""

    name: Line
    birth_date: Day | None = None
    nhs_number: CheckedNumber | None = None
    telephone: Line | None = None
    email: Line | None = None
    address: Lines | None = None
    safe_contact: Lines | None = Field(
        default=None, description="How the person can be reached without danger, as they said it."
    )
    preferred_language: Line | None = None
    needs: Lines | None = Field(
        default=None,
        description="What they need in order to talk: an interpreter, large print, a quiet room.",
    )


class AgreedBody(Request):
    """How the person agreed to be referred. Nobody is referred who did not."""

    how: HowCode
    said_at: Moment | None = Field(
        default=None, description="When they agreed, at most 14 days ago. Left out, just now."
    )
    words: Words = Field(description="Which version of your wording they heard or read.")
    contact_details: bool = Field(
        description="Whether they agreed that telephone, email, address and safe contact are passed on. "
        "Where they did not, these are not even kept."
    )


class SharingBody(Request):
    """What the receiver may look at under the purpose, until the referral ends."""

    sections: Annotated[list[Code], Field(max_length=24)] | None = Field(
        default=None, description="Left out, all that a yes of the person opens to them; empty, nothing."
    )
    days: Annotated[int, Field(ge=1, le=3660), WHOLE] | None = Field(
        default=None, description="From when the person agreed. The purpose's own maximum is never exceeded."
    )
    with_: Annotated[list[Code], Field(max_length=8)] = Field(
        default=[],
        alias="with",
        description="Further organisations of the receiver's team, which the person was told by name: each may look at the "
        "same, as far as the agreement lets it, until the referral ends. Not the receiver; you may be one.",
    )


class ReferralBody(Request):
    """Refer one person, who agreed, to one organisation."""

    to: Code = Field(description="The receiver: an organisation of GET /v1/organisations.")
    purpose: Code = Field(description="A code of GET /v1/purposes.")
    service: ServiceId | None = Field(default=None, description="An id of GET /v1/directory/services.")
    person: Handle | None = Field(
        default=None,
        description="Your handle of the person, from POST /v1/people/trace. Without one, or where nobody stands behind it, "
        "the referral is about a person of its own; nobody is looked for by what it says.",
    )
    about: AboutBody
    why: Text = Field(description="Why you refer them. The person can read it while it waits.")
    what_matters: Text | None = Field(default=None, description="What matters to them, in their own words.")
    themes: Annotated[list[ThemeCode], Field(max_length=14)] = Field(default=[])
    urgency: UrgencyCode = "routine"
    agreed: AgreedBody
    sharing: SharingBody = Field(default=SharingBody())
    reference: OwnReference | None = Field(
        default=None, description="Your own id of it, given back to you alone. Nothing that names a person."
    )


class ReferralsQuery(Query):
    """Which referrals are asked for."""

    box: Literal["in", "out", "with"] = Field(
        description="To your organisation, from it, or to a team that it is named in (`sharing.with`)."
    )
    status: StatusCode | None = Field(default=None, description="Only those that stand so.")
    after: Cursor | None = Field(default=None, description="`next` of the page before.")


class RefusalBody(Request):
    """Why you do not take it."""

    reason: ReasonCode


class ClosingBody(Request):
    """What came of it."""

    outcomes: Annotated[list[OutcomeCode], Field(min_length=1, max_length=13)]


class ReferralSent(Answer):
    """A referral that was taken. The same whoever the person is."""

    id: ReferralId
    status: Literal["sent"]
    to: Code
    purpose: Code
    sent_at: datetime
    held_until: datetime = Field(description="Until when it waits to be collected; then it expires.")
    commitment: str = Field(
        description="SHA-256 over a salt and what it says but for the address, hexadecimal."
    )
    receipt: ReceiptView


class ReferralView(Answer):
    """A referral as its sender and its receiver see it: nothing of the person."""

    id: ReferralId
    from_: Code = Field(alias="from", description="The organisation that sent it.")
    to: Code
    purpose: Code
    service: str | None
    status: StatusCode
    urgency: UrgencyCode
    themes: list[ThemeCode]
    sent_at: datetime
    changed_at: datetime
    held_until: datetime
    commitment: str
    reason: ReasonCode | None = Field(default=None, description="With `refused`.")
    outcomes: list[OutcomeCode] | None = Field(default=None, description="With `closed`.")
    reference: str | None = Field(default=None, description="For the sender alone.")
    with_: list[Code] | None = Field(
        default=None, alias="with", description="Further organisations of the team, where it names some."
    )


class ReferralTeamView(Answer):
    """A referral as the further organisations of the receiver's team see it: nothing of what it says."""

    id: ReferralId
    from_: Code = Field(alias="from", description="The organisation that sent it.")
    to: Code
    purpose: Code
    status: StatusCode
    changed_at: datetime


class ReferralAbout(Answer):
    """Who is referred. Contact details stand here where the person agreed to that."""

    name: str
    birth_date: str | None = None
    nhs_number: str | None = None
    telephone: str | None = None
    email: str | None = None
    address: str | None = None
    safe_contact: str | None = None
    preferred_language: str | None = None
    needs: str | None = None


class ReferralContent(Answer):
    """What it says."""

    about: ReferralAbout
    why: str
    what_matters: str | None = None
    themes: list[ThemeCode]
    urgency: UrgencyCode


class ReferralRead(ReferralView):
    """The same; for the receiver, while it waits to be collected, with what it says. That is a disclosure."""

    person: str | None = Field(
        default=None,
        description="Your own handle of the person, for views. For a sender that is of the team too, until it ends.",
    )
    content: ReferralContent | None = None
    salt: str | None = Field(
        default=None, description="With `content`: with which the commitment opens, hexadecimal."
    )
    receipt: ReceiptView | None = Field(default=None, description="Of the disclosure.")


class ReferralTeamRead(ReferralTeamView):
    """The same; until it ends with your own handle of the person. That is a disclosure."""

    person: str | None = Field(default=None, description="Your own handle of the person, for views.")
    receipt: ReceiptView | None = Field(default=None, description="Of the disclosure.")


class ReferralPage(Answer):
    """Referrals, newest first."""

    referrals: list[ReferralView | ReferralTeamView]
    next: str | None = Field(description="For `after`; null at the end.")


REQUESTS: Final[tuple[type[BaseModel], ...]] = (ReferralBody, RefusalBody, ClosingBody)
ANSWERS: Final[tuple[type[BaseModel], ...]] = (ReferralSent, ReferralRead, ReferralTeamRead, ReferralPage)

# The published codes are those of the values, no more and no fewer.
CODES: Final = (
    (ThemeCode, Theme),
    (UrgencyCode, Urgency),
    (HowCode, How),
    (StatusCode, Status),
    (ReasonCode, Reason),
    (OutcomeCode, Outcome),
)
