#!/usr/bin/env bash
# Every tier, in two lanes side by side where there are no arguments: one computes; the other looks through a browser, then has
# real servers. Branch coverage is measured, and follows the processes which the tests start; not in the browser's tests, which
# would take half as long again, and reach no line that the others leave out.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
rm -rf .var/coverage
mkdir -p .var/coverage
status=0
some() { "$python" -m coverage run -m pytest --durations=25 -o cache_dir=".var/pytest-$1" "${@:2}"; }

looks() { "$python" -m pytest --durations=25 -o cache_dir=.var/pytest-browser tests/e2e tests/journeys; }

servers() {
  some servers tests --ignore=tests/unit --ignore=tests/promises --ignore=tests/security --ignore=tests/contract \
    --ignore=tests/e2e --ignore=tests/journeys
}

if [ $# -gt 0 ]; then
  some chosen "$@" || status=$?
else
  some computing tests/unit tests/promises tests/security tests/contract >.var/coverage/lane.log 2>&1 &
  beside=$!
  trap 'kill "$beside" 2>/dev/null || true' EXIT
  looks || status=$?
  servers || status=$?
  wait "$beside" || status=$?
  trap - EXIT
  cat .var/coverage/lane.log
fi
"$python" -m coverage combine --quiet
# The gate is judged even after a failed test, so that one run tells everything.
"$python" -m coverage report || status=$((status ? status : $?))
exit "$status"
