"""`oncetold policy` and `oncetold agreement`: what information governance officers do with policy and agreements."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from core.clock import SystemClock
from core.sections import policies_folder
from gateway.cli_telling import say, told

policy = typer.Typer(no_args_is_help=True, help="Make, sign and inspect policy bundles.")
agreement = typer.Typer(no_args_is_help=True, help="Sign agreements, and see where each stands.")

Policies = Annotated[
    Path | None, typer.Option("--policies", help="The policies folder; the gateway's own if left out.")
]
KeyFile = Annotated[Path, typer.Option("--key", help="Your private key (PEM), readable by you only.")]


@policy.command()
def keygen(
    path: Annotated[Path, typer.Argument(help="Where the private key goes; readable by you only.")],
    keyid: Annotated[str, typer.Option(help="The name of the key in ONCETOLD_POLICY_KEYS.")] = "policy",
) -> None:
    """Make a key that signs bundles (ES256), and print what to add to ONCETOLD_POLICY_KEYS."""
    from gateway.policy.key_files import make_bundle_key

    with told():
        public = make_bundle_key(path)
        say(f"keys:\n  - keyid: {keyid}\n    public_key: |")
        for line in public.splitlines():
            say(f"      {line}")


@policy.command()
def bundle(
    key: KeyFile,
    keyid: Annotated[str, typer.Option(help="The key's name, as gateways and OPA servers know it.")],
    number: Annotated[int, typer.Option(min=1, help="More than that of every bundle before.")],
    out: Annotated[Path, typer.Option(help="Where the bundle goes.")],
    policies: Policies = None,
) -> None:
    """Make a signed bundle, for gateways (ONCETOLD_POLICY_BUNDLE) and OPA servers alike."""
    from gateway.policy.bundle import open_registers, read_bundle
    from gateway.policy.bundle_writing import write_bundle
    from gateway.policy.key_files import KeyFileError, read_bundle_key

    with told():
        private = read_bundle_key(key)
        packed = write_bundle(policies or policies_folder(), number, private, keyid)
        made = read_bundle(packed, {keyid: private.public_key()})
        open_registers(made, policies_folder() / "schemas")
        try:
            out.write_bytes(packed)
        except OSError as error:
            raise KeyFileError(f"{out} cannot be written: {type(error).__name__}") from error
        say(f"written: {out}")
        say(f"number {made.number}, revision {made.revision}, signed by {made.keyid}")


@policy.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A bundle.")],
    keys: Annotated[Path, typer.Option(help="The trusted keys, as in ONCETOLD_POLICY_KEYS.")],
) -> None:
    """Say what a bundle is; exit 0 only if a gateway that trusts these keys would take it."""
    from gateway.policy.bundle import open_registers, read_bundle
    from gateway.policy.bundle_keys import read_bundle_keys
    from gateway.policy.key_files import KeyFileError

    with told():
        try:
            packed = file.read_bytes()
        except OSError as error:
            raise KeyFileError(f"{file} cannot be read: {type(error).__name__}") from error
        read = read_bundle(packed, read_bundle_keys(keys))
        registers = open_registers(read, policies_folder() / "schemas")
        say(f"number {read.number}, signed by {read.keyid}")
        say(f"revision {read.revision}")
        say(f"sha-256 {read.digest}")
        say(f"{len(registers.organisations)} organisations, {len(registers.agreements)} agreements")


@agreement.command()
def status(
    policies: Policies = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A UK day; today if left out.")
    ] = None,
) -> None:
    """One line for each agreement: where it stands, who has signed it and who has not."""
    from gateway.policy.agreement_states import agreement_states, uk_day

    folder, schemas = policies or policies_folder(), policies_folder() / "schemas"
    day: date = uk_day(SystemClock().now()) if on is None else on.date()
    with told():
        for one in agreement_states(folder, schemas, day):
            missing = f"; not signed by {', '.join(one.unsigned)}" if one.unsigned else ""
            signed = f"signed by {', '.join(one.signed) or 'nobody'}"
            say(f"{one.id} v{one.version}: {one.state}; {signed}{missing}")


@agreement.command()
def sign(
    agreement_id: Annotated[str, typer.Argument(metavar="ID", help="The agreement.")],
    organisation: Annotated[str, typer.Option(help="The party that signs.")],
    key: KeyFile,
    policies: Policies = None,
) -> None:
    """Sign an agreement for a party; replaces what it signed before."""
    from gateway.policy.agreement_states import sign_agreement
    from gateway.policy.key_files import read_signing_key

    with told():
        folder, schemas = policies or policies_folder(), policies_folder() / "schemas"
        say(f"written: {sign_agreement(folder, schemas, agreement_id, organisation, read_signing_key(key))}")
