# Everything a person or CI does here; `make help` lists it.
# A fresh machine needs git, make and Python 3.11 or newer with venv: no Node, no PostgreSQL.

VENV := .venv
BIN := $(VENV)/bin
ASSETS := $(wildcard sunlit/portals/ui/assets/* sunlit/portals/ui/assets/*/*)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help run install test check demo bench bench-auction bench-search bench-visibility chaos screenshots doctor lock clean

help:  ## List these targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name words; do printf '  make %-12s %s\n' "$$name" "$$words"; done

run: install  ## Start everything with the demo region on http://localhost:8000 (other port: SUNLIT_PORT=8010 make run)
	@SUNLIT_DEMO=$${SUNLIT_DEMO-1} exec $(BIN)/sunlit run

install: $(VENV)/.project  ## Install what the locks name and build the front end

test: install  ## Run all tests
	$(BIN)/python -m pytest -n logical --maxprocesses 2 $(ARGS)

check: install  ## Style, types, floor plan, migrations, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sunlit manage makemigrations --check --dry-run
	$(BIN)/sunlit translations --check

demo: install  ## Fill the database with the demo region (larger: make demo ARGS="--scale 10", or ARGS="--scale bazhou")
	@SUNLIT_DEMO=1 $(BIN)/sunlit demo $(ARGS)

bench: install  ## Measure against the limits of the machine
	@$(BIN)/sunlit bench $(ARGS)

bench-auction: install  ## Bids a second and how soon 1,000 watchers see them (smaller: ARGS="--watchers 100 --rounds 5")
	@$(BIN)/python -m bench.auction $(ARGS)

bench-visibility: install  ## How soon a changed price is found, while 20 clients search
	@$(BIN)/python -m bench.visibility

bench-search: install  ## Measure the search at 2.19 million offers (a hundredth: ARGS="--fraction 0.01")
	@$(BIN)/python -m bench.search_scale $(ARGS)

chaos: install  ## Buy while processes are killed, then count what is left
	@$(BIN)/sunlit chaos $(ARGS)

screenshots: install  ## Take the pictures of the README
	@$(BIN)/python -m tests.journeys.screenshots

doctor: install  ## Tell what is wrong with this installation
	@$(BIN)/sunlit doctor

lock:  ## Renew requirements.lock and package-lock.json (neither names a registry host)
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	python3 -m venv "$$tools"; "$$tools/bin/python" -m pip --disable-pip-version-check --quiet install uv; \
	"$$tools/bin/uv" pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-emit-find-links --upgrade --quiet --output-file requirements.lock
	@$(BIN)/python hatch_build.py lock

clean:  ## Remove what was installed and built; the data in var/ stays
	rm -rf $(VENV) node_modules sunlit/portals/ui/static/built .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# The stamps: a second run installs nothing unless a lock, the project file or an asset has changed.

$(VENV)/.packages: requirements.lock
	@python=; for name in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; done; \
	if [ -z "$$python" ]; then echo "Sunlit needs Python 3.11 or newer. Install it, or name one: make run PYTHON=/path/to/python3.11" >&2; exit 1; fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then echo "This Python has no venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; fi; \
	if ! $(BIN)/python -c "" 2>/dev/null; then rm -rf $(VENV); echo "Making $(VENV) with $$($$python --version) ..."; \
	  $$python -m venv $(VENV) || { echo "$(VENV) cannot be made here. Is this folder writable, and is there room on the disk?" >&2; exit 1; }; fi
	@echo "Installing the packages of requirements.lock ..."
	@$(PIP) install --require-hashes -r requirements.lock || { echo "The packages could not be installed. The lines above say why; a package index must be reachable." >&2; exit 1; }
	@touch $@

$(VENV)/.project: $(VENV)/.packages pyproject.toml hatch_build.py package.json package-lock.json $(ASSETS)
	@echo "Building the front end ..."
	@$(PIP) install --no-deps --no-build-isolation -e . || { echo "The front end could not be built. The lines above say why; npm's registry must be reachable." >&2; exit 1; }
	@touch $@
