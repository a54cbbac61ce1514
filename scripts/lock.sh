#!/usr/bin/env bash
# Write the locks anew: hashes, no addresses. The lock of the tests comes first and the others take its versions, so
# that what is tested is what runs; who asked for what is noted in it alone. Versions that still fit stay; pass --upgrade to take newer ones.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
common=(--quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url "$@")
"$uv" pip compile "${common[@]}" --extra sandbox --extra dev pyproject.toml -o requirements/dev.txt
common+=(--no-annotate)
"$uv" pip compile "${common[@]}" -c requirements/dev.txt --extra sandbox pyproject.toml -o requirements/sandbox.txt
"$uv" pip compile "${common[@]}" -c requirements/dev.txt pyproject.toml -o requirements/run.txt
sed -n '/^\[build-system\]/,/^$/s/^requires = \["\(.*\)"\]$/\1/p' pyproject.toml |
  "$uv" pip compile "${common[@]}" - -o requirements/build.txt
