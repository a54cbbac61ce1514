"""The policy engine in process: `policies/rego` compiled by OPA to WebAssembly, run by opa-py-wasm.

The compiled policy and what it was made from are committed (`policies/policy.wasm`, `policies/policy.json`), so running
needs neither OPA nor Go; `scripts/build_policy.sh` makes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from opapywasm import OpaWasmError, OpaWasmPolicy, PolicyConfig

from core.errors import ClosedError
from gateway.policy.answer import to_decision
from gateway.policy.compile import Data, concerned, document, policy_data, revision_of, with_revision
from gateway.policy.port import Decision, Question
from gateway.policy.question import canonical, narrowed
from gateway.policy.register_files import RegisterError, read_json
from gateway.policy.register_values import Registers

ENTRYPOINT = "oncetold/decide/decision"


class WasmEngine:
    """A `PolicyEngine` that decides in this process, in well under a millisecond, so it needs no thread of its own.

    data: the data document with its revision (`gateway.policy.compile.with_revision`).
    deadline: seconds after which a decision that does not come is given up (ClosedError); kept to some 10 ms.
    Raises ClosedError from the start where the compiled policy cannot be used at all.
    """

    def __init__(
        self,
        wasm: bytes,
        data: Mapping[str, Data],
        concerned: Mapping[tuple[str, str], frozenset[str]],
        *,
        deadline: float = 1.0,
        instances: int = 1,
    ) -> None:
        loaded = document(data)
        self._concerned = concerned
        self._revision = revision_of(data)
        config = PolicyConfig(
            pool_size=instances,
            default_entrypoint=ENTRYPOINT,
            borrow_timeout_seconds=deadline,
            max_data_bytes=64_000_000,
            max_result_bytes=1_000_000,
            parse_raw_json_input=False,
            eval_timeout_seconds=deadline,
        )
        try:
            self._policy = OpaWasmPolicy.from_wasm_bytes(wasm, config)
            self._policy.set_data(loaded)
        except OpaWasmError as error:
            raise ClosedError(
                "policy engine", f"the compiled policy cannot be used: {type(error).__name__}"
            ) from error
        if self._policy.entrypoints.keys() != {ENTRYPOINT}:
            self._policy.close()
            raise ClosedError("policy engine", f"the compiled policy has no sole entry point {ENTRYPOINT}")

    @property
    def revision(self) -> str:
        """The revision that the data document names (`gateway.policy.compile.with_revision`)."""
        return self._revision

    async def decide(self, question: Question) -> Decision:
        """Decide one question; agreements that do not name the asker and the purpose are not even put to the engine."""
        asked = canonical(narrowed(question, self._concerned))
        try:
            answer = self._policy.evaluate(asked)
        except Exception as error:  # noqa: BLE001 - any failure closes, and its message may hold what was asked
            raise ClosedError("policy engine", f"no decision: {type(error).__name__}") from None
        return to_decision(answer, self._revision)

    def close(self) -> None:
        """Give the engine's memory back; every later question is refused with ClosedError."""
        self._policy.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_engine(folder: Path, registers: Registers) -> WasmEngine:
    """The engine over the `policies` folder's compiled policy, which must be the one that policy.json describes.

    Raises RegisterError where it is not, and ClosedError where it cannot be run.
    """
    built = read_json(folder / "policy.json", folder)
    try:
        wasm = (folder / "policy.wasm").read_bytes()
    except OSError as error:
        raise RegisterError(
            "policy.wasm", None, "the compiled policy is missing: run scripts/build_policy.sh"
        ) from error
    if hashlib.sha256(wasm).hexdigest() != built.get("wasm_sha256"):
        raise RegisterError(
            "policy.wasm", None, "it is not what policy.json describes: run scripts/build_policy.sh"
        )
    data = with_revision(policy_data(registers), str(built["rego_sha256"]))
    return WasmEngine(wasm, data, concerned(registers))
