"""When which list of the gateway is asked for. In this process's memory only: after a restart everything is due at once.

- What waits for an organisation that receives is asked for every round.
- What became of a referral that both sides have is asked for every `LONGEST_PAUSE`, or every `ROUNDS` rounds where those are
  shorter; and at once after the gateway was told something of ours, since then the other side's list has changed too.
- An organisation for which the gateway does not answer is left alone for a round, then for two, four ... up to as long;
  and is asked at once when anything else of ours got through.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

LONGEST_PAUSE: Final = timedelta(minutes=1)
ROUNDS: Final = 12


class Rhythm:
    """The turns of the organisations. round: the pause between two rounds."""

    def __init__(self, round_: timedelta) -> None:
        self._round = round_
        self._longest = min(LONGEST_PAUSE, ROUNDS * round_)
        self._followed: dict[str, datetime] = {}
        self._failed: dict[str, tuple[int, datetime]] = {}

    def may_ask(self, organisation: str, now: datetime) -> bool:
        """Whether the gateway may be asked anything for the organisation now."""
        return organisation not in self._failed or self._failed[organisation][1] <= now

    def is_followed_now(self, organisation: str, now: datetime) -> bool:
        """Whether it is time to ask what became of its referrals."""
        last = self._followed.get(organisation)
        return last is None or last + self._longest <= now

    def followed(self, organisation: str, now: datetime) -> None:
        """It is asked now. Say so before: what is told meanwhile makes it due again."""
        self._followed[organisation] = now

    def answered(self, organisation: str) -> None:
        """The gateway answered for the organisation."""
        self._failed.pop(organisation, None)

    def away(self, organisation: str, now: datetime) -> None:
        """It did not: all that was to be asked is still due, after a pause."""
        times = self._failed.get(organisation, (0, now))[0] + 1
        pause = min(self._longest, self._round * (1 << min(times - 1, 10)))
        self._failed[organisation] = (times, now + pause)
        self._followed.pop(organisation, None)

    def hurry(self) -> None:
        """The gateway was told something: all is due now."""
        self._followed.clear()
        self._failed.clear()
