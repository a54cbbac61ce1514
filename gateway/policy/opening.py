"""Opens a policy: from a folder, or from a signed bundle; with the engine in process, or a central OPA server's.

Whatever is wrong is said before anything decides by it: nothing here changes which policy is in force.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec

from core.errors import ClosedError, OnceToldError
from core.sections import SectionSchema, SectionSchemaError, load_sections
from gateway.policy.bundle import Bundle, BundleError, open_registers, read_bundle, rego_digest
from gateway.policy.bundle_archive import COMPRESSED_MAXIMUM, malformed
from gateway.policy.bundle_keys import read_bundle_keys
from gateway.policy.compile import concerned, policy_data, revision_of, with_revision
from gateway.policy.live import AgreementCalendar, Policy
from gateway.policy.register_files import RegisterError, read_json
from gateway.policy.register_values import Registers
from gateway.policy.registers import load_registers
from gateway.policy.remembered import Remembered
from gateway.policy.server import OpaServer
from gateway.policy.wasm import WasmEngine, open_engine

TrustedKeys: TypeAlias = Mapping[str, ec.EllipticCurvePublicKey]


@dataclass(frozen=True, slots=True)
class Central:
    """The OPA server that decides instead of the engine in process. token: sent as a bearer token, if there is one."""

    url: str
    token: str | None = None


class PolicyFileError(OnceToldError):
    """The bundle's file cannot be used as the one that decides. `code` says why; the message says what to do."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(f"policy bundle refused ({code}): {problem}")
        self.code = code


def open_folder(folder: Path, central: Central | None = None) -> Policy:
    """The policy of a `policies` folder, number 0. Raises RegisterError, SectionSchemaError or ClosedError."""
    registers = load_registers(folder)
    sections = load_sections(folder / "sections")
    if central is None:
        engine: WasmEngine | OpaServer = open_engine(folder, registers)
    else:
        rego = str(read_json(folder / "policy.json", folder)["rego_sha256"])
        revision = revision_of(with_revision(policy_data(registers), rego))
        engine = OpaServer(central.url, revision, concerned(registers), token=central.token)
    return Policy(
        registers=registers,
        sections=sections,
        engine=Remembered(engine),
        calendar=AgreementCalendar(registers),
        suppose=partial(open_engine, folder),
        release=_release(engine),
    )


def open_bundle(packed: bytes, keys: TrustedKeys, schemas: Path, central: Central | None = None) -> Policy:
    """The policy of a signed bundle, judged by our own schemas (a folder).

    Raises BundleError for one that is refused, ClosedError where its compiled policy cannot be run.
    """
    bundle = read_bundle(packed, keys)
    registers = open_registers(bundle, schemas)
    sections = open_sections(bundle)
    parties = concerned(registers)
    engine: WasmEngine | OpaServer = (
        WasmEngine(bundle.wasm, bundle.data, parties)
        if central is None
        else OpaServer(central.url, bundle.revision, parties, token=central.token)
    )
    return Policy(
        registers=registers,
        sections=sections,
        engine=Remembered(engine),
        calendar=AgreementCalendar(registers),
        number=bundle.number,
        digest=bundle.digest,
        suppose=partial(_supposed, bundle.wasm, rego_digest(bundle.files)),
        release=_release(engine),
    )


def read_packed(path: Path) -> bytes:
    """The bytes of a bundle's file. Raises PolicyFileError where it cannot be read."""
    try:
        with path.open("rb") as file:
            # One byte more than is allowed is enough to see that there is too much.
            return file.read(COMPRESSED_MAXIMUM + 1)
    except OSError as error:
        raise PolicyFileError("unreadable", f"the file cannot be read: {type(error).__name__}") from error


def read_trusted(path: Path) -> TrustedKeys:
    """The keys whose bundles count. Raises PolicyFileError where their file does not read."""
    try:
        return read_bundle_keys(path)
    except RegisterError as error:
        raise PolicyFileError("keys-unreadable", str(error)) from error


def why_refused(error: OnceToldError) -> str:
    """The code of a refusal, for log lines and probes: nothing of any content."""
    match error:
        case BundleError():
            return error.code.value
        case PolicyFileError():
            return error.code
        case ClosedError():
            return "engine-unusable"
        case _:
            return "malformed"


def _supposed(wasm: bytes, rego: str, registers: Registers) -> WasmEngine:
    return WasmEngine(wasm, with_revision(policy_data(registers), rego), concerned(registers))


def open_sections(bundle: Bundle) -> Mapping[str, SectionSchema]:
    """The section schemas of a bundle. Raises BundleError `malformed` where they cannot be used."""
    with tempfile.TemporaryDirectory(prefix="oncetold-sections-") as made:
        folder = Path(made)
        for name, content in bundle.files.items():
            if name.startswith("sections/"):
                (folder / name.removeprefix("sections/")).write_bytes(content)
        try:
            return load_sections(folder)
        except SectionSchemaError as error:
            raise malformed(f"its sections cannot be used: {error}") from error


def _release(engine: WasmEngine | OpaServer) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        if isinstance(engine, OpaServer):
            await engine.aclose()
        else:
            engine.close()

    return close
