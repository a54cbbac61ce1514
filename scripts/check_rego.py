"""The gate of the policies: `python -m scripts.check_rego`.

`scripts/build_policy.sh --check` proves that the committed policy.wasm is what the sources give, and runs OPA's own
formatter, strict check and tests. Where OPA cannot be had this says so and passes, except in CI, which always has it.
"""

from __future__ import annotations

import os
import subprocess
import sys

from scripts import parts, real_parts


def main() -> int:
    """Run the gate and print what fails; returns the exit status."""
    try:
        opa = real_parts.provide("opa")
    except real_parts.UnavailableError as error:
        print(f"The policies were not checked: {error}")
        return 1 if os.environ.get("CI", "").lower() == "true" else 0
    script = parts.ROOT / "scripts" / "build_policy.sh"
    return subprocess.run([script, "--check"], env=dict(os.environ, OPA=str(opa)), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
