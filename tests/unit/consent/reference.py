"""What a ledger of permissions means, as plainly as it can be said: lists and loops, nothing shared with the real one.

Times are whole hours from the test's own beginning. A decision is a dictionary, as somebody would write it on paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict

Names = frozenset[str]


class Said(TypedDict):
    """One decision on paper. until None: it goes on. sections: (section, field) pairs."""

    id: str
    kind: str
    purposes: Names
    recipients: Names
    sources: Names
    pairs: frozenset[tuple[str, str]]
    begins: int
    until: int | None
    giver: tuple[str, str, str, str, str]


@dataclass
class Reference:
    """Everything that was ever said, in order; what stands is worked out anew each time."""

    pages: list[tuple[str, Said, tuple[str, str, str, str, str]]] = field(default_factory=list)
    erased: bool = False

    def give(self, said: Said) -> bool:
        """Write a decision down; False where it makes no sense or nobody is there to decide."""
        if self.erased or (said["until"] is not None and said["until"] <= said["begins"]):
            return False
        if not (said["purposes"] and said["recipients"] and said["sources"] and said["pairs"]):
            return False
        self.pages.append(("given", said, said["giver"]))
        return True

    def withdraw(self, named: str, by: tuple[str, str, str, str, str]) -> bool:
        """Cross a decision out; False where it does not stand."""
        for said in self.standing():
            if said["id"] == named:
                self.pages.append(("withdrawn", said, by))
                return True
        return False

    def erase(self) -> None:
        """Burn the book."""
        self.pages, self.erased = [], True

    def revision(self) -> int:
        """How many things were written down."""
        return len(self.pages)

    def standing(self) -> list[Said]:
        """What was given and not crossed out, in the order in which it was given."""
        crossed_out = {said["id"] for what, said, _ in self.pages if what == "withdrawn"}
        return [said for what, said, _ in self.pages if what == "given" and said["id"] not in crossed_out]

    def in_force(self, hour: float) -> list[Said]:
        """What stands and whose time it is: from its first moment, no longer at its last."""
        found = []
        for said in self.standing():
            begun = hour >= said["begins"]
            ended = said["until"] is not None and hour >= said["until"]
            if begun and not ended:
                found.append(said)
        return found

    def next_change(self, hour: float) -> int | None:
        """The first hour still to come at which something begins or ends by itself."""
        hours = [said["begins"] for said in self.standing()]
        hours += [said["until"] for said in self.standing() if said["until"] is not None]
        to_come = sorted(one for one in hours if one > hour)
        return to_come[0] if to_come else None

    def may_see(
        self, rule: str, purpose: str, recipient: str, source: str, pair: tuple[str, str], hour: float
    ) -> bool:
        """Whether a recipient may see a field of a source for a purpose, under a permission rule."""
        if rule == "none":
            return True
        yes = no = False
        for said in self.in_force(hour):
            if said["kind"] in ("objection", "dissent"):
                no = no or (
                    bool(said["purposes"] & {purpose, "*"})
                    and bool(said["recipients"] & {recipient, "*"})
                    and bool(said["sources"] & {source, "*"})
                    and bool(said["pairs"] & {pair, (pair[0], "*"), ("*", pair[1]), ("*", "*")})
                )
            elif said["kind"] in ("confidentiality_consent", "referral_agreement"):
                yes = yes or (
                    purpose in said["purposes"]
                    and recipient in said["recipients"]
                    and bool(said["sources"] & {source, "*"})
                    and pair in said["pairs"]
                )
        return not no and (yes or rule == "no-objection")
