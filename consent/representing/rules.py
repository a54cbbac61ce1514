"""The questions asked of authorities: may this be recorded, when does it end, does it stand now. Pure.

Every answer is no until a rule says yes; whatever ends one, ends it for the next request.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from consent.representing.values import Area, Authority, AuthorityError, Because, Capacity

ALONE_AT: Final = 16
"""Years. From then on a young person decides like an adult (Mental Capacity Act 2005 s.2(5))."""
_LONDON: Final = ZoneInfo("Europe/London")


def checked(authority: Authority, now: datetime) -> Authority:
    """The authority, if it can be meant. Raises `AuthorityError` with what to mend."""
    if not authority.areas:
        raise AuthorityError("no-area", "name at least one area in which they may act")
    if authority.because is not Because.UNDER_16 and authority.born is not None:
        raise AuthorityError("born-of-no-child", "the day of birth is for parental responsibility only")
    _RULES[authority.capacity](authority, now)
    end = ends(authority)
    if end is not None and end <= max(now, authority.from_):
        raise AuthorityError("ends-too-soon", "the authority must end after it begins, and after today")
    return authority


def _attorney(authority: Authority, _now: datetime) -> None:
    if authority.because is Because.UNDER_16:
        raise AuthorityError("attorney-of-a-child", "an attorney acts for an adult")
    if Area.HEALTH in authority.areas and authority.because is not Because.LACKS_CAPACITY:
        # Mental Capacity Act 2005 s.11(7)(a).
        raise AuthorityError(
            "attorney-of-the-able",
            "an attorney for health and welfare acts only where the person cannot decide this themselves",
        )


def _deputy(authority: Authority, _now: datetime) -> None:
    if authority.because is not Because.LACKS_CAPACITY:
        raise AuthorityError(
            "deputy-of-the-able", "a deputy acts only where the person cannot decide this themselves"
        )
    if authority.until is None:
        raise AuthorityError(
            "deputy-without-end", "say when the court's order ends, or when it is to be looked at again"
        )


def _parent(authority: Authority, now: datetime) -> None:
    if authority.because is not Because.UNDER_16:
        raise AuthorityError("parent-of-no-child", "parental responsibility counts for a child under 16")
    if authority.born is None and authority.until is None:
        raise AuthorityError(
            "parent-without-end", "give the child's day of birth, or the day on which this ends"
        )
    if authority.until is not None and authority.until > now + timedelta(days=366 * ALONE_AT):
        raise AuthorityError(
            "parent-beyond-16", "parental responsibility ends at the child's 16th birthday at the latest"
        )


_RULES: Final = {Capacity.ATTORNEY: _attorney, Capacity.DEPUTY: _deputy, Capacity.PARENT: _parent}


def ends(authority: Authority) -> datetime | None:
    """The first moment at which it no longer counts, whoever says nothing; None for no stated end."""
    if authority.born is None:
        return authority.until
    birthday = sixteenth_birthday(authority.born)
    return birthday if authority.until is None else min(authority.until, birthday)


def sixteenth_birthday(born: date) -> datetime:
    """The first moment of the day, in London."""
    try:
        day = born.replace(year=born.year + ALONE_AT)
    except ValueError:
        # Born on 29 February, and no such day that year (2100): of age from the day after the 28th.
        day = date(born.year + ALONE_AT, 3, 1)
    return datetime.combine(day, time(), _LONDON)


def stands(authority: Authority, now: datetime, *, decides_alone: bool) -> bool:
    """Whether it counts at a moment. decides_alone: a child who was found to, which shuts parents out."""
    if authority.capacity is Capacity.PARENT and decides_alone:
        return False
    end = ends(authority)
    return authority.from_ <= now and (end is None or now < end)
