"""A fake of the services of referrals: the person's id is the state that a test wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from consent.portal.ports import NotPossible
from consent.portal.referrals_ports import Says, SentOn, SentOnInFull, State
from core.errors import ClosedError
from tests.unit.consent.portal.fakes import LONG_NAME, NOW

SENT = SentOn(
    id="ref_1",
    index=7,
    from_name="Harbour Help",
    to_name="Norfolk Advice",
    purpose_title="Introducing you to another organisation",
    state="sent",
    sent=NOW - timedelta(days=2),
    changed=NOW - timedelta(days=2),
    held_until=NOW + timedelta(days=26),
    can_stop=True,
)
SAYS = Says(
    about=(
        ("Name", "Somebody Made-up"),
        ("Date of birth", date(1960, 2, 29)),
        ("Telephone", "01632 960001"),
        ("How to reach you safely", "Text first, and never on a Sunday"),
    ),
    why="The flat is damp and the rent is behind.",
    what_matters="To stay near the grandchildren.",
)
FULL = SentOnInFull(
    one=SENT,
    role_words="Adviser",
    how="spoken",
    said_at=NOW - timedelta(days=3),
    contact_details=True,
    kinds=("How to reach you", "What you need in order to talk"),
    reason="",
    outcomes=(),
    says=SAYS,
)
LONG = replace(
    FULL,
    one=replace(
        SENT,
        id="ref_2",
        index=8,
        from_name=LONG_NAME,
        to_name="Pomoc najniebezpieczniejszym konstantynopolitańczykowianeczkom",
    ),
    how="written",
    contact_details=False,
    says=replace(
        SAYS,
        about=(("Name", "Konstantynopolitańczykowianeczka-Najniebezpieczniejsza"),),
        why='"><script>alert(1)</script> ' + "x" * 200,
    ),
)
NAMES = ("Norwich City Council", "Norfolk County Council", "Norfolk Volunteering", LONG_NAME)
TEAM = replace(
    FULL,
    one=replace(SENT, id="ref_3", index=9, team_names=NAMES),
    team=(
        *((name, ("Your home", "How to reach you")) for name in NAMES[:2]),
        (NAMES[2], ("Your name",)),
        (NAMES[3], ()),
    ),
)
"""Shared with a team; what the last of them could see, the resident stopped."""
ENDED: dict[str, State] = {
    "collected": "collected",
    "accepted": "accepted",
    "refused": "refused",
    "closed": "closed",
    "withdrawn": "withdrawn",
    "expired": "expired",
}


def stands(state: State) -> SentOnInFull:
    """The referral, further on."""
    over = state not in {"collected", "accepted"}
    one = replace(SENT, state=state, changed=NOW - timedelta(hours=3), can_stop=not over)
    return replace(
        FULL,
        one=one,
        kinds=() if over else FULL.kinds,
        how="by-representative" if state == "accepted" else "spoken",
        reason="They have no room now." if state == "refused" else "",
        outcomes=("You have more money coming in", "You were given advice") if state == "closed" else (),
        says=None,
    )


@dataclass
class FakeReferrals:
    """`ReferralServices` without a gateway."""

    stopped: list[str] = field(default_factory=list)

    async def sent_on(self, person: str) -> tuple[SentOn, ...]:
        if person == "closed-store":
            raise ClosedError("consent store", "does not answer")
        if person == "none":
            return ()
        if person == "many":
            later = [replace(stands(state).one, id=f"ref_{state}") for state in ENDED.values()]
            return (SENT, LONG.one, TEAM.one, *later)
        return (stands(ENDED[person]).one if person in ENDED else SENT,)

    async def in_full(self, person: str, referral: str) -> SentOnInFull | None:
        if self.stopped:
            return stands("withdrawn")
        if person in ENDED:
            return stands(ENDED[person])
        return {"ref_1": FULL, "ref_2": LONG, "ref_3": TEAM}.get(referral)

    async def stop(self, person: str, referral: str) -> None:
        if person == "impossible":
            raise NotPossible("This cannot be stopped any more. It is over already.")
        self.stopped.append(referral)
