"""Everything held about a person as one file (UK GDPR Articles 15 and 20): which parts it has, and what it leaves out.

A feature that keeps rows about people adds its `HeldPart` to `parts`; what must not be read by accident is left out here,
for all parts alike, so no part can forget it. Whether something was left out cannot be seen: every copy says the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from starlette.requests import Request

from audit.committer import Committer
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from audit.note import VerifierKey
from consent.ledger import Ledger
from consent.portal.downloading_ports import DownloadServices, HeldPart, HeldRow, InIt
from consent.portal.ports import NotPossible, Resident
from consent.receipts.keys import PublicKey, key_set
from consent.receipts.strict import to_json
from core.clock import Clock
from core.errors import ClosedError
from core.keys import KeyStore, MissingKeyError
from core.pages.telling import to_tell
from core.pages.words import Words
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.policy.register_values import Registers
from gateway.services.acting import Acting, by_detail
from gateway.services.held_zip import FOOT, Aside, Member, archive, as_html, as_json, head, once
from gateway.services.mandate import Mandate, mandate_of

OUTCOME = "downloaded"
"""The outcome of the entry that tells of a download; it is the person's own, and nobody else finds it."""


@dataclass(frozen=True, slots=True)
class ForOthers:
    """What a representative's file is made of. parts: of one representative, within their scope."""

    acting: Acting
    ledger: Ledger
    parts: Callable[[Mandate], Sequence[HeldPart]]


@dataclass(frozen=True, slots=True)
class Holding:
    """Implements `consent.portal.downloading_ports.DownloadServices`. log_keys, receipt_keys: to verify the file with.

    anew: whether whoever sent a request signed in a few minutes ago. others: for representatives. mandate: of the one whom
    it serves; None for the person themselves.
    """

    parts: Sequence[HeldPart]
    keys: KeyStore
    committer: Committer
    clock: Clock
    registers: Callable[[], Registers]
    log_keys: tuple[VerifierKey, ...]
    receipt_keys: tuple[PublicKey, ...]
    anew: Callable[[Request], Awaitable[bool]]
    others: ForOthers | None = None
    mandate: Mandate | None = None

    def serving(self, resident: Resident) -> DownloadServices:
        """See `DownloadServices.serving`."""
        if resident.acting is None:
            return self
        if self.others is None:
            raise ClosedError("representatives", "not composed")
        mandate = mandate_of(self.others.acting, self.others.ledger, resident)
        return replace(self, parts=self.others.parts(mandate), mandate=mandate)

    async def signed_in_anew(self, request: Request) -> bool:
        """See `DownloadServices.signed_in_anew`."""
        # What others must not read by accident is the person's own, however lately a representative signed in.
        return self.mandate is None and await self.anew(request)

    def in_it(self, _: Words) -> Sequence[InIt]:
        """See `DownloadServices.in_it`."""
        return tuple(InIt(part.title(_), part.about(_)) for part in self.parts)

    async def download(
        self, person: str, _: Words, *, secret: bool, hidden: frozenset[int]
    ) -> AsyncIterator[bytes]:
        """See `DownloadServices.download`."""
        try:
            key = await asyncio.to_thread(self.keys.get, person)
        except MissingKeyError as error:
            raise NotPossible(to_tell("There is nothing of yours here any more.")) from error
        by: dict[str, Json] = {}
        if self.mandate is not None:
            secret, by = False, by_detail(self.mandate.authority)
        draft = Draft(Kind.AUDIT_READ, OUTCOME, frozenset(), {"secret": secret, **by})
        await self.committer.append(Append(only(None, seal_entry(draft, key))))
        keep = (lambda _row: True) if secret else Discretion.of(self.registers(), hidden).keeps
        now = self.clock.now()
        return archive(tuple(self._members(person, _, keep, now)), now)

    def _members(
        self, person: str, _: Words, keep: Callable[[HeldRow], bool], now: datetime
    ) -> Iterable[Member]:
        yield Member("index.html", once(self._index(_, now)))
        yield Member("README.txt", once(_readme(_) if self.mandate is None else _readme_for_another(_)))
        for part in self.parts:
            # The page that people read follows: it is made of the rows while they are written for programs.
            aside = Aside()
            yield Member(f"{part.name}.json", self._json(part, person, _, keep, now, aside))
            yield Member(f"{part.name}.html", self._html(part, _, aside))
        yield Member("keys/jwks.json", once(to_json(key_set(self.receipt_keys)).decode() + "\n"))
        yield Member("keys/log-key.txt", once("".join(f"{key}\n" for key in self.log_keys)))

    def _html(self, part: HeldPart, _: Words, aside: Aside) -> Callable[[], AsyncIterator[str]]:
        title, about = part.title(_), part.about(_)
        nothing, back = _("There is nothing here."), _("Back to the start")
        return lambda: as_html(title, about, nothing, back, _.language, aside)

    def _json(
        self,
        part: HeldPart,
        person: str,
        _: Words,
        keep: Callable[[HeldRow], bool],
        now: datetime,
        aside: Aside,
    ) -> Callable[[], AsyncIterator[str]]:
        return lambda: as_json(part.name, now, aside.of(_kept(part.rows(person, _), keep)))

    def _index(self, _: Words, now: datetime) -> str:
        own = self.mandate is None
        title = _("Everything we hold about you") if own else _("What we hold that you may decide about")
        lines = _said_to_all(_) if own else _said_to_another(_)
        items = "".join(
            f'<dt><a href="{part.name}.html">{escape(part.title(_))}</a></dt><dd>{escape(part.about(_))}</dd>'
            for part in self.parts
        )
        said = "".join(f"<p>{escape(line)}</p>\n" for line in (_.moment(now), *lines))
        return f"{head(title, _.language)}<h1>{escape(title)}</h1>\n{said}<dl>{items}</dl>\n{FOOT}"


