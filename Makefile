# OnceTold. `make help` lists what there is. Needs python3 (3.11 or newer), make and a package registry; nothing else.
SHELL := /bin/sh
PYTHON ?= python3
# An empty environment has no PATH to hand on.
export PATH := $(or $(PATH),/usr/local/bin:/usr/bin:/bin)

VENV := .venv/bin
PY := $(VENV)/python
RUN := .venv/stamp.run
DEV := .venv/stamp.dev
CODE := core audit consent adapters policies gateway hub
CHECKED := $(wildcard $(CODE) tests bench scripts)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

## run: set up and start the sandbox and the gateway on loopback; Ctrl-C stops all of it
.PHONY: run
run: $(RUN)
	@exec $(VENV)/oncetold demo

## smoke: walk once through the running house, printing each step
.PHONY: smoke
smoke: $(RUN)
	@exec $(VENV)/oncetold smoke

## test: set up, get the real parts, run every tier with branch coverage
.PHONY: test
test: parts
	@scripts/test.sh

## test-unit: the unit tests alone, in seconds
.PHONY: test-unit
test-unit: $(DEV)
	@$(PY) -m pytest -q tests/unit

## check: formats, lint, types, import contracts, Rego, locks and house rules
.PHONY: check
check: $(DEV)
	@scripts/check.sh $(CHECKED)

## format: put formats and import order right
.PHONY: format
format: $(DEV)
	@$(VENV)/ruff check --fix-only --quiet . && $(VENV)/ruff format .

## bench: measure durable appends against bare inserts, and the pipeline against a bare fan-out
.PHONY: bench
bench: $(DEV)
	@$(PY) -m bench.appends
	@$(PY) -m bench

## race: two processes, withdrawals and kill -9 against the guarded append, on SQLite and PostgreSQL
.PHONY: race
race: $(DEV)
	@$(PY) -m tests.race

## audit-faults: every way in which an append can fail, on SQLite and PostgreSQL, and each without its protection
.PHONY: audit-faults
audit-faults: $(DEV)
	@$(PY) -m tests.audit_faults

## openapi: write the published contract anew from the code
.PHONY: openapi
openapi: $(RUN)
	@$(VENV)/oncetold openapi > openapi/gateway.yaml.new && mv openapi/gateway.yaml.new openapi/gateway.yaml

## catalogues: find the texts that residents read, bring each language up to them, and compile
.PHONY: catalogues
catalogues: $(DEV)
	@$(PY) -m scripts.catalogues

## journeys: walk the mission's journeys through the whole house in a real browser, each telling itself with pictures
.PHONY: journeys
journeys: parts
	@$(PY) -m scripts.journeys

## policy: prove the policies: Rego tests and coverage, both engines alike, every mutant killed; and what a decision costs
.PHONY: policy
policy: $(DEV)
	@$(PY) -m scripts.policy

## policy-wasm: compile policies/ to the committed policy.wasm
.PHONY: policy-wasm
policy-wasm: $(DEV)
	@$(PY) -m scripts.real_parts opa
	@scripts/build_policy.sh

## parts: PostgreSQL, OPA, Node and Chromium for the tests, as far as this machine can have them
.PHONY: parts
parts: $(DEV)
	@$(PY) -m scripts.real_parts

## lock: write requirements/*.txt anew from pyproject.toml
.PHONY: lock
lock: $(DEV)
	@scripts/lock.sh

## setup: only the set-up for `run`
.PHONY: setup
setup: $(RUN)

## clean: remove the environment, the sandbox's data, the parts and every cache
.PHONY: clean
clean:
	@rm -rf .venv .var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
	  printf '  make %-12s %s\n' "$$name" "$$what"; done

# A second run is quick: the stamps say which lock the environment was made from. The tests' lock holds the sandbox's.
$(RUN): requirements/build.txt requirements/sandbox.txt pyproject.toml scripts/bootstrap.py
	@$(PYTHON) scripts/bootstrap.py run
	@touch $@

$(DEV): requirements/build.txt requirements/dev.txt pyproject.toml scripts/bootstrap.py
	@$(PYTHON) scripts/bootstrap.py dev
	@touch $(RUN) $@
