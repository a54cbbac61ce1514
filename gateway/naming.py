"""The code by which officers of a recipient name a person whose handle nobody handed over just now."""

from __future__ import annotations

from collections.abc import Callable

from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.views.record import person_code


def naming(locator: Locator, handles: Handles, person: str) -> Callable[[str], str | None]:
    """Recipient -> the person's code for its officers; None for whoever is not known by an NHS number.

    It is the code of looks by the NHS number's handle; an application that asks by name and date of birth has another.
    """
    found = locator.by_id(person)
    if found is None or found.nhs is None:
        return lambda _recipient: None
    index = bytes.fromhex(found.nhs)
    return lambda recipient: person_code(handles.of_index(recipient, index))
