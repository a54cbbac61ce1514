#!/usr/bin/env bash
# Every tier under branch coverage that follows the processes which the tests start. Without arguments the tiers run in two
# halves side by side: one has real servers and a browser and mostly waits for them, the other mostly computes.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
rm -rf .var/coverage
mkdir -p .var/coverage
status=0
half() { "$python" -m coverage run -m pytest -o cache_dir=".var/pytest-$1" "${@:2}"; }

if [ $# -gt 0 ]; then
  half some "$@" || status=$?
else
  half computing tests/unit tests/promises tests/security >.var/coverage/computing.log 2>&1 &
  computing=$!
  trap 'kill "$computing" 2>/dev/null || true' EXIT
  half serving tests --ignore=tests/unit --ignore=tests/promises --ignore=tests/security || status=$?
  wait "$computing" || status=$?
  trap - EXIT
  cat .var/coverage/computing.log
fi
"$python" -m coverage combine --quiet
# The gate is judged even after a failed test, so that one run tells everything.
"$python" -m coverage report || status=$((status ? status : $?))
exit "$status"
