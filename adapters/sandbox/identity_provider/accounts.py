"""Who can sign in: practitioners and officers of the recipient organisations, and the made-up residents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from adapters.sandbox.people import generate
from adapters.sandbox.person import TODAY

SANDBOX_PASSWORD: Final = "tell-it-once"  # noqa: S105 - the same for every account, printed by `make run`

ADULT_YEARS: Final = 18


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    username: what is typed at sign-in. subject: `sub` in tokens; says nothing about a resident.
    organisation, role: of practitioners and officers. nhs_number, birth_date: of residents.
    """

    username: str
    subject: str
    name: str
    organisation: str | None = None
    role: str | None = None
    nhs_number: str | None = None
    birth_date: date | None = None

    @property
    def is_resident(self) -> bool:
        """Whether the account is a resident's own."""
        return self.nhs_number is not None

    @property
    def is_officer(self) -> bool:
        """Whether the account is an information governance officer's."""
        return self.role == "officer"


def _staff(username: str, name: str, organisation: str, role: str) -> Account:
    return Account(username, username, name, organisation, role)


STAFF: Final = (
    _staff("ada.housing@norwich.test", "Ada Thorpe", "norwich-city-council", "housing-officer"),
    _staff("bilal.housing@norwich.test", "Bilal Marsh", "norwich-city-council", "housing-officer"),
    _staff("carys.care@wensum.test", "Carys Heron", "wensum-valley-practice", "care-coordinator"),
    _staff("dele.care@wensum.test", "Dele Sallow", "wensum-valley-practice", "care-coordinator"),
    _staff("erin.adviser@harbour.test", "Erin Quay", "harbour-charity", "adviser"),
    _staff("farid.adviser@harbour.test", "Farid Staithe", "harbour-charity", "adviser"),
    _staff("gwen.volunteer@harbour.test", "Gwen Ferry", "harbour-charity", "volunteer"),
    _staff("hal.triage@norfolk.test", "Hal Broad", "norfolk-county-council", "triager"),
    _staff("ioana.social@norfolk.test", "Ioana Fen", "norfolk-county-council", "social-worker"),
    _staff("sol.safeguarding@norfolk.test", "Sol Carr", "norfolk-county-council", "safeguarding-lead"),
    _staff("joy.prescriber@agewell.test", "Joy Alder", "age-well-norfolk", "social-prescriber"),
    _staff("kit.nurse@acute.test", "Kit Marram", "norwich-acute-hospital", "ae-nurse"),
    _staff("lena.crisis@mind.test", "Lena Sedge", "norfolk-mental-health-trust", "crisis-practitioner"),
    _staff("mo.letting@brightwater.test", "Mo Sluice", "brightwater-lettings", "letting-agent"),
    _staff("pia.care@norfolk.test", "Pia Wherry", "norfolk-county-council", "integrated-care-coordinator"),
    _staff("uma.team@harbour.test", "Uma Lantern", "harbour-charity", "team-coordinator"),
    _staff("vic.volunteering@volunteers.test", "Vic Osier", "norfolk-volunteering", "volunteer-coordinator"),
    _staff("wes.triage@hub.test", "Wes Cutter", "norwich-help-hub", "hub-triager"),
    _staff("xan.connector@hub.test", "Xan Pingo", "norwich-help-hub", "community-connector"),
    _staff("yan.support@steadfast.test", "Yan Sail", "steadfast-support", "floating-support-worker"),
    _staff("zoe.support@newleaf.test", "Zoe Hythe", "newleaf-support", "floating-support-worker"),
    _staff("ana.ward@mind.test", "Ana Loke", "norfolk-mental-health-trust", "ward-link-worker"),
    _staff("ben.outreach@mind.test", "Ben Staunch", "norfolk-mental-health-trust", "outreach-worker"),
    _staff("olu.officer@norwich.test", "Olu Market", "norwich-city-council", "officer"),
    _staff("petra.officer@wensum.test", "Petra Reed", "wensum-valley-practice", "officer"),
    _staff("nia.officer@norfolk.test", "Nia Mere", "norfolk-county-council", "officer"),
    _staff("quinn.officer@harbour.test", "Quinn Mole", "harbour-charity", "officer"),
    _staff("rae.officer@acute.test", "Rae Dyke", "norwich-acute-hospital", "officer"),
    _staff("ted.officer@mind.test", "Ted Lode", "norfolk-mental-health-trust", "officer"),
)


@cache
def residents() -> tuple[Account, ...]:
    """The living adults among the made-up people. Children do not sign in for themselves."""
    return tuple(
        Account(
            username=person.email,
            subject=f"resident-{person.position:05d}",
            name=person.full_name,
            nhs_number=person.nhs_number,
            birth_date=person.birth_date,
        )
        for person in generate()
        if person.deceased_on is None and _years(person.birth_date) >= ADULT_YEARS
    )


@cache
def _by_username() -> dict[str, Account]:
    return {account.username: account for account in (*STAFF, *residents())}


@cache
def _by_subject() -> dict[str, Account]:
    return {account.subject: account for account in (*STAFF, *residents())}


def account_named(username: str) -> Account | None:
    """The account with this username."""
    return _by_username().get(username)


def account_of(subject: str) -> Account | None:
    """The account with this subject."""
    return _by_subject().get(subject)


def _years(born: date) -> int:
    return TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))
