"""What a resident allows, could allow, and what the law allows: from the registers at one moment. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consent import permissions
from consent.permissions import Permission
from consent.portal.ports import Kind, LawAllows, Offer, Overview, Permitted
from core.pages.telling import to_tell
from core.times import from_ms
from core.vocabulary import PermissionRule
from gateway.policy.register_values import Agreement, Registers, Status, agreements_in_force
from gateway.services.words import Wording


@dataclass(frozen=True, slots=True)
class Permitting:
    """The registers as they stand at a moment (timezone-aware), asked for what residents are shown and may choose."""

    registers: Registers
    now: datetime

    @property
    def words(self) -> Wording:
        """The registers' words."""
        return Wording(self.registers)

    def overview(
        self, standing: Iterable[Permission], looked: Mapping[tuple[str, str], int] | None = None
    ) -> Overview:
        """Who can look right now. looked: (recipient, purpose) -> time of the last look, in milliseconds."""
        in_force = permissions.in_force(standing, self.now)
        shown = tuple(self.permitted(one, looked) for one in in_force if one.kind.allows)
        return Overview(shown, self.law_allows())

    def permitted(
        self, permission: Permission, looked: Mapping[tuple[str, str], int] | None = None
    ) -> Permitted:
        """One permission in words."""
        words = self.words
        recipient, purpose = min(permission.recipients), min(permission.purposes)
        register = self.registers.purposes.get(purpose)
        last = (looked or {}).get((recipient, purpose))
        return Permitted(
            id=permission.id,
            organisation_name=words.organisation(recipient),
            purpose_title=words.purpose(purpose),
            purpose_words="" if register is None else register.plain_words,
            kinds=words.sections(permission.sections),
            sources=tuple(sorted(words.organisation(one) for one in permission.sources if one != "*")),
            since=permission.from_,
            until=permission.until,
            last_looked=None if last is None else from_ms(last),
        )

    def law_allows(self) -> tuple[LawAllows, ...]:
        """Looks that need no permission, by purpose."""
        words = self.words
        who: dict[str, set[str]] = {}
        for agreement, recipient, purpose in self.terms():
            if any(
                agreement.rule(section) is not PermissionRule.PERMISSION for section in agreement.sections
            ):
                who.setdefault(purpose, set()).add(words.organisation(recipient))
        return tuple(
            LawAllows(
                purpose_title=words.purpose(purpose),
                organisation_names=tuple(sorted(names)),
                why=self.registers.purposes[purpose].legal_text,
                object_to=to_tell("Tell %(name)s.", name=min(names))
                if len(names) == 1
                else to_tell("Tell the one that you do not agree with."),
            )
            for purpose, names in sorted(who.items(), key=lambda item: words.purpose(item[0]))
        )

    def offers(self) -> tuple[Offer, ...]:
        """What could be allowed, by organisation and purpose."""
        words = self.words
        return tuple(
            Offer(
                organisation=recipient,
                organisation_name=words.organisation(recipient),
                purpose=purpose,
                purpose_title=words.purpose(purpose),
                purpose_words=self.registers.purposes[purpose].plain_words,
                legal_text=self.registers.purposes[purpose].legal_text,
                kinds=self._kinds(agreement, purpose),
                longest_days=self.registers.purposes[purpose].maximum_days,
            )
            for agreement, recipient, purpose in self.terms()
            # Under an agreement that is being wound down, a new yes would open nothing.
            if agreement.status is Status.ACTIVE
            and any(agreement.rule(section) is PermissionRule.PERMISSION for section in agreement.sections)
        )

    def _kinds(self, agreement: Agreement, purpose: str) -> tuple[Kind, ...]:
        words = self.words
        most = self.registers.purposes[purpose].sections
        found = []
        for section, fields in sorted(agreement.sections.items()):
            if agreement.rule(section) is not PermissionRule.PERMISSION:
                continue
            shown = fields & most.get(section, frozenset())
            sources = [
                one.organisation
                for one in agreement.sources
                if one.sections.get(section, frozenset()) & shown
                and not self.registers.organisations[one.organisation].hidden
            ]
            if shown and sources:
                names = tuple(sorted(words.organisation(one) for one in sources))
                title = self.registers.sections[section].title
                found.append(Kind(section, title, words.fields(section, shown), names))
        return tuple(found)

    def terms(self) -> list[tuple[Agreement, str, str]]:
        """Every agreement in force, by recipient and purpose."""
        in_force = agreements_in_force(self.registers, self.now)
        return [
            (self.registers.agreements[name], terms.organisation, purpose)
            for name in sorted(in_force)
            for terms in self.registers.agreements[name].recipients
            for purpose in sorted(self.registers.agreements[name].purposes)
        ]

    def sources(self, recipient: str, purpose: str, sections: Collection[str]) -> frozenset[str]:
        """The sources that a permission names: those that share something of the chosen sections today; never a hidden one,
        which the person would have to name themselves.
        """
        chosen = frozenset(sections)
        named = {
            one.organisation
            for agreement, asks, why in self.terms()
            if (asks, why) == (recipient, purpose)
            for one in agreement.sources
            if not chosen.isdisjoint(one.sections)
        }
        return frozenset(one for one in named if not self.registers.organisations[one].hidden)

    def fields(self, recipient: str, purpose: str, sections: Collection[str]) -> dict[str, frozenset[str]]:
        """The fields that the chosen sections show today, by name: one that an agreement adds later needs a new yes."""
        most = self.registers.purposes[purpose].sections
        chosen = frozenset(sections)
        found: dict[str, frozenset[str]] = {}
        for agreement, asks, why in self.terms():
            if (asks, why) == (recipient, purpose):
                for section in sorted(chosen & agreement.sections.keys()):
                    shown = agreement.sections[section] & most.get(section, frozenset())
                    found[section] = found.get(section, frozenset()) | shown
        return found