@dataclass(frozen=True, slots=True)
class Discretion:
    """What a copy leaves out unless it is asked for: services that keep secret whom they help, and what the person hides.

    words: codes and names of those services. hidden: places in the log.
    """

    words: frozenset[str]
    hidden: frozenset[int]

    @classmethod
    def of(cls, registers: Registers, hidden: frozenset[int]) -> Discretion:
        """By the registers in force."""
        secret = [one for one in registers.organisations.values() if one.hidden]
        return cls(frozenset(word for one in secret for word in (one.id, one.title)), hidden)

    def keeps(self, row: HeldRow) -> bool:
        """Whether a row stays. A row goes whole: what stood in a gap could be guessed."""
        if row.secret or row.index in self.hidden or row.names & self.words:
            return False
        told = [text for fact in row.facts for text in fact]
        return not any(word in text for word in self.words for text in (row.heading, *told)) and not (
            self.words & set(_texts(row.data))
        )


async def _kept(rows: AsyncIterator[HeldRow], keep: Callable[[HeldRow], bool]) -> AsyncIterator[HeldRow]:
    async for row in rows:
        if keep(row):
            yield row


def _texts(value: Json) -> Iterable[str]:
    """Every text in a value, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _said_to_all(_: Words) -> tuple[str, ...]:
    return (
        _("Do not keep this where others can open it."),
        _(
            "Services that keep secret whom they help, whether your address is protected, and what you have hidden are "
            "only in it if you asked for that. We write this in every copy."
        ),
        _(
            "What we are not allowed to tell you yet is not in it. The law says when that may be, and others check it."
        ),
        _("We do not hold what organisations know about you. Ask them for it."),
    )


def _said_to_another(_: Words) -> tuple[str, ...]:
    return (
        _("Do not keep this where others can open it."),
        _("It is about somebody for whom you act, and only about what you may decide for them."),
        _(
            "What is theirs alone is not in it: their story, their settings, what they asked and who knows them."
        ),
        _("We do not hold what organisations know about them. Ask them for it."),
    )


def _readme_for_another(_: Words) -> str:
    lines = (
        _("What we hold that you may decide about"),
        "",
        *_said_to_another(_),
        "",
        _("Open index.html to read it. Each .json file holds the same for other programs, and more."),
        "",
    )
    return "\n".join(lines)


def _readme(_: Words) -> str:
    lines = (
        _("Everything we hold about you"),
        "",
        *_said_to_all(_),
        "",
        _("Open index.html to read it. Each .json file holds the same for other programs, and more."),
        _("history.json and receipts.json can be checked without us and without a network:"),
        "",
        "    oncetold consent verify FILE.zip --jwks keys/jwks.json --log-key KEY",
        "",
        _("KEY is a line of keys/log-key.txt. Compare both keys with those that we publish elsewhere:"),
        _("whoever could change this file could change the keys in it."),
        "",
    )
    return "\n".join(lines)
