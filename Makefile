# Everything that a machine needs is done here. `make help` lists the targets.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py

.PHONY: help demo serve test test-postgres browser screenshots bench capacity crash soak web-day month-end lint audit check-runtime format setup setup-dev lock messages schema clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.runtime  ## Set up, run the simulators and a worker, send the seed's documents, show what happened
	@$(MANAGE) demo

serve: $(VENV)/.runtime  ## Simulators, worker and web server together, for looking around; Ctrl-C stops them
	@$(MANAGE) serve

test: $(VENV)/.dev  ## All tests on SQLite; those in a browser where there is a Chromium
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

test-postgres: $(VENV)/.dev  ## All tests on the PostgreSQL that DATABASE_URL names
	@test -n "$$DATABASE_URL" || { echo "Set DATABASE_URL=postgres://user:password@host:5432/name"; exit 2; }
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

browser: $(VENV)/.dev  ## Get a Chromium for the browser tests: Debian's package, else Playwright's
	@$(BIN)/python -m tests.browser.chromium

screenshots: $(VENV)/.dev  ## Pictures of a running `make serve` (URL=http://127.0.0.1:8000) into docs/images
	@$(BIN)/python -m tests.browser.screenshots $(URL)

bench: $(VENV)/.dev  ## Measure speed and memory, on DATABASE_URL or SQLite (ONLY=word); writes bench/results.json
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

capacity: $(VENV)/.dev  ## Fill ROWS (200000) rows as documents leave them, measure what they cost; writes bench/capacity.json
	@$(BIN)/python -m bench.capacity --rows $(or $(ROWS),200000)

crash: $(VENV)/.dev  ## Kill the worker at every point of every flow (FLOWS="…" EVERY=n), write crash/results.json
	@$(BIN)/python -m tests.crash $(FLOWS) $(if $(EVERY),--every $(EVERY))

soak: $(VENV)/.dev  ## Clusters, tenants, faults and kills for MINUTES (30), then compare both sides; writes soak/results.json
	@$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),30)

month-end: $(VENV)/.dev  ## 5,000 invoices and 1,500 payments at 15,000 and at 500 calls an hour; writes month-end/results.json
	@$(BIN)/python -m tests.month_end

web-day: $(VENV)/.dev  ## A day of ORDERS (2000) web orders, posted and compared; writes web-day/results.json
	@$(BIN)/python -m tests.web_day --orders $(or $(ORDERS),2000)

lint: $(VENV)/.dev  ## Style, types, floors, templates, insecure calls, migrations, deployment checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy portal integrations edi bench
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/bandit --quiet --recursive --severity-level medium --exclude integrations/sandbox portal integrations edi
	VAR_DIR=$$(mktemp -d) $(MANAGE) makemigrations --check --dry-run
	VAR_DIR=$$(mktemp -d) BASE_URL=https://connector.example $(MANAGE) check --deploy --fail-level WARNING
	VAR_DIR=$$(mktemp -d) $(MANAGE) spectacular --validate --fail-on-warn --file /dev/null

audit: $(VENV)/.dev  ## Known vulnerabilities of what is locked, as PyPI knows them (needs the internet)
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements-dev.lock

check-runtime: requirements.lock  ## Whether what the portal needs is all in requirements.lock, in a new environment
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder/venv" \
	&& "$$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
	&& VAR_DIR="$$folder/var" "$$folder/venv/bin/python" manage.py check

format: $(VENV)/.dev  ## Put the code into the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(VENV)/.runtime  ## A virtual environment with what the portal needs
setup-dev: $(VENV)/.dev  ## … and what its tests need

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=…)"; exit 2; }
	@echo "Making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(VENV)/bin/python
	@echo "Installing what the portal needs"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing what the tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock: $(VENV)/.dev  ## Write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -c requirements.lock -o requirements-dev.lock

messages: $(VENV)/.runtime  ## Bring the Swedish catalogue up to date and compile it (needs GNU gettext)
	@VAR_DIR=$$(mktemp -d) $(MANAGE) messages

clean:  ## Forget the demo's world and database
	rm -rf var
