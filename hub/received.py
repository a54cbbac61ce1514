"""A referral as it arrived: what the inbox hands to the team that it is for."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.gateway_answers import Content, Referral


@dataclass(frozen=True, slots=True)
class Received:
    """A referral with what it says. person: the receiver's handle for the person, in whose name they look."""

    referral: Referral
    content: Content = field(repr=False)
    person: str = field(repr=False)
