#!/usr/bin/env bash
# Run every gate and report all that fail, not only the first. Arguments: the folders that hold our Python.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=()

gate() { # name, command ...
  local name=$1 started=$SECONDS output
  shift
  if output=$("$@" 2>&1 </dev/null); then
    printf '  ok    %-14s %4d s\n' "$name" $((SECONDS - started))
  else
    printf '  FAIL  %-14s %4d s\n%s\n' "$name" $((SECONDS - started)) "$output"
    failed+=("$name")
  fi
}

contract() {
  [ -e openapi/gateway.yaml ] || { echo "openapi/gateway.yaml is missing: make openapi"; return 1; }
  "$bin/oncetold" openapi | diff -u openapi/gateway.yaml - || { echo "the contract and the code differ: make openapi"; return 1; }
}

echo "Gates:"
gate format "$bin/ruff" format --check .
gate lint "$bin/ruff" check .
gate types "$bin/mypy" "$@"
gate imports "$bin/lint-imports" --no-cache
gate house "$bin/python" -m scripts.check_house
gate rego "$bin/python" -m scripts.check_rego
gate catalogues "$bin/python" -m scripts.catalogues --check
gate contract contract
if [ ${#failed[@]} -gt 0 ]; then
  echo "Failed: ${failed[*]}"
  exit 1
fi
