"""`oncetold consent import` and `export`: FHIR Consents in and out of the ledger. No identifier stands in a command line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import SystemClock
from gateway.cli_settings import settings_from_environment
from gateway.cli_telling import say, told
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.policy.register_values import Registers

NumberStdin = Annotated[
    bool, typer.Option("--nhs-number-stdin", help="Read the NHS number from the first line of stdin.")
]


def add_commands(app: typer.Typer, registers_of: Callable[[Settings], Registers]) -> None:
    """Add both commands to `oncetold consent`. registers_of: the registers of the policy that the settings name."""

    @app.command("import")
    def import_(
        file: Annotated[Path, typer.Argument(help="A FHIR R4 Consent as JSON.")],
        organisation: Annotated[str, typer.Option(help="Whose document it is.")],
        agreement: Annotated[str, typer.Option(help="The agreement under which it is handed over.")],
        concordance: Annotated[
            Path | None, typer.Option(help="What its codes mean here, as both ends agreed (JSON).")
        ] = None,
        nhs_number_stdin: NumberStdin = False,
    ) -> None:
        """Record what a person said elsewhere. What cannot be held as it is meant is refused, with the element's name."""
        from consent.fhir.concordance import Concordance, read_concordance
        from gateway.consent_documents import read_json
        from gateway.consenting_beside import documents

        number = _number(given=nhs_number_stdin)
        settings = settings_from_environment()
        with told(), documents(settings, registers_of(settings), SystemClock()) as parts:
            agreed = Concordance() if concordance is None else read_concordance(read_json(_read(concordance)))
            taken = asyncio.run(parts.take_in(_read(file), number, organisation, agreement, agreed))
            for place in taken.entries:
                say(f"the log tells of it in entry {place}")
            if taken.narrowed:
                say("the document names more than the agreement does; that was left out")

    @app.command("export")
    def export(
        reason: Annotated[str, typer.Option(help="Why, in one line that names nobody; the log keeps it.")],
        nhs_number_stdin: NumberStdin = False,
    ) -> None:
        """Write what stands for a person to stdout, as a Bundle of FHIR R4 Consents. The log tells of it first."""
        from gateway.consenting_beside import documents

        number = _number(given=nhs_number_stdin)
        settings = settings_from_environment()
        with told(), documents(settings, registers_of(settings), SystemClock()) as parts:
            say(json.dumps(asyncio.run(parts.give_out(number, reason)), indent=2, ensure_ascii=False))


def _number(*, given: bool) -> str:
    if not given:
        raise typer.BadParameter("give the number on stdin, with --nhs-number-stdin")
    return sys.stdin.readline()


def _read(path: Path) -> bytes:
    from gateway.consent_documents import DocumentError

    try:
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path} cannot be read") from error
