#!/usr/bin/env bash
# Every tier in one run, under branch coverage that follows the processes which the tests start.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
rm -rf .var/coverage
mkdir -p .var/coverage
status=0
"$python" -m coverage run -m pytest "$@" || status=$?
"$python" -m coverage combine --quiet
# The gate is judged even after a failed test, so that one run tells everything.
"$python" -m coverage report || status=$((status ? status : $?))
exit "$status"
