#!/bin/sh
# Compiles policies/rego to policies/policy.wasm and describes it in policies/policy.json.
#
#   scripts/build_policy.sh          build and write both; sign the sandbox's agreements
#   scripts/build_policy.sh --check  prove that the committed ones equal a fresh build; also format, strict check, tests, coverage
#
# OPA is $OPA, or .var/parts/bin/opa, or the one on the path; its version must be the one pinned here.
set -eu
cd "$(dirname "$0")/.."
version=1.22.2
opa=${OPA:-.var/parts/bin/opa}
[ -x "$opa" ] || opa=$(command -v opa) || {
    echo "build_policy: OPA is not here; make parts installs it (go install github.com/open-policy-agent/opa@v$version)" >&2
    exit 3
}
found=$("$opa" version | sed -n 's/^Version: //p')
[ "$found" = "$version" ] || {
    echo "build_policy: OPA $version is wanted, this is $found" >&2
    exit 3
}
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || python=python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$opa" build -t wasm -e oncetold/decide/decision policies/rego -o "$work/bundle.tar.gz"
tar -xOzf "$work/bundle.tar.gz" /policy.wasm >"$work/policy.wasm" 2>/dev/null
"$python" - "$work" "$version" <<'PYTHON'
import hashlib
import json
import pathlib
import sys

work, version = pathlib.Path(sys.argv[1]), sys.argv[2]
sources = hashlib.sha256()
for path in sorted(pathlib.Path("policies/rego").glob("*.rego")):
    sources.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
described = {
    "entrypoint": "oncetold/decide/decision",
    "opa": version,
    "rego_sha256": sources.hexdigest(),
    "wasm_sha256": hashlib.sha256((work / "policy.wasm").read_bytes()).hexdigest(),
}
(work / "policy.json").write_text(json.dumps(described, indent=2) + "\n")
PYTHON

if [ "${1:-}" != --check ]; then
    install -m 644 "$work/policy.wasm" "$work/policy.json" policies/
    "$python" -m scripts.sign_sandbox
    echo "policies/policy.wasm: $(wc -c <policies/policy.wasm) bytes"
    exit 0
fi

for name in policy.wasm policy.json; do
    cmp -s "$work/$name" "policies/$name" || {
        echo "build_policy: policies/$name is not what policies/rego gives; run scripts/build_policy.sh and commit it" >&2
        exit 1
    }
done
"$python" -m scripts.sign_sandbox --check >&2
"$opa" fmt --list --fail policies/rego policies/tests
"$opa" check --strict --schema policies/schemas policies/rego policies/tests
"$python" -m scripts.check_rego_metadata "$opa"
"$opa" test policies/rego policies/tests
"$opa" test --coverage policies/rego policies/tests >"$work/coverage.json"
"$python" - "$work/coverage.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1]) as file:
    report = json.load(file)
missed = [
    f"  {name}:{part['start']['row']}"
    for name, found in sorted(report["files"].items())
    for part in found.get("not_covered", [])
]
if missed:
    print("build_policy: no Rego test reaches these lines:", *missed, sep="\n", file=sys.stderr)
    sys.exit(1)
PYTHON
echo "policy: equal to a fresh build, formatted, strict, every line covered"
