"""The index under which a representative's authorities are found."""

from __future__ import annotations

from gateway.people.handles import Handles


def representative_index(handles: Handles, nhs_index: str) -> bytes:
    """The index under which authorities of somebody are found. nhs_index: hexadecimal, of their NHS number.

    Of its own kind, so that nobody can join the rows with the people's from the database alone.
    """
    return handles.blind_index(f"representative|{nhs_index}")
