"""The part of a download that holds where the person was sent: the steps, and what it says while it waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from consent.portal.downloading_ports import HeldPart, HeldRow
from core.keys import KeyStore, SubjectKey
from core.pages.words import Words
from core.storage import Database
from core.times import to_ms
from core.vocabulary import Json
from gateway.policy.live import LivePolicy
from gateway.referrals.records import Referral, agreed_json
from gateway.referrals.store import Beside, Referrals
from gateway.referrals.values import document
from gateway.services.held_beside import Few
from gateway.services.words import Wording

_THEIRS: Final = frozenset({"reference"})
"""Members that are the sending organisation's own."""


def parts_of_referrals(database: Database, keys: KeyStore, policy: LivePolicy) -> Sequence[HeldPart]:
    """What there is of referrals; for the person alone."""
    referrals = Referrals(database, keys)

    def rows(key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        for referral, beside in referrals.of_person(key.subject):
            yield _row(_, Wording(policy.registers), referral, beside, key)

    return (Few(keys, "referrals", _told, rows),)


def _row(_: Words, words: Wording, referral: Referral, beside: Beside, key: SubjectKey) -> HeldRow:
    behind, held = beside.behind(key), beside.held(key)
    told = {name: value for name, value in referral.sealed_part().items() if name not in _THEIRS}
    data: dict[str, Json] = {
        **told,
        "id": referral.id,
        "from": referral.sender,
        "to": referral.receiver,
        "status": referral.status.value,
        "sent": to_ms(referral.sent_at),
        "changed": to_ms(referral.changed_at),
        "agreed": agreed_json(behind.agreed),
        "permission": behind.permission,
        "permissions_of_team": dict(behind.team),
        "content": None if held is None else document(held.content),
    }
    facts = [
        (_("Sent by"), _.told(words.organisation(referral.sender))),
        (_("Why"), _.told(words.purpose(referral.purpose))),
        (_("When"), _.moment(referral.sent_at)),
        (_("You agreed"), _.moment(behind.agreed.said_at)),
    ]
    if referral.with_:
        names = ", ".join(_.told(words.organisation(one)) for one in sorted(referral.with_))
        facts.append((_("These may look too"), names))
    if held is not None:
        facts += [
            (_("Why they sent you"), held.content.why),
            (_("It waits until"), _.day(referral.held_until)),
        ]
    organisations = frozenset({referral.sender, referral.receiver, *referral.with_})
    # What it says is about somebody's worst days, and may hold where they live.
    return HeldRow(
        _.told(words.organisation(referral.receiver)),
        tuple(facts),
        data,
        names=organisations,
        secret=held is not None,
        index=referral.entry,
    )


def _told(_: Words) -> tuple[str, str]:
    return _("Where you were sent"), _("Organisations that you were sent to, and what was written about you.")
