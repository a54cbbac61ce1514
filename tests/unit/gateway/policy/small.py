"""A small policies folder for tests: registers that stay as they are, whatever the partners agree; keys of their own."""

from __future__ import annotations

import atexit
import hashlib
import shutil
from base64 import b64encode
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.policy.register_files import read_document
from gateway.policy.register_signatures import SIGNATURES_FOLDER, signatures_text
from gateway.policy.registers import Registers, load_registers
from gateway.policy.signing import AgreementSignature, lines_of, sign, terms_of
from tests.unit.gateway.policy.world import POLICIES

SMALL = Path(__file__).parent / "small-registers"


def small_policies(folder: Path) -> Path:
    """A copy in this folder (registers, and links to the real schemas and sections), for a test to spoil."""
    shutil.copytree(_signed() / "registers", folder / "registers")
    for name in ("schemas", "sections"):
        (folder / name).symlink_to(POLICIES / name)
    return folder


@cache
def small_registers() -> Registers:
    """The small registers, as they load."""
    with TemporaryDirectory(prefix="oncetold-small-") as folder:
        return load_registers(small_policies(Path(folder)))


def sign_all(folder: Path) -> None:
    """Sign every agreement that is no draft, as it stands now, by all who say that they signed it."""
    registers = folder / "registers"
    signatures = registers / SIGNATURES_FOLDER
    signatures.mkdir(exist_ok=True)
    organisations: set[str] = set()
    for path in sorted((registers / "agreements").glob("*.yaml")):
        agreement = read_document(path, folder).value
        if agreement["status"] == "draft":
            continue
        lines = lines_of(agreement)
        organisations.update(str(line["organisation"]) for line in lines)
        signed = tuple(
            AgreementSignature(
                str(line["organisation"]),
                f"{line['organisation']}-1",
                sign(_key(str(line["organisation"])), terms_of(agreement), line),
            )
            for line in lines
        )
        (signatures / path.name).write_text(signatures_text(str(agreement["id"]), signed))
    keys = "".join(
        f"  - {{id: {name}-1, organisation: {name}, public_key: {_public(name)}, from: 2020-01-01, until: null}}\n"
        for name in sorted(organisations)
    )
    (registers / "signing-keys.yaml").write_text(f"keys:\n{keys}")


@cache
def _signed() -> Path:
    folder = Path(mkdtemp(prefix="oncetold-small-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(SMALL / "registers", folder / "registers")
    sign_all(folder)
    return folder


def _key(organisation: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(organisation.encode()).digest())


def _public(organisation: str) -> str:
    return b64encode(_key(organisation).public_key().public_bytes_raw()).decode()
