"""`oncetold`: the one command of operators, developers and strangers who verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import SystemClock
from gateway.cli_alerts import add_commands as add_alert_commands
from gateway.cli_audit import audit
from gateway.cli_consent import add_commands as add_consent_commands
from gateway.cli_log_key import log_key
from gateway.cli_person import person
from gateway.cli_policy import agreement, policy
from gateway.cli_receipt import consent
from gateway.cli_replay import add_commands
from gateway.cli_settings import settings_from_environment
from gateway.cli_telling import say, told
from gateway.cli_witness import witness
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.policy.live import Policy
    from gateway.policy.register_values import Registers

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The OnceTold gateway."
)
app.add_typer(audit, name="audit")
app.add_typer(person, name="person")
app.add_typer(policy, name="policy")
app.add_typer(agreement, name="agreement")
app.add_typer(witness, name="witness")
app.add_typer(log_key, name="log-key")
app.add_typer(consent, name="consent")


def _open_policy(settings: Settings) -> Policy:
    from gateway.compose import open_policy

    return open_policy(settings)


add_commands(policy, settings_from_environment, _open_policy)


def _registers(settings: Settings) -> Registers:
    from gateway.compose import registers_of

    return registers_of(settings)


add_alert_commands(audit, _registers)
add_consent_commands(consent, _registers)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Where the secrets go; readable by you only.")],
    log_origin: Annotated[
        str, typer.Option(help="The log's name, as it will be in every checkpoint.")
    ] = "oncetold.test/log",
) -> None:
    """Make new secrets: master key, key-encryption key, the log's signing key."""
    from gateway.secrets import load_secrets, make_secrets

    with told():
        make_secrets(path, log_origin)
        say(f"written: {path}")
        say(f"the log's public key: {load_secrets(path).signer.verifier_key}")


@app.command()
def migrate() -> None:
    """Bring both databases to the newest schema and begin the log."""
    from gateway.migrating import prepare_storage

    with told():
        prepare_storage(settings_from_environment(), SystemClock())
    say("migrated")


@app.command()
def serve() -> None:
    """Serve the API and the pages until SIGTERM."""
    from gateway.serving import serve as run

    settings = settings_from_environment()
    with told():
        run(settings)


@app.command()
def seed() -> None:
    """Register what the sandbox's agencies hold (sandbox only; safe to repeat)."""
    from gateway.demo.seeding import seed as run

    with told():
        say(f"registered {run(settings_from_environment(), SystemClock())} new sandbox records")


@app.command()
def demo() -> None:
    """Start the sandbox and a gateway over it on loopback; Ctrl-C stops all of it."""
    from gateway.demo.layout import default_layout
    from gateway.demo.run import run_demo

    with told():
        run_demo(default_layout(), say)


@app.command()
def smoke() -> None:
    """Tell the whole story once against the demonstration that is running; exit 0 only if every step held."""
    from gateway.demo.layout import default_layout
    from gateway.smoke.run import run_smoke

    with told():
        run_smoke(default_layout(), say)


@app.command()
def token(
    username: Annotated[
        str | None, typer.Option("--as", help="A practitioner of the demonstration, signed in.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="A source's own system instead, for /v1/pointers.")
    ] = None,
    strong: Annotated[
        bool, typer.Option("--strong", help="Sign in with a second factor, for an emergency.")
    ] = False,
) -> None:
    """Print an access token of the demonstration that is running (sandbox only)."""
    from gateway.demo.layout import default_layout
    from gateway.demo.tokens import token_of_practitioner, token_of_source

    with told():
        if username is not None and source is None:
            say(token_of_practitioner(default_layout(), username, strong=strong))
        elif source is not None and username is None:
            say(token_of_source(default_layout(), source))
        else:
            raise typer.BadParameter("say either --as or --source")


@app.command()
def doctor() -> None:
    """Check the configuration; say what is wrong and how to mend it. Exit 0 only if a gateway would start."""
    from gateway.doctor import examine

    findings = examine(settings_from_environment())
    for finding in findings:
        say(f"{'ok  ' if finding.ok else 'BAD '} {finding.what}: {finding.words}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


AgreementId = Annotated[str, typer.Argument(metavar="ID", help="The agreement.")]
By = Annotated[str, typer.Option(help="The party for which you do it.")]
Why = Annotated[str, typer.Option(help="Why, in one line; each party's officers read it.")]


@agreement.command()
def suspend(agreement_id: AgreementId, by: By, reason: Why) -> None:
    """Let nobody ask under an agreement, from the next request of every replica on."""
    from gateway.compose import suspending

    settings = settings_from_environment()
    with told(), suspending(settings, SystemClock()) as parts:
        parts.suspend(agreement_id, by, reason)
    say(f"suspended: {agreement_id}")


@agreement.command()
def resume(agreement_id: AgreementId, by: By, reason: Why) -> None:
    """Take back what a party suspended; the agreement holds again once no party suspends it."""
    from gateway.compose import suspending

    settings = settings_from_environment()
    with told(), suspending(settings, SystemClock()) as parts:
        parts.resume(agreement_id, by, reason)
    say(f"resumed for {by}: {agreement_id}")


@app.command()
def openapi() -> None:
    """Write the published contract (OpenAPI 3.1, YAML) to stdout."""
    from gateway.api.publishing import contract_text

    typer.echo(contract_text(), nl=False)
