"""Signs the sandbox's agreements: `python -m scripts.sign_sandbox [--check] [FOLDER]`.

The private keys of the sandbox's organisations are derived from a published phrase, so that anybody can sign a changed
agreement anew and these signatures prove nothing outside the sandbox. Writes registers/signing-keys.yaml and
registers/signatures/<agreement>.yaml for every agreement that is no draft, the same every time; with --check it writes
nothing, and ends with 1 where something would change. Registers that hold other keys than the sandbox's are left alone.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.policy.register_files import RegisterError, Value, read_document
from gateway.policy.register_signatures import KEYS_FILE, SIGNATURES_FOLDER, signatures_path, signatures_text
from gateway.policy.signing import AgreementSignature, lines_of, sign, terms_of

POLICIES = Path(__file__).resolve().parent.parent / "policies"
PHRASE = "oncetold sandbox signing key, proves nothing"
PREFIX = "sandbox-"
KEYS_HEAD = """\
# Written by scripts/sign_sandbox.py. The private halves are derived from a published phrase: they prove nothing outside the
# sandbox. A partnership replaces them all by keys that its organisations made themselves (docs/policy-engine.md).
keys:
"""


def sandbox_key(organisation: str) -> Ed25519PrivateKey:
    """The private key of an organisation of the sandbox, which anybody can derive."""
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"").derive(
        f"{PHRASE}|{organisation}".encode()
    )
    return Ed25519PrivateKey.from_private_bytes(seed)


def sandbox_files(policies: Path) -> dict[Path, str]:
    """What the sandbox's keys and signatures have to be, by file. Raises RegisterError for registers that do not read."""
    registers = policies / "registers"
    organisations = read_document(registers / "organisations.yaml", policies).value["organisations"]
    names = [str(one["id"]) for one in cast("list[dict[str, Value]]", organisations)]
    files = {registers / KEYS_FILE: KEYS_HEAD + "".join(_key_entry(name) for name in sorted(names))}
    for path in sorted((registers / "agreements").glob("*.yaml")):
        agreement = read_document(path, policies).value
        if agreement["status"] == "draft":
            continue
        terms = terms_of(agreement)
        signatures = tuple(
            AgreementSignature(name, PREFIX + name, sign(sandbox_key(name), terms, line))
            for line in lines_of(agreement)
            for name in [str(line["organisation"])]
        )
        files[signatures_path(registers, path.stem)] = signatures_text(path.stem, signatures)
    return files


def differing(policies: Path, files: dict[Path, str]) -> list[Path]:
    """The files that are not what they have to be, those that should not be there at all included."""
    stale = sorted(set((policies / "registers" / SIGNATURES_FOLDER).glob("*.yaml")) - files.keys())
    return [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ] + stale


def sign_sandbox(policies: Path) -> list[Path]:
    """Write what differs, remove what should not be there; gives the changed files."""
    files = sandbox_files(policies)
    changed = differing(policies, files)
    for path in changed:
        if path in files:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()
    return changed


def has_real_keys(policies: Path) -> bool:
    """Whether the registers hold a key that is not the sandbox's: then nothing here is ours to sign."""
    path = policies / "registers" / KEYS_FILE
    if not path.exists():
        return False
    keys = cast("list[dict[str, Value]]", read_document(path, policies).value.get("keys") or [])
    return any(not str(key.get("id")).startswith(PREFIX) for key in keys)


def main(arguments: list[str]) -> int:
    """Exit status: 0 when all is as it has to be, 1 when --check finds a difference or a register does not read."""
    check = "--check" in arguments
    folders = [Path(one).resolve() for one in arguments if one != "--check"]
    policies = folders[0] if folders else POLICIES
    try:
        if has_real_keys(policies):
            print("sign_sandbox: these registers are signed with keys of their own; left alone")
            return 0
        changed = differing(policies, sandbox_files(policies)) if check else sign_sandbox(policies)
    except RegisterError as error:
        print(f"sign_sandbox: {error}", file=sys.stderr)
        return 1
    for path in changed:
        told = path.relative_to(policies).as_posix()
        print(f"sign_sandbox: {told} {'is not what scripts/sign_sandbox.py writes' if check else 'written'}")
    return 1 if check and changed else 0


def _key_entry(organisation: str) -> str:
    public = base64.b64encode(sandbox_key(organisation).public_key().public_bytes_raw()).decode()
    return (
        f"  - id: {PREFIX}{organisation}\n    organisation: {organisation}\n"
        f"    public_key: {public}\n    from: 2020-01-01\n    until: null\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
