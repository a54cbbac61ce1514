#!/usr/bin/env bash
# Every tier under branch coverage that follows the processes which the tests start. Without arguments the tiers run in two
# lanes side by side: one has a browser, then the contract; the other computes, then has real servers.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
rm -rf .var/coverage
mkdir -p .var/coverage
status=0
some() { "$python" -m coverage run -m pytest --durations=25 -o cache_dir=".var/pytest-$1" "${@:2}"; }

lane() {
  local failed=0
  some computing tests/unit tests/promises tests/security || failed=$?
  some servers tests --ignore=tests/unit --ignore=tests/promises --ignore=tests/security \
    --ignore=tests/e2e --ignore=tests/journeys --ignore=tests/contract || failed=$?
  return "$failed"
}

if [ $# -gt 0 ]; then
  some chosen "$@" || status=$?
else
  lane >.var/coverage/lane.log 2>&1 &
  beside=$!
  trap 'kill "$beside" 2>/dev/null || true' EXIT
  some browser tests/e2e tests/journeys tests/contract || status=$?
  wait "$beside" || status=$?
  trap - EXIT
  cat .var/coverage/lane.log
fi
"$python" -m coverage combine --quiet
# The gate is judged even after a failed test, so that one run tells everything.
"$python" -m coverage report || status=$((status ? status : $?))
exit "$status"
