"""Bodies of POST /v1/consents and of the operations about representatives: strict, closed, bounded."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from gateway.api.models import WHOLE, Answer, Code, Day, Handle, ReceiptView, Request

_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def _moment(value: object) -> object:
    # Only RFC 3339's date-time, whose offset says which moment it was.
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("write the time as YYYY-MM-DDThh:mm:ssZ")
    return datetime.fromisoformat(value.upper())


Moment = Annotated[datetime, BeforeValidator(_moment)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")]
Seen = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ConsentBody(Request):
    """What a person said, as a practitioner heard it."""

    person: Handle = Field(description="The person's handle, from POST /v1/people/trace.")
    purpose: Code = Field(description="A code of GET /v1/purposes.")
    decision: Literal["yes", "no"] = Field(
        description="`yes` lets your organisation look; `no` stops it, and always can."
    )
    sections: Annotated[list[Code], Field(min_length=1, max_length=24)] | None = Field(
        default=None,
        description="With a yes: what was read out. Left out, all that a yes opens to you. A no is about all of it.",
    )
    days: Annotated[int, Field(ge=1, le=3660), WHOLE] | None = Field(
        default=None,
        description="With a yes: for how long from when it was said. Left out, as long as the purpose allows.",
    )
    said_at: Moment | None = Field(
        default=None,
        description="When the person said it, at most 14 days ago: what was said last counts, not what arrives last. "
        "Left out, just now.",
    )
    how: Literal["in-person", "by-phone", "by-video"]
    helped_by: Annotated[list[Literal["interpreter", "witness", "advocate"]], Field(max_length=3)] = Field(
        default=[], description="Who was there to help the person understand."
    )
    words: Code = Field(description="Which version of your words was read out, by your own name for it.")
    reference: Reference = Field(
        description="Your own id of this record, made when it was written down. Sent again with it, it is one."
    )

    @model_validator(mode="after")
    def _a_no_is_whole(self) -> Self:
        if self.decision == "no" and (self.sections is not None or self.days is not None):
            raise ValueError("a no is about all of it, from when it was said: leave sections and days out")
        return self


class PaperView(Answer):
    """For the person to take home. The code stops what they said yes to, and shows nothing."""

    code: str = Field(description="Shown to the person, kept nowhere by you.")
    text: str = Field(description="Plain text to print or read out.")
    html: str = Field(description="The same as a page to print, without styles or scripts.")


class ConsentAnswer(Answer):
    """Written down. The same whether the person is known or not, and whatever they had said before."""

    notice: str
    until: datetime | None = Field(description="When the yes ends; null for a no.")
    paper: PaperView | None = Field(description="With a yes.")
    receipt: ReceiptView


class RepresentativeBody(Request):
    """That somebody may decide for a person, as you saw it proved."""

    person: Handle = Field(description="The person decided for, from POST /v1/people/trace.")
    representative: Handle = Field(
        description="Who decides for them, from POST /v1/people/trace by their own NHS number, with which they sign in."
    )
    capacity: Literal["attorney", "deputy", "parental-responsibility"]
    areas: Annotated[
        list[Literal["health-and-welfare", "property-and-affairs"]], Field(min_length=1, max_length=2)
    ]
    because: Literal["lacks-capacity", "agreed", "under-16"] = Field(
        description="Why the person does not decide this alone: Mental Capacity Act 2005, or a child's age."
    )
    until: Moment | None = Field(default=None, description="When it ends. A deputy's always does.")
    born: Day | None = Field(
        default=None,
        description="A child's day of birth, where known: parental responsibility ends at the 16th birthday.",
    )
    seen: Code = Field(
        description="What you saw, e.g. `lpa-access-code`, `court-order`, `birth-certificate`."
    )
    reference: Seen = Field(description="Which one: its number or your own file's. Kept sealed.")


class RepresentativeEnd(Request):
    """That somebody no longer decides for a person."""

    person: Handle
    representative: Handle


class DecidesAloneBody(Request):
    """That a child understands enough to decide alone (Gillick): no parent decides for them, from now on."""

    person: Handle = Field(description="The child, from POST /v1/people/trace.")
    seen: Code = Field(description="By what you found so, e.g. `gillick-assessment`.")
    reference: Seen = Field(
        description="Where that is written. Kept sealed; only the child can read that it is so."
    )


class RecordedAnswer(Answer):
    """Written down. The same whether the people are known or not."""

    notice: str
    receipt: ReceiptView


REQUESTS: Final[tuple[type[BaseModel], ...]] = (
    ConsentBody,
    RepresentativeBody,
    RepresentativeEnd,
    DecidesAloneBody,
)
ANSWERS: Final[tuple[type[BaseModel], ...]] = (ConsentAnswer, RecordedAnswer)
