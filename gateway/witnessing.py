"""Has witnesses cosign the log: a task for each, beside all requests, so that none of them delays or stops an answer.

Each round submits the newest checkpoint with a consistency proof from the size that the witness cosigned last (which our own
table tells, or its 409), verifies the line that comes back, and keeps it. Every replica does this; they learn from each
other through the table. Where a witness saw what our log does not continue, that is an alarm: `log.fork-suspected`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import structlog

from audit import merkle
from audit.errors import VerificationError
from audit.note import split_note
from audit.store import LogStore
from audit.witness.cosignature import cosignature_of
from audit.witness.kept import Cosignatures
from audit.witness.request import format_request
from core.errors import OnceToldError
from core.storage import Database
from gateway.witness_client import Submits, WitnessAnswer, WitnessUnreachableError
from gateway.witnesses_file import WitnessAt

logger = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
PAUSE_MAXIMUM_SECONDS = 30.0
"""Between two tries at a witness that does not do its part."""
TRIES = 3
"""Requests of one round at most: another replica may be quicker than us, but not again and again."""

State: TypeAlias = Literal["ok", "behind", "conflict"]
"""ok: has seen the log as it stood a moment ago. behind: has not, or not yet. conflict: has seen another log."""


class BehindError(OnceToldError):
    """A witness did not cosign; the message is a code for the log."""


class ForkError(OnceToldError):
    """A witness has seen a log that ours does not continue; the message is a code for the log.

    known: the size that it cosigned last, ours: the size that it was to cosign.
    """

    def __init__(self, code: str, known: int, ours: int) -> None:
        super().__init__(code)
        self.known = known
        self.ours = ours


@dataclass(frozen=True, slots=True)
class Submission:
    """What goes to a witness in one request: where it is to grow from, the log's size, and the body."""

    known: int
    size: int
    checkpoint: str
    body: bytes


class OneWitness:
    """Keeps one witness up with the log."""

    def __init__(self, at: WitnessAt, database: Database, store: LogStore, submit: Submits) -> None:
        self.at = at
        self.state: State = "behind"
        self._database = database
        self._store = store
        self._kept = Cosignatures(database)
        self._submit = submit
        self._told: str | None = None
        # What our table says may be as old as the backup it came from: after each start the witness is asked once.
        self._asked = False

    async def run(self, every: float = EVERY_SECONDS) -> None:
        """Look again and again, until cancelled; less often while the witness does not do its part."""
        pause = every
        while True:
            await self.look()
            pause = every if self.state == "ok" else min(pause * 2, max(every, PAUSE_MAXIMUM_SECONDS))
            await asyncio.sleep(pause)

    async def look(self) -> None:
        """One round: have the newest checkpoint cosigned, unless it is; whatever goes wrong becomes the state."""
        try:
            await self._round()
        except ForkError as fork:
            self._tell("conflict", str(fork), known=fork.known, size=fork.ours)
        except BehindError as behind:
            self._tell("behind", str(behind))
        except WitnessUnreachableError:
            self._tell("behind", "unreachable")
        except Exception as error:  # noqa: BLE001 - the rounds go on, and a message might hold what it must not
            self._tell("behind", type(error).__name__)
        else:
            if self._told is not None:
                logger.info("witness.caught-up", witness=self.at.key.id)
            self.state, self._told = "ok", None

    async def _round(self) -> None:
        known = await asyncio.to_thread(self._kept.last_size, self.at.key.id)
        for _ in range(TRIES):
            submission = await asyncio.to_thread(self._prepare, known)
            if submission is None:
                return
            answer = await self._submit(self.at.url, submission.body)
            self._asked = True
            learnt = learn(answer, submission)
            if learnt is None:
                line = cosigned(answer, submission, self.at)
                await asyncio.to_thread(self._kept.keep, submission.size, self.at.key.id, line)
                return
            known = learnt
        raise BehindError("others-were-quicker")

    def _prepare(self, known: int) -> Submission | None:
        """The next request; None where there is nothing to cosign. Raises `ForkError` for a log shorter than seen."""
        head = self._store.head()
        size = 0 if head is None else head.frontier.size
        if size < known:
            # The head was read after the witness told the size, and a log never shrinks.
            raise ForkError("log-shrank", known, size)
        if head is None or size == 0:
            return None
        if size == known and self._asked and self._kept.has(size, self.at.key.id):
            return None
        proof: tuple[bytes, ...] = ()
        if 0 < known < size:
            with self._database.read() as tx:
                proof = merkle.consistency_proof(known, size, self._store.node(tx))
        return Submission(known, size, head.checkpoint, format_request(known, proof, head.checkpoint))

    def _tell(self, state: State, code: str, **sizes: int) -> None:
        """Once for each thing that goes wrong; a conflict is an error that somebody has to look at."""
        self.state = state
        if self._told == code:
            return
        self._told = code
        if state == "conflict":
            logger.error("log.fork-suspected", witness=self.at.key.id, code=code, **sizes)
        else:
            logger.warning("witness.behind", witness=self.at.key.id, code=code)


class Witnessing:
    """All witnesses of a log."""

    def __init__(
        self, witnesses: Sequence[WitnessAt], database: Database, store: LogStore, submit: Submits
    ) -> None:
        self.each = tuple(OneWitness(at, database, store, submit) for at in witnesses)
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    def start(self) -> None:
        """Begin, on the event loop that runs."""
        self._tasks = tuple(asyncio.create_task(one.run(), name="witness") for one in self.each)

    async def stop(self) -> None:
        """End; what was not cosigned is cosigned after the next start."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = ()

    def standing(self) -> dict[str, int]:
        """How many witnesses are in which state."""
        counts = Counter(one.state for one in self.each)
        return {state: counts[state] for state in get_args(State)}


def learn(answer: WitnessAnswer, submission: Submission) -> int | None:
    """The size to grow from in the next try; None for an answer that should hold a cosignature.

    Raises `ForkError` and `BehindError`.
    """
    match answer.status:
        case 200:
            return None
        case 409:
            known = answer.known_size
            if known is None:
                raise BehindError("answer-malformed")
            if known == submission.known == submission.size:
                raise ForkError("root-differs", known, submission.size)
            if known == submission.known:
                raise BehindError("answer-makes-no-sense")
            return known
        case 422:
            raise ForkError("proof-refused", submission.known, submission.size)
        case status:
            raise BehindError(f"answered-{status}")


def cosigned(answer: WitnessAnswer, submission: Submission, at: WitnessAt) -> str:
    """The line with which the witness cosigned what was submitted. Raises `BehindError`: an answer alone is no proof."""
    text, _ = split_note(submission.checkpoint)
    try:
        line = cosignature_of(text, answer.text, at.key)
    except VerificationError:
        line = None
    if line is None:
        raise BehindError("cosignature-untrue")
    return line
