"""Who may come in by which door. Pure: the identity provider says who they are, this says what that is enough for."""

from __future__ import annotations

from typing import Final

from core.pages.telling import to_tell
from gateway.signin.claims import SignedIn
from gateway.signin.errors import NotAdmittedError
from gateway.signin.kinds import Kind

OFFICER: Final = "officer"


def admit(kind: Kind, person: SignedIn) -> None:
    """Return when the person may come in, else raise `NotAdmittedError` with the words for them.

    Portal: P9, the level that NHS login asks for before records or permissions are shown or changed. Console: the role
    `officer`, given by an organisation.
    """
    if kind == "portal":
        if person.proofing != "P9":
            raise NotAdmittedError(
                to_tell(
                    "We need to be surer that it is you before we show or change anything. Prove who you are at the place "
                    "where you sign in, for example with your passport or driving licence. Then sign in here again."
                ),
                "proofing-too-low",
            )
        return
    if person.role != OFFICER:
        raise NotAdmittedError(
            to_tell(
                "These pages are for information governance officers, and your account is not one of theirs. Ask your "
                "organisation if it should be."
            ),
            "not-an-officer",
        )
    if person.organisation is None:
        raise NotAdmittedError(
            to_tell(
                "Your account does not say which organisation you work for. Ask your organisation to put that right."
            ),
            "no-organisation",
        )
